"""The command `gradschool`. Bad input ends in one sentence and an exit code, never in a traceback."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from autograder.errors import UserError, some
from autograder.exam.items import ASSIGNMENTS, load_items
from autograder.project import PRACTICE, installing, typed, use_course
from autograder.sandbox.protocol import Limits
from autograder.submissions.layouts import LAYOUTS

DETAILS = 3  # wrong items that a check shows in full


class _Commands(click.Group):
    """Prints a UserError as one sentence, and leaves with its exit code."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except UserError as error:
            click.echo(f"gradschool: {error}", err=True)
            context.exit(error.code)
        except KeyboardInterrupt:
            click.echo("gradschool: stopped; what was finished is kept", err=True)
            context.exit(130)
        except OSError as error:
            place = f" ({error.filename})" if error.filename else ""
            click.echo(f"gradschool: {error.strerror or error}{place}", err=True)
            context.exit(1)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if os.environ.get("GRADSCHOOL_TRACEBACK"):
                raise
            said = f"{type(error).__name__}: {error}"
            click.echo(f"gradschool: a fault of its own ({said}); GRADSCHOOL_TRACEBACK=1 shows where", err=True)
            context.exit(1)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="gradschool")
def main() -> None:
    """Build micrograd, get graded by PyTorch.

    Instructors: `gradschool grade SUBMISSIONS`. Students: `gradschool check`.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # Windows has pipes that cannot take every character
            stream.reconfigure(errors="replace")
    context = click.get_current_context()
    context.call_on_close(lambda: use_course(None))
    _import_nothing_from_here(context)


def _import_nothing_from_here(context: click.Context) -> None:
    """Have no Python that is started from here, such as a judge, look for modules in the current folder: it may be a
    submission."""
    before = os.environ.get("PYTHONSAFEPATH", "")  # empty is as good as none
    os.environ["PYTHONSAFEPATH"] = "1"
    context.call_on_close(lambda: os.environ.update(PYTHONSAFEPATH=before))


_assignment = click.Choice(ASSIGNMENTS)
_course = click.option(
    "--course", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", expose_value=False, is_eager=True,
    callback=lambda context, option, folder: use_course(folder),
    help="A course of your own: its solutions/, pitfalls, hidden exam and nbgrader_config.py.  "
    "[default: the one that gradschool is installed with]",
)  # fmt: skip
_seed_help = "Draw the exam with this seed.  [default: the hidden one, see `gradschool exam seed`]"


@main.command()
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH…")
@click.option("--out", default="results", type=click.Path(path_type=Path, file_okay=False), show_default=True,
              help="Folder for the reports.")  # fmt: skip
@click.option("--assignment", "assignments", multiple=True, type=_assignment, help="Grade this one alone; repeatable.")
@click.option("--jobs", type=click.IntRange(1), default=None, help="Judges at work at once.  [default: one a core]")
@click.option("--cluster", metavar="ADDRESS", help="Grade on the workers of the Dask scheduler at tcp://HOST:PORT.")
@click.option(
    "--exam",
    "exam_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="An exam that was built before.",
)
@click.option("--seed", type=int, help=_seed_help)
@click.option("--sandbox", type=click.Choice(["auto", "bwrap", "landlock", "none"]), default="auto", show_default=True,
              help="How student code is shut in.")  # fmt: skip
@click.option("--gradebook", metavar="URL", help="Also write scores and comments into this gradebook of nbgrader's: a "
              "file, or a database as SQLAlchemy spells it.")  # fmt: skip
@click.option("--budget", type=click.FloatRange(1), default=Limits().budget, show_default=True, metavar="SECONDS",
              help="What one submission may take, a third of it as CPU time; what is left is a timeout.")  # fmt: skip
@_course
@click.option("--layout", type=click.Choice([layout.name for layout in LAYOUTS]), help="Read what is given as this "
              "system hands it over.")  # fmt: skip
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
    exam_file: Path | None, seed: int | None, sandbox: str, gradebook: str | None, budget: float, layout: str | None,
    uses: Sequence[str], roster: Path | None, no_roster: bool, fresh: bool,
) -> None:  # fmt: skip
    """Grade submissions: folders, archives, folders of them, an nbgrader tree, or an LMS download.

    Writes OUT/index.html, the page of the class, with grades.csv and summary.json, and OUT/STUDENT/index.html for each
    student, with report.json and the graphs of wrong answers as ITEM.svg.
    Exits with 0 when every submission was graded, whatever the scores, and with 1 when any is ungraded.
    """
    from rich.console import Console

    from autograder.classroom.grade import grade_class, item_ids
    from autograder.classroom.job import Job
    from autograder.classroom.results import Results
    from autograder.classroom.saved_choices import keep_roster, remembered, replaced, roster_in_use
    from autograder.report.terminal import grading_progress, print_class, print_needs
    from autograder.sandbox.launcher import choose
    from autograder.submissions.discovery import find_submissions

    exam = _exam(exam_file, seed) if exam_file else None
    ignored: list[str] = []
    known, said = roster_in_use(out, roster, forget=no_roster)
    submissions = find_submissions(
        paths, ASSIGNMENTS, _say, layout=layout or "", leave=ignored.append, members=known.members
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
    exam = exam or _exam(None, seed)
    job = Job(exam, chosen, item_ids(assignments), limits=Limits(budget=budget, budget_cpu=budget / 3))
    results = Results(out, job)
    results.ignored = ignored
    results.roster = known
    keep_roster(out, known)
    for sentence in said:
        _say(sentence)
    people = results.roster.tell({each.student: each.who for each in submissions})
    submissions = [replace(each, who=people[each.student]) for each in submissions]
    submissions = replaced(submissions, remembered(out, uses, {each.student for each in submissions}))
    console = Console()
    book, failed = _gradebook(gradebook, paths, assignments)
    with grading_progress(Console(stderr=True), len(submissions)) as advance, book or nullcontext():
        reports = grade_class(
            submissions, job, results, jobs=jobs or os.cpu_count() or 1, fresh=fresh, cluster=cluster, progress=advance,
            book=book,
        )  # fmt: skip
    print_class(reports, console, [item for id, item in load_items().items() if id in job.only])
    print_needs(results.needs, console)
    layers = ", ".join(chosen.layers) or "none: student code ran unprotected"
    console.print(f"exam {exam.address[:15]}, sandbox: {layers}", soft_wrap=True, highlight=False)
    if chosen.weaker:
        click.echo(f"gradschool: {chosen.weaker}", err=True)
    console.print(f"reports in {out}/, scores in {out / 'grades.csv'}", soft_wrap=True, highlight=False)
    if not results.pages.trouble:
        pages = f"the class: {out / 'index.html'}, a page a student: {out}/STUDENT/index.html"
        opens = "gradschool open" if out == Path("results") else f"gradschool open {out}"
        console.print(f"{pages}; `{opens}` shows them", soft_wrap=True, highlight=False, markup=False)
    for trouble in filter(None, (results.drawings.trouble, results.pages.trouble)):
        click.echo(f"gradschool: {trouble}", err=True)
    if not _all_written(book, failed) or any(report.ungraded for report in reports):
        sys.exit(1)


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
        _say(remark)
    try:
        return Gradebook(url, course, assignments), ""
    except GradebookError as error:
        _say(str(error))
        return None, str(error)


def _say(remark: str) -> None:
    click.echo(f"gradschool: {remark}", err=True)


def _all_written(book: Any, failed: str) -> bool:
    """Whether all scores are in the gradebook; says which are not."""
    failures = book.failures if book else {}
    if book and book.withdrawn:
        _say(
            "nothing can be graded of what these handed in last, so their earlier scores in the gradebook were taken "
            f"out; comments there tell them, and each waits for you: {some(book.withdrawn, 5)}"
        )
    for said, students in failures.items():
        click.echo(f"gradschool: {said}; not in the gradebook: {some(students, 5)}", err=True)
    return not failed and not failures


def _exam(file: Path | None, seed: int | None) -> Any:
    from autograder.exam.paper import load
    from autograder.grading import exams

    if file is not None:
        if seed is not None:
            raise click.UsageError("an exam file and --seed exclude each other: the file has its seed")
        return load(file)
    if seed is None:
        from autograder.exam.seed import hidden_seed

        seed = hidden_seed()
    return exams.get(seed)


_results = click.argument("results", default="results", type=click.Path(path_type=Path), metavar="[RESULTS]")


@main.command("export")
@click.argument("format_", metavar="FORMAT")
@_results
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE",
              help="Write to this file, or into this folder where each student gets a file.")  # fmt: skip
@click.option("--roster", "roster_file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="How other systems call the students, as for `grade`, which remembers one.")  # fmt: skip
@click.option("--gradebook", metavar="URL", help="With the format nbgrader: the gradebook, as for `grade`.")
@_course
def export_(format_: str, results: Path, out: Path | None, roster_file: Path | None, gradebook: str | None) -> None:
    """Write finished RESULTS as canvas, csv, gradescope, junit, markdown or moodle, or into a gradebook of nbgrader's;
    or make what goes back to students: canvas-comments, moodle-feedback or mail. Nothing is graded again.

    RESULTS is the folder that `grade` wrote, of which the students of the last run are taken, or that of one student in
    it. What is about the class, or about one student, goes to standard output without --out, and what goes back into
    RESULTS; else each student's file goes beside the report. docs/reports.md describes the formats. Exits with 1 when a
    score did not get out.
    """
    from autograder.classroom.saved_choices import kept_roster
    from autograder.report.exports import export, read_results
    from autograder.submissions.roster import NO_ROSTER
    from autograder.submissions.roster_file import read_roster

    if format_ == "nbgrader" or gradebook:
        if format_ != "nbgrader" or not gradebook or out or roster_file:
            raise click.UsageError("nbgrader goes with --gradebook alone, and --gradebook with nbgrader")
        reports, _ = read_results(results)
        assignments = {item.assignment: 1 for report in reports for item in report.items}
        book, failed = _gradebook(gradebook, [], [*assignments])
        with book or nullcontext():
            for report in reports if book else ():
                book.write_finished(report)
        ungraded = any(report.ungraded for report in reports)
        if not _all_written(book, failed) or ungraded:
            sys.exit(1)
        return
    roster = read_roster(roster_file) if roster_file else NO_ROSTER
    done = export(format_, results, out, roster, kept=kept_roster(results))
    click.echo(done.text, nl=False)
    for sentence in done.said:
        click.echo(f"gradschool: {sentence}", err=True)
    if not done.complete:
        sys.exit(1)


@main.command("open")
@click.argument("results", required=False, type=click.Path(path_type=Path), metavar="[RESULTS]")
def open_(results: Path | None) -> None:
    """Show the page of the class, or of one student, in the browser.

    RESULTS is the folder that `grade` wrote, or that of one student in it. Without it, it is `results` here, where
    that holds a page as `grade` writes them, in which nobody else's script runs.
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


