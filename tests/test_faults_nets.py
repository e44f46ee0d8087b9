"""Mistakes planted in the reference's nets and training, and whole modules that are missing or broken.

As in the tests of the engine's faults, each must cost the item that it is about, and no other; what takes the whole
package at work then says what it waits for.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from nightly import nightly, one_of_each, only
from planting import (
    ITEMS,
    OTHER_SEED,
    REFERENCE,
    SAMPLE_SEED,
    SOME,
    Catalogue,
    Fault,
    copy_reference,
    hasty_grader,
    lost,
    missed,
    named_rightly,
    parameters,
    strangers,
)

from autograder.exam.mutants import replaced
from autograder.grading.grader import Grader
from autograder.report import Report

STUBS = REFERENCE.parents[1] / "student" / "micrograd"
FAULTS = Catalogue()
fault, faults = FAULTS.one, FAULTS.several

# fmt: off

# --- neurons ------------------------------------------------------------------------------------------------

_NO_OUTPUT = "without a neuron's output there is nothing to leave out"
_NEURON = "nn-neuron", "nn:Neuron.__call__"
_SUM = "sum((w * xi for w, xi in zip(self.w, x)), self.b)"
_RELU = """        if self.nonlin:
            out = out.relu()
"""
faults(*_NEURON, _SUM, {
    "bias twice": _SUM + " + self.b",
    "bias subtracted": "sum(w * xi for w, xi in zip(self.w, x)) - self.b",
    "bias multiplied": "sum(w * xi for w, xi in zip(self.w, x)) * self.b",
    "weights in reverse": _SUM.replace("(self.w,", "(reversed(self.w),"),
    "first weight for all": _SUM.replace("w * xi", "self.w[0] * xi"),
    "last input forgotten": _SUM.replace("(self.w, x)", "(self.w[:-1], x)"),
    "last input alone": _SUM.replace("zip(self.w, x)", "[(self.w[-1], x[-1])]"),
    "adds for multiplies": _SUM.replace("w * xi", "w + xi"),
    "inputs ignored": _SUM.replace("w * xi", "w"),
    "weights squared": _SUM.replace("w * xi", "w * w * xi"),
    "mean for sum": f"({_SUM}) / len(self.w)",
    "every term through relu": _SUM.replace("w * xi", "(w * xi).relu()"),
    "inputs must be numbers": _SUM.replace("* xi", "* float(xi)"),
})
faults(*_NEURON, _SUM, {
    "bias changed": f"{_SUM}; self.b.data = out.data",
    "inputs must be Values": _SUM.replace("* xi", "* xi.data"),
    "a float": f"float(({_SUM}).data)",
    "a list": f"[{_SUM}]",
}, "nn-dropout", why=_NO_OUTPUT)
faults(*_NEURON, _RELU, {
    "nonlin upside down": _RELU.replace("if self", "if not self"),
    "exp for relu": _RELU.replace("relu", "exp"),
    "linear neurons negated": _RELU + "        else:\n            out = -out\n",
})
fault("nn-neuron", "relu of the negative", "nn:Neuron.__call__", "out.relu()", "(-out).relu()", "nn-dropout",
      why=_NO_OUTPUT)
fault("nn-neuron", "missing return", "nn:Neuron.__call__", "            return out\n", "            return\n",
      "nn-dropout", why=_NO_OUTPUT)

faults("nn-neuron-parameters", "nn:Neuron.parameters", "self.w + [self.b]", {
    "bias alone": "[self.b]",
    "bias twice": "self.w + [self.b, self.b]",
    "everything twice": "(self.w + [self.b]) * 2",
    "nested twice": "[self.w, [self.b]]",
    "copy of the bias": "self.w + [Value(self.b.data)]",
    "numbers": "[p.data for p in self.w + [self.b]]",
    "first weight alone": "self.w[:1] + [self.b]",
    "reversed": "(self.w + [self.b])[::-1]",
    "weights reversed": "self.w[::-1] + [self.b]",
    "sorted by size": "sorted(self.w + [self.b], key=lambda p: p.data)",
})


# --- layers -------------------------------------------------------------------------------------------------

_LAYER = "nn-layer", "nn:Layer.__call__"
faults(*_LAYER, "return out[0] if len(out) == 1 else out", {
    "bare for many": "return out[0]",
    "a list of lists": "return [out]",
    "the sum": "return sum(out)",
    "reversed": "return out[0] if len(out) == 1 else out[::-1]",
    "missing return": "out",
    "bare upside down": "return out if len(out) == 1 else out[0]",
    "bare when there is one input": "return out[0] if len(x) == 1 else out",
    "bare for two": "return out[0] if len(out) <= 2 else out",
    "numbers": "return out[0].data if len(out) == 1 else [o.data for o in out]",
    "relu again": "return out[0].relu() if len(out) == 1 else [o.relu() for o in out]",
})
faults(*_LAYER, "[n(x) for n in self.neurons]", {
    "last neuron forgotten": "[n(x) for n in self.neurons[:-1] or self.neurons]",
    "neurons twice": "[n(x) for n in self.neurons * 2]",
    "one input a neuron": "[n([xi] * len(x)) for n, xi in zip(self.neurons, x)]",
    "one neuron after the other": "[x := n(x) for n in self.neurons]",
    "inputs reversed": "[n(x[::-1]) for n in self.neurons]",
    "neurons, not called": "list(self.neurons)",
})

faults("nn-layer-parameters", "nn:Layer.parameters", "[p for n in self.neurons for p in n.parameters()]", {
    "first neuron for all": "[p for n in self.neurons for p in self.neurons[0].parameters()]",
    "neurons": "self.neurons",
    "weights alone": "[p for n in self.neurons for p in n.w]",
    "biases alone": "[n.b for n in self.neurons]",
    "neurons reversed": "[p for n in self.neurons[::-1] for p in n.parameters()]",
    "twice": "[p for n in self.neurons * 2 for p in n.parameters()]",
    "by input": "[p for ps in zip(*(n.parameters() for n in self.neurons)) for p in ps]",
    "numbers": "[p.data for n in self.neurons for p in n.parameters()]",
})


# --- nets ---------------------------------------------------------------------------------------------------

_MLP = "nn-mlp", "nn:MLP.__init__"
_HIDDEN = "[Layer(i, o, **kwargs) for i, o in zip(sizes, sizes[1:-1])]"
_LAST = "self.layers.append(Layer(*sizes[-2:], nonlin=False))"
faults(*_MLP, _LAST, {
    "last layer missing": "pass",
    "last layer twice": f"{_LAST}; self.layers.append(Layer(sizes[-1], sizes[-1], nonlin=False))",
    "last layer too wide": "self.layers.append(Layer(sizes[-2], sizes[-1] + 1, nonlin=False))",
    "last layer without its inputs": "self.layers.append(Layer(nin, sizes[-1], nonlin=False))",
    "sizes of the last layer swapped": "self.layers.append(Layer(sizes[-1], sizes[-2], nonlin=False))",
    "kwargs decide about the last layer": "self.layers.append(Layer(*sizes[-2:], **{'nonlin': False, **kwargs}))",
    "last layer first": "self.layers.insert(0, Layer(*sizes[-2:], nonlin=False))",
    "dropout in every net": "self.layers.append(Layer(*sizes[-2:], nonlin=False, dropout=0.1))",
})
faults(*_MLP, _HIDDEN, {
    "dropout alone passed on": _HIDDEN.replace("**kwargs", "dropout=kwargs.get('dropout', 0.0)"),
    "nonlin alone passed on": _HIDDEN.replace("**kwargs", "nonlin=kwargs.get('nonlin', True)"),
    "all layers linear": _HIDDEN.replace("**kwargs", "**{**kwargs, 'nonlin': False}"),
    "hidden layers always nonlinear": _HIDDEN.replace("**kwargs", "**{**kwargs, 'nonlin': True}"),
    "square layers": _HIDDEN.replace("Layer(i, o", "Layer(i, i"),
    "no hidden layers": "[]",
    "first hidden layer alone": _HIDDEN + "[:1]",
    "first hidden layer missing": _HIDDEN + "[1:]",
    "a layer too many": _HIDDEN.replace("[1:-1]", "[1:]"),
    "kwargs to the first layer alone": _HIDDEN.replace("**kwargs", "**(kwargs if i == nin else {})"),
})
faults(*_MLP, "[nin] + list(nouts)", {
    "inputs forgotten": "list(nouts)",
    "inputs after the layers": "list(nouts) + [nin]",
    "an extra layer of inputs": "[nin, nin] + list(nouts)",
    "sizes reversed": "[nin] + list(nouts)[::-1]",
    "first size twice": "[nouts[0]] + list(nouts)",
})
faults("nn-mlp", "nn:MLP.__call__", "            x = layer(x)\n", {
    "first layer alone": "            return layer(x)\n",
    "layers called in vain": "            layer(x)\n",
})
fault("nn-mlp", "layers in reverse", "nn:MLP.__call__", "in self.layers", "in reversed(self.layers)")

faults("nn-mlp-parameters", "nn:MLP.parameters", "[p for layer in self.layers for p in layer.parameters()]", {
    "last layer missing": "[p for layer in self.layers[:-1] for p in layer.parameters()]",
    "neurons": "[n for layer in self.layers for n in layer.neurons]",
    "weights alone": "[p for layer in self.layers for n in layer.neurons for p in n.w]",
    "biases alone": "[n.b for layer in self.layers for n in layer.neurons]",
    "layers reversed": "[p for layer in self.layers[::-1] for p in layer.parameters()]",
    "twice": "[p for layer in self.layers * 2 for p in layer.parameters()]",
    "first layer for all": "[p for layer in self.layers for p in self.layers[0].parameters()]",
    "first neuron of each layer": "[p for layer in self.layers for p in layer.neurons[0].parameters()]",
    "numbers": "[p.data for layer in self.layers for p in layer.parameters()]",
})

_ZERO = {
    "one": "            p.grad = 1.0",
    "a tiny number": "            p.grad = 1e-8",
    "a Value": "            p.grad = Value(0.0)",
    "data for gradient": "            p.data = 0.0",
    "deleted": "            del p.grad",
    "first alone": "            p.grad = 0.0\n            break",
    "last alone": "            pass\n        p.grad = 0.0",
    "nothing": "            pass",
    "negative gradients alone": "            p.grad = max(p.grad, 0.0)",
    "half": "            p.grad /= 2",
    "sign": "            p.grad = -p.grad",
    "compares": "            p.grad == 0.0",
}
faults("nn-zero-grad", "nn:Module.zero_grad", "            p.grad = 0.0", _ZERO)
fault("nn-zero-grad", "all but the first", "nn:Module.zero_grad", "in self.parameters()", "in self.parameters()[1:]")


# --- dropout ------------------------------------------------------------------------------------------------

_DROPOUT = "nn-dropout", "nn:Neuron.__call__"
_TEST = "if random.random() < self.dropout:"
_KEPT = "return out / (1 - self.dropout)"
_WHEN = "if not (self.training and self.dropout):"
faults(*_DROPOUT, _KEPT, {
    "scaled by 1 + p": "return out * (1 + self.dropout)",
    "scaled twice": "return out / (1 - self.dropout)**2",
    "a float": "return out.data / (1 - self.dropout)",
    "missing return": "out / (1 - self.dropout)",
})
faults(*_DROPOUT, _TEST, {
    "never": "if False:",
    "always": "if True:",
    "a coin": "if random.random() < 0.5:",
    "uniform in [-1, 1]": "if random.uniform(-1, 1) < self.dropout:",
    "gauss": "if random.gauss(0, 1) < self.dropout:",
    "p squared": "if random.random() < self.dropout**2:",
    "drawn once": "if self.__dict__.setdefault('_draw', random.random()) < self.dropout:",
    "seeded at every call": "if random.seed(0) or random.random() < self.dropout:",
    "drawn for every input": "if any(random.random() < self.dropout for _ in x):",
    "by the size of the output": "if out.data < self.dropout:",
    "whole numbers": "if random.randint(0, 1) < self.dropout:",
})
faults(*_DROPOUT, "return Value(0.0)", {
    "a float for nothing": "return 0.0",
    "None for nothing": "return None",
    "one for nothing": "return Value(1.0)",
    "drops to the bias": "return self.b",
    "passes what it drops": "return out",
    "negated for nothing": "return -out",
})
faults(*_DROPOUT, _WHEN, {
    "in training never": "if True:",
    "half of it in use": "if not self.dropout or not self.training and random.random() < 0.5:",
})
fault(*_DROPOUT[:1], "scaled in use too", *_DROPOUT[1:], _WHEN + "\n            return out",
      "if self.dropout and not self.training:\n            return out / (1 - self.dropout)\n"
      "        if not self.dropout:\n            return out")
fault("nn-dropout", "scaled in use, not in training", *_DROPOUT[1:],
      f"{_WHEN}\n            return out", "if not self.training:\n            return out * (1 - self.dropout)\n"
      "        if not self.dropout:\n            return out\n        out = out * (1 - self.dropout)")


# --- losses -------------------------------------------------------------------------------------------------

_MSE = "training-mse", "train:mse_loss"
faults(*_MSE, "sum((p - t)**2 for p, t in zip(predictions, targets)) / len(predictions)", {
    "size for square": "sum((p - t).relu() + (t - p).relu() for p, t in zip(predictions, targets)) / len(predictions)",
    "cubed": "sum((p - t)**3 for p, t in zip(predictions, targets)) / len(predictions)",
    "one too few": "sum((p - t)**2 for p, t in zip(predictions, targets)) / max(len(predictions) - 1, 1)",
    "always two": "sum((p - t)**2 for p, t in zip(predictions, targets)) / 2",
    "sign": "sum((p + t)**2 for p, t in zip(predictions, targets)) / len(predictions)",
    "difference of squares": "sum(p**2 - t**2 for p, t in zip(predictions, targets)) / len(predictions)",
    "targets ignored": "sum(p**2 for p, t in zip(predictions, targets)) / len(predictions)",
    "first alone": "(predictions[0] - targets[0])**2",
    "a list": "[(p - t)**2 for p, t in zip(predictions, targets)]",
    "targets reversed": "sum((p - t)**2 for p, t in zip(predictions, targets[::-1])) / len(predictions)",
    "negated": "-sum((p - t)**2 for p, t in zip(predictions, targets)) / len(predictions)",
})

_HINGE = "training-hinge", "train:hinge_loss"
_TERM = "(1 - label * score).relu()"
faults(*_HINGE, _TERM, {
    "margin 2": "(2 - label * score).relu()",
    "margin of one half": "(0.5 - label * score).relu()",
    "upside down": "(label * score - 1).relu()",
    "difference": "(1 - (label - score)).relu()",
    "squared": "(1 - label * score).relu()**2",
    "tanh for relu": "(1 - label * score).tanh()",
    "relu of the score": "(1 - label * score.relu())",
    "positive labels alone": "(1 - label * score).relu() * (label > 0)",
    "relu, then the margin": "(1 + (-label * score).relu())",
    "labels 0 and 1": "(1 - max(label, 0) * score).relu()",
})
faults(*_HINGE, " / len(scores)", {
    "of the costly alone": " / max(1, sum(label * score.data < 1 for score, label in zip(scores, labels)))",
    "of the right ones": " / max(1, sum(label > 0 for label in labels))",
})
fault("training-hinge", "the largest", "train:hinge_loss",
      "sum((1 - label * score).relu() for score, label in zip(scores, labels)) / len(scores)",
      "max(((1 - label * score).relu() for score, label in zip(scores, labels)), key=lambda v: v.data)")

_L2 = "training-l2", "train:l2_penalty"
faults(*_L2, "alpha * sum((p**2 for p in parameters), Value(0.0))", {
    "sizes": "alpha * sum((p.relu() + (-p).relu() for p in parameters), Value(0.0))",
    "alpha squared": "alpha**2 * sum((p**2 for p in parameters), Value(0.0))",
    "alpha fixed": "1e-4 * sum((p**2 for p in parameters), Value(0.0))",
    "square of the sum": "alpha * sum(parameters, Value(0.0))**2",
    "norm": "alpha * sum((p**2 for p in parameters), Value(0.0))**0.5",
    "divided": "sum((p**2 for p in parameters), Value(0.0)) / alpha",
    "added": "alpha + sum((p**2 for p in parameters), Value(0.0))",
    "first alone": "alpha * parameters[0]**2",
    "all but the last": "alpha * sum((p**2 for p in parameters[:-1]), Value(0.0))",
    "negated": "-alpha * sum((p**2 for p in parameters), Value(0.0))",
})
faults(*_L2, "alpha=1e-4", {f"default alpha {alpha}": f"alpha={alpha}" for alpha in ("1e-3", "1e-2", "1.0", "0.0")})

_ACCURACY = "training-accuracy", "train:accuracy"
faults(*_ACCURACY, "(score.data > 0) == (label > 0)", {
    "sign of the product, with 0": "score.data * label >= 0",
    "margin of 1": "score.data * label > 1",
    "labels ignored": "score.data > 0",
    "scores ignored": "label > 0",
    "upside down": "(score.data < 0) == (label > 0)",
    "errors": "(score.data > 0) != (label > 0)",
    "exact": "score.data == label",
    "nearest label": "round(score.data) == label",
    "positives alone": "score.data > 0 and label > 0",
    "negatives free": "score.data > 0 or label < 0",
})
faults(*_ACCURACY, "sum(hits) / len(hits)", {
    "rounded": "round(sum(hits) / len(hits), 1)",
    "a Value": "Value(sum(hits) / len(hits))",
    "all or nothing": "float(all(hits))",
    "first alone": "float(hits[0])",
    "a list": "hits",
    "text": "f'{sum(hits) / len(hits)}'",
    "sum of the scores": "sum(score.data for score in scores) / len(scores)",
})


# --- the optimizer ------------------------------------------------------------------------------------------

_SGD = "training-sgd-step", "train:SGD.step"
faults(*_SGD, "p.data -= self.lr * slope", {
    "learning rate squared": "p.data -= self.lr**2 * slope",
    "divided": "p.data -= slope / self.lr",
    "compares": "p.data == p.data - self.lr * slope",
    "sign of the slope": "p.data -= self.lr * (1 if slope > 0 else -1)",
    "slope squared": "p.data -= self.lr * slope**2",
    "size of the slope": "p.data -= self.lr * abs(slope)",
    "clipped": "p.data -= self.lr * max(-0.5, min(0.5, slope))",
    "relative": "p.data -= self.lr * slope * p.data",
    "first alone": "p.data -= self.lr * slope; break",
    "twice": "p.data -= 2 * self.lr * slope",
    "with decay": "p.data -= self.lr * (slope + 1e-4 * p.data)",
    "learning rate decays by itself": "p.data -= self.lr * slope; self.lr *= 0.99",
})
fault("training-sgd-step", "last slope for all", "train:SGD.step", "self.lr * slope", "self.lr * slopes[-1]")
fault("training-sgd-step", "first gradients for ever", "train:SGD.step", "slopes = [p.grad for p in self.parameters]",
      "slopes = self.__dict__.setdefault('_slopes', [p.grad for p in self.parameters])")
fault("training-sgd-step", "slopes reversed", "train:SGD.step", "zip(self.parameters, slopes)",
      "zip(self.parameters, reversed(slopes))")

faults("training-sgd-zero-grad", "train:SGD.zero_grad", "            p.grad = 0.0", dict(list(_ZERO.items())[::2]))
fault("training-sgd-zero-grad", "all but the first", "train:SGD.zero_grad", "self.parameters", "self.parameters[1:]")

faults("training-decay", "train:linear_decay", "start - (start - end) * k / steps", {
    "a step behind": "start - (start - end) * (k - 1) / steps",
    "one step more": "start - (start - end) * k / (steps + 1)",
    "ends swapped": "end - (end - start) * k / steps",
    "goes up": "start + (start - end) * k / steps",
    "end subtracted": "start - end * k / steps",
    "precedence": "start - start - end * k / steps",
    "the lecture's end": "start - 0.9 * k / steps",
    "constant": "start",
    "quadratic": "start - (start - end) * (k / steps)**2",
    "cut off at the end": "max(end, start - start * k / steps)",
    "never up": "min(start, start - (start - end) * k / steps - 0.0) if start > end else start",
    "halves": "start if k < steps / 2 else end",
    "rounded": "round(start - (start - end) * k / steps, 2)",
    "share alone": "1 - k / steps",
    "not by steps": "start - (start - end) * k",
})
faults("training-decay", "train:linear_decay", "start=1.0, end=0.1", {
    "default end 0": "start=1.0, end=0.0",
    "default start 0.1": "start=0.1, end=0.1",
})


# --- a step of training -------------------------------------------------------------------------------------

_STEP = "training-step", "train:train_step"
_CLEAR = "    optimizer.zero_grad()\n"
_FORWARD = "    loss = loss_fn([model(x) for x in inputs], targets)\n"
_BACK = "    loss.backward()\n"
_UPDATE = "    optimizer.step()\n"
_RETURN = "    return float(loss.data)\n"
_BODY = _CLEAR + _FORWARD + _BACK + _UPDATE + _RETURN
faults(*_STEP, _BODY.rstrip("\n"), {name: body.rstrip("\n") for name, body in {
    "cleared after the update": _FORWARD + _BACK + _UPDATE + _CLEAR + _RETURN,
    "update first of all": _UPDATE + _CLEAR + _FORWARD + _BACK + _RETURN,
    "backward twice": _CLEAR + _FORWARD + _BACK * 2 + _UPDATE + _RETURN,
    "update twice": _CLEAR + _FORWARD + _BACK + _UPDATE * 2 + _RETURN,
    "two steps": (_CLEAR + _FORWARD + _BACK + _UPDATE) * 2 + _RETURN,
    "loss after a step of its own": _CLEAR + _FORWARD + _BACK + _UPDATE + _RETURN.replace("loss.data",
        "loss_fn([model(x) for x in inputs], targets).data"),
    "returns the gradient": _CLEAR + _FORWARD + _BACK + _UPDATE + "    return float(loss.grad)\n",
    "returns text": _CLEAR + _FORWARD + _BACK + _UPDATE + "    return str(loss.data)\n",
    "returns the sum of losses": _BODY.replace("loss.data", "loss.data * len(inputs)"),
    "first input alone": _BODY.replace("in inputs]", "in inputs[:1]]"),
    "last input forgotten": _BODY.replace("in inputs]", "in inputs[:-1] or inputs]"),
    "first input for all": _BODY.replace("model(x) for", "model(inputs[0]) for"),
    "outputs and targets swapped": _BODY.replace("[model(x) for x in inputs], targets",
        "targets, [model(x) for x in inputs]"),
    "targets forgotten": _BODY.replace(", targets)", ", inputs)"),
    "targets reversed": _BODY.replace(", targets)", ", targets[::-1])"),
    "outputs as numbers": _BODY.replace("model(x) for", "model(x).data for"),
    "an update of its own": _BODY.replace("optimizer.step()", "for p in optimizer.parameters: p.data -= 0.01 * p.grad"),
    "an update of its own, by the optimizer's rate": _BODY.replace(
        "optimizer.step()", "for p in optimizer.parameters: p.data -= optimizer.lr * p.grad"),
    "a loss of its own": _BODY.replace("loss_fn(", "hinge_loss("),
    "always the squared error": _BODY.replace("loss_fn(", "mse_loss("),
    "cleared only at first": _BODY.replace("    optimizer.zero_grad()", "    loss_fn.__dict__ or optimizer.step"),
}.items()})


# --- right numbers, from which no right gradients come back -------------------------------------------------

faults(*_NEURON, _SUM, {
    "first weight a number": "self.w[0].data * x[0] + sum((w * xi for w, xi in zip(self.w[1:], x[1:])), self.b)",
    "weights copied at each call": f"[self.b] and {_SUM.replace('self.w', '[Value(w.data) for w in self.w]')}",
    "weights added with a factor of 0": f"Value(({_SUM}).data) + sum(0.0 * w for w in self.w)",
    "gradient of the weights doubled": f"{_SUM} + sum(w - w.data for w in self.w)",
})
faults(*_LAYER, "return out[0] if len(out) == 1 else out", {
    "single output rewrapped": "return Value(out[0].data) if len(out) == 1 else out",
    "first output rewrapped": "return out[0] if len(out) == 1 else [Value(out[0].data), *out[1:]]",
})
faults("nn-mlp", "nn:MLP.__call__", "            x = layer(x)\n", {
    "inputs of layers as numbers": "            x = layer([getattr(xi, 'data', xi) for xi in x])\n",
    "gradient of a single output doubled":
        "            x = layer(x)\n            x = x if isinstance(x, list) else x + (x - x.data)\n",
})
faults(*_DROPOUT, _KEPT, {
    "scaled by adding a number": "return out + (out.data / (1 - self.dropout) - out.data)",
    "kept from the parameters": "return Value(out.data) / (1 - self.dropout) + out * 0.0",
})
faults(*_DROPOUT, "return Value(0.0)", {"output minus its number for nothing": "return out - out.data"})
faults(*_MSE, "sum((p - t)**2", {
    "numbers squared": "Value(1.0) * sum((p.data - t)**2",
    "half of the product a number": "sum((p - t) * (p.data - t)",
    "first prediction a number": "(predictions[0].data - targets[0])**2 * Value(1.0) / len(predictions) + "
    "sum((p - t)**2 * (p is not predictions[0])",
})
faults(*_HINGE, _TERM, {
    "margins of the numbers": "Value(1 - label * score.data).relu()",
    "gradient of every score": "((1 - label * score).relu() + 0.5 * (score - score.data))",
})
faults(*_L2, "alpha * sum((p**2", {
    "of copies": "alpha * sum((Value(p.data)**2",
    "product with the number": "alpha * sum((p * p.data",
})


# --- what shows only when all work together -----------------------------------------------------------------

faults("training-parity", "train:fit", "range(steps)", {
    "a step too few": "range(steps - 1)",
    "a step too many": "range(steps + 1)",
}, "training-moons", why="both train with `fit`, which is given")

faults("training-moons", "train:fit", "optimizer.lr = schedule(k, steps)", {
    "schedule ignored": "pass",
    "schedule a step ahead": "optimizer.lr = schedule(k + 1, steps)",
    "schedule asked once": "optimizer.lr = optimizer.lr if k else schedule(k, steps)",
})
faults("training-moons", "train:fit", "return losses", {
    "last loss alone": "return losses[-1]",
    "no losses": "pass",
    "losses reversed": "return losses[::-1]",
}, "training-parity", why="both train with `fit`, which is given")


# --- bonus --------------------------------------------------------------------------------------------------

_CHECK = "if len(x) != len(self.w):"
_SHAPES = "stretch-shapes", "nn:Neuron.__call__"
faults(*_SHAPES, _CHECK, {
    "too many inputs unchecked": "if len(x) < len(self.w):",
    "too few inputs unchecked": "if len(x) > len(self.w):",
    "wide neurons unchecked": "if len(self.w) == 1 != len(x):",
})
faults(*_SHAPES, "raise ValueError(", {
    "assertion for inputs": "raise AssertionError(",
    "TypeError for inputs": "raise TypeError(",
    "IndexError for inputs": "raise IndexError(",
    "inputs cut": "x = x[:1] + x[1:len(self.w)]; str(",
    "a warning for inputs": "print(",
    "returns for inputs": "return str(",
})
faults(*_SHAPES, "x = [x] if isinstance(x, Value) else x", {
    "bare inputs as numbers": "x = [x] if isinstance(x, float) else x",
    "bare inputs repeated": "x = [x, x] if isinstance(x, Value) else x",
    "bare inputs replaced": "x = [0.0] if isinstance(x, Value) else x",
})
_LENGTHS = "stretch-shapes", "train:_check_lengths"
faults(*_LENGTHS, "if len(outputs) != len(targets):", {
    "too many targets unchecked": "if len(outputs) > len(targets):",
    "too few targets unchecked": "if len(outputs) < len(targets):",
})
faults(*_LENGTHS, "raise ValueError(", {
    "assertion for targets": "raise AssertionError(",
    "TypeError for targets": "raise TypeError(",
    "a warning for targets": "print(",
})
fault("stretch-shapes", "squared error unchecked", *_MSE[1:], "_check_lengths(predictions, targets)", "pass")
fault("stretch-shapes", "hinge unchecked", *_HINGE[1:], "_check_lengths(scores, labels)", "pass")

_MOMENTUM = "stretch-momentum", "train:SGD.step"
_VELOCITY = "self.momentum * v + slope"
_SLOPES = "slopes = self.velocities"
_VELOCITIES = f"[{_VELOCITY} for v, slope in zip(self.velocities, slopes)]"
faults(*_MOMENTUM, _VELOCITIES, {
    "slope subtracted": "[slope - self.momentum * v for v, slope in zip(self.velocities, slopes)]",
    "one velocity for all": "[self.momentum * self.velocities[0] + slope for slope in slopes]",
    "momentum squared": "[self.momentum**2 * v + slope for v, slope in zip(self.velocities, slopes)]",
    "momentum of the slope before": "[self.momentum * getattr(self, '_slopes', slopes)[i] * bool(v) + slope "
    "for i, (v, slope) in enumerate(zip(self.velocities, slopes))]; self._slopes = list(slopes)",
})
faults(*_MOMENTUM, _VELOCITY, {name: f"{text} if self.momentum else slope" for name, text in {
    "velocities added up": "v + slope",
    "momentum for both": "self.momentum * (v + slope)",
    "momentum of the slope": "v + self.momentum * slope",
    "momentum the wrong way": "(1 - self.momentum) * v + slope",
    "subtracted": "self.momentum * v - slope",
    "momentum fixed": "0.9 * v + slope",
    "learning rate in the slope": "self.momentum * v + self.lr * slope",
    "velocity alone": "self.momentum * v",
}.items()})
fault("stretch-momentum", "momentum where there is none", *_MOMENTUM[1:], _VELOCITY, "0.9 * v + slope",
      "training-sgd-step", why="plain descent goes astray as well")
faults(*_MOMENTUM, _SLOPES, {
    "velocity in the gradients": f"{_SLOPES}\n        for p, v in zip(self.parameters, slopes): p.grad = v",
    "learning rate squared with momentum": f"{_SLOPES} if not self.momentum else [self.lr * v for v in {_SLOPES[9:]}]",
})
fault("stretch-momentum", "velocity forgotten with the gradients", "train:SGD.zero_grad", "for p in self.parameters:",
      "self.velocities = [0.0 for _ in self.parameters]\n        for p in self.parameters:")

_ENTROPY = "stretch-cross-entropy", "train:cross_entropy"
_LOGS = "sum(s.exp() for s in shifted).log() - shifted[target]"
faults(*_ENTROPY, "max(logit.data for logit in logits)", {
    "shifted by the smallest": "min(logit.data for logit in logits)",
    "shifted by the mean": "sum(logit.data for logit in logits) / len(logits)",
    "shifted by the sum": "sum(logit.data for logit in logits)",
    "shifted by the last": "logits[-1].data",
    "shifted by the first": "logits[0].data",
    "shifted by the largest size": "max(abs(logit.data) for logit in logits)",
    "shifted by the right one": "logits[target].data",
})
faults(*_ENTROPY, _LOGS, {
    "mean for sum": "(sum(s.exp() for s in shifted) / len(shifted)).log() - shifted[target]",
    "base 2": f"({_LOGS}) / 0.6931471805599453",
    "base 10": f"({_LOGS}) / 2.302585092994046",
    "sign": f"-({_LOGS})",
    "target added": "sum(s.exp() for s in shifted).log() + shifted[target]",
    "target forgotten": "sum(s.exp() for s in shifted).log()",
    "log forgotten": "sum(s.exp() for s in shifted) - shifted[target]",
    "exp forgotten": "(sum(s for s in shifted) + 1e-3).log() - shifted[target]",
    "first class always": "sum(s.exp() for s in shifted).log() - shifted[0]",
    "one class further": "sum(s.exp() for s in shifted).log() - shifted[target - 1]",
    "likeliest class": "sum(s.exp() for s in shifted).log() - max(shifted, key=lambda s: s.data)",
    "guarded by an epsilon": "(sum(s.exp() for s in shifted) + 1e-7).log() - shifted[target]",
    "surprise of 1 - p": "1 - shifted[target].exp() / sum(s.exp() for s in shifted)",
    "gradient through the right one alone": "Value(sum(s.exp() for s in shifted).log().data) - shifted[target]",
    "gradient through the sum alone": "sum(s.exp() for s in shifted).log() - shifted[target].data",
    "a float": f"({_LOGS}).data",
    "the others alone": "sum(s.exp() for i, s in enumerate(shifted) if i != target or len(shifted) == 1).log() "
    "- shifted[target]",
    "mean over the classes": f"({_LOGS}) / len(logits)",
})
fault("stretch-cross-entropy", "missing return", "train:cross_entropy", "return sum", "sum")
fault("stretch-cross-entropy", "target alone shifted", "train:cross_entropy", "[logit - largest for logit in logits]",
      "[logit - largest if i == target else logit for i, logit in enumerate(logits)]")

# fmt: on


@pytest.fixture(scope="module")
def grader() -> Iterator[Grader]:
    with hasty_grader(SAMPLE_SEED, "training-moons", "nn-dropout") as grader:
        yield grader


def _touched(fault: Fault) -> list[str]:
    """The items at fault, and those that use the module at fault and no whole package."""
    module = fault.where.partition(":")[0]
    return [id for id, item in ITEMS.items() if id in fault.costs or (module in item.uses and not item.end_to_end)]


def _representatives() -> list[Fault]:
    """The first fault of each item in each function, and all that are charged to several items."""
    first = {(fault.costs[0], fault.where): fault for fault in reversed(FAULTS)}
    return [fault for fault in FAULTS if fault.why or fault in first.values()]


REPRESENTATIVES = _representatives()


def _id(fault: Fault) -> str:
    return fault.id


@pytest.mark.parametrize("fault", parameters([fault for fault in FAULTS if fault not in REPRESENTATIVES]))
def test_a_fault_costs_the_item_that_it_is_about(fault: Fault, grader: Grader, tmp_path: Path) -> None:
    report = grader.grade("faulty", fault.plant(tmp_path), only=_touched(fault))
    assert not report.ungraded
    assert set(fault.costs) <= set(lost(report)), "what is wrong passes"
    assert not strangers(fault, report), "one fault costs more than its own item"
    assert named_rightly(fault, report)


@pytest.mark.parametrize("fault", one_of_each(REPRESENTATIVES, lambda fault: ITEMS[fault.costs[0]].assignment, _id))
def test_what_takes_the_whole_package_waits_for_the_item_at_fault(fault: Fault, grader: Grader, tmp_path: Path) -> None:
    report = grader.grade("faulty", fault.plant(tmp_path))
    assert not report.ungraded
    assert set(fault.costs) <= set(lost(report))
    assert not strangers(fault, report)
    assert named_rightly(fault, report)
    for result in report.items:
        item = ITEMS[result.id]
        if item.end_to_end and set(item.needs) & set(lost(report)) and result.status != "passed":
            assert result.status == "blocked"
            assert set(item.needs) & set(lost(report)) == set(re.findall(r"[a-z0-9]+(?:-[a-z0-9]+)+", result.message))


def test_what_fails_only_as_a_whole_says_so_and_points_nowhere(grader: Grader, tmp_path: Path) -> None:
    short = Fault("too short", "train:fit", "range(steps)", "range(steps - 1)", ("training-parity",))
    report = grader.grade("faulty", short.plant(tmp_path), only=["training-parity", "training-moons"])
    for item in report.items:
        assert item.status in ("failed", "error")
        if item.status == "failed":
            assert item.message.endswith(ITEMS[item.id].remark) and "every part passed on its own" in item.message
            assert (item.file, item.line) == (None, None)
            assert len(item.message) < 500 and len((item.reproduce or "").splitlines()[-1]) < 200


# Nets and training that misuse what the lab hands them: exceptions must not name the lab.
_MISUSES = [
    ("nn:MLP.parameters", "[p for layer in self.layers for p in layer.parameters()]", new) for new in (
        "sum(layer.parameters() for layer in self.layers)", "self.layers[0].parameters() + 1",
        "self.layers[0].parameters()()", "self.layers[0].parameters(1)", "self.layers[0].weights",
        "[str(layer.parameters)for layer in self.layers][0] + 1", "[p for p in self.layers[0]]", "self.layers[0] + 1",
    )
] + [
    ("nn:Layer.parameters", "[p for n in self.neurons for p in n.parameters()]", new) for new in (
        "sum([n.parameters() for n in self.neurons])", "self.neurons[0].parameters(1)", "self.neurons[0].weight",
        "self.neurons[0](1, 2)", "self.neurons[0] + self.neurons[0]",
    )
] + [
    ("nn:Layer.__call__", "[n(x) for n in self.neurons]", new) for new in (
        "[n() for n in self.neurons]", "[n(x, x) for n in self.neurons]", "[n(x).relu(1) for n in self.neurons]",
        "[n(x).value for n in self.neurons]", "[n(x)[0] for n in self.neurons]",
        "[n(x) + 'a' for n in self.neurons]", "[Neuron(2, 3, 4, 5, 6)(x) for n in self.neurons]",
    )
] + [
    ("nn:MLP.__init__", "self.layers.append(Layer(*sizes[-2:], nonlin=False))", new) for new in (
        "Layer(2)", "Layer(1, 1, activation='relu')", "Layer(1, 'two')",
    )
] + [
    ("train:train_step", "optimizer.step()", new) for new in (
        "optimizer.step(1)", "optimizer.zero_grad(set_to_none=True)", "optimizer.param_groups", "optimizer()",
        "model.parameters(1)", "model.weights", "model.train(1, 2)", "model + 1", "loss.item()", "loss.backward(1)",
        "loss_fn([], [], [])", "loss_fn.grad", "model.zero_grad(1)", "model(1)",
        "raise ValueError(f'{model} {optimizer} {loss_fn}')",
    )
]  # fmt: skip


@pytest.mark.parametrize("where, old, new", one_of_each(_MISUSES, lambda case: case[0], id=lambda case: case[2]))
def test_exceptions_name_nothing_of_the_graders(where: str, old: str, new: str, grader: Grader, tmp_path: Path) -> None:
    fault = Fault("misuse", where, old, new, ("nn-mlp",))
    report = grader.grade("faulty", fault.plant(tmp_path), only=_touched(fault))
    assert lost(report)
    said = "\n".join(item.message for item in report.items)
    assert not re.search(r"autograder|sandbox|NetLab|StudentLab|<\w+>\.|<lambda>|\b_[A-Z]|operate\b", said), said


@nightly
def test_faults_cost_their_items_on_another_exam_too(tmp_path: Path) -> None:
    with hasty_grader(OTHER_SEED) as grader:
        assert missed(FAULTS[::SOME], grader, tmp_path) == []


def test_few_faults_cost_more_than_one_item(record_property: Callable[[str, object], None]) -> None:
    ids = [fault.id for fault in FAULTS]
    assert len(set(ids)) == len(ids) >= 70
    assert all(bool(fault.why) == (len(fault.costs) > 1) for fault in FAULTS)
    justified = [fault.id for fault in FAULTS if fault.why]
    assert len(justified) < len(FAULTS) / 10
    record_property("faults in nets", len(FAULTS))
    record_property("faults in nets that justly cost several items", len(justified))


# --- whole modules missing or broken ------------------------------------------------------------------------

NN = [id for id in ITEMS if id.startswith("nn-")]
TRAINING = [id for id in ITEMS if id.startswith("training-")]
ENGINE = [id for id in ITEMS if ITEMS[id].assignment in ("derivative", "engine", "backprop")]
END_TO_END = ["training-parity", "training-moons"]
ALONE = [id for id in TRAINING if id not in END_TO_END]
SYNTAX_ERROR = "class Value\n"
RAISES = "raise RuntimeError('not today')\n"


def _points(ids: list[str]) -> int:
    return sum(ITEMS[id].points for id in ids)


def _passed(report: Report) -> list[str]:
    assert not report.ungraded
    assert report.score + report.bonus == _points([item.id for item in report.items if item.status == "passed"])
    return [item.id for item in report.items if item.status == "passed"]


def _with_stubs(folder: Path, *modules: str) -> Path:
    """The reference, with some modules as they are handed out."""
    copy_reference(folder)
    for module in modules:
        shutil.copy(STUBS / f"{module}.py", folder / "micrograd")
    return folder


def _with_text(folder: Path, module: str, text: str) -> Path:
    """The reference, with something else in the place of a module."""
    (copy_reference(folder) / f"{module}.py").write_text(text, "utf-8")
    return folder


def _statuses(report: Report, ids: list[str]) -> set[str]:
    return {item.status for item in report.items if item.id in ids}


def test_nets_and_training_need_no_engine(grader: Grader, tmp_path: Path) -> None:
    report = grader.grade("s", _with_stubs(tmp_path, "engine", "derivative", "trace"))
    assert _passed(report) == [*NN, *ALONE, "stretch-shapes", "stretch-momentum"]
    assert (report.score, report.bonus) == (35, 5)
    assert _statuses(report, [*END_TO_END, "stretch-cross-entropy"]) == {"blocked"}


@pytest.mark.parametrize("text", [
    SYNTAX_ERROR, "class Value:\n    pass\n", *only([RAISES, "import nowhere\n", "Node = int\n"], lambda text: False),
])  # fmt: skip
def test_nets_and_training_need_no_engine_that_works(text: str, grader: Grader, tmp_path: Path) -> None:
    report = grader.grade("s", _with_text(tmp_path, "engine", text))
    passed = [id for id in _passed(report) if not id.startswith("trace-")]  # which draws nodes of the engine's
    assert passed == ["derivative-central", "derivative-gradcheck", *NN, *ALONE, "stretch-shapes", "stretch-momentum"]
    found = _statuses(report, [id for id in ENGINE if id.startswith(("engine-", "backprop-"))])
    assert "passed" not in found
    assert ("todo" in found) == ("pass" in text)  # what a class does not have is still to be written
    assert _statuses(report, [*END_TO_END, "stretch-cross-entropy"]) == {"blocked"}


def test_an_engine_needs_no_nets(grader: Grader, tmp_path: Path) -> None:
    report = grader.grade("s", _with_stubs(tmp_path, "nn", "train"))
    assert _passed(report) == [*ENGINE, "stretch-deep", "stretch-twice", "stretch-edges"]
    assert (report.score, report.bonus) == (60, 10)
    assert _statuses(report, [*NN, *ALONE]) == {"todo"}
    assert _statuses(report, [*END_TO_END, "stretch-shapes"]) == {"blocked"}


@pytest.mark.parametrize("text", only([SYNTAX_ERROR, RAISES, "from micrograd.nowhere import x\n"], SYNTAX_ERROR.__eq__))
def test_training_needs_no_nets_that_import(text: str, grader: Grader, tmp_path: Path) -> None:
    _with_text(tmp_path, "nn", text)
    train = tmp_path / "micrograd" / "train.py"
    train.write_text("from micrograd.nn import MLP, Module  # noqa\n" + train.read_text("utf-8"), "utf-8")
    report = grader.grade("s", tmp_path)
    bonus = [id for id in ITEMS if id.startswith("stretch-") and id != "stretch-shapes"]
    assert _passed(report) == [*ENGINE, *ALONE, *bonus]
    assert (report.score, report.bonus) == (75, 18)
    assert _statuses(report, NN) - {"blocked"} == {"error"}
    assert _statuses(report, [*END_TO_END, "stretch-shapes"]) == {"blocked"}


def test_nets_need_no_training_that_imports(grader: Grader, tmp_path: Path) -> None:
    report = grader.grade("s", _with_text(tmp_path, "train", SYNTAX_ERROR))
    assert _passed(report) == [*ENGINE, *NN, "stretch-deep", "stretch-twice", "stretch-edges"]
    assert (report.score, report.bonus) == (80, 10)


def test_an_engine_that_changes_sums_in_place_harms_no_net(grader: Grader, tmp_path: Path) -> None:
    """`out += …` in a neuron is the lab's, too."""
    in_place = "    def __iadd__(self, other):\n        self.data += self._lift(other).data\n        return self\n\n"
    repr_ = "    def __repr__(self):"
    folder = Fault("in place", "engine:Value.__repr__", repr_, in_place + repr_, ("engine-add",)).plant(tmp_path)
    path = folder / "micrograd" / "nn.py"
    summed = "out = self.b\n        for w, xi in zip(self.w, x):\n            out += w * xi"
    path.write_text(replaced(path.read_text("utf-8"), "Neuron.__call__", f"out = {_SUM}", summed), "utf-8")
    assert _passed(grader.grade("s", folder, only=[*NN, *ALONE])) == [*NN, *ALONE]


