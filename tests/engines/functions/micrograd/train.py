"""Losses are functions of the engine, as in torch.nn.functional: a node each, whatever the number of outputs."""

import math
import operator

from .engine import Function


class MSELoss(Function):
    name = "mse"

    @staticmethod
    def forward(ctx, *predictions, targets):
        errors = [p - t for p, t in zip(predictions, targets, strict=True)]
        ctx.save_for_backward(*errors)
        return sum(error * error for error in errors) / len(errors)

    @staticmethod
    def backward(ctx, grad_output):
        return [2 * error / len(ctx.saved) * grad_output for error in ctx.saved]


class HingeLoss(Function):
    name = "hinge"

    @staticmethod
    def forward(ctx, *scores, labels):
        lacks = [1 - s * y for s, y in zip(scores, labels, strict=True)]
        ctx.save_for_backward(*(y if lack > 0 else 0 for lack, y in zip(lacks, labels, strict=True)))
        return sum(max(lack, 0.0) for lack in lacks) / len(lacks)

    @staticmethod
    def backward(ctx, grad_output):
        return [-y / len(ctx.saved) * grad_output for y in ctx.saved]


class SquaredNorm(Function):
    name = "norm"

    @staticmethod
    def forward(ctx, *numbers, alpha):
        ctx.save_for_backward(alpha, *numbers)
        return alpha * math.fsum(x * x for x in numbers)

    @staticmethod
    def backward(ctx, grad_output):
        alpha, *numbers = ctx.saved
        return [2 * alpha * x * grad_output for x in numbers]


class CrossEntropy(Function):
    name = "cross entropy"

    @staticmethod
    def forward(ctx, *logits, target):
        largest = max(logits)
        exps = [math.exp(z - largest) for z in logits]
        ctx.save_for_backward(*(e / sum(exps) - (i == target) for i, e in enumerate(exps)))
        return math.log(sum(exps)) - (logits[target] - largest)

    @staticmethod
    def backward(ctx, grad_output):
        return [slope * grad_output for slope in ctx.saved]


def mse_loss(predictions, targets):
    return MSELoss.apply(*predictions, targets=targets)


def hinge_loss(scores, labels):
    return HingeLoss.apply(*scores, labels=labels)


def l2_penalty(parameters, alpha=1e-4):
    return SquaredNorm.apply(*parameters, alpha=alpha)


def accuracy(scores, labels):
    predicted = [+1 if score.data > 0 else -1 for score in scores]
    return sum(map(operator.eq, predicted, labels)) / len(predicted)


def cross_entropy(logits, target):
    return CrossEntropy.apply(*logits, target=target)


class SGD:
    def __init__(self, parameters, lr=0.01, momentum=0.0):
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum
        self.state = {}

    def step(self):
        for i, parameter in enumerate(self.parameters):
            update = parameter.grad
            if self.momentum:
                update = self.state[i] = self.momentum * self.state.get(i, 0.0) + update
            parameter.data += -self.lr * update

    def zero_grad(self):
        for parameter in self.parameters:
            parameter.grad = 0.0


def linear_decay(k, steps, start=1.0, end=0.1):
    share = k / steps
    return start - share * start + share * end


def train_step(model, inputs, targets, loss_fn, optimizer):
    optimizer.zero_grad()
    outputs = tuple(model(x) for x in inputs)
    loss = loss_fn(outputs, targets)
    loss.backward()
    optimizer.step()
    return loss.item() if hasattr(loss, "item") else float(loss.data)


def fit(model, inputs, targets, loss_fn, optimizer, steps, schedule=None, callback=None):
    losses = []
    for k in range(steps):
        if schedule is not None:
            optimizer.lr = schedule(k, steps)
        losses.append(train_step(model, inputs, targets, loss_fn, optimizer))
        if callback is not None:
            callback(k, losses[-1])
    return losses
