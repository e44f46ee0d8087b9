"""The part of the student's lab that is about nets and training.

Isolation works as in `lab`: the classes that a method builds on are rebound to ones of ours, derived from the
student's.
"""

from __future__ import annotations

import itertools
import random
import sys
from abc import ABCMeta
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from types import ModuleType
from typing import Any, Generic

from autograder.courses.micrograd.student_lab.lending import Pieces
from autograder.courses.micrograd.student_lab.values import DERIVED, BareValue, WrongKind, describe, like

_kind = type


class Steps(dict[int, tuple[Any, str, Sequence[Any], Sequence[Any]]]):
    """What the operators of a class of the lab's did; `base` is the class of all Values. No node is forgotten, so that
    none has the id of another."""

    def __init__(self, base: Any):
        super().__init__()
        self.base = base

    def note(self, out: Any, operator: str, operands: Sequence[Any], numbers: Sequence[Any]) -> None:
        """Remember that an operator made `out` of these operands, which held these numbers."""
        self[id(out)] = out, operator, operands, numbers


class Weights:
    """Stands for all weights of a neuron, a layer or a net, whose numbers can be read, and gradients asked for."""

    def __init__(self, net: Any):
        self.net = net

    def numbers(self, Value: Any) -> list[Any]:
        """Neuron by neuron, the bias last."""
        layers = getattr(self.net, "layers", [self.net])
        neurons = [neuron for layer in layers for neuron in getattr(layer, "neurons", [layer])]
        return [_number(value, Value) for neuron in neurons for value in (*neuron.w, neuron.b)]


