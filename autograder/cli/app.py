"""The command `gradschool`. Bad input ends in one sentence and an exit code, never in a traceback."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any

import click

from autograder.cli.help import Group, filled
from autograder.course import adopt, in_use
from autograder.errors import UserError, trouble
from autograder.project import PACKAGE, use_course
from autograder.scheme import OWN

# Who reads the help, and for each command where it is: module:function. A command is imported when it is called.
READERS = {
    "Commands for students, in the folder of their kit": {
        "check": "student_check:check",
        "watch": "student_check:watch",
        "hint": "student_check:hint",
        "try": "student_run:try_",
        "draw": "student_run:draw",
        "demo": "student_run:demo",
        "hand-in": "student_check:hand_in",
    },
    "Commands for instructors, who grade a class": {
        "grade": "instructor:grade",
        "open": "instructor:open_",
        "export": "instructor:export",
        "course": "course:course",
        "exam": "exam:exam",
        "hook": "hook:hook",
    },
    "Commands for course authors, who change what is built": {
        "release": "author:release",
        "pitfalls": "author:pitfalls",
    },
}
_PLACES = {name: place for places in READERS.values() for name, place in places.items()}


class _Commands(Mapping[str, click.Command]):
    """The commands by their names, each imported when it is asked for."""

    def __getitem__(self, name: str) -> click.Command:
        module, _, function = _PLACES[name].partition(":")
        return filled(getattr(import_module(f"autograder.cli.{module}"), function))

    def __iter__(self) -> Iterator[str]:
        return iter(_PLACES)

    def __len__(self) -> int:
        return len(_PLACES)


class _Gradschool(Group):
    """Prints a UserError as one sentence, and leaves with its exit code."""

    def headings(self) -> Mapping[str, Sequence[str]]:
        return {heading: [*places] for heading, places in READERS.items()}

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
            click.echo(f"gradschool: {trouble(error)}", err=True)
            context.exit(1)
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if os.environ.get("GRADSCHOOL_TRACEBACK"):
                raise
            said = f"{type(error).__name__}: {error}"
            click.echo(f"gradschool: a fault of its own ({said}); GRADSCHOOL_TRACEBACK=1 shows where", err=True)
            context.exit(1)


_HELP = f"""Build {PACKAGE}, get graded.

Students build {PACKAGE}, {in_use().about}, and hear what is right and what comes next. Instructors grade a class, whose
code runs in a sandbox. `gradschool COMMAND --help` says more about a command, with an example.
"""


@click.group(
    cls=_Gradschool, commands=_Commands(), help=_HELP, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.version_option(package_name="gradschool")
def main() -> None:
    """The command, whatever comes after it."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # Windows has pipes that cannot take every character
            stream.reconfigure(errors="replace")
    context = click.get_current_context()
    context.call_on_close(_drop_course)
    _import_nothing_from_here(context)


def _drop_course() -> None:
    """Leave no command's course to the next one, in a process that calls several."""
    adopt(OWN)
    use_course(None)
    if "autograder.settings.in_force" in sys.modules:  # students' commands have no use for it
        from autograder.settings.in_force import drop

        drop()


def _import_nothing_from_here(context: click.Context) -> None:
    """Have no Python that is started from here, such as a judge, look for modules in the current folder: it may be a
    submission."""
    before = os.environ.get("PYTHONSAFEPATH", "")  # empty is as good as none
    os.environ["PYTHONSAFEPATH"] = "1"
    context.call_on_close(lambda: os.environ.update(PYTHONSAFEPATH=before))
