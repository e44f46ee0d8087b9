"""Hints everywhere; sums by reduce."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from functools import reduce
from typing import TypeAlias

from micrograd.engine import Number, Value
from micrograd.nn import Module

Loss: TypeAlias = Callable[[Sequence[Value], Sequence[Number]], Value]


def _mean(values: Sequence[Value]) -> Value:
    return reduce(operator.add, values) / len(values)


def _same_length(a: Sequence[object], b: Sequence[object]) -> None:
    if len(a) != len(b):
        raise ValueError(f"lengths differ: {len(a)} != {len(b)}")


def mse_loss(predictions: Sequence[Value], targets: Sequence[Number]) -> Value:
    _same_length(predictions, targets)
    errors: list[Value] = list(map(operator.sub, predictions, targets))
    return _mean([error**2 for error in errors])


def hinge_loss(scores: Sequence[Value], labels: Sequence[Number]) -> Value:
    _same_length(scores, labels)
    margins: list[Value] = list(map(operator.mul, scores, labels))
    return _mean([(1 - margin).relu() for margin in margins])


def l2_penalty(parameters: Iterable[Value], alpha: float = 1e-4) -> Value:
    squares: list[Value] = [p * p for p in parameters]
    return reduce(operator.add, squares, Value(0.0)) * alpha


def accuracy(scores: Sequence[Value], labels: Sequence[int]) -> float:
    predicted: list[int] = [1 if score.data > 0 else -1 for score in scores]
    return sum(map(operator.eq, predicted, labels)) / len(predicted)


def cross_entropy(logits: Sequence[Value], target: int) -> Value:
    others: list[Value] = [logit - logits[target] for logit in logits]
    shift: float = max(other.data for other in others)
    return reduce(operator.add, [(other - shift).exp() for other in others]).log() + shift


class SGD:
    parameters: list[Value]
    lr: float
    momentum: float
    velocities: list[float]

    def __init__(self, parameters: Iterable[Value], lr: float = 0.01, momentum: float = 0.0) -> None:
        if lr < 0 or not 0 <= momentum < 1:
            raise ValueError(f"lr = {lr}, momentum = {momentum}")
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum
        self.velocities = [0.0 for _ in self.parameters]

    def step(self) -> None:
        for index, parameter in enumerate(self.parameters):
            velocity: float = parameter.grad
            if self.momentum > 0:
                velocity += self.momentum * self.velocities[index]
                self.velocities[index] = velocity
            parameter.data = parameter.data - self.lr * velocity

    def zero_grad(self) -> None:
        for parameter in self.parameters:
            parameter.grad = 0.0


def linear_decay(k: int, steps: int, start: float = 1.0, end: float = 0.1) -> float:
    fraction: float = k / steps
    return start + fraction * (end - start)


def train_step(
    model: Module, inputs: Sequence[Sequence[Number]], targets: Sequence[Number], loss_fn: Loss, optimizer: SGD
) -> float:
    optimizer.zero_grad()
    outputs: list[Value] = [model(x) for x in inputs]
    loss: Value = loss_fn(outputs, targets)
    before: float = float(loss.data)
    loss.backward()
    optimizer.step()
    return before


def fit(
    model: Module,
    inputs: Sequence[Sequence[Number]],
    targets: Sequence[Number],
    loss_fn: Loss,
    optimizer: SGD,
    steps: int,
    schedule: Callable[[int, int], float] | None = None,
    callback: Callable[[int, float], object] | None = None,
) -> list[float]:
    losses: list[float] = []
    for k in range(steps):
        if schedule is not None:
            optimizer.lr = schedule(k, steps)
        losses.append(train_step(model, inputs, targets, loss_fn, optimizer))
        if callback is not None:
            callback(k, losses[-1])
    return losses