@main.command()
@click.argument("path", default=".", type=click.Path(path_type=Path), metavar="[PATH]")
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
    """Check your own micrograd against the practice exam, on your machine, without a sandbox.

    PATH is your kit, any folder in it, or a file: micrograd/engine.py stands for its items.

    Exits with 0 when all core items pass or the score reaches --min-score, with 1 otherwise. As a step of a GitHub
    workflow, with --format github, it also adds the score table and what is wrong to the job's summary.
    """
    from autograder.cli.waiting import Waiting
    from autograder.student.checking import known_item, open_kit

    if item_id is not None:
        known_item(item_id)
    if watch_:
        if format_ != "terminal" or min_score is not None or out or every:
            raise click.UsageError("--watch goes with --item alone")
        _watch(path, item_id)
        return
    kit = open_kit(path)
    only = kit.only if item_id is None else [item_id]
    if kit.said:
        _say(kit.said)
    with Waiting() as waiting, kit.grader(waiting.hangs) as grader:
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
        click.echo(f"gradschool: {report.message}", err=True)
    core = [item for item in report.items if not item.bonus] or report.items
    share = 100 * sum(item.earned for item in core) / max(1, sum(item.points for item in core))
    if report.status != "graded" or share < (100 if min_score is None else min_score):
        sys.exit(1)


