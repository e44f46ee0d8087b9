"""Nets, losses and optimizers of PyTorch's own: `torch.nn`, `torch.nn.functional`, `torch.optim.sgd`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch.nn import functional
from torch.optim.sgd import sgd

from autograder.courses.micrograd.oracle.nets import NetLab, Weights, checked
from autograder.courses.micrograd.oracle.torch_value import TorchValue


def _result(tensor: torch.Tensor, parents: Sequence[TorchValue] = ()) -> TorchValue:
    value = TorchValue(0.0, parents)
    value.number = tensor
    return value


def _results(tensor: torch.Tensor) -> Any:
    """The numbers of a net's answer, or the only one."""
    out = [_result(number) for number in tensor]
    return out if len(out) > 1 else out[0]


def _tensor(numbers: Sequence[Any]) -> torch.Tensor:
    return torch.tensor([float(x) for x in numbers], dtype=torch.float64)


def _stacked(values: Sequence[TorchValue]) -> torch.Tensor:
    return torch.stack([value.number for value in values])


class Entry:
    """One number of a parameter tensor, as if it were a Value."""

    def __init__(self, tensor: torch.Tensor, place: tuple[int, ...]):
        self.tensor, self.place = tensor, place

    @property
    def number(self) -> torch.Tensor:
        return self.tensor[self.place]

    @property
    def data(self) -> float:
        return self.tensor.data[self.place].item()

    @data.setter
    def data(self, data: float) -> None:
        self.tensor.data[self.place] = data

    @property
    def grad(self) -> float:
        return 0.0 if self.tensor.grad is None else self.tensor.grad[self.place].item()

    @grad.setter
    def grad(self, grad: float) -> None:
        if self.tensor.grad is None:
            self.tensor.grad = torch.zeros_like(self.tensor)
        self.tensor.grad[self.place] = grad


class TorchNet:
    """A `torch.nn.Sequential`; `nonlin` and `dropout` say what follows each linear layer."""

    def __init__(self, layers: Weights, nonlin: Sequence[bool], dropout: Sequence[float]):
        self._stack = torch.nn.Sequential()
        self._linears: list[torch.nn.Linear] = []
        for neurons, relu, p in zip(layers, nonlin, dropout, strict=True):
            linear = torch.nn.Linear(len(neurons[0]) - 1, len(neurons), dtype=torch.float64)
            linear.weight.data = torch.tensor([weights[:-1] for weights in neurons], dtype=torch.float64)
            linear.bias.data = _tensor([weights[-1] for weights in neurons])
            self._linears.append(linear)
            self._stack.extend([linear, torch.nn.ReLU() if relu else torch.nn.Identity(), torch.nn.Dropout(p)])

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "training":
            self._stack.train(value)
        else:
            super().__setattr__(name, value)

    def __call__(self, row: Sequence[Any]) -> Any:
        return _results(self._stack(self._numbers(row)))

    def again(self, row: Sequence[Any], times: int) -> list[Any]:
        """What as many calls return, where what comes before the first dropout is computed once."""
        before, after = self._stack[:2](self._numbers(row)), self._stack[2:]
        return [_results(after(before)) for _ in range(times)]

    def _numbers(self, row: Sequence[Any]) -> torch.Tensor:
        if len(row) != self._linears[0].in_features:
            raise ValueError("an input of the wrong length")
        if any(isinstance(x, TorchValue) for x in row):
            return torch.stack([x.number if isinstance(x, TorchValue) else TorchValue.wrap(x) for x in row])
        return _tensor(row)

    def parameters(self) -> list[Entry]:
        return [
            entry
            for linear in self._linears
            for j in range(linear.out_features)
            for entry in (*(Entry(linear.weight, (j, k)) for k in range(linear.in_features)), Entry(linear.bias, (j,)))
        ]

    @property
    def w(self) -> list[Entry]:
        return self.parameters()[:-1]

    @property
    def b(self) -> Entry:
        return self.parameters()[-1]

    def zero_grad(self) -> None:
        self._stack.zero_grad()

    def plan(self) -> Iterator[tuple[int, int, bool, float]]:
        modules: list[Any] = list(self._stack)
        for linear, activation, dropout in zip(modules[::3], modules[1::3], modules[2::3], strict=True):
            yield linear.out_features, linear.in_features, isinstance(activation, torch.nn.ReLU), dropout.p