class NetLab:
    """`rubric.Lab`'s verbs on nets and training. See there for what each means."""

    _modules: dict[str, ModuleType]
    _base: Any
    _set: Callable[[Any, str, Any], None]
    _classes: dict[Any, Any]
    _package: Sequence[Any] = ()  # all modules of the student's, looked up once
    _forward: Any = None  # the class of Values while a question is asked forward only
    _building = False  # whether a layer or a net is being made of the lab's pieces
    _net: Any = None  # what was made last of neurons, layers and nets, for a question
    _pieces: Pieces
    _steps: Steps  # what was computed on `_forward`

    @property
    def Value(self) -> Any:
        return self._forward or self._base

    def forward(self) -> Any:
        if "forward" not in self._classes:
            self._classes["forward"] = self._forward_class()
        self._forward = self._classes["forward"]
        self._steps.clear()
        self._everywhere(self._base, self._forward)
        return self._forward

    def _forward_class(self) -> Any:
        """Derived from the student's Value, so that their nets may use what else it can; where that does not work, a
        class of the lab's alone."""
        made = lambda: self._classes["forward"]  # noqa: E731
        if _is_plain(self._base):
            with suppress(Exception):
                own = _disguised("Value", self._base, **self._members(self._base, made), **_kept(self._base, False))
                probe = own(1.5, (), "")
                probe.data, probe.grad = 2.5, 0.5
                plain = (_kind(probe.data), probe.data, _kind(probe.grad), probe.grad) == (float, 2.5, float, 0.5)
                if plain and float(own(0.1, (), "").data) == 0.1:  # an engine that rounds costs no net
                    return own
        return _disguised("Value", BareValue, **self._members(BareValue, made), **_kept(self._base, True))

    def _members(self, base: Any, made: Callable[[], Any]) -> dict[str, Any]:
        """Those of a class of Values that only compute forward, while their steps are noted."""
        self._steps = Steps(base)
        return self._lifted(base, made, DERIVED, self._steps.note)

    def _lifted(
        self, base: Any, made: Callable[[], Any], derived: Sequence[str], note: Callable[..., None] = lambda *step: None
    ) -> dict[str, Callable[..., Any]]:
        """The primitive methods of a `base`, and these `derived` ones, that do to its numbers what Python does to
        floats."""
        compute, lift, _ = self._pieces["operators"]()
        compute.update((name, self._pieces[name]) for name in derived)
        members = {name: lift(base, made, note, name, compute[name]) for name in compute}
        in_place = {name: f"__i{name[2:]}" for name in members}  # a += b, where the student's class has that of its own
        return members | {its: members[name] for name, its in in_place.items() if hasattr(base, its)}

    def _everywhere(self, old: Any, new: Any) -> None:
        """Rebind a class in all modules of the package, whatever its name there."""
        if not self._package:
            self._package = [sys.modules[name] for name in list(sys.modules) if name.partition(".")[0] == "micrograd"]
        for module in self._package:
            for key, value in list(vars(module).items()):
                if value is old:
                    self._set(module, key, new)

    def _find(self, module: str, name: str) -> Any:
        """What a module of the student's calls by this name."""
        found = getattr(self._modules[module], name, None)
        if found is None:
            lacks = f"should define {name}" if name[:1].isupper() else f"has no {name}"
            raise WrongKind(f"micrograd/{module}.py {lacks}", absent=True)
        return found

    def unwritten(self, error: BaseException) -> WrongKind | None:
        """What an exception says of a method that the student's class does not have; nothing of theirs raised it."""
        kind = _kind(error)
        called = str(error) == f"'{_kind(self._net).__name__}' object is not callable"
        if kind is TypeError and called and not callable(self._net):
            other = " (it has forward)" if hasattr(self._net, "forward") else ""
            return WrongKind(f"{_kind(self._net).__name__} has no __call__{other}", absent=not other)
        if kind is AttributeError and error.name in ("parameters", "zero_grad", "step"):  # type: ignore[attr-defined]
            owner = _kind(error.obj)  # type: ignore[attr-defined]
            if _is_theirs(owner):
                return WrongKind(f"{owner.__name__} has no {error.name}", absent=True)  # type: ignore[attr-defined]
        return None

    def neuron(self, w: Sequence[float], b: float, nonlin: bool = True, dropout: float = 0.0) -> Any:
        self._net = neuron = self._find("nn", "Neuron")(len(w), **_options(nonlin, dropout))
        _weigh(neuron, [*w, b])
        return neuron

    def layer(self, neurons: Sequence[Sequence[float]], nonlin: bool = True) -> Any:
        nin, Layer = len(neurons[0]) - 1, self._find("nn", "Layer")
        layer, ours = self._made_of("Neuron", self._neurons, lambda: Layer(nin, len(neurons), **_options(nonlin)))
        if ours is None:
            cls = self._neurons()
            _exchange(layer, "neurons", [cls(len(neuron.w), nonlin) for neuron in _neurons_of(layer)])
        for neuron, weights in zip(_neurons_of(layer), neurons):  # noqa: B905 - the answer will show what is missing
            _weigh(neuron, weights)
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
        elif (made := [*_layers_of(net)]) and self._is_nonlinear(_neurons_of(made[-1])[0]):
            net = self._of_their_own(net, ours, make, layers)
        _weigh_all(net, layers)
        self._net = net
        return net

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
            except _Otherwise:
                self._everywhere(ours, student)
            finally:
                self._building = False
        return make(), None

    def _with_our_layers(self, net: Any) -> Any:
        """A net that is made of the student's layers, with ours in their places; but where the last one is not linear
        it stays as it is, for the answer to be what the student sees."""
        theirs = [*_layers_of(net)]
        last = len(theirs) - 1
        first = [_neurons_of(layer)[0] for layer in theirs]
        nonlin = [self._is_nonlinear(neuron, place < last) for place, neuron in enumerate(first)]
        if not nonlin or nonlin[-1]:
            return _in_use(net)
        cls = self._layers()
        made = [
            cls(len(neuron.w), len(_neurons_of(layer)), bent, getattr(neuron, "dropout", 0.0))
            for layer, neuron, bent in zip(theirs, first, nonlin, strict=True)
        ]
        _exchange(net, "layers", made)
        return net

    def _of_their_own(
        self, net: Any, ours: Any, make: Callable[[], Any], layers: Sequence[Sequence[Sequence[float]]]
    ) -> Any:
        """In place of a net of the lab's layers, whose last one is not linear, one of the student's where those work:
        theirs may be linear when nothing is said, and else the answer should be what the student sees."""
        self._everywhere(ours, ours.__base__)
        with suppress(Exception):
            own = make()
            if self._is_nonlinear(_neurons_of(own.layers[-1])[0]):
                _weigh_all(_in_use(own), layers)
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
            _weigh(neuron, [*(0.0 for _ in neuron.w), -2.0])
            return bool(self._number(neuron([1.0] * len(neuron.w))) != -2.0)
        except Exception:
            return otherwise
        finally:
            _weigh(neuron, before)

    def assembled(self, layers: Sequence[Sequence[Sequence[float]]]) -> Any:
        MLP, cls = self._find("nn", "MLP"), self._layers()
        shapes = [[len(neurons), len(neurons[0]) - 1] for neurons in layers]
        try:
            make = lambda: MLP(shapes[0][1], [shape[0] for shape in shapes])  # noqa: E731
            net, ours = self._made_of("Layer", lambda: cls, make)
            if ours is None or any(isinstance(held, list) and _holds(held, cls) for held in vars(net).values()):
                _layers_of(net)
            right = [[len(layer.neurons), len(layer.neurons[0].w)] for layer in net.layers] == shapes
        except WrongKind:  # they have another name
            raise
        except Exception:
            right = False
        if not right:
            net = MLP.__new__(MLP)
            net.layers = [cls(len(neurons[0]) - 1, len(neurons)) for neurons in layers]
        elif not all(isinstance(layer, cls) for layer in net.layers):
            _exchange(net, "layers", [cls(len(neurons[0]) - 1, len(neurons)) for neurons in layers])
        _weigh_all(net, layers)
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
        plan, layers = [], [*_layers_of(net)]
        for place, layer in enumerate(layers):
            neuron = _neurons_of(layer)[0]
            nonlin = self._is_nonlinear(neuron, place < len(layers) - 1)
            plan.append([len(layer.neurons), len(neuron.w), nonlin, getattr(neuron, "dropout", 0.0)])
        return plan

    def net(self, layers: Sequence[Sequence[Sequence[float]]]) -> Any:
        net = self._find("nn", "MLP")(len(layers[0][0]) - 1, [len(neurons) for neurons in layers])
        _weigh_all(net, layers)
        return net

    def module(self, data: Sequence[float], grads: Sequence[float]) -> Any:
        ps = self.parameters(data, grads)
        return _disguised("Module", self._find("nn", "Module"), parameters=lambda module: list(ps))()

    def unresettable(self) -> list[str]:
        nn = self._modules["nn"]
        found = {name: getattr(nn, name) for name in ("Neuron", "Layer", "MLP") if hasattr(nn, name)}
        classes = {name: cls for name, cls in found.items() if _is_theirs(cls)}  # no stand-ins
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
            raise WrongKind("MLP has a zero_grad of its own, which leaves gradients that are not 0")

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
            raise WrongKind(f"this should be a list of Values, yours is {describe(values)}")
        some = itertools.islice(values, 10_000)  # it may have no end
        ours = self._forward is None  # only where a whole net is read: nobody's parameters are such
        found = [each.numbers(self.Value) if ours and _kind(each) is Weights else [self._number(each)] for each in some]
        return [number for numbers in found for number in numbers]

    def _number(self, value: Any) -> Any:
        return _number(value, self.Value)

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
        return _called("loss_fn", lambda outputs, targets: chosen(outputs, targets) + penalty(net.parameters()))

    def decay(self, start: float) -> Callable[[int, int], Any]:
        return _called("schedule", lambda k, steps: self._find("train", "linear_decay")(k, steps, start, 0.1))

    def scores(self, net: Any, inputs: Sequence[Sequence[float]]) -> Any:
        return [net(x) for x in inputs]

    def rehearse(
        self, weights: Sequence[float], inputs: Sequence[Sequence[float]], targets: Sequence[float], lr: float
    ) -> list[Any]:
        self.forward()
        Model, SGD = self._pieces["trainer"](_disguised)
        model = Model(self.Value, weights)
        optimizer = SGD(model, lr)
        returned = self.call("train_step", model, [list(x) for x in inputs], list(targets), model.loss, optimizer)
        return [returned, self.read(model.ps), model.calls]

    # what the lab supplies

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
            raise _Otherwise
        return None

    def _neurons(self) -> Any:
        """A class like the student's Neuron that works without the student's methods."""

        student = getattr(self._modules["nn"], "Neuron", object)

        def make(neuron: Any, *given: Any, **options: Any) -> None:
            if (arguments := self._understood(("nin",), given, options)) is None:
                student.__init__(neuron, *given, **options)
                return
            nin, nonlin, dropout = arguments
            _construct(student, neuron, nin, **_options(nonlin, dropout))
            neuron.w, neuron.b = [self.Value(0.0) for _ in range(nin)], self.Value(0.0)
            neuron.nonlin, neuron.dropout = nonlin, dropout

        methods = self._methods(student, "neuron")
        return _disguised("Neuron", student, __init__=make, **methods)

    def _layers(self) -> Any:
        """A class like the student's Layer, made of such neurons."""
        neurons, student = self._neurons(), getattr(self._modules["nn"], "Layer", object)

        def make(layer: Any, *given: Any, **options: Any) -> None:
            if (arguments := self._understood(("nin", "nout"), given, options)) is None:
                student.__init__(layer, *given, **options)
                return
            nin, nout, nonlin, dropout = arguments
            _construct(student, layer, *given, **options)
            layer.neurons = [neurons(nin, nonlin, dropout) for _ in range(nout)]

        methods = self._methods(student, "layer")
        return _disguised("Layer", student, __init__=make, **methods)

    def _methods(self, student: Any, name: str) -> dict[str, Callable[..., Any]]:
        """What a neuron or a layer of the lab's can do, as far as that is lent: to tell its parameters, and to compute,
        under the names by which student code may call it."""
        found = {"parameters": self._pieces[f"{name}_parameters"](_Several)}
        if self._pieces.has(name):
            found["__call__"] = call = self._pieces[name](self.Value)
            found |= {"forward": call} if hasattr(student, "forward") else {}
        return found