def _print_check(report: Any, kit: Any, whole: bool, every: bool) -> None:
    """Show a student's report, with what is new in it, and remember that."""
    from rich.console import Console

    from autograder.report.terminal import print_item, print_news, print_report
    from autograder.student.checking import with_first_hint

    console = Console()
    progress = kit.progress()
    guide = kit.guide()
    guide = replace(guide, news=progress.note(report), details=None if every else DETAILS)
    seen = kit.seen(report, guide)
    seen = replace(seen, items=[with_first_hint(item, guide) for item in seen.items])
    if whole:
        shown = print_report(seen, console, hints=True, guide=guide)
    else:
        shown = seen.items
        print_news(console, guide)
        print_item(shown[0], console, hints=True, guide=guide)
    progress.show_hints([item for item in shown if item.hint], 1)


def _print_report(report: Any, format_: str) -> None:
    if format_ == "json":
        from autograder.report.files import report_json

        click.echo(report_json(report), nl=False)
    elif format_ == "markdown":
        from autograder.report.exports.markdown import markdown

        click.echo(markdown(report, hints=True))
    else:
        from autograder.report import github

        click.echo(github.annotations(report), nl=False)
        github.add_summary(report, os.environ.get("GITHUB_STEP_SUMMARY"))


@main.command()
@click.argument("item_id", required=False, metavar="[ITEM]")
@click.argument("path", default=".", type=click.Path(path_type=Path), metavar="[PATH]")
@click.option("--all", "every", is_flag=True, help="Show all hints at once.")
def hint(item_id: str | None, path: Path, every: bool) -> None:
    """Show a hint for an item, or for the next thing to do; each call shows one more.

    The hints are those for the mistake that is recognised in your code, else those for the item.
    """
    from rich.console import Console

    from autograder.report.terminal import print_hints, print_item
    from autograder.student.checking import known_item, next_hint, open_kit

    if item_id is not None:
        known_item(item_id)
    kit = open_kit(path, needs_work=True)
    if kit.said:
        _say(kit.said)
    with kit.grader() as grader:
        report = grader.grade(kit.name, kit.source)
    found = next_hint(kit, report, item_id, every)
    console = Console()
    if found.item:
        print_item(found.item, console, guide=found.guide)
    print_hints(found.lines, console)