class Optimizer:
    """PyTorch's SGD on single numbers: those of a net, or Values."""

    def __init__(self, parameters: Sequence[Any], lr: float = 0.01, momentum: float = 0.0):
        self._values = list(parameters)
        self._momentum, self._velocities = momentum, [None] * len(self._values)
        self.lr = lr

    def step(self) -> None:
        tensors, gradients = (
            [torch.tensor(number, dtype=torch.float64) for number in numbers]
            for numbers in ([value.data for value in self._values], [value.grad for value in self._values])
        )
        _descend(tensors, gradients, self._velocities, self.lr, self._momentum)
        for value, tensor in zip(self._values, tensors, strict=True):
            value.data = tensor.item()

    def zero_grad(self) -> None:
        for value in self._values:
            value.grad = 0.0


def _descend(
    tensors: Sequence[torch.Tensor], gradients: Sequence[torch.Tensor], velocities: list[Any], lr: float,
    momentum: float = 0.0,
) -> None:  # fmt: skip
    """One step of PyTorch's SGD, by the function behind `torch.optim.SGD`: the class itself imports a compiler, which
    takes as long as all of PyTorch."""
    sgd(list(tensors), list(gradients), velocities, lr=lr, momentum=momentum, weight_decay=0.0, dampening=0.0,
        nesterov=False, maximize=False)  # fmt: skip


class TorchNets(NetLab):
    """The functions of `train`, and nets, by PyTorch."""

    SGD = Optimizer

    def _make_net(self, layers: Weights, nonlin: Sequence[bool], dropout: Sequence[float]) -> TorchNet:
        return TorchNet(layers, nonlin, dropout)

    def again(self, net: TorchNet, row: Any, times: int) -> list[Any]:
        return net.again(row, times)

    def seed(self, seed: int) -> None:
        torch.manual_seed(seed)

    def mse_loss(self, predictions: Sequence[TorchValue], targets: Sequence[float]) -> TorchValue:
        checked(predictions, targets)
        return _result(functional.mse_loss(_stacked(predictions), _tensor(targets)))

    def hinge_loss(self, scores: Sequence[TorchValue], labels: Sequence[float]) -> TorchValue:
        checked(scores, labels)
        stacked = _stacked(scores)
        zeros = torch.zeros_like(stacked)
        return _result(functional.margin_ranking_loss(stacked, zeros, _tensor(labels), margin=1.0))

    def l2_penalty(self, parameters: Sequence[Any], alpha: float = 1e-4) -> TorchValue:
        stacked = _stacked(parameters)
        return _result(alpha * torch.dot(stacked, stacked))

    def cross_entropy(self, logits: Sequence[TorchValue], target: int) -> TorchValue:
        return _result(functional.cross_entropy(_stacked(logits), torch.tensor(target)), logits)

    def accuracy(self, scores: Sequence[TorchValue], labels: Sequence[float]) -> float:
        predicted = torch.where(_stacked(scores) > 0, 1.0, -1.0)
        return float((predicted == _tensor(labels)).double().mean())

    def linear_decay(self, k: int, steps: int, start: float = 1.0, end: float = 0.1) -> float:
        ends = _tensor([start, end])
        return float(torch.lerp(ends[0], ends[1], k / steps))

    def gradients(self, out: Any, values: Sequence[Any]) -> list[float]:
        total = _stacked(out).sum() if isinstance(out, list) else out.number
        places = [(each.tensor, each.place) if isinstance(each, Entry) else (each.number, ()) for each in values]
        tensors = [tensor for tensor, _ in places]
        found = torch.autograd.grad(total, tensors, allow_unused=True, retain_graph=True) if tensors else ()
        return [0.0 if each is None else each[place].item() for each, (_, place) in zip(found, places, strict=True)]

    def differentiate(self, value: Any, net: Any) -> None:
        value.number.backward()

    def rehearse(
        self, weights: Sequence[float], inputs: Sequence[Sequence[float]], targets: Sequence[float], lr: float
    ) -> list[Any]:
        w = _tensor(weights).requires_grad_()
        loss = functional.mse_loss(functional.linear(torch.stack([_tensor(x) for x in inputs]), w), _tensor(targets))
        (gradient,) = torch.autograd.grad(loss, w)
        with torch.no_grad():
            _descend([w], [gradient], [None], lr)
        return [loss.item(), w.tolist(), self.rehearsal(inputs)]
