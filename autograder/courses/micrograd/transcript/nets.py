"""The part of the lab that is about nets and training."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from autograder.courses.micrograd.transcript.text import (
    Arrives,
    Layers,
    Output,
    Pen,
    Plain,
    Resettable,
    Returned,
    Text,
    inner,
    source,
)
from autograder.phrase import N_, Phrase


class _Net(Text):
    """A neuron, layer or net: it can be called, and its weights can be listed.

    `neurons` are the names of its neurons, with the number of their inputs.
    """

    def __init__(self, pen: Pen, name: str, outputs: int = 1, neurons: Sequence[tuple[str, int]] = ()):
        super().__init__(pen, name)
        object.__setattr__(self, "outputs", outputs)
        names = [f"{neuron}.{w}" for neuron, size in neurons for w in (*(f"w[{k}]" for k in range(size)), "b")]
        object.__setattr__(self, "weights", [Text(pen, each) for each in names])

    @property
    def w(self) -> list[Text]:
        """Of a neuron alone."""
        return self.weights[:-1]

    def __call__(self, row: Any) -> Text:
        out = self._pen.compute(f"{self._source}({source(row)})", f"{self._source}({inner(row)})")
        object.__setattr__(out, "outputs", self.outputs)
        return out

    def parameters(self) -> Text:
        return Text(self._pen, f"{self._source}.parameters()")

    def zero_grad(self) -> None:
        self._pen.do(f"{self._source}.zero_grad()")


class _Row(Text):
    """A list of so many Values."""

    def __init__(self, pen: Pen, name: str, size: int):
        super().__init__(pen, name)
        object.__setattr__(self, "size", size)

    def __iter__(self) -> Iterator[Text]:
        return iter([self[k] for k in range(self.size)])


class _Module(_Net):
    """A module whose parameters are `ps`."""

    def parameters(self) -> Text:
        return Text(self._pen, "ps")


class _Optimizer(Text):
    """An optimizer, whose methods are statements and part of what is asked."""

    def _say(self, statement: str) -> None:
        self._pen.do(statement)
        self._pen.ask_also(statement)

    def step(self) -> None:
        self._say(f"{self._source}.step()")

    def zero_grad(self) -> None:
        self._say(f"{self._source}.zero_grad()")

    def __setattr__(self, name: str, value: Any) -> None:
        self._say(f"{self._source}.{name} = {source(value)}")


def _placed(layer: str, neurons: Sequence[Sequence[float]]) -> list[tuple[str, int]]:
    """The names of a layer's neurons, with the number of their inputs."""
    return [(f"{layer}.neurons[{j}]", len(weights) - 1) for j, weights in enumerate(neurons)]


def _options(options: dict[str, Any], skip: dict[str, Any] | None = None) -> str:
    """Keyword arguments as source; those that equal `skip`'s are left out."""
    given = {name: value for name, value in options.items() if (skip or {}).get(name, ...) != value}
    return "".join(f", {name}={source(value)}" for name, value in given.items())


