"""How far a class is while it is graded: a bar in a terminal, a line now and then elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from rich.console import Console

from autograder.report import Report
from autograder.report.text import plain, score

_PAUSE = 30.0  # seconds between lines


@contextmanager
def grading_progress(console: Console, total: int) -> Iterator[Callable[[str, Report], None]]:
    """A progress bar; gives the function to call with each graded student. Without a terminal, a line now and then."""
    if not console.is_terminal:
        yield _progress_lines(console, total)
        return
    from rich import progress  # slow to import, and `gradschool check` needs none

    columns = (progress.BarColumn(), progress.MofNCompleteColumn(), progress.TimeRemainingColumn())
    latest = progress.TextColumn("{task.description}", markup=False)
    with progress.Progress(*columns, latest, console=console, transient=True) as bar:
        task = bar.add_task("", total=total)

        def advance(student: str, report: Report) -> None:
            status = f"{bar.tasks[0].speed or 0:,.1f}/s  {student} {score(report)}"
            bar.update(
                task, advance=1, description=plain(status).encode(console.encoding, "replace").decode(console.encoding)
            )

        yield advance


def _progress_lines(console: Console, total: int) -> Callable[[str, Report], None]:
    """Says every half minute how far it is: for logs, and whoever follows one."""
    done = before = 0
    since = time.monotonic()

    def advance(student: str, report: Report) -> None:
        nonlocal done, before, since
        done += 1
        passed = time.monotonic() - since
        if passed >= _PAUSE and done < total:
            rate = (done - before) / passed
            left = timedelta(seconds=round((total - done) / rate))
            console.print(f"{done:,} of {total:,} graded, {rate:,.1f} a second, {left} left", highlight=False)
            before, since = done, time.monotonic()

    return advance
