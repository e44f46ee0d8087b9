"""See a net learn, on the engine that students build: `make demo`, or `python docs/demo.py --help`.

A net of 2-16-16-1 neurons learns to tell two moons apart, one scalar at a time. What it learned is drawn as
`moons.svg`: the points, and where the net would change its mind; and one of its neurons as `neuron-graph.svg`: what
flows forward through it, and which gradients flow back.
"""

from __future__ import annotations

import gc
import importlib
import math
import os
import random
import re
import shutil
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click

HERE = Path(__file__).resolve().parent
PARTS = ("data", "nn", "trace", "train")
# Half of all seeds separate the short run's points, four of five those of the full one. This one does both.
SEED = 7
SHORT = {"points": 60, "steps": 60}
FULL = {"points": 100, "steps": 100}
GRID = (48, 32)
SHADES = ("#f4b183", "#fbe0cb", "#d3e3f5", "#9dc3e6")
UPPER, LOWER = "#1f5fa8", "#c55a11"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--full", is_flag=True, help="100 points and 100 steps, in place of 60 and 60.")
@click.option("--points", type=click.IntRange(min=2), help="How many points, whatever --full says.")
@click.option("--steps", type=click.IntRange(min=1), help="How many steps, whatever --full says.")
@click.option("--seed", type=int, default=SEED, show_default=True, help="Draws the points and the first weights.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=HERE / "pictures",
    help="Where the pictures go; docs/pictures, if not given.",
)
@click.option(
    "--package",
    type=click.Path(path_type=Path),
    default=HERE.parent / "solutions",
    help="The folder that holds micrograd/, such as your own; the reference's, if not given.",
)
def main(full: bool, points: int | None, steps: int | None, seed: int, out: Path, package: Path) -> None:
    """Train a net on two moons, and draw what it learned."""
    size = FULL if full else SHORT
    check_tools()
    check_folder(out)
    with one_sentence(package):
        m = load(package)
        inputs, labels = m.data.make_moons(points or size["points"], seed=seed)
        with swept_by_hand():
            model, accuracy = learn(m, inputs, labels, steps or size["steps"], seed)
            draw_moons(model, inputs, labels, accuracy, out / "moons.svg")
            draw_neuron(m, model, inputs[0], out / "neuron-graph.svg")
    click.echo(f"drawn: {out / 'moons.svg'}, {out / 'neuron-graph.svg'}")
    if accuracy < 1:
        raise click.ClickException(
            f"the net did not get all points right, only {percent(accuracy)}: "
            "try --full or another --seed, and if the package is yours, `gradschool check`"
        )


def check_tools() -> None:
    """See to it that the pictures can be drawn, before somebody waits for them."""
    for name in ("rich", "graphviz", "matplotlib"):
        try:
            importlib.import_module(name)
        except ImportError as error:
            raise click.ClickException(
                f"{name} cannot be imported ({error}): `make demo` installs it, or `pip install {name}`"
            ) from error
    if not shutil.which("dot"):
        raise click.ClickException(
            "graphviz's dot is missing: install graphviz, for instance by `apt install graphviz`"
        )


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


def load(package: Path) -> SimpleNamespace:
    """Import the parts of that folder's micrograd."""
    missing = [name for name in PARTS if not (package / "micrograd" / f"{name}.py").is_file()]
    if missing:
        raise click.ClickException(
            f"{package} holds no micrograd/{missing[0]}.py: name the folder that holds a whole micrograd/ by --package"
        )
    sys.path.insert(0, str(package.resolve()))
    return SimpleNamespace(**{name: importlib.import_module(f"micrograd.{name}") for name in PARTS})


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


def learn(m: SimpleNamespace, inputs: list, labels: list, steps: int, seed: int) -> tuple[Any, float]:
    """Train a new net with the hinge loss and weight decay; returns it, and how many points it gets right."""
    random.seed(seed)
    model = m.nn.MLP(2, [16, 16, 1])
    optimizer = m.train.SGD(model.parameters(), lr=1.0)
    accuracies = []

    def loss_fn(scores: list, labels: list) -> Any:
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
    return model, accuracy


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


def draw_moons(model: Any, inputs: list, labels: list, accuracy: float, path: Path) -> None:
    """Draw the points, each side of the boundary in its colour, and the margins that the hinge loss asks for."""
    import matplotlib
    from matplotlib.figure import Figure

    xs, ys, scores = survey(model, inputs)
    matplotlib.rcdefaults()
    matplotlib.rcParams.update({"svg.hashsalt": "gradschool", "svg.fonttype": "none", "font.size": 9})
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.add_subplot(aspect="equal", title=f"{len(inputs)} points, {percent(accuracy)} on the right side")
    axes.contourf(xs, ys, scores, levels=[-1, 0, 1], colors=SHADES, extend="both")
    for level, style, name in ((-1, "dashed", "lower-margin"), (0, "solid", "boundary"), (1, "dashed", "upper-margin")):
        if min(map(min, scores)) < level < max(map(max, scores)):
            lines = axes.contour(xs, ys, scores, levels=[level], colors="#404040", linestyles=style, linewidths=1)
            lines.set_gid(name)
    for label, colour, name in ((1, UPPER, "upper-moon"), (-1, LOWER, "lower-moon")):
        moon = [point for point, its in zip(inputs, labels, strict=True) if its == label]
        dots = axes.scatter(*zip(*moon, strict=True), s=24, color=colour, edgecolors="white", linewidths=0.6, zorder=3)
        dots.set_gid(name)
    figure.savefig(path, format="svg", metadata={"Date": None, "Creator": None})


def survey(model: Any, inputs: list) -> tuple[list[float], list[float], list[list[float]]]:
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


def draw_neuron(m: SimpleNamespace, model: Any, point: tuple[float, float], path: Path) -> None:
    """Draw that neuron of the first layer which answers the point most strongly, after a backward pass of its own."""
    neuron = max(model.layers[0].neurons, key=lambda neuron: neuron(point).data)
    neuron.zero_grad()
    out = neuron(point)
    out.backward()
    drawing = m.trace.draw_dot(out).pipe(format="svg", encoding="utf-8", quiet=True)
    # Comments and titles name the version of graphviz and addresses in memory, which differ from run to run.
    path.write_text(re.sub(r"<!--.*?-->\n?|<title>.*?</title>\n?", "", drawing, flags=re.DOTALL), encoding="utf-8")


if __name__ == "__main__":
    main()
