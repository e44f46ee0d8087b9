"""What the student's lab lends to the code that it asks: each piece a function that makes it, by its name in
`micrograd.lab.PIECES`.

A piece does what some item asks for. So none of them is in a process that runs student code before that item has been
sat there: this module is not imported there, and `lending` brings the code of each function when its turn comes. A
function may therefore use, besides its arguments, no more than `lending` gives it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from autograder.courses.micrograd.operations import COMPUTE, SLOPES
from autograder.phrase import Phrase
from autograder.sandbox.inside.sitting import WrongKind


def rule(index: int, node: Any, shares: Sequence[tuple[Any, float]], visits: list[int]) -> Callable[..., None]:
    """The rule of a hand-built node, which gives each parent its share and notes the visit."""

    def _backward(*given: Any, **options: Any) -> None:
        if given or options:
            raise WrongKind(Phrase("_backward() takes no arguments, yours is called with some by `backward`"))
        if shares:
            visits.append(index)
        for parent, weight in shares:
            parent.grad += weight * node.grad

    _backward.__qualname__ = "_backward"
    return _backward


def operators() -> tuple[dict[str, Callable[..., float]], Callable[..., Any], Callable[..., set[int]]]:
    """What primitive operations do to plain numbers; a function that lifts such a one to Values; and one that gives
    the ids of all from which a value was computed."""

    def lift(
        base: Any,
        made: Callable[[], Any],
        note: Callable[[Any, str, Sequence[Any], Sequence[Any]], None],
        name: str,
        compute: Callable[..., float],
    ) -> Callable[..., Any]:
        """A method that does to a `base`'s numbers what `compute` does; what `made` gives makes the result, of a number
        and its parents. It is noted, with the operator's name, its operands, and the numbers in them."""

        def operate(*operands: Any) -> Any:
            numbers = [x.data if isinstance(x, base) else x for x in operands]
            out = made()(compute(*numbers), tuple(x for x in operands if isinstance(x, base)))
            note(out, name, operands, numbers)
            return out

        operate.__name__, operate.__qualname__ = name, f"Value.{name}"
        return operate

    def reached(out: Any, check: Callable[[Any], None]) -> set[int]:
        """The ids of `out` and of all that its graph leads back to, each of which is checked."""
        found, seen = [out], {id(out)}
        for node in found:
            for parent in node._prev:
                if id(parent) not in seen:
                    check(parent)
                    seen.add(id(parent))
                    found.append(parent)
        return seen

    return dict(COMPUTE), lift, reached


def __radd__(a: float, b: float) -> float:
    return b + a


def __rmul__(a: float, b: float) -> float:
    return b * a


def __neg__(a: float) -> float:
    return -a


def __sub__(a: float, b: float) -> float:
    return a - b


def __rsub__(a: float, b: float) -> float:
    return b - a


def __truediv__(a: float, b: float) -> float:
    return a / b


def __rtruediv__(a: float, b: float) -> float:
    return b / a


def neuron_parameters(several: Any) -> Callable[[Any], Any]:
    """The method `parameters` of a neuron; `several` makes a list that goes well with others."""

    def parameters(neuron: Any) -> Any:
        return several([*neuron.w, neuron.b])

    return parameters


def layer_parameters(several: Any) -> Callable[[Any], Any]:
    """The method `parameters` of a layer."""

    def parameters(layer: Any) -> Any:
        return several(p for neuron in layer.neurons for p in (*neuron.w, neuron.b))

    return parameters