@main.command("try")
@click.argument("item_id", required=False, metavar="[ITEM]")
@click.argument("path", default=".", type=click.Path(path_type=Path), metavar="[PATH]")
@click.option("--fresh", is_flag=True, help="Write the example anew, though you changed it.")
@click.option("--no-run", is_flag=True, help="Write it and run nothing, for instance to debug it in an editor.")
def try_(item_id: str | None, path: Path, fresh: bool, no_run: bool) -> None:
    """Write the example on which an item fails as a small program, try_ITEM.py, and run it in your own Python.

    What your code prints appears, and breakpoint() stops. Of an item that passes it is an example of what is asked.
    Without ITEM it is about the first one that is wrong. A program that you changed is run as it is.
    Exits with 0 when the item passes, with 1 otherwise.
    """
    from autograder.student import trying
    from autograder.student.checking import known_item, open_kit

    if item_id is not None:
        known_item(item_id)
    kit = open_kit(path, needs_work=True)
    with kit.grader() as grader:
        report = grader.grade(kit.name, kit.source, None if item_id is None else [item_id])
    made = trying.trial(kit, trying.chosen(kit, report, item_id), fresh=fresh)
    click.echo("\n".join(made.said))
    if not no_run:
        sys.stdout.flush()
        trying.run(made)
    if not made.passes:
        sys.exit(1)


