"""See a net learn, on the engine that the student built: `gradschool demo`, which runs this module in a process of its
own, for it imports the student's code.

A net of 2-16-16-1 neurons learns to tell two moons apart, one scalar at a time. What it learned is drawn: the points,
where the net would change its mind, and how the loss went down. `docs/demo.py` draws the pictures of the README.
"""

from __future__ import annotations

import gc
import importlib
import math
import os
import random
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click

from autograder.project import callable_as

FILE = "moons.svg"  # where its drawing goes
HELP = """\
See your own micrograd learn to tell two moons apart, once all of it is written.

For students. Draws the boundary that the net learned, and how its loss went down. This takes matplotlib, which is no
part of the kit."""
OPTIONS = (
    click.option("--full", is_flag=True, help="100 points and 100 steps, in place of 60 and 60."),
    click.option("--points", type=click.IntRange(min=2), help="How many points, whatever --full says."),
    click.option("--steps", type=click.IntRange(min=1), help="How many steps, whatever --full says."),
    click.option("--seed", type=int, help="Draw other points and first weights."),
)
PARTS = ("data", "nn", "trace", "train")
# Half of all seeds separate the short run's points, four of five those of the full one. This one does both.
SEED = 7
SHORT = {"points": 60, "steps": 60}
FULL = {"points": 100, "steps": 100}
GRID = (48, 32)
SHADES = ("#f4b183", "#fbe0cb", "#d3e3f5", "#9dc3e6")
UPPER, LOWER = "#1f5fa8", "#c55a11"


@dataclass(frozen=True)
class Learned:
    """A net, the points that it learned from, how the loss went, and the share of points that it gets right."""

    model: Any
    inputs: list[Any]
    labels: list[Any]
    losses: Sequence[float]
    accuracy: float


def start(package: Path, out: Path, full: bool, points: int | None, steps: int | None, seed: int | None) -> int:
    """Run this module in a process of its own; its exit code."""
    size = FULL if full else SHORT
    sizes = ["--points", points or size["points"], "--steps", steps or size["steps"]]
    command = [
        sys.executable,
        "-m",
        "autograder.courses.micrograd.commands.demo",
        *sizes,
        "--seed",
        SEED if seed is None else seed,
    ]
    return subprocess.run([*map(str, command), "--out", str(out), str(package)]).returncode


@click.command()
@click.option("--points", type=int, required=True)
@click.option("--steps", type=int, required=True)
@click.option("--seed", type=int, required=True)
@click.option("--out", type=click.Path(path_type=Path), required=True)
@click.argument("package", type=click.Path(path_type=Path))
def main(points: int, steps: int, seed: int, out: Path, package: Path) -> None:
    """Train a net of the package in this folder on two moons, and draw what it learned."""
    check_tools("rich", "matplotlib")
    check_folder(out.parent)
    package = package.resolve()
    with one_sentence(package):
        m = load(package, PARTS[:2] + PARTS[3:])
        with swept_by_hand():
            learned = learn(m, points, steps, seed)
            draw_learned(learned, out)
    if learned.accuracy < 1:
        click.echo(f"It does not get all points right yet, only {percent(learned.accuracy)}: try --full, or --seed.")


def check_tools(*names: str) -> None:
    """See to it that the pictures can be drawn, before somebody waits for them."""
    for name in names:
        try:
            importlib.import_module(name)
        except ImportError as error:
            python = callable_as("python", Path(sys.executable))
            raise click.ClickException(
                f"{name} cannot be imported ({error}): `{python} -m pip install {name}` installs it, once"
            ) from error


def check_folder(out: Path) -> None:
    """See to it that there is a folder to write to."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        writable = os.access(out, os.W_OK)
    except OSError:
        writable = False
    if not writable:
        raise click.ClickException(f"{out} is no folder to write to: name another one by --out")


@contextmanager
def one_sentence(package: Path) -> Iterator[None]:
    """Turn whatever goes wrong into one sentence: the package may be a student's, and half done."""
    try:
        yield
    except NotImplementedError as todo:
        raise click.ClickException(
            f"{str(todo) or 'something'} is still to be written in {package}: `gradschool check` tells what comes first"
        ) from todo
    except click.ClickException:
        raise
    except (Exception, SystemExit) as error:
        said = " ".join(f"{type(error).__name__}: {error}".split())
        raise click.ClickException(f"{place(error, package)}: {said}; `gradschool check` may tell why") from error


def place(error: BaseException, package: Path) -> str:
    """The last line of the package that the error went through; of the package as a whole, if there is none."""
    home = package.resolve()
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(home)]
    return f"{Path(frames[-1].filename).relative_to(home)}:{frames[-1].lineno}" if frames else str(package)


def load(package: Path, parts: Sequence[str] = PARTS) -> SimpleNamespace:
    """Import these parts of that folder's micrograd."""
    missing = [name for name in parts if not (package / "micrograd" / f"{name}.py").is_file()]
    if missing:
        raise click.ClickException(
            f"{package} holds no micrograd/{missing[0]}.py: name the folder that holds a whole micrograd/"
        )
    sys.path.insert(0, str(package.resolve()))
    return SimpleNamespace(**{name: importlib.import_module(f"micrograd.{name}") for name in parts})


@contextmanager
def swept_by_hand() -> Iterator[None]:
    """Hold Python's garbage collector back, for those who call `gc.collect()` when a graph has served.

    A graph of Values is full of reference cycles. The collector would look through it many times while it grows,
    in vain, which makes training four times as slow.
    """
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