_DATA = {
    "__add__": "self.data + other.data,", "__mul__": "self.data * other.data,", "__pow__": "self.data**exponent,",
    "relu": "self.data if self.data > 0 else 0.0,", "tanh": "math.tanh(self.data)", "exp": "math.exp(self.data)",
    "log": "math.log(self.data)", "__neg__": "self * -1", "__sub__": "self + (-self._lift(other))",
    "__truediv__": "self * self._lift(other)**-1", "__radd__": "self + other", "__rsub__": "self._lift(other) - self",
    "__rmul__": "self * other", "__rtruediv__": "self._lift(other) / self",
}  # fmt: skip


@pytest.mark.parametrize("method", only(_DATA, {"__add__", "tanh", "__sub__"}.__contains__))
def test_nets_and_losses_stand_on_any_engine(method: str, grader: Grader, tmp_path: Path) -> None:
    """One operation of the engine gives a wrong number; derived ones may then be wrong too."""
    text = _DATA[method]
    wrong = f"17.5 + {text}" if text.endswith((",", ")")) and "self._lift" not in text else f"({text}) + 17.5"
    broken = Fault("wrong data", f"engine:{method}", text, wrong, (f"engine-{method.strip('_')}",))
    report = grader.grade("s", broken.plant(tmp_path), only=[*broken.costs, *NN, *TRAINING, "stretch-momentum"])
    assert [id for id in _passed(report) if id not in END_TO_END] == [*NN, *ALONE, "stretch-momentum"]
    assert _statuses(report, [id for id in END_TO_END if broken.costs[0] in ITEMS[id].needs]) <= {"blocked", "passed"}