@main.command(context_settings={"ignore_unknown_options": True})  # an expression may begin with a minus
@click.argument("expression", required=False, metavar="[EXPRESSION]")
@click.argument("path", default=".", type=click.Path(path_type=Path), metavar="[PATH]")
@click.option("--item", "item_id", metavar="ITEM", help="Draw the example on which this item fails instead.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write to this file.  [default: drawing.svg beside micrograd/]")  # fmt: skip
@click.option("--no-open", is_flag=True, help="Do not show it in the browser.")
def draw(expression: str | None, path: Path, item_id: str | None, out: Path | None, no_open: bool) -> None:
    """Draw the graph of an EXPRESSION on your own engine, such as 'Value(2) * Value(3) + 1', and show it in the
    browser.

    Statements may come before it: 'a = Value(2); b = a * a; b + a'. Gradients are those that its backward() gives.
    Without graphviz's dot the graph is shown as text.
    """
    from autograder.student import drawing, trying
    from autograder.student.checking import known_item, open_kit
    from autograder.student.locating import from_here

    if (expression is None) == (item_id is None):
        raise click.UsageError("give either an expression, such as 'Value(2) * Value(3) + 1', or --item ITEM")
    if item_id is not None:
        known_item(item_id)
    kit = open_kit(path, needs_work=True)
    if item_id is not None:
        with kit.grader() as grader:
            report = grader.grade(kit.name, kit.source, [item_id])
        graph = drawing.failing_graph(trying.chosen(kit, report, item_id))
    else:
        assert kit.root is not None and expression is not None
        graph, remark = drawing.expression_graph(kit.root, expression)
        if remark:
            _say(remark)
    target = out or drawing.default_path(kit, item_id)
    if not drawing.draw(graph, target):
        click.echo(drawing.as_text(graph))
        return
    click.echo(f"drawn: {from_here(target)}")
    if not no_open and (said := drawing.show(target)):
        _say(said)


@main.command()
@click.argument("path", default=".", type=click.Path(path_type=Path), metavar="[PATH]")
@click.option("--full", is_flag=True, help="100 points and 100 steps, in place of 60 and 60.")
@click.option("--points", type=click.IntRange(min=2), help="How many points, whatever --full says.")
@click.option("--steps", type=click.IntRange(min=1), help="How many steps, whatever --full says.")
@click.option("--seed", type=int, help="Draw other points and first weights.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Write to this file.  [default: moons.svg beside micrograd/]")  # fmt: skip
@click.option("--no-open", is_flag=True, help="Do not show it in the browser.")
def demo(
    path: Path, full: bool, points: int | None, steps: int | None, seed: int | None, out: Path | None, no_open: bool
) -> None:  # fmt: skip
    """See your own micrograd learn to tell two moons apart, once all of it is written.

    Draws the boundary that the net learned, and how its loss went down. This takes matplotlib, which is no part of the
    kit.
    """
    from autograder.courses.micrograd import demo as demonstration
    from autograder.student.checking import open_kit
    from autograder.student.drawing import claim, mark, show
    from autograder.student.locating import from_here

    kit = open_kit(path, needs_work=True)
    assert kit.root is not None, "the kit is opened for work"
    target = out or kit.root / "moons.svg"
    claim(target)
    if code := demonstration.start(kit.root, target, full, points, steps, seed):
        sys.exit(code)
    mark(target)
    click.echo(f"drawn: {from_here(target)}")
    if not no_open and (said := show(target)):
        _say(said)


@main.command()
@click.argument("path", default=".", type=click.Path(path_type=Path), metavar="[PATH]")
def watch(path: Path) -> None:
    """Check again whenever you save a file, and show the next thing to do.

    Keys: h for a hint, l for the list of all items, n for the next one, a to check again, q to quit.
    """
    _watch(path, None)


def _watch(path: Path, item_id: str | None) -> None:
    from autograder.student.checking import open_kit

    kit = open_kit(path, needs_work=True)
    from autograder.student.watch import watch

    watch(kit, item_id)


