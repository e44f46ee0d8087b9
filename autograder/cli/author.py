"""What authors of a course type: release what students get, and see what each classic mistake costs."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import click

from autograder.cli import options
from autograder.cli.options import exam_of
from autograder.course import in_use
from autograder.errors import UserError
from autograder.project import PRACTICE


@click.command()
@click.option("--check", "check_", is_flag=True, help="Write nothing; fail when student/ is stale.")
@click.option(
    "--kit",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the student kit into this folder instead.",
)
@click.option(
    "--html",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write the whole course as one page for a browser instead; into a folder, as a site for any server.",
)
@click.option("--notebooks", is_flag=True, help="Also release the notebooks of assignments/, with nbgrader.")
@options.course
def release(check_: bool, kit: Path | None, html: Path | None, notebooks: bool) -> None:
    """Write student/, or a kit to hand out, from solutions/: every solution becomes a TODO.

    For authors of a course, and for instructors who hand it out. A kit also holds the wheel of gradschool that it
    installs, and works anywhere. It is written into a new folder, an empty one, or one that was written before, in
    which nothing that was changed or added since is touched.

    \b
    Example, in the checkout:
      gradschool release --kit ../{package}-kit
      gradschool release --html {package}.html
    """
    if html:
        if check_ or kit or notebooks:
            raise UserError("--html writes the page alone: leave out the other options")
        _write_page(html)
        return
    from autograder.exam.paper import PRACTICE_SEED, load
    from autograder.grading import exams
    from autograder.kit import stubs as releasing
    from autograder.kit.bundle import exported_files, kit_files
    from autograder.project import project_root
    from autograder.settings.in_force import in_force

    root = project_root()
    file = in_force().file
    if not kit and file and not file.resolve().is_relative_to(root.resolve()):
        raise UserError(
            f"{root / 'student'} would follow {file}, which is another folder's: write a kit with --kit FOLDER"
        )
    target = kit or root / "student"
    items, given = list(in_use().whole.items), in_use().scheme.left_out
    extra = exported_files() if kit else kit_files()
    practice = exams.get(PRACTICE_SEED)
    extra[PRACTICE] = practice.to_json().encode()
    with contextlib.suppress(UserError):
        if practice.is_like(load(target / PRACTICE, in_use().whole)):  # not worth a change in the last digits
            extra[PRACTICE] = (target / PRACTICE).read_bytes()
    if check_:
        differences = releasing.stale(root / "solutions", target, items, extra, exported=bool(kit), given=given)
        if differences:
            raise UserError("; ".join(differences[:5]) + ": run `make release`", code=1)
        click.echo(f"{target} is up to date")
        return
    changed = releasing.release(root / "solutions", target, items, extra, exported=bool(kit), given=given)
    click.echo(f"{len(changed)} file{'s' * (len(changed) != 1)} written to {target}")
    if notebooks:
        from autograder.nbgrader.course_folder import course_in_use, release_notebooks
        from autograder.project import CONFIG

        course = course_in_use()
        if course is None:
            raise UserError(f"there is no {CONFIG} in {root / 'assignments'}: restore it")
        released = release_notebooks(course)
        click.echo(f"{len(released)} notebooks released to {course.root / 'release'}")


def _write_page(target: Path) -> None:
    """Write the course as a page, into a file or as a site into a folder, and say what was written."""
    from autograder.kit.browser.bundle import build_page, build_site

    if target.suffix.lower() in (".html", ".htm") and not target.is_dir():
        size, what = build_page(target), "open it in a browser"
    elif target.suffix and not target.is_dir():
        raise UserError(f"{target} is neither a page nor a folder: name a file that ends in .html, or a folder")
    else:
        size, what = build_site(target), "any static server can hand it out"
    click.echo(f"{target} written, {size / 1e6:.1f} MB: {what}")


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--page", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
              help="Plant nothing; write what the catalogue says about the pitfalls, as Markdown.")  # fmt: skip
@click.option("--seed", type=int, help="Draw the exam with this seed.  [default: 2026]")
@options.jobs
@options.course_as_written
def pitfalls(names: Sequence[str], page: Path | None, seed: int | None, jobs: int | None) -> None:
    """Plant each classic mistake in the reference, or those with these names, and show which items it costs.

    For authors of a course. This is the kill matrix: it exits with 1 when a mistake costs an item that it does not
    name, spares one that it names, or is not recognised by its answers.

    \b
    Example, in the checkout:
      gradschool pitfalls --jobs 2
    """
    from autograder.exam.mutants import load_mutations

    mutations = load_mutations()
    if page:
        from autograder.course import in_use
        from autograder.files import write_atomically

        written = in_use().find("pitfalls_page")
        if written is None:
            raise UserError("this course has no page about its pitfalls")
        write_atomically(page, written(mutations))
        click.echo(f"{page} written")
        return
    known = {mutation.pitfall for mutation in mutations}
    if strange := [name for name in names if name not in known]:
        from difflib import get_close_matches

        near = get_close_matches(strange[0], known, 1, 0)
        raise UserError(f"there is no pitfall {strange[0]!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    from autograder.exam.paper import SAMPLE_SEED
    from autograder.grading.exams import HASTY
    from autograder.grading.grader import Grader
    from autograder.grading.kill_matrix import header, kill_matrix, line
    from autograder.sandbox.kernel.processors import processors
    from autograder.sandbox.launcher import choose

    chosen = [mutation for mutation in mutations if not names or mutation.pitfall in names]
    encoding = (sys.stdout.encoding or "ascii").lower()
    click.echo("\n".join(header(encoding)))
    rows = []
    sat = exam_of(None, SAMPLE_SEED if seed is None else seed)
    grader = partial(Grader, sat, choose("auto"), limits=HASTY)
    for row in kill_matrix(chosen, grader, jobs or processors()):
        click.echo(line(row, encoding))
        rows.append(row)
    dirty = sum(not row.clean for row in rows)
    click.echo(f"\n{len({row.mutation.pitfall for row in rows})} pitfalls in {len(rows)} forms: " + (
        f"{dirty} are not as the catalogue says" if dirty else
        "each costs the items that it names and no others, and is recognised by its answers"
    ))  # fmt: skip
    if dirty:
        sys.exit(1)
