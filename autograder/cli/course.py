"""`gradschool course`: what an instructor says of the course, explained, and a first file to begin with."""

from __future__ import annotations

from pathlib import Path

import click

from autograder.cli import options
from autograder.cli.help import Group
from autograder.errors import UserError


@click.group(cls=Group)
def course() -> None:
    """Explain the course file, course.toml, or write a first one, or a file to translate.

    For instructors: title, points, what is left out, due dates, late penalties and feedback stand in this one file.

    \b
    Example, in the checkout:
      gradschool course show
    """


@course.command()
@options.course
@click.option("--keys", "keys_", is_flag=True, help="Show all that may stand in the file instead.")
def show(keys_: bool) -> None:
    """Show what the course file makes of the course, or what is wrong with it.

    For instructors. It lies in assignments/ of the checkout, or in the folder that --course names; without one, this is
    the course as it comes.

    \b
    Example, in the checkout:
      gradschool course show
    """
    from autograder.course import in_use
    from autograder.settings.in_force import in_force
    from autograder.settings.shown import keys, shown

    for line in keys(in_use().whole) if keys_ else shown(in_force(), in_use()):
        click.echo(line)


_folder = click.option("--course", "folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
                       help="Write it into this folder.  [default: assignments/ of the checkout]")  # fmt: skip


@course.command()
@_folder
def init(folder: Path | None) -> None:
    """Write a first course file, in which everything is explained and nothing is changed.

    For instructors. A file that is there is left alone.

    \b
    Example, for a course of your own:
      gradschool course init --course my-course
    """
    from autograder.course import taught
    from autograder.project import SETTINGS, typed
    from autograder.settings.shown import first_file

    file = _written(folder, SETTINGS, first_file(taught()).encode())
    named = "" if folder is None else f" --course {typed(folder)}"
    click.echo(f"{file} written: edit it, and look at it with `gradschool course show{named}`")


@course.command()
@click.argument("language")
@_folder
def words(language: str, folder: Path | None) -> None:
    """Write a file with all that students read, to be translated into LANGUAGE.

    For instructors. It is a .po file of gettext's, for which there are editors such as Poedit. Of a language that is
    shipped it holds the translation, to be changed.

    \b
    Example, for a course in French:
      gradschool course words fr
    """
    from autograder.settings.language import empty

    file = _written(folder, f"gradschool.{language}.po", empty(language))
    says = f'language = "{language}" and texts = "{file.name}"'
    click.echo(f"{file} written: translate it, and write {says} into course.toml beside it")


def _written(folder: Path | None, name: str, content: bytes) -> Path:
    """A new file where the course file lies. Raises UserError where it is there already."""
    file = _folder_of(folder) / name
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        with file.open("xb") as new:
            new.write(content)
    except FileExistsError:
        raise UserError(f"{file} is there already: edit it, or move it away first") from None
    return file


def _folder_of(folder: Path | None) -> Path:
    """Where the course file lies, or is to lie."""
    from autograder.project import CONFIG, configured_folder

    if folder is not None:
        return folder / "assignments" if (folder / "assignments" / CONFIG).is_file() else folder
    target = configured_folder()
    if target is None:
        raise UserError("this gradschool was installed without a course: say where with --course DIR")
    return target
