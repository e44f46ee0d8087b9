"""`gradschool exam`: draw the exam that a class sits, look at it, and keep its seed."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import click

from autograder.cli import options
from autograder.cli.help import Group
from autograder.cli.options import exam_of, say
from autograder.course import in_use
from autograder.errors import UserError


@click.group(cls=Group)
def exam() -> None:
    """Build, show and verify exams, or keep the seed of the hidden one.

    For instructors, whose class sits the exam, and for authors of a course, who look at what is asked.

    \b
    Example, in the checkout:
      gradschool exam show --seed 2026
    """


@exam.command()
@options.seed
@options.course
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the exam to this file.")
def build(seed: int | None, out: Path | None) -> None:
    """Draw an exam, answer it, and cross-check it.

    For instructors: with `grade --exam FILE`, machines that only grade need nothing of what answers it.

    \b
    Example, in the checkout:
      gradschool exam build --out exam.json
    """
    from autograder.files import written

    with written(out, mode=0o600) if out else nullcontext() as file:  # what cannot be written is said at once
        made = exam_of(None, seed)
        if file:
            file.write(made.to_json().encode())
    click.echo(f"{made.address}" + (f" in {out}" if out else ""))


@exam.command()
@options.seed
@options.course
@click.option("--item", "item_id", help="Show one item's questions and answers.")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
def show(seed: int | None, item_id: str | None, file: Path | None) -> None:
    """Show an exam: what is asked, and the right answers.

    For instructors and authors of a course. FILE is an exam that was built before.

    \b
    Example, in the checkout:
      gradschool exam show --seed 2026 --item {item}
    """
    from autograder.exam.items import show as plain

    shown = exam_of(file, seed)
    items = in_use().items
    if item_id is not None and item_id not in items:
        raise UserError(f"there is no item {item_id!r}; `gradschool exam show` lists them")
    click.echo(f"{shown.address}, seed {shown.seed}")
    for id, sheet in shown.sheets.items():
        if item_id is None:
            click.echo(f"{id:24} {len(sheet.questions):3} questions  {items[id].title}")
        elif id == item_id:
            for question, answer in zip(sheet.questions, sheet.answers, strict=True):
                click.echo(f"{sheet.asks(question)}  ->  {plain(answer)}")


@exam.command()
@options.seed
@options.course
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
def verify(seed: int | None, file: Path | None) -> None:
    """Answer an exam anew: what knows the answers, the reference and the stubs must agree with it.

    For instructors and authors of a course. FILE is an exam that was built before.

    \b
    Example, in the checkout:
      gradschool exam verify --seed 2026
    """
    from autograder.grading import exams

    verified = exam_of(file, seed)
    exams.verify(verified)
    questions = sum(len(sheet.questions) for sheet in verified.sheets.values())
    click.echo(f"{verified.address}: {questions} questions, all confirmed")


@exam.command()
@click.option("--set", "set_", type=int, metavar="N", help="Keep this one from now on.")
@click.option("--renew", is_flag=True, help="Draw another one.")
@options.course
def seed(set_: int | None, renew: bool) -> None:
    """Show the seed of the hidden exam, with which `grade` and the others draw it unless told otherwise.

    For instructors. It is drawn at random when it is first wanted, and kept in the course's folder, or among your own
    settings where that cannot be written. Whoever knows it can draw the questions and the answers.

    \b
    Example:
      gradschool exam seed
    """
    from autograder.exam.seed import hidden_seed, keep_seed

    if renew and set_ is not None:
        raise click.UsageError("--set and --renew exclude each other")
    if not renew and set_ is None:
        click.echo(hidden_seed())
        return
    click.echo(keep_seed(set_))
    say("what was graded before was on another exam; hooks keep theirs until `gradschool hook install` is run again")