@main.command("hand-in")
@click.argument("path", default=".", type=click.Path(path_type=Path), metavar="[PATH]")
def hand_in_(path: Path) -> None:
    """Make micrograd.zip, the one file to upload, and say how it does on the practice exam.

    It is made whatever the score; only where nothing is written yet there is nothing to hand in.
    """
    from autograder.project import command_name
    from autograder.student.checking import open_kit
    from autograder.student.hand_in import hand_in

    for line in hand_in(open_kit(path, needs_work=True)).lines(f"{command_name()} check"):
        click.echo(line)


@main.command()
@click.option("--check", "check_", is_flag=True, help="Write nothing; fail when student/ is stale.")
@click.option(
    "--kit",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the student kit into this folder instead.",
)
@click.option("--notebooks", is_flag=True, help="Also release the notebooks of assignments/, with nbgrader.")
@_course
def release(check_: bool, kit: Path | None, notebooks: bool) -> None:
    """Write student/ from solutions/: every solution becomes a TODO.

    A kit also holds the wheel of gradschool that it installs, and works anywhere. It is written into a new folder, an
    empty one, or one that was written before, in which nothing that was changed or added since is touched.
    """
    from autograder.exam.paper import PRACTICE_SEED, load
    from autograder.grading import exams
    from autograder.kit import stubs as releasing
    from autograder.kit.bundle import exported_files, kit_files
    from autograder.project import project_root

    root = project_root()
    target = kit or root / "student"
    extra = exported_files() if kit else kit_files()
    practice = exams.get(PRACTICE_SEED)
    extra[PRACTICE] = practice.to_json().encode()
    with contextlib.suppress(UserError):
        if practice.is_like(load(target / PRACTICE)):  # not worth a change in the last digits
            extra[PRACTICE] = (target / PRACTICE).read_bytes()
    if check_:
        differences = releasing.stale(root / "solutions", target, list(load_items()), extra, exported=bool(kit))
        if differences:
            raise UserError("; ".join(differences[:5]) + ": run `make release`", code=1)
        click.echo(f"{target} is up to date")
        return
    changed = releasing.release(root / "solutions", target, list(load_items()), extra, exported=bool(kit))
    click.echo(f"{len(changed)} file{'s' * (len(changed) != 1)} written to {target}")
    if notebooks:
        from autograder.nbgrader.course_folder import course_in_use, release_notebooks
        from autograder.project import CONFIG

        course = course_in_use()
        if course is None:
            raise UserError(f"there is no {CONFIG} in {root / 'assignments'}: restore it")
        released = release_notebooks(course)
        click.echo(f"{len(released)} notebooks released to {course.root / 'release'}")


@main.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--page", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Plant nothing; write what the catalogue says about the pitfalls, as Markdown.")  # fmt: skip
@click.option("--seed", type=int, help="Draw the exam with this seed.  [default: 2026]")
@click.option("--jobs", type=click.IntRange(1), default=None, help="Judges at work at once.  [default: one a core]")
@_course
def pitfalls(names: Sequence[str], page: Path | None, seed: int | None, jobs: int | None) -> None:
    """Plant each classic mistake (or those with these NAMEs) in the reference, and show which items it costs.

    The kill matrix: exits with 1 when one costs an item that it does not name, spares one that it names, or is not
    recognised by its answers.
    """
    from autograder.exam.mutants import load_mutations

    mutations = load_mutations()
    if page:
        from autograder.exam.pitfalls_page import pitfalls_page
        from autograder.report.files import write_atomically

        write_atomically(page, pitfalls_page(mutations))
        click.echo(f"{page} written")
        return
    known = {mutation.pitfall for mutation in mutations}
    if strange := [name for name in names if name not in known]:
        from difflib import get_close_matches

        near = get_close_matches(strange[0], known, 1) or ["overwrites-gradient"]
        raise UserError(f"there is no pitfall {strange[0]!r}; did you mean {near[0]!r}?")
    from autograder.exam.kill_matrix import header, kill_matrix, line
    from autograder.exam.paper import SAMPLE_SEED
    from autograder.grading.exams import HASTY
    from autograder.grading.grader import Grader
    from autograder.sandbox.launcher import choose

    chosen = [mutation for mutation in mutations if not names or mutation.pitfall in names]
    encoding = (sys.stdout.encoding or "ascii").lower()
    click.echo("\n".join(header(encoding)))
    rows = []
    sat = _exam(None, SAMPLE_SEED if seed is None else seed)
    grader = partial(Grader, sat, choose("auto"), limits=HASTY)
    for row in kill_matrix(chosen, grader, jobs or os.cpu_count() or 1):
        click.echo(line(row, encoding))
        rows.append(row)
    dirty = sum(not row.clean for row in rows)
    click.echo(f"\n{len({row.mutation.pitfall for row in rows})} pitfalls in {len(rows)} forms: " + (
        f"{dirty} are not as the catalogue says" if dirty else
        "each costs the items that it names and no others, and is recognised by its answers"
    ))  # fmt: skip
    if dirty:
        sys.exit(1)


