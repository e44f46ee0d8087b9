"""What instructors type: grade a class, look at its pages, and take its scores to other systems."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from autograder.cli import options
from autograder.cli.options import exam_of, say
from autograder.course import in_use
from autograder.errors import UserError, some
from autograder.project import installing, typed
from autograder.sandbox.protocol import Limits
from autograder.submissions.layouts import LAYOUTS

_SYSTEMS = [layout.name for layout in LAYOUTS]


@click.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH…")
@click.option("--out", default="results", type=click.Path(path_type=Path, file_okay=False), show_default=True,
              help="Folder for the reports.")  # fmt: skip
@click.option("--assignment", "assignments", multiple=True, type=click.Choice(in_use().assignments), metavar="NAME",
              help=f"Grade this one alone: {', '.join(in_use().assignments)}; repeatable.")  # fmt: skip
@options.jobs
@click.option("--cluster", metavar="ADDRESS", help="Grade on the workers of the Dask scheduler at tcp://HOST:PORT.")
@options.exam_file
@options.seed
@options.sandbox
@click.option("--gradebook", metavar="URL", help="Also write scores and comments into this gradebook of nbgrader's: a "
              "file, or a database as SQLAlchemy spells it.")  # fmt: skip
@click.option("--budget", type=click.FloatRange(1), metavar="SECONDS",
              help="What one submission may take, a third of it as CPU time; what is left is a timeout.  "
              f"[default: {Limits().budget:g}, or as the course file says]")  # fmt: skip
@options.course
@click.option("--layout", type=click.Choice(_SYSTEMS), metavar="SYSTEM",
              help=f"Read what is given as this system hands it over: {', '.join(_SYSTEMS)}.")  # fmt: skip
@click.option("--use", "uses", multiple=True, metavar="STUDENT=FILE", help="Grade this file or folder for the student, "
              "now and in later runs; repeatable. STUDENT= forgets it.")  # fmt: skip
@click.option("--roster", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Who is in the class, now and in later runs: Canvas' gradebook, Moodle's worksheet, Gradescope's "
              "roster or metadata, or a table with names, logins or mail addresses; a column group says who hands in "
              "together.")  # fmt: skip
@click.option("--no-roster", is_flag=True, help="Forget the roster of earlier runs, which is used again else.")
@click.option("--fresh", is_flag=True, help="Grade again what has not changed, and what was ungraded twice.")
def grade(
    paths: Sequence[Path], out: Path, assignments: Sequence[str], jobs: int | None, cluster: str | None,
    exam_file: Path | None, seed: int | None, sandbox: str, gradebook: str | None, budget: float | None,
    layout: str | None, uses: Sequence[str], roster: Path | None, no_roster: bool, fresh: bool,
) -> None:  # fmt: skip
    """Grade submissions: folders, archives, folders of them, an nbgrader tree, or an LMS download.

    For instructors. Writes OUT/index.html, the page of the class, with grades.csv and summary.json, and
    OUT/STUDENT/index.html for each student, with report.json and the graphs of wrong answers as ITEM.svg.

    \b
    Example, in the checkout, on the sample class:
      gradschool grade assignments/submitted

    Exits with 0 when every submission was graded, whatever the scores, and with 1 when any is ungraded.
    """
    from rich.console import Console

    from autograder.classroom.grade import grade_class, item_ids
    from autograder.classroom.job import Job, limits
    from autograder.classroom.lateness import strangers, with_times
    from autograder.classroom.progress import grading_progress
    from autograder.classroom.results import Results
    from autograder.classroom.saved_choices import keep_roster, remembered, replaced, roster_in_use
    from autograder.report.terminal import print_class, print_needs
    from autograder.sandbox.kernel.processors import processors
    from autograder.sandbox.launcher import choose
    from autograder.settings.in_force import in_force
    from autograder.submissions.discovery import find_submissions

    exam = exam_of(exam_file, seed) if exam_file else None
    wanted = item_ids(assignments)
    ignored: list[str] = []
    known, said = roster_in_use(out, roster, forget=no_roster)
    submissions = find_submissions(
        paths, in_use().whole.assignments, say, layout=layout or "", leave=ignored.append, members=known.members
    )
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(
            f"cannot write results to {out} ({error.strerror}): choose another folder with --out"
        ) from error
    for folder in (out / submission.student for submission in submissions):
        if folder.is_symlink():  # in a submission's own results/, say
            raise UserError(f"{folder} is a link, and results would go where it leads: choose another --out")
    chosen = choose(sandbox)
    exam = exam or exam_of(None, seed)
    job = Job(exam, chosen, wanted, limits=limits(budget))
    results = Results(out, job)
    results.ignored = ignored
    results.roster = known
    keep_roster(out, known)
    for sentence in said:
        say(sentence)
    people = results.roster.tell({each.student: each.who for each in submissions})
    submissions = [replace(each, who=people[each.student]) for each in submissions]
    late_said: list[str] = []
    submissions = with_times(submissions, results.roster, late_said)
    for sentence in (*late_said, *strangers(submissions)):
        say(sentence)
    if in_force().by_section and not any(each.who.get("section") for each in submissions):
        say("course.toml wants pages by section, and no roster names a section: give one with --roster FILE")
    submissions = replaced(submissions, remembered(out, uses, {each.student for each in submissions}))
    console = Console()
    book, failed = _gradebook(gradebook, paths, assignments)
    with grading_progress(Console(stderr=True), len(submissions)) as advance, book or nullcontext():
        reports = grade_class(
            submissions, job, results, jobs=jobs or processors(), fresh=fresh, cluster=cluster, progress=advance,
            book=book,
        )  # fmt: skip
    print_class(reports, console, [item for id, item in in_use().items.items() if id in job.only], results.summary)
    print_needs(results.needs, console)
    _tell_where(console, results, out, exam.address, chosen)
    if not _all_written(book, failed) or any(report.ungraded for report in reports):
        sys.exit(1)


def _tell_where(console: Any, results: Any, out: Path, exam: str, sandbox: Any) -> None:
    """What graded the class, and where its reports and pages are."""
    layers = ", ".join(sandbox.layers) or "none: student code ran unprotected"
    console.print(f"exam {exam[:15]}, sandbox: {layers}", soft_wrap=True, highlight=False)
    if sandbox.weaker:
        say(sandbox.weaker)
    console.print(f"reports in {out}/, scores in {out / 'grades.csv'}", soft_wrap=True, highlight=False)
    if not results.pages.trouble:
        pages = f"the class: {out / 'index.html'}, a page a student: {out}/STUDENT/index.html"
        opens = "gradschool open" if out == Path("results") else f"gradschool open {typed(out)}"
        console.print(f"{pages}; `{opens}` shows them", soft_wrap=True, highlight=False, markup=False)
    for trouble in filter(None, (results.drawings.trouble, results.pages.trouble)):
        say(trouble)


def _gradebook(url: str | None, paths: Sequence[Path], assignments: Sequence[str]) -> tuple[Any, str]:
    """The gradebook, if one is wanted, and what kept it from being opened: then the class is graded all the same."""
    if url is None:
        return None, ""
    if find_spec("nbgrader") is None:
        raise UserError(f"--gradebook takes nbgrader, which is not installed: {installing('grade')}")
    from autograder.nbgrader.course_folder import course_in_use, passed_over
    from autograder.nbgrader.gradebook import Gradebook
    from autograder.nbgrader.gradebook_database import GradebookError

    course = course_in_use()
    if remark := passed_over(paths, course):
        say(remark)
    try:
        return Gradebook(url, course, assignments), ""
    except GradebookError as error:
        say(str(error))
        return None, str(error)


def _all_written(book: Any, failed: str) -> bool:
    """Whether all scores are in the gradebook; says which are not."""
    failures = book.failures if book else {}
    if book and book.withdrawn:
        say(
            "nothing can be graded of what these handed in last, so their earlier scores in the gradebook were taken "
            f"out; comments there tell them, and each waits for you: {some(book.withdrawn, 5)}"
        )
    for said, students in failures.items():
        say(f"{said}; not in the gradebook: {some(students, 5)}")
    return not failed and not failures


@click.command()
@click.argument("format_", metavar="FORMAT")
@click.argument("results", default="results", type=click.Path(path_type=Path), metavar="[RESULTS]")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE",
              help="Write to this file, or into this folder where each student gets a file.")  # fmt: skip
@click.option("--roster", "roster_file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="How other systems call the students, as for `grade`, which remembers one.")  # fmt: skip
@click.option("--gradebook", metavar="URL", help="With the format nbgrader: the gradebook, as for `grade`.")
@options.course
def export(format_: str, results: Path, out: Path | None, roster_file: Path | None, gradebook: str | None) -> None:
    """Write finished results as another system takes them, or what goes back to students; nothing is graded again.

    For instructors. FORMAT is canvas, csv, gradescope, junit, markdown, moodle or nbgrader for scores, and
    canvas-comments, moodle-feedback or mail for what goes back to students.

    \b
    Example, where `gradschool grade` was called:
      gradschool export csv

    RESULTS is the folder that `grade` wrote, of which the students of the last run are taken, or that of one student in
    it. What is about the class, or about one student, goes to standard output without --out, and what goes back into
    RESULTS; else each student's file goes beside the report. docs/reports.md describes the formats. Exits with 1 when a
    score did not get out.
    """
    from autograder.classroom.saved_choices import kept_roster
    from autograder.report import exports
    from autograder.report.kept.shelf import Shelf
    from autograder.settings.roster import NO_ROSTER
    from autograder.submissions.roster_file import read_roster

    if format_ == "nbgrader" or gradebook:
        if format_ != "nbgrader" or not gradebook or out or roster_file:
            raise click.UsageError("nbgrader goes with --gradebook alone, and --gradebook with nbgrader")
        shelf = Shelf(results)
        reports = shelf.outlines()
        assignments = {item.assignment: 1 for report in reports for item in report.items}
        book, failed = _gradebook(gradebook, [], [*assignments])
        with book or nullcontext():
            for report in reports if book else ():
                book.write_finished(shelf.whole(report))
        ungraded = any(report.ungraded for report in reports)
        if not _all_written(book, failed) or ungraded:
            sys.exit(1)
        return
    roster = read_roster(roster_file) if roster_file else NO_ROSTER
    done = exports.export(format_, results, out, roster, kept=kept_roster(results))
    click.echo(done.text, nl=False)
    for sentence in done.said:
        say(sentence)
    if not done.complete:
        sys.exit(1)


@click.command("open")
@click.argument("results", required=False, type=click.Path(path_type=Path), metavar="[RESULTS]")
def open_(results: Path | None) -> None:
    """Show the page of the class, or of one student, in the browser.

    For instructors. RESULTS is the folder that `grade` wrote, or that of one student in it. Without it, it is `results`
    here, where that holds a page as `grade` writes them, in which nobody else's script runs.

    \b
    Example, where `gradschool grade` was called:
      gradschool open
    """
    import webbrowser

    from autograder.report.html.policy import is_harmless

    found, results = results is None, results or Path("results")
    page = results / "index.html"
    if not page.is_file():
        command = f"gradschool grade SUBMISSIONS --out {typed(results)}"
        raise UserError(f"there is no page in {results}: `{command}` writes one")
    if found and not is_harmless(page):
        raise UserError(
            f"{page} here is no page that this gradschool wrote: `gradschool open {typed(results)}` shows it anyway"
        )
    if not webbrowser.open(page.resolve().as_uri()):
        raise UserError(f"there is no browser here: open {page.resolve().as_uri()}", code=1)
