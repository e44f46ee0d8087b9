"""The names of the contract; most are made elsewhere."""

from .losses import accuracy, cross_entropy, hinge_loss, l2_penalty, mse_loss
from .optim import SGD, linear_decay

__all__ = ["SGD", "accuracy", "cross_entropy", "hinge_loss", "l2_penalty", "linear_decay", "mse_loss"]


def train_step(model, inputs, targets, loss_fn, optimizer):
    model.zero_grad()
    outputs = [model(x) for x in inputs]
    loss = loss_fn(outputs, targets)
    loss.backward()
    optimizer.step()
    return float(loss.data)


def fit(model, inputs, targets, loss_fn, optimizer, steps, schedule=None, callback=None):
    losses = []
    for k in range(steps):
        if schedule is not None:
            optimizer.lr = schedule(k, steps)
        losses.append(train_step(model, inputs, targets, loss_fn, optimizer))
        if callback is not None:
            callback(k, losses[-1])
    return losses
