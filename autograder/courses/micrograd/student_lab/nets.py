"""The part of the student's lab that is about nets and training.

Isolation works as in `lab`: the classes that a method builds on are rebound to ones of ours, derived from the
student's.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from autograder.courses.micrograd.student_lab.disguise import called, disguised, is_theirs
from autograder.courses.micrograd.student_lab.parts import (
    Weights,
    exchange,
    holds,
    layers_of,
    neurons_of,
    options_of,
    weigh,
    weigh_all,
)
from autograder.courses.micrograd.student_lab.stand_ins import StandIns
from autograder.courses.micrograd.student_lab.values import like
from autograder.phrase import Phrase
from autograder.sandbox.inside.sitting import WrongKind, describe

_kind = type


class NetLab(StandIns):
    """`micrograd.lab.Lab`'s verbs on nets and training. See there for what each means."""

    _net: Any = None  # what was made last of neurons, layers and nets, for a question

    def unwritten(self, error: BaseException) -> WrongKind | None:
        """What an exception says of a method that the student's class does not have; nothing of theirs raised it."""
        kind = _kind(error)
        called = str(error) == f"'{_kind(self._net).__name__}' object is not callable"
        if kind is TypeError and called and not callable(self._net):
            name, other = _kind(self._net).__name__, hasattr(self._net, "forward")
            lacks = Phrase("{name} has no {method}", name=name, method="__call__")
            return WrongKind(
                Phrase("{lacks} (it has {near})", lacks=lacks, near="forward") if other else lacks, absent=not other
            )
        if kind is AttributeError and error.name in ("parameters", "zero_grad", "step"):  # type: ignore[attr-defined]
            owner = _kind(error.obj)  # type: ignore[attr-defined]
            if is_theirs(owner):
                lacks = Phrase("{name} has no {method}", name=owner.__name__, method=error.name)  # type: ignore[attr-defined]
                return WrongKind(lacks, absent=True)
        return None

    def neuron(self, w: Sequence[float], b: float, nonlin: bool = True, dropout: float = 0.0) -> Any:
        self._net = neuron = self._find("nn", "Neuron")(len(w), **options_of(nonlin, dropout))
        weigh(neuron, [*w, b])
        return neuron

    def layer(self, neurons: Sequence[Sequence[float]], nonlin: bool = True) -> Any:
        nin, Layer = len(neurons[0]) - 1, self._find("nn", "Layer")
        layer, ours = self._made_of("Neuron", self._neurons, lambda: Layer(nin, len(neurons), **options_of(nonlin)))
        if ours is None:
            cls = self._neurons()
            exchange(layer, "neurons", [cls(len(neuron.w), nonlin) for neuron in neurons_of(layer)])
        for neuron, weights in zip(neurons_of(layer), neurons):  # noqa: B905 - the answer will show what is missing
            weigh(neuron, weights)
        self._net = layer
        return layer

    def mlp(
        self, nin: int, nouts: Sequence[int], options: dict[str, Any], layers: Sequence[Sequence[Sequence[float]]]
    ) -> Any:
        MLP = self._find("nn", "MLP")
        make = lambda: MLP(nin, list(nouts), **options)  # noqa: E731
        net, ours = self._made_of("Layer", self._layers, make)
        if ours is None:
            net = self._with_our_layers(net)
        elif (made := [*layers_of(net)]) and self._is_nonlinear(neurons_of(made[-1])[0]):
            net = self._of_their_own(net, ours, make, layers)
        weigh_all(net, layers)
        self._net = net
        return net

    def assembled(self, layers: Sequence[Sequence[Sequence[float]]]) -> Any:
        MLP, cls = self._find("nn", "MLP"), self._layers()
        shapes = [[len(neurons), len(neurons[0]) - 1] for neurons in layers]
        try:
            make = lambda: MLP(shapes[0][1], [shape[0] for shape in shapes])  # noqa: E731
            net, ours = self._made_of("Layer", lambda: cls, make)
            if ours is None or any(isinstance(held, list) and holds(held, cls) for held in vars(net).values()):
                layers_of(net)
            right = [[len(layer.neurons), len(layer.neurons[0].w)] for layer in net.layers] == shapes
        except WrongKind:  # they have another name
            raise
        except Exception:
            right = False
        if not right:
            net = MLP.__new__(MLP)
            net.layers = [cls(len(neurons[0]) - 1, len(neurons)) for neurons in layers]
        elif not all(isinstance(layer, cls) for layer in net.layers):
            exchange(net, "layers", [cls(len(neurons[0]) - 1, len(neurons)) for neurons in layers])
        weigh_all(net, layers)
        return net

    def listed(self, net: Any) -> Any:
        net.parameters()
        if not callable(net.parameters):
            raise WrongKind(
                "`parameters()` works only once: it puts something else in its own place (`self.parameters = …`)"
            )
        ps = net.parameters()
        return list(itertools.islice(ps, 10_000)) if hasattr(ps, "__next__") else ps  # a generator gives them once

    def plan(self, net: Any) -> list[list[Any]]:
        plan, layers = [], [*layers_of(net)]
        for place, layer in enumerate(layers):
            neuron = neurons_of(layer)[0]
            nonlin = self._is_nonlinear(neuron, place < len(layers) - 1)
            plan.append([len(layer.neurons), len(neuron.w), nonlin, getattr(neuron, "dropout", 0.0)])
        return plan

    def net(self, layers: Sequence[Sequence[Sequence[float]]]) -> Any:
        net = self._find("nn", "MLP")(len(layers[0][0]) - 1, [len(neurons) for neurons in layers])
        weigh_all(net, layers)
        return net

    def module(self, data: Sequence[float], grads: Sequence[float]) -> Any:
        ps = self.parameters(data, grads)
        return disguised("Module", self._find("nn", "Module"), parameters=lambda module: list(ps))()

    def unresettable(self) -> list[str]:
        nn = self._modules["nn"]
        found = {name: getattr(nn, name) for name in ("Neuron", "Layer", "MLP") if hasattr(nn, name)}
        classes = {name: cls for name, cls in found.items() if is_theirs(cls)}  # no stand-ins
        lacking = [name for name, cls in classes.items() if not hasattr(cls, "zero_grad")]
        if not lacking and "MLP" in classes and classes["MLP"].zero_grad is not self._find("nn", "Module").zero_grad:
            self._own_zero_grad(classes["MLP"])
        return lacking

    def _own_zero_grad(self, MLP: Any) -> None:
        """Ask the `zero_grad` that a net has besides Module's, where there is such a net."""
        try:
            net = MLP(2, [2, 1])
            ps = [*net.parameters(), *net.parameters()]
            self.set_slopes(ps, [0.5] * len(ps))
        except Exception:
            return
        net.zero_grad()
        if any(self.slopes(ps)):
            raise WrongKind(Phrase("MLP has a zero_grad of its own, which leaves gradients that are not 0"))

    def parameters(self, data: Sequence[float], grads: Sequence[float]) -> Any:
        ps = [self.Value(x) for x in data]
        self.set_slopes(ps, grads)
        return ps

    def row(self, kind: str, numbers: Sequence[float]) -> Any:
        if kind == "array":
            import numpy

            return numpy.array([numbers])[0]
        return [self.Value(x) for x in numbers] if kind == "Values" else list(numbers)

    def weights(self, net: Any) -> Any:
        return [Weights(net)]

    def gradients(self, out: Any, values: Sequence[Any]) -> list[Any]:
        find, _ = self._tape
        roots = out if isinstance(out, (list, tuple)) else [out]
        return find(self._steps.base, self._steps, roots, values, Weights)

    @cached_property
    def _tape(self) -> Any:
        return self._pieces["tape"]()

    def outputs(self, out: Any) -> Any:
        return self.read(out) if isinstance(out, (list, tuple)) else self._number(out)

    def read(self, values: Any) -> list[Any]:
        if isinstance(values, (self.Value, str)) or not hasattr(values, "__iter__"):
            raise WrongKind(Phrase("this should be a list of Values, yours is {what}", what=describe(values)))
        some = itertools.islice(values, 10_000)  # it may have no end
        ours = self._forward is None  # only where a whole net is read: nobody's parameters are such
        found = [each.numbers(self.Value) if ours and _kind(each) is Weights else [self._number(each)] for each in some]
        return [number for numbers in found for number in numbers]

    def slopes(self, values: Any) -> list[Any]:
        return [value.grad for value in values]

    def write(self, values: Any, numbers: Sequence[float]) -> None:
        for value, number in zip(values, numbers):  # noqa: B905 - the answer will show what is missing
            value.data = number

    def set_slopes(self, values: Any, numbers: Sequence[float]) -> None:
        for value, number in zip(values, numbers, strict=True):
            value.grad = self.slope(value, number)

    def slope(self, value: Any, number: float) -> Any:
        return like(value.grad, number)

    def tally(self, net: Any, row: Any, times: int, seed: int) -> list[list[Any]]:
        random.seed(seed)
        seen: dict[Any, list[Any]] = {}
        for _ in range(times):
            out = net(row)
            seen.setdefault(self._number(out), []).append(out)
        weights = self.weights(net)
        return [[number, len(seen[number]), self.gradients(seen[number][0], weights)] for number in sorted(seen)]

    def rhythms(
        self, w: Sequence[float], b: float, dropout: float, row: Any, times: int, seeds: Sequence[int]
    ) -> list[str]:
        found = []
        for neuron, seed in [(self.neuron(w, b, True, dropout), seed) for seed in seeds]:
            random.seed(seed)
            found.append("".join("01"[bool(self._number(neuron(row)) == 0)] for _ in range(times)))
        return found

    def call(self, function: str, *arguments: Any, **options: Any) -> Any:
        return self._find("train", function)(*arguments, **options)

    def loss(self, function: str, net: Any = None) -> Callable[[Any, Any], Any]:
        chosen: Callable[[Any, Any], Any] = self._find("train", function)
        if net is None:
            return chosen
        penalty = self._find("train", "l2_penalty")
        return called("loss_fn", lambda outputs, targets: chosen(outputs, targets) + penalty(net.parameters()))

    def decay(self, start: float) -> Callable[[int, int], Any]:
        return called("schedule", lambda k, steps: self._find("train", "linear_decay")(k, steps, start, 0.1))

    def scores(self, net: Any, inputs: Sequence[Sequence[float]]) -> Any:
        return [net(x) for x in inputs]

    def rehearse(
        self, weights: Sequence[float], inputs: Sequence[Sequence[float]], targets: Sequence[float], lr: float
    ) -> list[Any]:
        self.forward()
        Model, SGD = self._pieces["trainer"](disguised)
        model = Model(self.Value, weights)
        optimizer = SGD(model, lr)
        returned = self.call("train_step", model, [list(x) for x in inputs], list(targets), model.loss, optimizer)
        return [returned, self.read(model.ps), model.calls]
