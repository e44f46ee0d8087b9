"""`gradschool hook`: have pushes to a repository graded, see how that goes, and end it."""

from __future__ import annotations

import os
from pathlib import Path

import click

from autograder.cli import options
from autograder.cli.help import Group
from autograder.cli.options import exam_of, say
from autograder.errors import UserError
from autograder.project import PRACTICE


@click.group(cls=Group)
def hook() -> None:
    """Grade what is pushed to a repository of yours, with the hidden exam.

    For instructors; docs/push.md says how to set up a server.

    \b
    Example, with a new repository:
      git init --bare ada.git
      gradschool hook install ada.git
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
@options.exam_file
@options.seed
@options.sandbox
@options.course
@click.option("--quiet-feedback", is_flag=True, help="Show pushers their scores alone.")
@click.option("--chain", is_flag=True, help="Keep a hook that is there already, and run it first.")
@click.option("--at", type=click.Path(path_type=Path), metavar="FILE",
              help="Where in the repository the hook belongs.  [default: hooks/post-receive]")  # fmt: skip
def install(
    repository: Path, results: Path, student: str | None, branch: str | None, timeout: float, exam_file: Path | None,
    seed: int | None, sandbox: str, quiet_feedback: bool, chain: bool, at: Path | None,
) -> None:  # fmt: skip
    """Have every push to the bare REPO.git graded; run again, it changes the settings.

    For instructors. The push itself always succeeds. Results go to RESULTS/STUDENT, beside them history.jsonl with a
    line a push.

    \b
    Example, with a new repository:
      git init --bare ada.git
      gradschool hook install ada.git
    """
    from autograder.course import in_use
    from autograder.exam.paper import PRACTICE_SEED, load
    from autograder.files import write_atomically
    from autograder.project import named_course, project_root
    from autograder.push import hook as hooks
    from autograder.sandbox.launcher import choose
    from autograder.submissions.sources.gittree import bare_repository

    bare_repository(repository)
    if weaker := choose(sandbox).weaker:
        say(weaker)
    exam = exam_of(exam_file, seed)
    handed_out = project_root() / "student" / PRACTICE
    practice = load(handed_out, in_use().whole) if handed_out.is_file() else exam_of(None, PRACTICE_SEED)
    kept = [hooks.shared_folder(results) / f"exam-{each.address[7:23]}.json" for each in (exam, practice)]
    for file, each in zip(kept, (exam, practice), strict=True):
        write_atomically(file, each.to_json())
    made = hooks.install(
        repository, results=results, exam=kept[0], practice=kept[1],
        student=student or hooks.default_student(repository), branch=branch, timeout=timeout, sandbox=sandbox,
        quiet=quiet_feedback, chain=chain, at=at, course=named_course(),
    )  # fmt: skip
    click.echo(f"pushes to {made.graded_branch() or 'HEAD'} are graded; results in {made.history.parent}")


@hook.command()
@_repository
def status(repository: Path) -> None:
    """Show what is installed in REPO.git, what waits to be graded, and what was graded last.

    For instructors.

    \b
    Example, once the hook is installed in ada.git:
      gradschool hook status ada.git
    """
    from autograder.push.hook import load_hook
    from autograder.push.status import status as show_status

    show_status(load_hook(repository), click.echo)


@hook.command("export")
@click.argument("results", default="results", type=click.Path(path_type=Path), metavar="[RESULTS]")
@click.option("--at", metavar="DATE", help="As of then, such as 2027-02-01 or 2027-02-01T18:00, by the course's clock."
              "  [default: the due dates of the course file]")  # fmt: skip
@click.option("--counts", type=click.Choice(["last", "best"]), help="Which push before it counts.  "
              "[default: last, or as the course file says]")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write to this file.")
@options.course
def export_(results: Path, at: str | None, counts: str | None, out: Path | None) -> None:
    """Write the scores of a class as of a deadline, a row a student: nothing is graded again.

    For instructors. Of the pushes that the server had received by then the last one counts, or the best. RESULTS is the
    folder that `hook install` was given.

    \b
    Example, once pushes were graded:
      gradschool hook export results --at 2027-02-01
    """
    from autograder.files import write_atomically
    from autograder.push.deadline import as_of
    from autograder.report.files import for_excel
    from autograder.settings.form import moment_of
    from autograder.settings.in_force import in_force

    settings = in_force()
    when = settings.dates.aware(moment_of(at, "--at")) if at else None
    text = for_excel(as_of(results, settings.dates, when, counts or settings.pushes))
    if out:
        write_atomically(out, text)
        say(f"written: {out}")
    else:
        click.echo(text, nl=False)


@hook.command()
@_repository
def uninstall(repository: Path) -> None:
    """Take the hook out of REPO.git, and put back the one that was there before.

    For instructors. Results stay, and so do pushes that wait to be graded.

    \b
    Example, once the hook is installed in ada.git:
      gradschool hook uninstall ada.git
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

    For instructors. Exits with 1 when some still cannot be graded.

    \b
    Example, once the hook is installed in ada.git:
      gradschool hook drain ada.git
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