def _number(value: Any, Value: Any) -> Any:
    if not isinstance(value, Value):
        raise WrongKind(f"where a Value should be, yours is {describe(value)}")
    return value.data


def _is_plain(cls: Any) -> bool:
    """Whether nothing unusual happens when a class is derived from, made, or has its attributes set."""
    hooks = {"__init_subclass__", "__new__", "__getattribute__", "__setattr__", "__delattr__", "__del__"}
    return _kind(cls) in (_kind, ABCMeta) and not any(
        hooks & {*vars(base)} for base in cls.__mro__[:-1] if base is not Generic
    )


class _Otherwise(Exception):
    """The student's code makes a neuron or a layer in a way that the lab's does not know."""


def _has(thing: Any) -> str:
    """What attributes an object has, in words."""
    names = [str(name) for name in getattr(thing, "__dict__", ())]
    return f"yours has {', '.join(names[:6])}" if names else "yours has none"


def _holds(parts: list[Any], cls: Any) -> bool:
    return any(isinstance(part, cls) for part in parts)


def _layers_of(net: Any) -> Any:
    if not hasattr(net, "layers"):
        raise WrongKind(f"an MLP should have its layers in .layers; {_has(net)}")
    return net.layers


def _neurons_of(layer: Any) -> Any:
    if not hasattr(layer, "neurons"):
        raise WrongKind(f"a {_kind(layer).__name__} should have its neurons in .neurons; {_has(layer)}")
    return layer.neurons


