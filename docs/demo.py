"""Draw the pictures of the README: `make demo`, or `python docs/demo.py --help`.

A net of 2-16-16-1 neurons learns to tell two moons apart, on the engine that students build. What it learned is drawn
as `moons.svg`: the points, and where the net would change its mind; and one of its neurons as `neuron-graph.svg`: what
flows forward through it, and which gradients flow back.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click

from autograder.courses.micrograd.commands import demo
from autograder.courses.micrograd.commands.demo import FULL, SEED, SHORT

HERE = Path(__file__).resolve().parent


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
    demo.check_tools("rich", "graphviz", "matplotlib")
    if not shutil.which("dot"):
        raise click.ClickException(
            "graphviz's dot is missing: install graphviz, for instance by `apt install graphviz`"
        )
    demo.check_folder(out)
    with demo.one_sentence(package):
        m = demo.load(package)
        with demo.swept_by_hand():
            learned = demo.learn(m, points or size["points"], steps or size["steps"], seed)
            moons = demo.figure(6)
            demo.paint_moons(learned, moons.add_subplot())
            demo.save(moons, out / "moons.svg")
            draw_neuron(m, learned.model, learned.inputs[0], out / "neuron-graph.svg")
    click.echo(f"drawn: {out / 'moons.svg'}, {out / 'neuron-graph.svg'}")
    if learned.accuracy < 1:
        raise click.ClickException(
            f"the net did not get all points right, only {demo.percent(learned.accuracy)}: "
            "try --full or another --seed, and if the package is yours, `gradschool check`"
        )


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
