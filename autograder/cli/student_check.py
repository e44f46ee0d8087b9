"""How a student's work does: check and watch, hints, and what to hand in."""

from __future__ import annotations

import importlib
import os
import sys
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from autograder.cli import options
from autograder.cli.options import open_work, say
from autograder.errors import UserError
from autograder.student.asker import asker

if TYPE_CHECKING:
    from autograder.report import Report
    from autograder.student.kit import Kit

DETAILS = 3  # wrong items that a check shows in full


@click.command()
@options.kit_path
@click.option("--item", "item_id", help="Check this item alone.")
@click.option("--format", "format_", type=click.Choice(["terminal", "json", "markdown", "github"]), default="terminal",
              show_default=True, help="How to say what was found.")  # fmt: skip
@click.option("--min-score", type=click.FloatRange(0, 100), metavar="PERCENT",
              help="Be content with this share of the core points.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
              help="Also write report.json, junit.xml and summary.md into this folder.")  # fmt: skip
@click.option("--all", "every", is_flag=True, help="Show every wrong item in full, not the first few.")
@click.option("--watch", "watch_", is_flag=True, help="Check again at each save: `gradschool watch`.")
def check(
    path: Path, item_id: str | None, format_: str, min_score: float | None, out: Path | None, every: bool, watch_: bool
) -> None:  # fmt: skip
    """Check your own {package} against the practice exam, on your machine, without a sandbox.

    For students, and for the workflow that checks each push. PATH is your kit, any folder in it, or a file:
    {file} stands for its items.

    \b
    Example, in the folder of the kit:
      gradschool check --item {item}

    Exits with 0 when all core items pass or the score reaches --min-score, with 1 otherwise. As a step of a GitHub
    workflow, with --format github, it also adds the score table and what is wrong to the job's summary.
    """
    if watch_:
        if format_ != "terminal" or min_score is not None or out or every:
            raise click.UsageError("--watch goes with --item alone")
        _watch(path, item_id)
        return
    with asker() as worker:
        from autograder.cli.waiting import Waiting

        kit = open_work(path, item_id, needs_work=False)
        only = kit.only if item_id is None else [item_id]
        if kit.said:
            say(kit.said)
        with Waiting() as waiting, kit.grader(waiting.hangs, worker=worker) as grader:
            if format_ == "terminal":  # what is slow to import can come while the worker answers
                threading.Thread(target=_prepare).start()
            report = grader.grade(kit.name, kit.source, only)
    if report.unread and format_ == "terminal":
        raise UserError(report.message, code=1)
    if format_ == "terminal":
        _print_check(report, kit, whole=item_id is None, every=every)
    else:
        _print_report(report, format_)
    if out:
        from autograder.report.exports import write_check

        write_check(out, report)
    if grader.stopped:
        sys.exit(130)
    if report.message and not any(item.status != "todo" for item in report.items):
        say(report.message)
    core = [item for item in report.items if not item.bonus] or report.items
    share = 100 * sum(item.earned for item in core) / max(1, sum(item.points for item in core))
    if report.status != "graded" or share < (100 if min_score is None else min_score):
        sys.exit(1)


def _prepare() -> None:
    """Import, and read, what it takes to show a report."""
    from autograder.course import in_use

    for module in ("autograder.report.terminal", "autograder.student.next_hint"):
        importlib.import_module(module)
    with suppress(UserError):  # which whoever needs them tells
        in_use().find("hint_words")()


def _print_check(report: Report, kit: Kit, whole: bool, every: bool) -> None:
    """Show a student's report, with what is new in it, and remember that."""
    from rich.console import Console

    from autograder.report.terminal import print_item, print_news, print_report
    from autograder.student.next_hint import with_first_hint

    console = Console()
    progress = kit.progress()
    guide = kit.guide()
    guide = replace(guide, news=progress.note(report), details=None if every else DETAILS)
    seen = kit.seen(report, guide)
    seen = replace(seen, items=[with_first_hint(item, guide) for item in seen.items])
    if whole:
        shown = print_report(seen, console, guide=guide)
    else:
        shown = seen.items
        print_news(console, guide)
        print_item(shown[0], console, guide=guide)
    progress.show_hints([item for item in shown if item.hint], 1)


def _print_report(report: Report, format_: str) -> None:
    if format_ == "json":
        from autograder.report.files import report_json

        click.echo(report_json(report), nl=False)
    elif format_ == "markdown":
        from autograder.report.exports.markdown import markdown

        click.echo(markdown(report))
    else:
        from autograder.report import github

        click.echo(github.annotations(report), nl=False)
        github.add_summary(report, os.environ.get("GITHUB_STEP_SUMMARY"))


@click.command()
@options.kit_path
def watch(path: Path) -> None:
    """Check again whenever you save a file, and show the next thing to do.

    For students, in a terminal beside the editor.

    Keys: h for a hint, l for the list of all items, n for the next one, a to check again, q to quit.

    \b
    Example, in the folder of the kit:
      gradschool watch
    """
    _watch(path, None)


def _watch(path: Path, item_id: str | None) -> None:
    kit = open_work(path, item_id)
    from autograder.student.watch.loop import watch  # slow to import: after what may be wrong with the kit

    watch(kit, item_id)


@click.command()
@options.item
@options.kit_path
@click.option("--all", "every", is_flag=True, help="Show all hints at once.")
def hint(item_id: str | None, path: Path, every: bool) -> None:
    """Show a hint for an item, or for the next thing to do; each call shows one more.

    For students. The hints are those for the mistake that is recognised in your code, else those for the item.

    \b
    Example, in the folder of the kit:
      gradschool hint {item}
    """
    with asker() as worker:
        kit = open_work(path, item_id)
        if kit.said:
            say(kit.said)
        with kit.grader(worker=worker) as grader:
            threading.Thread(target=_prepare).start()
            report = grader.grade(kit.name, kit.source, grader.with_needs([item_id]) if item_id else None)
    from rich.console import Console

    from autograder.report.terminal import print_hints, print_item
    from autograder.student.next_hint import next_hint

    found = next_hint(kit, report, item_id, every)
    console = Console()
    if found.item:
        print_item(found.item, console, guide=found.guide)
    print_hints(found.lines, console)


@click.command("hand-in")
@options.kit_path
def hand_in(path: Path) -> None:
    """Make {package}.zip, the one file to upload, and say how it does on the practice exam.

    For students. It is made whatever the score; only where nothing is written yet there is nothing to hand in.

    \b
    Example, in the folder of the kit:
      gradschool hand-in
    """
    from autograder.project import command_name
    from autograder.student import hand_in as archive

    for line in archive.hand_in(open_work(path)).lines(f"{command_name()} check"):
        click.echo(line)
