"""Hints everywhere; sums by reduce."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from functools import reduce
from operator import add, mul
from typing import Any

from micrograd.engine import Number, Value

Input = Sequence[Value | Number] | Value


class Module:
    training: bool = True

    def parameters(self) -> list[Value]:
        return []

    def children(self) -> Sequence[Module]:
        return []

    def zero_grad(self) -> None:
        for parameter in self.parameters():
            parameter.grad = 0.0

    def train(self, mode: bool = True) -> Module:
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self) -> Module:
        return self.train(False)


class Neuron(Module):
    w: list[Value]
    b: Value
    nonlin: bool
    dropout: float

    def __init__(self, nin: int, nonlin: bool = True, dropout: float = 0.0) -> None:
        if nin < 1:
            raise ValueError(f"nin = {nin}")
        if not 0.0 <= dropout < 1.0:
            raise ValueError(f"dropout = {dropout}")
        self.w = [Value(random.uniform(-1.0, 1.0)) for _ in range(nin)]
        self.b = Value(0.0)
        self.nonlin = nonlin
        self.dropout = dropout

    def __call__(self, x: Input) -> Value:
        row: list[Value | Number] = [x] if isinstance(x, Value) else list(x)
        if len(row) != len(self.w):
            raise ValueError(f"expected {len(self.w)} inputs, got {len(row)}")
        z: Value = reduce(add, map(mul, row, self.w)) + self.b
        activation = z.relu() if self.nonlin else z
        return self._dropped(activation) if self.training else activation

    def _dropped(self, activation: Value) -> Value:
        keep: float = 1.0 - self.dropout
        (factor,) = random.choices([0.0, 1.0 / keep], weights=[self.dropout, keep])
        return activation * factor

    def parameters(self) -> list[Value]:
        found: list[Value] = self.w.copy()
        found.append(self.b)
        return found

    def __repr__(self) -> str:
        return f"{'ReLU' if self.nonlin else 'Linear'}Neuron({len(self.w)})"


def _parameters_of(modules: Iterable[Module]) -> list[Value]:
    found: list[Value] = []
    for module in modules:
        found.extend(module.parameters())
    return found


class Layer(Module):
    neurons: list[Neuron]

    def __init__(self, nin: int, nout: int, **kwargs: Any) -> None:
        if nout < 1:
            raise ValueError(f"nout = {nout}")
        self.neurons = [Neuron(nin, **kwargs) for _ in range(nout)]

    def __call__(self, x: Input) -> list[Value] | Value:
        match [neuron(x) for neuron in self.neurons]:
            case [single]:
                return single
            case several:
                return several

    def parameters(self) -> list[Value]:
        return _parameters_of(self.neurons)

    def children(self) -> Sequence[Neuron]:
        return self.neurons

    def __repr__(self) -> str:
        return f"Layer of [{', '.join(str(n) for n in self.neurons)}]"


class MLP(Module):
    layers: list[Layer]

    def __init__(self, nin: int, nouts: Sequence[int], **kwargs: Any) -> None:
        widths: list[int] = [nin, *nouts]
        last: int = len(nouts) - 1
        linear: dict[str, Any] = {"nonlin": False, "dropout": 0.0}
        self.layers = [
            Layer(nin=widths[i], nout=widths[i + 1], **(linear if i == last else kwargs)) for i in range(len(nouts))
        ]

    def __call__(self, x: Input) -> list[Value] | Value:
        for layer in self.layers:
            x = layer(x)
        return x

    def parameters(self) -> list[Value]:
        return _parameters_of(self.layers)

    def children(self) -> Sequence[Layer]:
        return self.layers

    def __repr__(self) -> str:
        return f"MLP of [{', '.join(str(layer) for layer in self.layers)}]"