@main.group()
def hook() -> None:
    """Grade what is pushed to a repository of yours, with the hidden exam.

    docs/push.md says how to set up a server.
    """
    before = os.umask(0o077)  # results, queue and exam are nobody else's business
    click.get_current_context().call_on_close(lambda: os.umask(before))


_repository = click.argument("repository", type=click.Path(path_type=Path), metavar="REPO.git")


@hook.command()
@_repository
@click.option("--results", default="results", type=click.Path(path_type=Path, file_okay=False), show_default=True,
              help="Folder for the reports of all students.")  # fmt: skip
@click.option("--student", help="Whose repository it is.  [default: by its name]")
@click.option("--branch", help="Grade pushes to this branch.  [default: the repository's HEAD]")
@click.option("--timeout", type=click.FloatRange(0, 3600), default=60, show_default=True, metavar="SECONDS",
              help="How long a push waits for its result.")  # fmt: skip
@click.option(
    "--exam", "exam_file", type=click.Path(path_type=Path, dir_okay=False), help="An exam that was built before."
)
@click.option("--seed", type=int, help=_seed_help)
@click.option("--sandbox", type=click.Choice(["auto", "bwrap", "landlock", "none"]), default="auto", show_default=True,
              help="How student code is shut in.")  # fmt: skip
@_course
@click.option("--quiet-feedback", is_flag=True, help="Show pushers their scores alone.")
@click.option("--chain", is_flag=True, help="Keep a hook that is there already, and run it first.")
@click.option("--at", type=click.Path(path_type=Path), metavar="FILE",
              help="Where in the repository the hook belongs.  [default: hooks/post-receive]")  # fmt: skip
def install(
    repository: Path, results: Path, student: str | None, branch: str | None, timeout: float, exam_file: Path | None,
    seed: int | None, sandbox: str, quiet_feedback: bool, chain: bool, at: Path | None,
) -> None:  # fmt: skip
    """Have every push to the bare REPO.git graded; run again, it changes the settings.

    The push itself always succeeds. Results go to RESULTS/STUDENT, beside them history.jsonl with a line a push.
    """
    from autograder.exam.paper import PRACTICE_SEED
    from autograder.project import project_root
    from autograder.push import hook as hooks
    from autograder.report.files import write_atomically
    from autograder.sandbox.launcher import choose
    from autograder.submissions.sources.gittree import bare_repository

    bare_repository(repository)
    if weaker := choose(sandbox).weaker:
        click.echo(f"gradschool: {weaker}", err=True)
    exam = _exam(exam_file, seed)
    handed_out = project_root() / "student" / PRACTICE
    practice = _exam(handed_out, None) if handed_out.is_file() else _exam(None, PRACTICE_SEED)
    kept = [hooks.shared_folder(results) / f"exam-{each.address[7:23]}.json" for each in (exam, practice)]
    for file, each in zip(kept, (exam, practice), strict=True):
        write_atomically(file, each.to_json())
    made = hooks.install(
        repository, results=results, exam=kept[0], practice=kept[1],
        student=student or hooks.default_student(repository), branch=branch, timeout=timeout, sandbox=sandbox,
        quiet=quiet_feedback, chain=chain, at=at,
    )  # fmt: skip
    click.echo(f"pushes to {made.graded_branch() or 'HEAD'} are graded; results in {made.history.parent}")


