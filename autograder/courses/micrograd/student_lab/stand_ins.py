"""Neurons and layers that stand in for the student's where these are not the topic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from autograder.courses.micrograd.student_lab.disguise import Several, construct, disguised
from autograder.courses.micrograd.student_lab.forward import ForwardLab
from autograder.courses.micrograd.student_lab.parts import (
    exchange,
    in_use,
    layers_of,
    neurons_of,
    number_in,
    options_of,
    weigh,
    weigh_all,
)


class Otherwise(Exception):
    """The student's code makes a neuron or a layer in a way that the lab's does not know."""


class StandIns(ForwardLab):
    """What makes nets of neurons and layers of the lab's."""

    _building = False  # whether a layer or a net is being made of the lab's pieces

    def _number(self, value: Any) -> Any:
        return number_in(value, self.Value)

    def _made_of(self, name: str, supply: Callable[[], Any], make: Callable[[], Any]) -> tuple[Any, Any]:
        """What `make` makes of a class of the lab's in place of the student's of this name, and that class; where
        the student has none, or makes theirs otherwise than the lab's can be made, what it makes of theirs, and None.
        """
        student = getattr(self._modules["nn"], name, None)
        if student is not None:
            ours = supply()
            self._everywhere(student, ours)
            self._building = True
            try:
                return make(), ours
            except Otherwise:
                self._everywhere(ours, student)
            finally:
                self._building = False
        return make(), None

    def _with_our_layers(self, net: Any) -> Any:
        """A net that is made of the student's layers, with ours in their places; but where the last one is not linear
        it stays as it is, for the answer to be what the student sees."""
        theirs = [*layers_of(net)]
        last = len(theirs) - 1
        first = [neurons_of(layer)[0] for layer in theirs]
        nonlin = [self._is_nonlinear(neuron, place < last) for place, neuron in enumerate(first)]
        if not nonlin or nonlin[-1]:
            return in_use(net)
        cls = self._layers()
        made = [
            cls(len(neuron.w), len(neurons_of(layer)), bent, getattr(neuron, "dropout", 0.0))
            for layer, neuron, bent in zip(theirs, first, nonlin, strict=True)
        ]
        exchange(net, "layers", made)
        return net

    def _of_their_own(
        self, net: Any, ours: Any, make: Callable[[], Any], layers: Sequence[Sequence[Sequence[float]]]
    ) -> Any:
        """In place of a net of the lab's layers, whose last one is not linear, one of the student's where those work:
        theirs may be linear when nothing is said, and else the answer should be what the student sees."""
        self._everywhere(ours, ours.__base__)
        with suppress(Exception):
            own = make()
            if self._is_nonlinear(neurons_of(own.layers[-1])[0]):
                weigh_all(in_use(own), layers)
                own([1.0] * (len(layers[0][0]) - 1))
                return own
            return self._with_our_layers(own)
        return net

    def _is_nonlinear(self, neuron: Any, otherwise: bool = True) -> bool:
        """Whether a neuron ends in an activation: as it says or, where it does not, as its output shows."""
        if hasattr(neuron, "nonlin"):
            return bool(neuron.nonlin)
        before = [p.data for p in (*neuron.w, neuron.b)]
        try:
            weigh(neuron, [*(0.0 for _ in neuron.w), -2.0])
            return bool(self._number(neuron([1.0] * len(neuron.w))) != -2.0)
        except Exception:
            return otherwise
        finally:
            weigh(neuron, before)

    def _understood(self, names: Sequence[str], given: Sequence[Any], options: dict[str, Any]) -> list[Any] | None:
        """The arguments by these names, and then `nonlin` and `dropout`, with which a neuron or a layer is made. Where
        they are others the student's class has to do: the whole is built anew, or this one alone where it is built."""
        defaults = {"nonlin": True, "dropout": 0.0}
        known = [*names, *defaults]
        found = defaults | dict(zip(known, given)) | options  # noqa: B905 - the options may do
        odd = len(given) > len(known) or set(found) != set(known) or set(options) & set(known[: len(given)])
        if not odd and isinstance(found["nonlin"], bool) and isinstance(found["dropout"], (int, float)):
            return [found[name] for name in known]
        if self._building:
            raise Otherwise
        return None

    def _neurons(self) -> Any:
        """A class like the student's Neuron that works without the student's methods."""

        student = getattr(self._modules["nn"], "Neuron", object)

        def make(neuron: Any, *given: Any, **options: Any) -> None:
            if (arguments := self._understood(("nin",), given, options)) is None:
                student.__init__(neuron, *given, **options)
                return
            nin, nonlin, dropout = arguments
            construct(student, neuron, nin, **options_of(nonlin, dropout))
            neuron.w, neuron.b = [self.Value(0.0) for _ in range(nin)], self.Value(0.0)
            neuron.nonlin, neuron.dropout = nonlin, dropout

        methods = self._methods(student, "neuron")
        return disguised("Neuron", student, __init__=make, **methods)

    def _layers(self) -> Any:
        """A class like the student's Layer, made of such neurons."""
        neurons, student = self._neurons(), getattr(self._modules["nn"], "Layer", object)

        def make(layer: Any, *given: Any, **options: Any) -> None:
            if (arguments := self._understood(("nin", "nout"), given, options)) is None:
                student.__init__(layer, *given, **options)
                return
            nin, nout, nonlin, dropout = arguments
            construct(student, layer, *given, **options)
            layer.neurons = [neurons(nin, nonlin, dropout) for _ in range(nout)]

        methods = self._methods(student, "layer")
        return disguised("Layer", student, __init__=make, **methods)

    def _methods(self, student: Any, name: str) -> dict[str, Callable[..., Any]]:
        """What a neuron or a layer of the lab's can do, as far as that is lent: to tell its parameters, and to compute,
        under the names by which student code may call it."""
        found = {"parameters": self._pieces[f"{name}_parameters"](Several)}
        if self._pieces.has(name):
            found["__call__"] = call = self._pieces[name](self.Value)
            found |= {"forward": call} if hasattr(student, "forward") else {}
        return found
