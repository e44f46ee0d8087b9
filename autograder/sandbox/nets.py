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
from types import ModuleType
from typing import Any, Generic

from autograder.sandbox.values import BareValue, WrongKind, describe, lifted

_kind = type


class NetLab:
    """`rubric.Lab`'s verbs on nets and training. See there for what each means."""

    _modules: dict[str, ModuleType]
    _base: Any
    _set: Callable[[Any, str, Any], None]
    _classes: dict[Any, Any]
    _package: Sequence[Any] = ()  # all modules of the student's, looked up once
    _forward: Any = None  # the class of Values while a question is asked forward only

    @property
    def Value(self) -> Any:
        return self._forward or self._base

    def forward(self) -> Any:
        if "forward" not in self._classes:
            self._classes["forward"] = self._forward_class()
        self._forward = self._classes["forward"]
        self._everywhere(self._base, self._forward)
        return self._forward

    def _forward_class(self) -> Any:
        """Derived from the student's Value, so that their nets may use what else it can; where that does not work, a
        class of the lab's alone."""
        made = lambda: self._classes["forward"]  # noqa: E731
        if _is_plain(self._base):
            with suppress(Exception):
                own = _kind("Value", (self._base,), lifted(self._base, made))
                probe = own(1.5, (), "")
                probe.data, probe.grad = 2.5, 0.5
                plain = (_kind(probe.data), probe.data, _kind(probe.grad), probe.grad) == (float, 2.5, float, 0.5)
                if plain and float(own(0.1, (), "").data) == 0.1:  # an engine that rounds costs no net
                    return own
        return _kind("Value", (BareValue,), lifted(BareValue, made))

    def _everywhere(self, old: Any, new: Any) -> None:
        """Rebind a class in all modules of the package, whatever its name there."""
        if not self._package:
            self._package = [sys.modules[name] for name in list(sys.modules) if name.partition(".")[0] == "micrograd"]
        for module in self._package:
            for key, value in list(vars(module).items()):
                if value is old:
                    self._set(module, key, new)

    def neuron(self, w: Sequence[float], b: float, nonlin: bool = True, dropout: float = 0.0) -> Any:
        neuron = self._modules["nn"].Neuron(len(w), nonlin=nonlin, dropout=dropout)
        _weigh(neuron, [*w, b])
        return neuron

    def layer(self, neurons: Sequence[Sequence[float]], nonlin: bool = True) -> Any:
        self._everywhere(self._modules["nn"].Neuron, self._neurons())
        layer = self._modules["nn"].Layer(len(neurons[0]) - 1, len(neurons), nonlin=nonlin)
        for neuron, weights in zip(layer.neurons, neurons):  # noqa: B905 - the answer will show what is missing
            _weigh(neuron, weights)
        return layer

    def mlp(
        self, nin: int, nouts: Sequence[int], options: dict[str, Any], layers: Sequence[Sequence[Sequence[float]]]
    ) -> Any:
        self._everywhere(self._modules["nn"].Layer, self._layers())
        net = self._modules["nn"].MLP(nin, list(nouts), **options)
        _weigh_all(net, layers)
        return net

    def assembled(self, layers: Sequence[Sequence[Sequence[float]]]) -> Any:
        cls = self._layers()
        self._everywhere(self._modules["nn"].Layer, cls)
        shapes = [[len(neurons), len(neurons[0]) - 1] for neurons in layers]
        try:
            net = self._modules["nn"].MLP(shapes[0][1], [shape[0] for shape in shapes])
            right = [[len(layer.neurons), len(layer.neurons[0].w)] for layer in net.layers] == shapes
        except Exception:
            right = False
        if not right:
            net = self._modules["nn"].MLP.__new__(self._modules["nn"].MLP)
            net.layers = [cls(len(neurons[0]) - 1, len(neurons)) for neurons in layers]
        _weigh_all(net, layers)
        return net

    def plan(self, net: Any) -> list[list[Any]]:
        return [
            [len(layer.neurons), len(layer.neurons[0].w), bool(layer.neurons[0].nonlin), layer.neurons[0].dropout]
            for layer in net.layers
        ]

    def net(self, layers: Sequence[Sequence[Sequence[float]]]) -> Any:
        net = self._modules["nn"].MLP(len(layers[0][0]) - 1, [len(neurons) for neurons in layers])
        _weigh_all(net, layers)
        return net

    def module(self, data: Sequence[float], grads: Sequence[float]) -> Any:
        ps = self.parameters(data, grads)
        cls = _kind("Module", (self._modules["nn"].Module,), {"parameters": lambda module: list(ps)})
        return cls()

    def parameters(self, data: Sequence[float], grads: Sequence[float]) -> Any:
        ps = [self.Value(x) for x in data]
        self.set_slopes(ps, grads)
        return ps

    def row(self, kind: str, numbers: Sequence[float]) -> Any:
        if kind == "array":
            import numpy

            return numpy.array([numbers])[0]
        return [self.Value(x) for x in numbers] if kind == "Values" else list(numbers)

    def outputs(self, out: Any) -> Any:
        return self.read(out) if isinstance(out, (list, tuple)) else self._number(out)

    def read(self, values: Any) -> list[Any]:
        if isinstance(values, (self.Value, str)) or not hasattr(values, "__iter__"):
            raise WrongKind(f"this should be a list of Values, yours is {describe(values)}")
        return [self._number(value) for value in itertools.islice(values, 10_000)]  # it may have no end

    def _number(self, value: Any) -> Any:
        if not isinstance(value, self.Value):
            raise WrongKind(f"where a Value should be, yours is {describe(value)}")
        return value.data

    def slopes(self, values: Any) -> list[Any]:
        return [value.grad for value in values]

    def write(self, values: Any, numbers: Sequence[float]) -> None:
        for value, number in zip(values, numbers):  # noqa: B905 - the answer will show what is missing
            value.data = number

    def set_slopes(self, values: Any, numbers: Sequence[float]) -> None:
        for value, number in zip(values, numbers, strict=True):
            value.grad = number

    def tally(self, net: Any, row: Any, times: int, seed: int) -> list[list[Any]]:
        random.seed(seed)
        seen: dict[Any, int] = {}
        for _ in range(times):
            number = self._number(net(row))
            seen[number] = seen.get(number, 0) + 1
        return [[number, seen[number]] for number in sorted(seen)]

    def call(self, function: str, *arguments: Any, **options: Any) -> Any:
        return getattr(self._modules["train"], function)(*arguments, **options)

    def loss(self, function: str, net: Any = None) -> Callable[[Any, Any], Any]:
        train = self._modules["train"]
        if net is None:
            chosen: Callable[[Any, Any], Any] = getattr(train, function)
            return chosen
        return lambda outputs, targets: getattr(train, function)(outputs, targets) + train.l2_penalty(net.parameters())

    def decay(self, start: float) -> Callable[[int, int], Any]:
        return lambda k, steps: self._modules["train"].linear_decay(k, steps, start, 0.1)

    def scores(self, net: Any, inputs: Sequence[Sequence[float]]) -> Any:
        return [net(x) for x in inputs]

    def rehearse(
        self, weights: Sequence[float], inputs: Sequence[Sequence[float]], targets: Sequence[float], lr: float
    ) -> list[Any]:
        self.forward()
        model = _Model(self.Value, weights)
        optimizer = _Optimizer(model, lr)
        returned = self.call("train_step", model, [list(x) for x in inputs], list(targets), model.loss, optimizer)
        return [returned, self.read(model.ps), model.calls]

    # what the lab supplies

    def _neurons(self) -> Any:
        """A class like the student's Neuron that works without the student's methods."""

        student = self._modules["nn"].Neuron

        def __init__(neuron: Any, nin: int, nonlin: bool = True, dropout: float = 0.0) -> None:
            _construct(student, neuron, nin, nonlin, dropout)
            neuron.w, neuron.b = [self.Value(0.0) for _ in range(nin)], self.Value(0.0)
            neuron.nonlin, neuron.dropout = nonlin, dropout

        def __call__(neuron: Any, x: Any) -> Any:
            given = [x] if isinstance(x, self.Value) else list(x)
            if len(given) != len(neuron.w):
                raise WrongKind(f"a neuron got {len(given)} input(s), but has {len(neuron.w)} weight(s)")
            numbers = [x.data if isinstance(x, self.Value) else x for x in given]
            weighted = sum((w.data * number for w, number in zip(neuron.w, numbers, strict=True)), neuron.b.data)
            return self.Value(max(weighted, 0.0) if neuron.nonlin else weighted)

        def parameters(neuron: Any) -> list[Any]:
            return _Several([*neuron.w, neuron.b])

        __init__.__qualname__ = "Neuron.__init__"
        return _kind("Neuron", (student,), {"__init__": __init__, "__call__": __call__, "parameters": parameters})

    def _layers(self) -> Any:
        """A class like the student's Layer, made of such neurons."""
        neurons, student = self._neurons(), self._modules["nn"].Layer

        def __init__(layer: Any, nin: int, nout: int, **options: Any) -> None:
            _construct(student, layer, nin, nout, **options)
            layer.neurons = [neurons(nin, **options) for _ in range(nout)]

        def __call__(layer: Any, x: Any) -> Any:
            given, inputs = 1 if isinstance(x, self.Value) else len(x), len(layer.neurons[0].w)
            if given != inputs:
                raise WrongKind(f"a layer of {len(layer.neurons)} neuron(s) with {inputs} input(s) each got {given}")
            several = [neuron(x) for neuron in layer.neurons]
            return several if len(several) > 1 else several[0]

        def parameters(layer: Any) -> list[Any]:
            return _Several(p for neuron in layer.neurons for p in (*neuron.w, neuron.b))

        __init__.__qualname__ = "Layer.__init__"
        return _kind("Layer", (student,), {"__init__": __init__, "__call__": __call__, "parameters": parameters})