def tape() -> tuple[Callable[..., list[Any]], dict[str, Callable[..., tuple[float, ...]]]]:
    """What gives the gradients that come back to `values` from the sum of `roots`, and the slopes that it uses.

    The lab has remembered in `steps` what its operators did (see `nets.Steps`), and the chain rule is applied to that:
    so a net or a loss must lead back, by its graph, to what it was computed from, and no fault of the engine's
    `backward` reaches it. Nothing is attached to the nodes. A node that the student's own code makes has the student's
    own rule. `base` is the class of all Values.
    """
    slopes = dict(SLOPES)

    def reflected(slopes: Callable[..., tuple[float, ...]]) -> Callable[..., tuple[float, ...]]:
        return lambda a, b: slopes(b, a)[::-1]

    slopes.update((f"__r{name}__", reflected(SLOPES[f"__{name}__"])) for name in ("add", "mul", "sub", "truediv"))

    def gradients(
        base: Any, steps: dict[int, Any], roots: Sequence[Any], values: Sequence[Any], Weights: Any
    ) -> list[Any]:
        values = [p for each in values for p in (weights(each.net) if isinstance(each, Weights) else [each])]
        order = parents_first(base, steps, roots)
        for node in (*order, *values):
            node.grad = 0.0
        for root in roots:
            root.grad += 1.0
        for node in order[::-1]:
            send_back(base, steps, node)
        return [value.grad for value in values]

    def weights(net: Any) -> list[Any]:
        neurons = [each for layer in getattr(net, "layers", [net]) for each in getattr(layer, "neurons", [layer])]
        return [p for neuron in neurons for p in (*neuron.w, neuron.b)]

    def parents_first(base: Any, steps: dict[int, Any], roots: Iterable[Any]) -> list[Any]:
        """`roots` and all that they were computed from, each once."""
        order, seen = [], set()
        waiting = [(root, False) for root in roots]
        while waiting:
            node, ready = waiting.pop()
            if ready:
                order.append(node)
            elif id(node) not in seen:
                seen.add(id(node))
                waiting.append((node, True))
                waiting += [(parent, False) for parent in parents(base, steps, node)]
        return order

    def parents(base: Any, steps: dict[int, Any], node: Any) -> list[Any]:
        _, _, operands, _ = steps.get(id(node), (None, "", getattr(node, "_prev", ()), ()))
        return [x for x in operands if isinstance(x, base)]

    def send_back(base: Any, steps: dict[int, Any], node: Any) -> None:
        """Add a node's share to the gradients of its parents."""
        if id(node) not in steps:
            if parents(base, steps, node) and hasattr(node, "_backward"):
                node._backward()
            return
        _, operator, operands, numbers = steps[id(node)]
        try:
            shares = slopes[operator](*map(float, numbers))  # numpy's floats would print warnings
        except (ArithmeticError, ValueError, TypeError):  # it has none there
            shares = (math.nan,) * len(operands)
        for x, share in zip(operands, shares):  # noqa: B905 - an operator may be handed more than it uses
            if isinstance(x, base):
                x.grad += share * node.grad

    return gradients, slopes


def neuron(Value: Any) -> Callable[[Any, Any], Any]:
    """What a neuron computes; `Value` is the class of what it is given and gives."""

    def call(neuron: Any, x: Any) -> Any:
        given = [x] if isinstance(x, Value) else list(x)
        if len(given) != len(neuron.w):
            said = Phrase("a neuron got {inputs} input(s), but has {weights} weight(s)", inputs=len(given),
                          weights=len(neuron.w))  # fmt: skip
            raise WrongKind(said)
        out = sum((w * x for w, x in zip(neuron.w, given, strict=True)), neuron.b)
        return out.relu() if neuron.nonlin else out

    return call


def layer(Value: Any) -> Callable[[Any, Any], Any]:
    """What a layer computes."""

    def call(layer: Any, x: Any) -> Any:
        given, inputs = 1 if isinstance(x, Value) else len(x), len(layer.neurons[0].w)
        if given != inputs:
            said = Phrase("a layer of {neurons} neuron(s) with {inputs} input(s) each got {given}",
                          neurons=len(layer.neurons), inputs=inputs, given=given)  # fmt: skip
            raise WrongKind(said)
        several = [neuron(x) for neuron in layer.neurons]
        return several if len(several) > 1 else several[0]

    return call


def trainer(disguised: Callable[..., Any]) -> tuple[Any, Any]:
    """A linear model with its loss, and an optimizer: the classes of what `train_step` is given."""

    class Model:
        """They do what they should, and note their calls."""

        __module__ = "micrograd.nn"  # where a student would look for it
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

        def train(self, mode: bool = True) -> Model:
            return self

        def eval(self) -> Model:
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
                raise WrongKind(
                    "loss_fn should be given an output of the model for each of the inputs, and the targets"
                )
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
            return disguised("Value", self._Value, backward=backward)(value)

    class SGD:
        """Gradient descent on a `Model`, which notes the calls."""

        __module__ = "micrograd.train"

        def __init__(self, model: Model, lr: float):
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

    for kind in (Model, SGD):  # what Python's own messages call them, and their methods
        kind.__qualname__ = kind.__name__
        for name, member in list(vars(kind).items()):
            if callable(member):
                member.__qualname__ = f"{kind.__name__}.{name}"
    return Model, SGD