def learn(m: SimpleNamespace, points: int, steps: int, seed: int) -> Learned:
    """Train a new net on so many points, with the hinge loss and weight decay."""
    inputs, labels = m.data.make_moons(points, seed=seed)
    random.seed(seed)
    model = m.nn.MLP(2, [16, 16, 1])
    optimizer = m.train.SGD(model.parameters(), lr=1.0)
    accuracies: list[float] = []

    def loss_fn(scores: list[Any], labels: list[Any]) -> Any:
        accuracies.append(m.train.accuracy(scores, labels))
        return m.train.hinge_loss(scores, labels) + m.train.l2_penalty(model.parameters(), alpha=1e-4)

    start = time.perf_counter()
    with progress(steps) as show:

        def after_step(k: int, loss: float) -> None:
            gc.collect()
            show(k + 1, loss, accuracies[-1])

        losses = m.train.fit(model, inputs, labels, loss_fn, optimizer, steps, m.train.linear_decay, after_step)
    seconds = time.perf_counter() - start
    if not math.isfinite(losses[-1]):
        raise click.ClickException(f"the loss became {losses[-1]}: `gradschool check` may tell why")
    accuracy = m.train.accuracy([model(x) for x in inputs], labels)
    click.echo(
        f"{len(inputs)} points, {steps} steps, {seconds:.1f} s: "
        f"loss {losses[0]:.3f} -> {losses[-1]:.3f}, accuracy {percent(accuracies[0])} -> {percent(accuracy)}"
    )
    return Learned(model, inputs, labels, losses, accuracy)


@contextmanager
def progress(steps: int) -> Iterator[Any]:
    """A bar with loss and accuracy, where there is a terminal to show it: call it after each step."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    columns = (TextColumn("step {task.completed}/{task.total}"), BarColumn(), TextColumn("{task.description}"))
    console = Console(stderr=True)
    with Progress(*columns, console=console, auto_refresh=False, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=steps)

        def show(done: int, loss: float, accuracy: float) -> None:
            says = f"loss {loss:.3f}  accuracy {percent(accuracy)}"
            bar.update(task, completed=done, description=says, refresh=True)

        yield show


def percent(share: float) -> str:
    """A share in words: 1.0 is '100 %', and nothing less is."""
    return f"{100 * share:.4g} %"


def figure(width: float) -> Any:
    """An empty figure, which gives the same bytes in each run."""
    import matplotlib
    from matplotlib.figure import Figure

    matplotlib.rcdefaults()
    matplotlib.rcParams.update({"svg.hashsalt": "gradschool", "svg.fonttype": "none", "font.size": 9})
    return Figure(figsize=(width, 4), layout="constrained")


def save(drawn: Any, path: Path) -> None:
    """Write a figure, without what tells one run from another."""
    drawn.savefig(path, format="svg", metadata={"Date": None, "Creator": None})


def draw_learned(learned: Learned, path: Path) -> None:
    """Draw the boundary, and beside it how the loss went down."""
    drawn = figure(11)
    paint_moons(learned, drawn.add_subplot(1, 2, 1))
    axes = drawn.add_subplot(1, 2, 2, title="The loss, step by step", xlabel="step", ylabel="loss")
    (line,) = axes.plot(range(1, len(learned.losses) + 1), learned.losses, color=UPPER)
    line.set_gid("loss")
    axes.set_ylim(bottom=0)
    save(drawn, path)


def paint_moons(learned: Learned, axes: Any) -> None:
    """Draw the points, each side of the boundary in its colour, and the margins that the hinge loss asks for."""
    xs, ys, scores = survey(learned.model, learned.inputs)
    title = f"{len(learned.inputs)} points, {percent(learned.accuracy)} on the right side"
    axes.set(aspect="equal", title=title)
    axes.contourf(xs, ys, scores, levels=[-1, 0, 1], colors=SHADES, extend="both")
    for level, style, name in ((-1, "dashed", "lower-margin"), (0, "solid", "boundary"), (1, "dashed", "upper-margin")):
        if min(map(min, scores)) < level < max(map(max, scores)):
            lines = axes.contour(xs, ys, scores, levels=[level], colors="#404040", linestyles=style, linewidths=1)
            lines.set_gid(name)
    for label, colour, name in ((1, UPPER, "upper-moon"), (-1, LOWER, "lower-moon")):
        moon = [point for point, its in zip(learned.inputs, learned.labels, strict=True) if its == label]
        dots = axes.scatter(*zip(*moon, strict=True), s=24, color=colour, edgecolors="white", linewidths=0.6, zorder=3)
        dots.set_gid(name)


def survey(model: Any, inputs: Sequence[Any]) -> tuple[list[float], list[float], list[list[float]]]:
    """The net's score at each point of a grid around the inputs: the columns, the rows, and a list of scores a row."""

    def ticks(values: list[float], count: int) -> list[float]:
        low, high = min(values) - 0.3, max(values) + 0.3
        return [low + (high - low) * i / (count - 1) for i in range(count)]

    xs, ys = (ticks([point[axis] for point in inputs], GRID[axis]) for axis in (0, 1))
    scores = []
    for y in ys:
        scores.append([model((x, y)).data for x in xs])
        gc.collect()
    return xs, ys, scores


if __name__ == "__main__":
    main()