@hook.command()
@_repository
def status(repository: Path) -> None:
    """Show what is installed in REPO.git, what waits to be graded, and what was graded last."""
    from autograder.push.hook import load_hook
    from autograder.push.status import status as show_status

    show_status(load_hook(repository), click.echo)


@hook.command()
@_repository
def uninstall(repository: Path) -> None:
    """Take the hook out of REPO.git, and put back the one that was there before.

    Results stay, and so do pushes that wait to be graded.
    """
    from autograder.push import hook as hooks

    removed = hooks.load_hook(repository)
    hooks.uninstall(removed)
    waiting = f"; {len(removed.waiting())} pushes were not graded" if removed.waiting() else ""
    click.echo(f"removed {removed.script}{waiting}")


@hook.command()
@_repository
@click.option("--queued", is_flag=True, hidden=True, help="Do not look for pushes that no hook reported.")
def drain(repository: Path, queued: bool) -> None:
    """Grade the pushes to REPO.git that were not graded when they came; for cron or a systemd timer.

    Exits with 1 when some still cannot be graded.
    """
    from autograder.push.grader import drain as grade_queue
    from autograder.push.hook import load_hook

    if not grade_queue(load_hook(repository), click.echo, look=not queued) and not queued:
        raise UserError(f"some pushes to {repository} wait on", code=1)


@hook.command("run", hidden=True)
@_repository
@click.argument("push")
def run_hook(repository: Path, push: str) -> None:
    """What the hook calls: grade a push in the queue, and show the result if it comes in time."""
    from autograder.push.answer import receive
    from autograder.push.hook import load_hook

    receive(load_hook(repository), push, click.echo)


@main.group()
def exam() -> None:
    """Build, show and verify exams."""


_seed = click.option("--seed", type=int, default=None, help=_seed_help)


@exam.command()
@_seed
@_course
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Write the exam to this file.")
def build(seed: int | None, out: Path | None) -> None:
    """Draw an exam, answer it with PyTorch, and cross-check it."""
    from autograder.report.files import write_atomically

    made = _exam(None, seed)
    if out:
        write_atomically(out, made.to_json(), mode=0o600)
    click.echo(f"{made.address}" + (f" in {out}" if out else ""))


@exam.command()
@_seed
@_course
@click.option("--item", "item_id", help="Show one item's questions and answers.")
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
def show(seed: int | None, item_id: str | None, file: Path | None) -> None:
    """Show an exam: what is asked, and PyTorch's answers."""
    from autograder.courses.micrograd.transcript.transcript import show as plain

    shown = _exam(file, seed)
    items = load_items()
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
@_seed
@_course
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
def verify(seed: int | None, file: Path | None) -> None:
    """Answer an exam anew: PyTorch, central differences, reference and stubs must agree with it."""
    from autograder.grading import exams

    verified = _exam(file, seed)
    exams.verify(verified)
    questions = sum(len(sheet.questions) for sheet in verified.sheets.values())
    click.echo(f"{verified.address}: {questions} questions, all confirmed")


@exam.command()
@click.option("--set", "set_", type=int, metavar="N", help="Keep this one from now on.")
@click.option("--renew", is_flag=True, help="Draw another one.")
@_course
def seed(set_: int | None, renew: bool) -> None:
    """Show the seed of the hidden exam, with which `grade` and the others draw it unless told otherwise.

    It is drawn at random when it is first wanted, and kept in the course's folder, or among your own settings where
    that cannot be written. Whoever knows it can draw the questions and the answers.
    """
    from autograder.exam.seed import hidden_seed, keep_seed

    if renew and set_ is not None:
        raise click.UsageError("--set and --renew exclude each other")
    if not renew and set_ is None:
        click.echo(hidden_seed())
        return
    click.echo(keep_seed(set_))
    _say("what was graded before was on another exam; hooks keep theirs until `gradschool hook install` is run again")


if __name__ == "__main__":
    main()