def _is_plain(cls: Any) -> bool:
    """Whether nothing unusual happens when a class is derived from, made, or has its attributes set."""
    hooks = {"__init_subclass__", "__new__", "__getattribute__", "__setattr__", "__delattr__", "__del__"}
    return _kind(cls) in (_kind, ABCMeta) and not any(
        hooks & {*vars(base)} for base in cls.__mro__[:-1] if base is not Generic
    )


def _weigh(neuron: Any, weights: Sequence[float]) -> None:
    """Give a neuron its weights and, last, its bias."""
    for value, number in zip((*neuron.w, neuron.b), weights):  # noqa: B905 - the answer will show what is missing
        value.data = number


def _weigh_all(net: Any, layers: Sequence[Sequence[Sequence[float]]]) -> None:
    """Give all neurons of a net their weights, as far as there are any."""
    for layer, neurons in zip(net.layers, layers):  # noqa: B905 - the answer will show what is missing
        for neuron, weights in zip(layer.neurons, neurons):  # noqa: B905
            _weigh(neuron, weights)


class _Model:
    """A linear model and its loss, for `train_step`: they do what they should, and note their calls."""

    training = True

    def __init__(self, Value: Any, weights: Sequence[float]):
        self.ps = [Value(w) for w in weights]
        for p in self.ps:
            p.grad = 5.0  # left over from an earlier step
        self.calls: list[str] = []
        self._Value = Value
        self._inputs: dict[int, tuple[Any, Sequence[float]]] = {}

    def parameters(self) -> list[Any]:
        return list(self.ps)

    def train(self, mode: bool = True) -> _Model:
        return self

    def eval(self) -> _Model:
        return self

    def zero_grad(self) -> None:
        self.calls.append("zero_grad")
        for p in self.ps:
            p.grad = 0.0

    def __call__(self, x: Sequence[float]) -> Any:
        self.calls.append("forward")
        out = self._Value(sum(p.data * xi for p, xi in zip(self.ps, x, strict=True)))
        self._inputs[id(out)] = out, x
        return out

    def loss(self, outputs: Any, targets: Any) -> Any:
        """The mean squared error, whose `backward` adds the gradients of that moment."""
        self.calls.append("loss")
        outputs, targets = list(outputs), list(targets)
        if len(outputs) != len(targets) or not all(id(out) in self._inputs for out in outputs):
            raise WrongKind("loss_fn should be given an output of the model for each of the inputs, and the targets")
        pairs = list(zip(outputs, targets, strict=True))
        slopes = [0.0] * len(self.ps)
        for out, target in pairs:
            for j, xj in enumerate(self._inputs[id(out)][1]):
                slopes[j] += 2 * (out.data - target) * xj / len(pairs)

        def backward(loss: Any) -> None:
            self.calls.append("backward")
            for p, slope in zip(self.ps, slopes, strict=True):
                p.grad += slope

        value = sum((out.data - target) ** 2 for out, target in pairs) / len(pairs)
        return _kind("Value", (self._Value,), {"backward": backward})(value)


class _Optimizer:
    """Gradient descent on a `_Model`, which notes the calls."""

    def __init__(self, model: _Model, lr: float):
        self._model = model
        self.parameters = model.ps
        self.lr = lr
        self.momentum = 0.0

    def zero_grad(self) -> None:
        self._model.zero_grad()

    def step(self) -> None:
        self._model.calls.append("step")
        for p in self.parameters:
            p.data -= self.lr * p.grad


def _construct(cls: Any, module: Any, *arguments: Any, **options: Any) -> None:
    """What the student's constructor sets besides, as far as it gets."""
    with suppress(Exception):
        cls.__init__(module, *arguments, **options)


class _Several(list[Any]):
    """A list that can be added to a tuple, as those are whose parameters are tuples."""

    def __radd__(self, other: Any) -> Any:
        return other + type(other)(self)
