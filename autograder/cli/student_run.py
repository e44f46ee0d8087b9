"""A student's own code at work, in their own Python: an example of an item, the graph of an expression, a net that
learns."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from autograder.cli import options
from autograder.cli.options import open_work, say

_no_open = click.option("--no-open", is_flag=True, help="Do not show it in the browser.")


@click.command("try")
@options.item
@options.kit_path
@click.option("--fresh", is_flag=True, help="Write the example anew, though you changed it.")
@click.option("--no-run", is_flag=True, help="Write it and run nothing, for instance to debug it in an editor.")
def try_(item_id: str | None, path: Path, fresh: bool, no_run: bool) -> None:
    """Write the example on which an item fails as a small program, try_ITEM.py, and run it in your own Python.

    For students. What your code prints appears, and breakpoint() stops. Of an item that passes it is an example of what
    is asked. Without ITEM it is about the first one that is wrong. A program that you changed is run as it is.

    \b
    Example, in the folder of the kit, once + is begun:
      gradschool try engine-add

    Exits with 0 when the item passes, with 1 otherwise.
    """
    from autograder.student import trying

    kit = open_work(path, item_id)
    with kit.grader() as grader:
        report = grader.grade(kit.name, kit.source, None if item_id is None else [item_id])
    made = trying.trial(kit, trying.chosen(kit, report, item_id), fresh=fresh)
    click.echo("\n".join(made.said))
    if not no_run:
        sys.stdout.flush()
        trying.run(made)
    if not made.passes:
        sys.exit(1)


@click.command(context_settings={"ignore_unknown_options": True})  # an expression may begin with a minus
@click.argument("expression", required=False, metavar="[EXPRESSION]")
@options.kit_path
@click.option("--item", "item_id", metavar="ITEM", help="Draw the example on which this item fails instead.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write to this file.  [default: drawing.svg beside micrograd/]")  # fmt: skip
@_no_open
def draw(expression: str | None, path: Path, item_id: str | None, out: Path | None, no_open: bool) -> None:
    """Draw the graph of an EXPRESSION on your own engine, and show it in the browser.

    For students. Statements may come before it: 'a = Value(2); b = a * a; b + a'. Gradients are those that its
    backward() gives. Without graphviz's dot the graph is shown as text.

    \b
    Example, in the folder of the kit, once + and * work:
      gradschool draw "Value(2) * Value(3) + 1"
    """
    from autograder.student import drawing, trying
    from autograder.student.expression import expression_graph

    if (expression is None) == (item_id is None):
        raise click.UsageError("give either an expression, such as 'Value(2) * Value(3) + 1', or --item ITEM")
    kit = open_work(path, item_id)
    if item_id is not None:
        with kit.grader() as grader:
            report = grader.grade(kit.name, kit.source, [item_id])
        graph = drawing.failing_graph(trying.chosen(kit, report, item_id))
    else:
        assert kit.root is not None and expression is not None
        graph, remark = expression_graph(kit.root, expression)
        if remark:
            say(remark)
    target = out or drawing.default_path(kit, item_id)
    if not drawing.draw(graph, target):
        click.echo(drawing.as_text(graph))
        return
    _show(target, no_open)


def _show(drawing: Path, no_open: bool) -> None:
    """Say where a drawing is, and show it."""
    from autograder.student.drawing import show
    from autograder.student.find_kit import from_here

    click.echo(f"drawn: {from_here(drawing)}")
    if not no_open and (said := show(drawing)):
        say(said)


@click.command()
@options.kit_path
@click.option("--full", is_flag=True, help="100 points and 100 steps, in place of 60 and 60.")
@click.option("--points", type=click.IntRange(min=2), help="How many points, whatever --full says.")
@click.option("--steps", type=click.IntRange(min=1), help="How many steps, whatever --full says.")
@click.option("--seed", type=int, help="Draw other points and first weights.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write to this file.  [default: moons.svg beside micrograd/]")  # fmt: skip
@_no_open
def demo(
    path: Path, full: bool, points: int | None, steps: int | None, seed: int | None, out: Path | None, no_open: bool
) -> None:  # fmt: skip
    """See your own micrograd learn to tell two moons apart, once all of it is written.

    For students. Draws the boundary that the net learned, and how its loss went down. This takes matplotlib, which is
    no part of the kit.

    \b
    Example, in the folder of the kit:
      gradschool demo --full
    """
    from autograder.courses.micrograd import demo as demonstration
    from autograder.student.drawing import claim, mark

    kit = open_work(path)
    assert kit.root is not None, "the kit is opened for work"
    target = out or kit.root / "moons.svg"
    claim(target)
    if code := demonstration.start(kit.root, target, full, points, steps, seed):
        sys.exit(code)
    mark(target)
    _show(target, no_open)