def _exchange(whole: Any, name: str, parts: list[Any]) -> None:
    """Put other parts in the place of those that a net or a layer has, in whatever holds them."""
    held = getattr(whole, name)
    if isinstance(held, list):
        held[:] = parts
    else:
        setattr(whole, name, _kind(held)(parts))


def _in_use(net: Any) -> Any:
    """A net with dropout switched off, where it can be."""
    if hasattr(net, "eval"):
        net.eval()
    return net


def _weigh(neuron: Any, weights: Sequence[float]) -> None:
    """Give a neuron its weights and, last, its bias."""
    if not (hasattr(neuron, "w") and hasattr(neuron, "b")):
        name = _kind(neuron).__name__
        raise WrongKind(f"a {name} should have its weights in .w and its bias in .b; {_has(neuron)}")
    for value, number in zip((*neuron.w, neuron.b), weights):  # noqa: B905 - the answer will show what is missing
        value.data = number


def _weigh_all(net: Any, layers: Sequence[Sequence[Sequence[float]]]) -> None:
    """Give all neurons of a net their weights, as far as there are any."""
    for layer, neurons in zip(_layers_of(net), layers):  # noqa: B905 - the answer will show what is missing
        for neuron, weights in zip(_neurons_of(layer), neurons):  # noqa: B905
            _weigh(neuron, weights)


