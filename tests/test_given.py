"""What students get ready-made in nn, train and data: it works as PyTorch's does, and refuses bad arguments in one
sentence."""

from __future__ import annotations

import importlib
import io
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

SOLUTIONS = Path(__file__).parents[1] / "solutions"


@pytest.fixture(scope="module")
def m() -> Iterator[SimpleNamespace]:
    """The reference's modules, here and nowhere else."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.syspath_prepend(str(SOLUTIONS))
        yield SimpleNamespace(
            **{name: importlib.import_module(f"micrograd.{name}") for name in ("engine", "nn", "train", "data")}
        )
        for name in [name for name in sys.modules if name.partition(".")[0] == "micrograd"]:
            del sys.modules[name]


BAD: dict[str, Callable[[Any], Any]] = {
    "a neuron without inputs": lambda m: m.nn.Neuron(0),
    "dropout of one": lambda m: m.nn.Neuron(2, dropout=1.0),
    "negative dropout": lambda m: m.nn.Neuron(2, dropout=-0.1),
    "dropout that is not a number": lambda m: m.nn.Neuron(2, dropout=float("nan")),
    "a layer without neurons": lambda m: m.nn.Layer(2, 0),
    "a layer without inputs": lambda m: m.nn.Layer(0, 2),
    "a net with an empty layer": lambda m: m.nn.MLP(2, [3, 0, 1]),
    "a net without inputs": lambda m: m.nn.MLP(0, [1]),
    "a net with too much dropout": lambda m: m.nn.MLP(2, [3, 1], dropout=2.0),
    "a negative learning rate": lambda m: m.train.SGD([], lr=-0.1),
    "momentum of one": lambda m: m.train.SGD([], momentum=1.0),
    "negative momentum": lambda m: m.train.SGD([], momentum=-0.1),
    "negative steps": lambda m: m.train.fit(None, [], [], None, None, -1),
    "no points": lambda m: m.data.make_moons(0),
    "negative noise": lambda m: m.data.make_moons(10, noise=-0.1),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_argument_is_refused_in_one_sentence(m: SimpleNamespace, name: str) -> None:
    with pytest.raises(ValueError) as refusal:
        BAD[name](m)
    (line,) = str(refusal.value).split("\n")
    assert 10 < len(line) < 100 and ("must be" in line or "needs at least" in line)


def test_modules_switch_between_training_and_use_with_all_their_parts(m: SimpleNamespace) -> None:
    net = m.nn.MLP(2, [3, 1], dropout=0.5)
    parts = [net, *net.children(), *(neuron for layer in net.children() for neuron in layer.children())]
    assert len(parts) == 1 + 2 + 4
    assert all(part.training is True for part in parts)
    assert net.eval() is net and not any(part.training for part in parts)
    assert net.layers[0].train() is net.layers[0]
    assert [part.training for part in parts].count(True) == 1 + 3
    assert net.train(False) is net and not any(part.training for part in parts)


def test_first_weights_are_uniform_and_biases_zero(m: SimpleNamespace) -> None:
    random.seed(1)
    neuron = m.nn.Neuron(2_000)
    weights = [w.data for w in neuron.w]
    assert neuron.b.data == 0.0 and len(set(weights)) == 2_000
    assert -1 <= min(weights) < -0.99 and 0.99 < max(weights) <= 1
    assert abs(sum(weights)) < 5.5 * (2_000 / 3) ** 0.5  # missed less than once in a million times


def test_reprs_are_those_of_micrograd(m: SimpleNamespace) -> None:
    assert repr(m.nn.MLP(2, [2, 1])) == "MLP of [Layer of [ReLUNeuron(2), ReLUNeuron(2)], Layer of [LinearNeuron(2)]]"


def test_fit_follows_the_schedule_and_calls_back(m: SimpleNamespace) -> None:
    random.seed(2)
    net = m.nn.MLP(1, [1])
    optimizer = m.train.SGD(net.parameters(), lr=5.0)
    rates: list[float] = []
    told: list[tuple[int, float]] = []

    def callback(k: int, loss: float) -> None:
        rates.append(optimizer.lr)
        told.append((k, loss))

    losses = m.train.fit(
        net, [[1.0], [2.0]], [1.0, 3.0], m.train.mse_loss, optimizer, 4,
        schedule=lambda k, steps: 0.1 / (k + 1) if steps == 4 else 1.0, callback=callback,
    )  # fmt: skip
    assert rates == [0.1, 0.05, 0.1 / 3, 0.025]
    assert told == list(enumerate(losses))
    assert all(type(loss) is float for loss in losses) and losses[-1] < losses[0]
    assert m.train.fit(net, [[1.0]], [1.0], m.train.mse_loss, optimizer, 0) == []
    assert optimizer.lr == 0.025


@pytest.mark.parametrize("terminal", [True, False])
def test_a_terminal_sees_a_line_of_progress(
    m: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, terminal: bool
) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(screen, "isatty", lambda: terminal)
    monkeypatch.setattr(sys, "stderr", screen)
    net = m.nn.MLP(1, [1])
    losses = m.train.fit(net, [[1.0]], [1.0], m.train.mse_loss, m.train.SGD(net.parameters()), 3)
    shown = screen.getvalue()
    if terminal:
        assert shown.startswith(f"\rstep 1/3  loss {losses[0]:.4f}") and shown.count("\r") == 3
        assert shown.endswith("\n") and shown.count("\n") == 1 and "step 3/3" in shown
    else:
        assert shown == ""


def test_moons_are_the_same_for_the_same_seed_and_lie_where_they_should(m: SimpleNamespace) -> None:
    points, labels = m.data.make_moons(200, noise=0.0)
    assert (points, labels) == m.data.make_moons(200, noise=0.0)
    assert points != m.data.make_moons(200, noise=0.0, seed=2)[0]
    assert sorted(set(labels)) == [-1, 1] and abs(labels.count(1) - 100) <= 1
    for (x, y), label in zip(points, labels, strict=True):
        centre, side = ((0.0, 0.0), 1) if label == 1 else ((1.0, 0.5), -1)
        assert (x - centre[0]) ** 2 + (y - centre[1]) ** 2 == pytest.approx(1.0)
        assert side * (y - centre[1]) >= 0
    noisy, _ = m.data.make_moons(200, noise=0.1)
    assert noisy != points
