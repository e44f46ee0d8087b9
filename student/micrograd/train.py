"""Training: what a net should get better at, and the loop in which it does."""
import sys

from micrograd.engine import Value


def mse_loss(predictions, targets):
    """Mean squared error: the mean of (prediction - target)**2, as a Value that leads back to the predictions.

    Predictions are Values, targets numbers, as many of the one as of the other.
    """
    _check_lengths(predictions, targets)
    # TODO training-mse: Return the mean over all pairs, not the sum.
    raise NotImplementedError("training-mse")


def hinge_loss(scores, labels):
    """The mean of relu(1 - label * score), as a Value that leads back to the scores.

    Labels are 1 or -1; a score wants to lie beyond its label.
    """
    _check_lengths(scores, labels)
    # TODO training-hinge: A score on the right side, by a margin of 1 or more, costs nothing; any other costs what it
    # lacks.
    raise NotImplementedError("training-hinge")


def _check_lengths(outputs, targets):
    """See to it that no loss is computed over lists of unequal length."""
    # TODO stretch-shapes (bonus): Raise a ValueError, for `zip` would quietly drop the rest of the longer list.


def l2_penalty(parameters, alpha=1e-4):
    """alpha times the sum of the squared parameters, as a Value that leads back to them.

    Added to a loss, it keeps the weights small.
    """
    # TODO training-l2: Return the sum of p**2 over all parameters, times alpha.
    raise NotImplementedError("training-l2")


def accuracy(scores, labels):
    """The share of scores on the right side, a float in [0, 1]. Scores are Values, labels are 1 or -1."""
    # TODO training-accuracy: A score above 0 predicts the label 1, any other score -1. Count how often that is right.
    raise NotImplementedError("training-accuracy")


def cross_entropy(logits, target):
    """-log(softmax(logits)[target]) as a Value: how surprised a net is by the class with the index `target`."""
    # TODO stretch-cross-entropy: exp overflows above 709, so large logits need care: which number can you subtract from
    # all of them without changing the softmax?
    raise NotImplementedError("stretch-cross-entropy")


class SGD:
    """Stochastic gradient descent over `parameters`, with the learning rate `lr`, which may be changed between steps.

    With `momentum`, each parameter has a velocity, which starts at 0. Raises ValueError for a negative `lr` and for a
    momentum outside [0, 1).
    """

    def __init__(self, parameters, lr=0.01, momentum=0.0):
        if lr < 0:
            raise ValueError(f'lr must be at least 0, not {lr}')
        if not 0 <= momentum < 1:
            raise ValueError(f'momentum must be in [0, 1), not {momentum}')
        self.parameters = list(parameters)
        self.lr = lr
        self.momentum = momentum
        self.velocities = [0.0 for _ in self.parameters]

    def step(self):
        """Move every parameter downhill."""
        slopes = [p.grad for p in self.parameters]
        # TODO stretch-momentum (bonus): With momentum, a parameter does not follow its gradient but its velocity, which
        # at each step becomes momentum * velocity + gradient: update self.velocities, and let `slopes` be the
        # velocities.
        # TODO training-sgd-step: Change the data of each parameter against its slope, by the learning rate times the
        # slope.
        raise NotImplementedError("training-sgd-step")

    def zero_grad(self):
        """Set the gradient of every parameter to 0.0."""
        # TODO training-sgd-zero-grad: Gradients add up over calls of backward(): start all parameters of the optimizer
        # afresh.
        raise NotImplementedError("training-sgd-zero-grad")


def linear_decay(k, steps, start=1.0, end=0.1):
    """The learning rate of step `k` of `steps`, on the straight line from `start` (at step 0) to `end` (at `steps`)."""
    # TODO training-decay: Which share of the way is behind us at step k? Go down by that share of the difference.
    raise NotImplementedError("training-decay")


def train_step(model, inputs, targets, loss_fn, optimizer):
    """Improve `model` by one step on all of `inputs`; returns the loss before the step, as a plain float.

    `model` maps one of the inputs to an output, `loss_fn(outputs, targets)` is a Value, and `optimizer` has
    `zero_grad()` and `step()`.
    """
    # TODO training-step: In this order: forget the old gradients, compute the outputs of all inputs and their loss,
    # send the loss backward, let the optimizer step.
    raise NotImplementedError("training-step")


def fit(model, inputs, targets, loss_fn, optimizer, steps, schedule=None, callback=None):
    """Train for a number of steps, and return the loss before each.

    `schedule(k, steps)`, if given, is the learning rate of step k. `callback(k, loss)` is called after each step;
    without one, a terminal shows a line of progress. Raises ValueError for negative `steps`.
    """
    if steps < 0:
        raise ValueError(f'steps must be at least 0, not {steps}')
    if callback is None and sys.stderr.isatty():

        def callback(k, loss):
            end = '\n' if k + 1 == steps else ''
            print(f'\rstep {k + 1}/{steps}  loss {loss:.4f} ', end=end, file=sys.stderr, flush=True)

    losses = []
    for k in range(steps):
        if schedule is not None:
            optimizer.lr = schedule(k, steps)
        losses.append(train_step(model, inputs, targets, loss_fn, optimizer))
        if callback is not None:
            callback(k, losses[-1])
    return losses
