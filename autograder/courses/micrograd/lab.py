"""What an experiment of micrograd can ask of the lab that runs it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

ATTRIBUTES = ("data", "grad", "_prev", "_op", "_backward")  # of a Value
# What the student's lab lends to student code, each piece together with all before it. Items are sat in the order of
# what they are lent, and then none asks for what a piece does that is lent by then (see the lab that lends).
PIECES = (
    "rule", "operators", "__radd__", "__rmul__", "__neg__", "__sub__", "__rsub__", "__truediv__", "__rtruediv__",
    "neuron_parameters", "layer_parameters", "tape", "neuron", "layer", "trainer",
)  # fmt: skip
FORWARD = "__rtruediv__"  # all that a Value needs which only computes forward


class Lab(Protocol):
    """What an experiment can ask for. Nodes have micrograd's attributes and operators."""

    Value: Any

    def operand(self, spec: Sequence[Any], cls: Any = None) -> Any:
        """An operand from `[kind, number]`: a `cls` (by default a Value) or a plain number. It is noted."""

    def result(self, out: Any) -> Any:
        """`out`, which an operation returned and which must be a Value. It is noted."""

    def note(self, *nodes: Any) -> None:
        """Remember that these belong to the graph, in this order, in which parents come first."""

    def graph(self) -> list[Any]:
        """What was noted: its data and gradients; in the judge's labs also how it was computed."""

    def isolated(self, method: str) -> Any:
        """A Value class whose operators, but for `method`, are supplied by the lab."""

    def engine(self, order: int) -> Any:
        """The Value class for a whole engine at work; `order` (1 or -1) turns the iteration order of sets of nodes.

        With 0 their order is left to chance, which is for graphs where nothing depends on it.
        """

    def try_suite(self, task: dict[str, Any]) -> Any:
        """What comes of the student's own tests, on the specimens that are handed over with the task."""

    def repeat(self, times: int, step: Callable[[Any], Any], start: Any) -> Any:
        """`step` applied `times` times, from `start`."""

    def nodes(self, graph: Sequence[dict[str, Any]], order: int = 1) -> list[Any]:
        """Hand-built nodes whose `_backward` adds weight * grad to each parent's gradient and notes the visit. They
        are noted."""

    def visits(self, roots: Sequence[int] = (-1,)) -> list[int]:
        """The indices of those of the last `nodes` whose `_backward` ran, in order, leaves left out; it ran because of
        the `backward()` of each of `roots`."""

    def propagate(self, method: str, out: Any, *operands: Any) -> None:
        """Run the rule of `out`, which `method` made of `operands`: `out._backward()`."""

    def parents(self, out: Any, *operands: Any) -> list[bool]:
        """For each operand that is a Value, whether it is among the parents of `out`."""

    def strangers(self, out: Any, *operands: Any) -> list[Any]:
        """What stands among the parents of `out` besides the operands; a plain number may stand there as a Value."""

    def fresh(self, out: Any, *operands: Any) -> list[bool]:
        """For each operand that is a Value, whether `out` is another one."""

    def reaches(self, out: Any, *operands: Any) -> list[bool]:
        """For each operand that is a Value, whether `out` was computed from it, as its graph tells."""

    def values(self, *operands: Any) -> list[Any]:
        """Those operands that are Values."""

    def data(self, *operands: Any) -> list[float]:
        """The numbers in those operands that are Values."""

    def grads(self, *operands: Any) -> list[float]:
        """The gradients of those operands that are Values."""

    def outcome(self, action: Callable[[], Any]) -> str:
        """The name of the exception that `action` raises, or "no error"."""

    def central_difference(self, formula: str, x: float, h: float | None) -> float:
        """The estimate for the function of x that `formula` spells in Python."""

    def gradcheck(self, slopes: Sequence[float], xs: Sequence[float], grads: Sequence[float],
                  tol: float | None) -> Any:  # fmt: skip
        """The verdict on `grads` for the linear function with these slopes."""

    def trace(self, nodes: Sequence[Any]) -> tuple[list[int], list[list[int]]]:
        """What `trace` finds from the last node: indices into `nodes`, and edges as pairs of them, both sorted. Nodes
        that it does not find are noted as missing."""

    def draw_dot(self, nodes: Sequence[Any]) -> tuple[list[str], list[list[str]]]:
        """What `draw_dot` shows from the last node: labels of Values, and edges (operand, op, result) by label."""

    # Nets and training. They run on the student's engine, unless `forward` was called.

    def forward(self) -> Any:
        """A Value class of the lab's that only computes forward; from now on nets and losses are made of it."""

    def neuron(self, w: Sequence[float], b: float, nonlin: bool = True, dropout: float = 0.0) -> Any:
        """A neuron with these weights."""

    def layer(self, neurons: Sequence[Sequence[float]], nonlin: bool = True) -> Any:
        """A layer around neurons that the lab supplies; of each the weights, then the bias."""

    def mlp(self, nin: int, nouts: Sequence[int], options: dict[str, Any],
            layers: Sequence[Sequence[Sequence[float]]]) -> Any:  # fmt: skip
        """A net as its constructor makes it of layers that the lab supplies; for each neuron its weights and bias."""

    def assembled(self, layers: Sequence[Sequence[Sequence[float]]]) -> Any:
        """A net around layers that the lab supplies, its constructor left out; of each neuron weights and bias."""

    def listed(self, net: Any) -> Any:
        """The parameters of a neuron, layer or net, as its `parameters()` gives them when it is called once more."""

    def plan(self, net: Any) -> list[list[Any]]:
        """For each layer of a net: its neurons, their inputs, whether they are nonlinear, and their dropout."""

    def net(self, layers: Sequence[Sequence[Sequence[float]]]) -> Any:
        """A net, all of it the student's; of each neuron weights and bias."""

    def module(self, data: Sequence[float], grads: Sequence[float]) -> Any:
        """A module with such parameters."""

    def unresettable(self) -> list[str]:
        """The classes of nets that have no `zero_grad`."""

    def parameters(self, data: Sequence[float], grads: Sequence[float]) -> Any:
        """A list of Values with these numbers and gradients."""

    def weights(self, net: Any) -> Any:
        """All weights of a neuron, a layer or a net, whatever its `parameters()` says: neuron by neuron, the bias
        last."""

    def gradients(self, out: Any, values: Any) -> list[float]:
        """The gradients that come back to a list of Values from `out`, or from the sum of a list of results."""

    def row(self, kind: str, numbers: Sequence[float]) -> Any:
        """Inputs: "numbers", "Values", or a row of a numpy array ("array")."""

    def outputs(self, out: Any) -> Any:
        """The numbers in a list of Values, or the number in a single one."""

    def read(self, values: Any) -> list[float]:
        """The numbers in a list of Values."""

    def slopes(self, values: Any) -> list[float]:
        """The gradients of a list of Values."""

    def set_slopes(self, values: Any, numbers: Sequence[float]) -> None:
        """Set the gradients of a list of Values, one after the other."""

    def slope(self, value: Any, number: float) -> Any:
        """`number` as a gradient of a Value: of the kind that it has."""

    def write(self, values: Any, numbers: Sequence[float]) -> None:
        """Set the numbers of a list of Values, one after the other."""

    def tally(self, net: Any, row: Any, times: int, seed: int) -> list[list[Any]]:
        """What `times` calls of a neuron give under a random source with this seed: values, how often each came, and
        the gradients that come back from it to the weights."""

    def rhythms(
        self, w: Sequence[float], b: float, dropout: float, row: Any, times: int, seeds: Sequence[int]
    ) -> list[str]:
        """Of a fresh neuron for each seed, when it is left out in so many calls under a random source with that seed: 1
        where it gives 0, and 0 where it gives anything else."""

    def call(self, function: str, *arguments: Any, **options: Any) -> Any:
        """The result of a function, or an instance of a class, of `train`."""

    def loss(self, function: str, net: Any = None) -> Callable[[Any, Any], Any]:
        """A loss function of `train`, plus the `l2_penalty` of a net if one is given."""

    def decay(self, start: float) -> Callable[[int, int], float]:
        """The schedule that `linear_decay` makes from `start` down to 0.1."""

    def scores(self, net: Any, inputs: Sequence[Sequence[float]]) -> Any:
        """The outputs of a net for all inputs, as a list of Values."""

    def rehearse(self, weights: Sequence[float], inputs: Sequence[Sequence[float]], targets: Sequence[float],
                 lr: float) -> list[Any]:  # fmt: skip
        """`train_step` on a linear model of the lab's, with the mean squared error: the loss that it returns, the
        weights after it, and the calls that it made."""
