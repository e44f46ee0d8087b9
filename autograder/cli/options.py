"""What several commands share: options, the exam that is meant, and remarks beside what was asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from autograder.project import use_course

if TYPE_CHECKING:
    from autograder.exam.paper import Exam
    from autograder.student.kit import Kit


def _course(take: Callable[[Path | None], object]) -> Callable[[Any], Any]:
    return click.option(
        "--course", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", expose_value=False, is_eager=True,
        callback=lambda context, option, folder: take(folder),
        help="A course of your own: its course.toml, solutions/, pitfalls, hidden exam and nbgrader_config.py.  "
        "[default: the one that gradschool is installed with]",
    )  # fmt: skip


def _take(folder: Path | None) -> None:
    from autograder.settings.in_force import take

    take(folder)


course = _course(_take)  # as its course file says
course_as_written = _course(use_course)
seed = click.option(
    "--seed", type=int, help="Draw the exam with this seed.  [default: the hidden one, see `gradschool exam seed`]"
)
exam_file = click.option(
    "--exam", "exam_file", type=click.Path(path_type=Path, dir_okay=False), help="An exam that was built before."
)
sandbox = click.option(
    "--sandbox", type=click.Choice(["auto", "bwrap", "landlock", "none"]), default="auto", show_default=True,
    help="How student code is shut in.",
)  # fmt: skip
kit_path = click.argument("path", default=".", type=click.Path(path_type=Path), metavar="[PATH]")
item = click.argument("item_id", required=False, metavar="[ITEM]")
jobs = click.option("--jobs", type=click.IntRange(1), help="Judges at work at once.  [default: one a processor]")


def exam_of(file: Path | None, seed: int | None) -> Exam:
    """The exam in a file, or the one of a seed; the hidden one where neither is named."""
    from autograder.exam.paper import load
    from autograder.grading import exams

    if file is not None:
        if seed is not None:
            raise click.UsageError("an exam file and --seed exclude each other: the file has its seed")
        from autograder.settings.in_force import bring

        exam = load(file)
        bring(exam.course.scheme)
        return exam
    if seed is None:
        from autograder.exam.seed import hidden_seed

        seed = hidden_seed()
    return exams.get(seed)


def open_work(path: Path, item_id: str | None = None, *, needs_work: bool = True) -> Kit:
    """The kit to work in; the item, if one is named, must be one of the rubric. Without `needs_work` there may be no
    package in it yet."""
    from autograder.student.kit import known_item, open_kit

    if item_id is not None:
        known_item(item_id)
    kit = open_kit(path, needs_work=needs_work)
    if item_id is not None:
        known_item(item_id)  # this kit may ask for fewer
    return kit


def say(remark: str) -> None:
    """Tell something beside what was asked for."""
    click.echo(f"gradschool: {remark}", err=True)