def _construct(cls: Any, module: Any, *arguments: Any, **options: Any) -> None:
    """What the student's constructor sets besides, as far as it gets."""
    with suppress(Exception):
        cls.__init__(module, *arguments, **options)


class _Several(list[Any]):
    """A list that can be added to a tuple, as those are whose parameters are tuples."""

    def __radd__(self, other: Any) -> Any:
        return (*other, *self) if isinstance(other, tuple) else NotImplemented


_Several.__name__ = "list"  # what an exception calls it


def _called(name: str, function: Any) -> Any:
    """A function of the lab's under the name that exceptions should give it."""
    function.__name__ = function.__qualname__ = name
    return function


def _is_theirs(cls: Any) -> bool:
    """Whether a class comes from the student's package."""
    return str(getattr(cls, "__module__", "")).partition(".")[0] == "micrograd"


def _disguised(name: str, base: Any, **methods: Any) -> Any:
    """A class like the student's `base`, under the name that exceptions should give it, and so its methods."""
    members = {
        method: member if isinstance(member, property) else _called(f"{name}.{method}", member)
        for method, member in methods.items()
    }
    made: Any = _kind(name, (base,), {"__module__": base.__module__, **members})
    if getattr(made, "__abstractmethods__", None):
        made.__abstractmethods__ = frozenset()  # what it leaves open is none of the lab's business
    return made


def _kept(base: Any, alone: bool) -> dict[str, property]:
    """Number and gradient under the names where the properties of the student's Value keep them, for their nets may
    set those: in a class of the lab's `alone`, or where there is no setter."""
    made: dict[str, property] = {}
    if _kind(base) not in (_kind, ABCMeta):
        return made  # a class that cannot be looked at without its own doing
    for name in ("data", "grad"):
        theirs = getattr(base, name, None)
        names = getattr(getattr(getattr(theirs, "fget", None), "__code__", None), "co_names", ())
        places = [each for each in names if each.endswith(f"_{name}")]
        if isinstance(theirs, property) and len(places) == 1 and (alone or theirs.fset is None):
            made[name] = _alias(places[0])
    return made


def _alias(name: str) -> property:
    """A property that is another name of an attribute."""
    return property(lambda value: getattr(value, name), lambda value, number: setattr(value, name, number))


def _options(nonlin: bool = True, dropout: float = 0.0) -> dict[str, Any]:
    """Those that are not as they are anyway: a student's class need not know the others."""
    return ({} if nonlin else {"nonlin": nonlin}) | ({"dropout": dropout} if dropout else {})