class NetTranscripts:
    """`micrograd.lab.Lab`'s verbs on nets and training, written down. See there for what each means."""

    notes: list[str]
    _imports: dict[str, None]
    _ask: str
    _statements: list[str]
    do: Callable[[str], None]
    compute: Callable[[str, str], Text]
    walk: Callable[[Text], None]
    ask_also: Callable[[str], None]
    augment: Callable[[Text, str, Any], Text]

    def _import(self, module: str, name: str) -> None:
        self._imports[f"from micrograd.{module} import {name}"] = None

    def _values(self, numbers: Sequence[float]) -> str:
        """Source for a list of Values."""
        self._import("engine", "Value")
        return f"[{', '.join(f'Value({source(x)})' for x in numbers)}]"

    def _named(self, name: str, value: Any) -> Text:
        """A name for a value, given once."""
        statement = f"{name} = {source(value)}"
        if statement not in self._statements:
            self.do(statement)
        return Text(self, name)

    def forward(self) -> None:
        """Which Values are computed with makes no difference on paper."""

    def neuron(self, w: Sequence[float], b: float, nonlin: bool = True, dropout: float = 0.0) -> _Net:
        self._import("nn", "Neuron")
        options = _options({"nonlin": nonlin, "dropout": dropout}, {"nonlin": True, "dropout": 0.0})
        self.do(f"n = Neuron({len(w)}{options})")
        self.do(f"n.w, n.b = {self._values(w)}, Value({source(b)})")
        if not self.notes:  # a second neuron has the same weights
            self.notes.append(f"n.w = {source(list(w))}, n.b = {source(b)}{options}")
        return _Net(self, "n", neurons=[("n", len(w))])

    def _weigh(self, neurons: str, weights: Sequence[Sequence[float]]) -> None:
        """Give neurons their weights, whatever `parameters()` does."""
        self._import("engine", "Value")
        self.do(f"weights = {source([list(ws) for ws in weights])}")
        self.do(f"for n, ws in zip({neurons}, weights): n.w, n.b = [Value(w) for w in ws[:-1]], Value(ws[-1])")

    def layer(self, neurons: Sequence[Sequence[float]], nonlin: bool = True) -> _Net:
        self._import("nn", "Layer")
        self.do(f"layer = Layer({len(neurons[0]) - 1}, {len(neurons)}{_options({'nonlin': nonlin}, {'nonlin': True})})")
        self._weigh("layer.neurons", neurons)
        self.notes.append(Phrase("weights and bias of each {numbers}", numbers=source([list(ws) for ws in neurons])))
        return _Net(self, "layer", len(neurons), _placed("layer", neurons))

    def mlp(self, nin: int, nouts: Sequence[int], options: dict[str, Any],
            layers: Sequence[Sequence[Sequence[float]]]) -> _Net:  # fmt: skip
        self._import("nn", "MLP")
        made = f"MLP({nin}, {list(nouts)}{_options(options)})"
        self.do(f"net = {made}")
        self._weigh("[n for layer in net.layers for n in layer.neurons]", [ws for layer in layers for ws in layer])
        if "dropout" in options:
            self.do("net.eval()")
        self.notes.append(f"net = {made}")
        names = [name for i, neurons in enumerate(layers) for name in _placed(f"net.layers[{i}]", neurons)]
        return _Net(self, "net", nouts[-1], names)

    def assembled(self, layers: Sequence[Sequence[Sequence[float]]]) -> _Net:
        net = self.net(layers)
        self._ask = f"{self.notes.pop().removeprefix('net = ')}.parameters()"
        return net

    def listed(self, net: _Net) -> Text:
        self.do(f"{source(net)}.parameters()")
        return net.parameters()

    def plan(self, net: Any) -> Plain:
        self.do("print(net)")
        return Layers("the layers, as [neurons, inputs, nonlin, dropout],")

    def net(self, layers: Sequence[Sequence[Sequence[float]]]) -> _Net:
        return self.mlp(len(layers[0][0]) - 1, [len(layer) for layer in layers], {}, layers)

    def module(self, data: Sequence[float], grads: Sequence[float]) -> _Module:
        self._import("nn", "Module")
        self.parameters(data, grads)
        self.do("net = Module(); net.parameters = lambda: ps")
        self._ask = "net.zero_grad()"
        return _Module(self, "net")

    def unresettable(self) -> Resettable:
        classes = "[c for c in ('Neuron', 'Layer', 'MLP') if not hasattr(getattr(nn, c, Module), 'zero_grad')]"
        return Resettable(classes, "from micrograd import nn")

    def parameters(self, data: Sequence[float], grads: Sequence[float]) -> Text:
        self.do(f"ps = {self._values(data)}")
        ps = Text(self, "ps")
        self.set_slopes(ps, grads)
        numbers = {"numbers": source(list(data)), "gradients": source(list(grads))}
        self.notes.append(Phrase("parameters {numbers} with gradients {gradients}", **numbers))
        return ps

    def row(self, kind: str, numbers: Sequence[float]) -> Text:
        if kind == "array":
            self._imports["import numpy as np"] = None
            return Text(self, f"np.array({source(list(numbers))})")
        if kind == "Values":
            self.do(f"x = {self._values(numbers)}")
            self.notes.append(self._statements[-1])
            return _Row(self, "x", len(numbers))
        return Text(self, source(list(numbers)))

    def weights(self, net: _Net) -> list[Text]:
        return net.weights

    def gradients(self, out: Any, values: Iterable[Text]) -> list[Arrives]:
        whole = source(out) if vars(out).get("outputs", 1) == 1 else f"sum({source(out)})"
        return [Arrives(f"{source(value)}.grad", f"{whole}.backward()") for value in values]

    def outputs(self, out: Any) -> Output:
        single = out.outputs == 1
        return Output(f"{source(out)}.data" if single else f"[v.data for v in {source(out)}]", source(out))

    def read(self, values: Any) -> Any:
        if isinstance(values, list):
            return [value.data for value in values]
        self._ask = self._ask or source(values)
        kind = Returned if source(values).endswith(".parameters()") else Text
        return kind(self, f"[p.data for p in {source(values)}]")

    def slopes(self, values: Any) -> Text:
        return Text(self, f"[p.grad for p in {source(values)}]")

    def write(self, values: Any, numbers: Sequence[float]) -> None:
        self.do(f"for p, x in zip({source(values)}, {source(numbers)}): p.data = x")

    def set_slopes(self, values: Any, numbers: Sequence[float]) -> None:
        self.do(f"for p, g in zip({source(values)}, {source(list(numbers))}): p.grad = g")
        if self._ask:
            self.ask_also(Phrase("gradients {numbers}", numbers=source(list(numbers))))

    def slope(self, value: Any, number: float) -> float:
        return number

    def tally(self, net: Any, row: Any, times: int, seed: int) -> Plain:
        self._imports["import random"] = None
        self._imports["from collections import Counter"] = None
        call = f"{source(net)}({source(row)})"
        self.do(f"random.seed({seed})")
        self.do(f"print(Counter({call}.data for _ in range({times})))")
        self._ask = call
        return Plain("[value, how often] in {count} calls", count=times)

    def rhythms(
        self, w: Sequence[float], b: float, dropout: float, row: Any, times: int, seeds: Sequence[int]
    ) -> Plain:
        return Plain("in which of {count} calls of it a neuron is left out", count=times)

    def call(self, function: str, *arguments: Any, **options: Any) -> Any:
        self._import("train", function)
        if function == "fit":
            net, inputs, targets, *rest = arguments
            arguments = (net, self._named("points", inputs), self._named("labels", targets), *rest)
        call = f"{function}({', '.join(map(source, arguments))}{_options(options)})"
        if function == "SGD":
            self.do(f"opt = {call}")
            self._ask = f"opt = {call}"
            return _Optimizer(self, "opt")
        if function == "fit":
            self._ask = "fit(…)"
            self.do(f"losses = {call}")
            return Text(self, "losses")
        if function in ("accuracy", "linear_decay"):
            self._ask = self._ask or call
            return Returned(self, call)
        return self.compute(call, f"{function}({', '.join(map(inner, arguments))}{_options(options)})")

    def loss(self, function: str, net: Any = None) -> Text:
        self._import("train", function)
        if net is None:
            return Text(self, function)
        self._import("train", "l2_penalty")
        return Text(self, f"lambda outs, ys: {function}(outs, ys) + l2_penalty({source(net)}.parameters())")

    def decay(self, start: float) -> Text:
        self._import("train", "linear_decay")
        return Text(self, f"lambda k, steps: linear_decay(k, steps, {source(start)}, 0.1)")

    def scores(self, net: Any, inputs: Sequence[Sequence[float]]) -> Text:
        return Text(self, f"[{source(net)}(x) for x in {source(self._named('points', inputs))}]")

    def rehearse(
        self, weights: Sequence[float], inputs: Sequence[Sequence[float]], targets: Sequence[float], lr: float
    ) -> list[Any]:
        for name in ("SGD", "mse_loss", "train_step"):
            self._import("train", name)
        n = self.neuron(weights, 0.0, nonlin=False)
        self.set_slopes(Text(self, "n.w"), [5.0] * len(weights))
        self.do(f"opt = SGD(n.w, lr={source(lr)})")
        call = f"train_step(n, {source([list(x) for x in inputs])}, {source(list(targets))}, mse_loss, opt)"
        self.do(f"loss = {call}")
        self._ask = call
        said = N_("weights {numbers} with old gradients of 5.0, learning rate {rate}")
        self.notes[:] = [Phrase(said, numbers=source(list(weights)), rate=source(lr))]
        return [Text(self, "loss"), Text(self, f"[p.data for p in {source(n)}.w]"), Plain("the calls that it makes")]
