"""A student's own code at work, in their own Python: an example of an item, the graph of an expression, a net that
learns."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from autograder.cli import options
from autograder.cli.options import open_work, say
from autograder.course import in_use
from autograder.errors import UserError
from autograder.project import PACKAGE
from autograder.texts import _

# What the course has to show, if it has.
_EXPRESSION, _DEMO = in_use().find("expression"), in_use().find("demo")
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
    Example, in the folder of the kit, once that is begun:
      gradschool try {item}

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


def _out(name: str) -> Callable[[Any], Any]:
    """Where a drawing of this name goes, beside the package that students write by default."""
    return click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
                        help=f"Write to this file.  [default: {name} beside {PACKAGE}/]")  # fmt: skip


_DRAW = """Draw the graph of an EXPRESSION on your own code, and show it in the browser.

For students. {more} Without graphviz's dot the graph is shown as text.

\b
Example, in the folder of the kit, once it is written:
  gradschool draw {example}
"""


@click.command(
    context_settings={"ignore_unknown_options": True},  # an expression may begin with a minus
    help=_DRAW.format(more=_EXPRESSION.HELP, example=f'"{_EXPRESSION.EXAMPLE}"')
    if _EXPRESSION
    else _DRAW.format(more="Of this course only the examples of items can be drawn.", example="--item {item}"),
)
@click.argument("expression", required=False, metavar="[EXPRESSION]")
@options.kit_path
@click.option("--item", "item_id", metavar="ITEM", help="Draw the example on which this item fails instead.")
@_out("drawing.svg")
@_no_open
def draw(expression: str | None, path: Path, item_id: str | None, out: Path | None, no_open: bool) -> None:
    """Draw what an expression, or an item that fails, computes."""
    from autograder.student import drawing, trying
    from autograder.student.expression import expression_graph

    if (expression is None) == (item_id is None):
        such = f", such as '{_EXPRESSION.EXAMPLE}'," if _EXPRESSION else ""
        raise click.UsageError(f"give either an expression{such} or --item ITEM")
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

    click.echo(_("drawn: {path}", path=from_here(drawing)))
    if not no_open and (said := show(drawing)):
        say(said)


def _of_the_course(command: Any) -> Any:
    """With the options that the course's demonstration has."""
    for option in reversed(_DEMO.OPTIONS if _DEMO else ()):
        command = option(command)
    return command


@click.command(
    hidden=not _DEMO,
    help=f"{_DEMO.HELP if _DEMO else ''}\n\n\b\nExample, in the folder of the kit:\n  gradschool demo",
)
@options.kit_path
@_of_the_course
@_out(_DEMO.FILE if _DEMO else "")
@_no_open
def demo(path: Path, out: Path | None, no_open: bool, **chosen: Any) -> None:
    """See at work what was built."""
    from autograder.student.drawing import claim, mark

    if not _DEMO:
        raise UserError("this course has no demonstration")
    kit = open_work(path)
    assert kit.root is not None, "the kit is opened for work"
    target = out or kit.root / _DEMO.FILE
    claim(target)
    if code := _DEMO.start(kit.root, target, **chosen):
        sys.exit(code)
    mark(target)
    _show(target, no_open)
