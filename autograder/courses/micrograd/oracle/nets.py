"""What the labs of the judge share about nets and training: everything but what a net is and how it learns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Weights = Sequence[Sequence[Sequence[float]]]  # by layer and neuron; the bias last


class NetLab:
    """The verbs of `micrograd.lab.Lab` on nets and training; see there for what each means.

    A subclass makes nets (`_make_net`) and has a method for each function and class of `train`, by the same name.
    """

    Value: Any

    def forward(self) -> Any:
        return self.Value

    def _make_net(self, layers: Weights, nonlin: Sequence[bool], dropout: Sequence[float]) -> Any:
        """A net with these weights; for each layer, whether it ends in relu, and how much dropout it has."""
        raise NotImplementedError

    def neuron(self, w: Sequence[float], b: float, nonlin: bool = True, dropout: float = 0.0) -> Any:
        return self._make_net([[[*w, b]]], [nonlin], [dropout])

    def layer(self, neurons: Sequence[Sequence[float]], nonlin: bool = True) -> Any:
        return self._make_net([neurons], [nonlin], [0.0])

    def mlp(self, nin: int, nouts: Sequence[int], options: dict[str, Any], layers: Weights) -> Any:
        hidden = len(nouts) - 1
        net = self._make_net(
            layers, [options.get("nonlin", True)] * hidden + [False], [options.get("dropout", 0.0)] * hidden + [0.0]
        )
        net.training = False
        return net

    def assembled(self, layers: Weights) -> Any:
        return self._make_net(layers, [True] * (len(layers) - 1) + [False], [0.0] * len(layers))

    def net(self, layers: Weights) -> Any:
        return self.assembled(layers)

    def listed(self, net: Any) -> Any:
        return net.parameters()

    def plan(self, net: Any) -> list[list[Any]]:
        return [list(row) for row in net.plan()]

    def module(self, data: Sequence[float], grads: Sequence[float]) -> Any:
        net = self.layer([data])
        self.set_slopes(net.parameters(), grads)
        return net

    def unresettable(self) -> list[str]:
        return []

    def parameters(self, data: Sequence[float], grads: Sequence[float]) -> Any:
        values = [self.Value(x) for x in data]
        self.set_slopes(values, grads)
        return values

    def row(self, kind: str, numbers: Sequence[float]) -> Any:
        return [self.Value(x) for x in numbers] if kind == "Values" else list(numbers)

    def weights(self, net: Any) -> Any:
        return net.parameters()

    def gradients(self, out: Any, values: Sequence[Any]) -> list[float]:
        raise NotImplementedError

    def outputs(self, out: Any) -> Any:
        return self.read(out) if isinstance(out, list) else out.data

    def read(self, values: Any) -> list[float]:
        return [value.data for value in values]

    def slopes(self, values: Any) -> list[float]:
        return [value.grad for value in values]

    def write(self, values: Any, numbers: Sequence[float]) -> None:
        for value, number in zip(values, numbers, strict=True):
            value.data = float(number)

    def set_slopes(self, values: Any, numbers: Sequence[float]) -> None:
        for value, number in zip(values, numbers, strict=True):
            value.grad = number

    def slope(self, value: Any, number: float) -> float:
        return number

    def seed(self, seed: int) -> None:
        """Begin the random numbers of dropout anew."""
        raise NotImplementedError

    def again(self, net: Any, row: Any, times: int) -> list[Any]:
        """What a net answers to the same row each time that it is asked."""
        return [net(row) for _ in range(times)]

    def tally(self, net: Any, row: Any, times: int, seed: int) -> list[list[Any]]:
        self.seed(seed)
        seen: dict[float, list[Any]] = {}
        for out in self.again(net, row, times):
            seen.setdefault(out.data, []).append(out)
        weights = self.weights(net)
        return [[number, len(seen[number]), self.gradients(seen[number][0], weights)] for number in sorted(seen)]

    def rhythms(
        self, w: Sequence[float], b: float, dropout: float, row: Any, times: int, seeds: Sequence[int]
    ) -> list[str]:
        found = []
        for neuron, seed in [(self.neuron(w, b, True, dropout), seed) for seed in seeds]:
            self.seed(seed)
            found.append("".join("01"[out.data == 0] for out in self.again(neuron, row, times)))
        return found

    def call(self, function: str, *arguments: Any, **options: Any) -> Any:
        return getattr(self, function)(*arguments, **options)

    def loss(self, function: str, net: Any = None) -> Callable[[Any, Any], Any]:
        if net is None:
            return lambda outputs, targets: self.call(function, outputs, targets)
        return lambda outputs, targets: (
            self.call(function, outputs, targets) + self.call("l2_penalty", net.parameters())
        )

    def decay(self, start: float) -> Callable[[int, int], float]:
        return lambda k, steps: float(self.call("linear_decay", k, steps, start, 0.1))

    def scores(self, net: Any, inputs: Sequence[Sequence[float]]) -> Any:
        return [net(x) for x in inputs]

    def fit(self, net: Any, inputs: Any, targets: Any, loss: Any, optimizer: Any, steps: int,
            schedule: Any = None) -> list[float]:  # fmt: skip
        losses = []
        for k in range(steps):
            if schedule:
                optimizer.lr = schedule(k, steps)
            optimizer.zero_grad()
            value = loss(self.scores(net, inputs), targets)
            losses.append(value.data)
            self.differentiate(value, net)
            optimizer.step()
        return losses

    def differentiate(self, value: Any, net: Any) -> None:
        """Add the gradients of `value` to those of a net's parameters."""
        raise NotImplementedError

    def rehearsal(self, inputs: Sequence[Any]) -> list[str]:
        """The calls that a training step makes."""
        return ["zero_grad", *["forward"] * len(inputs), "loss", "backward", "step"]


def checked(given: Sequence[Any], wanted: Sequence[Any]) -> None:
    """Raise the ValueError of lists of unequal length."""
    if len(given) != len(wanted):
        raise ValueError("unequal lengths")
