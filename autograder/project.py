"""Where things are: the course that gradschool is installed with, or the one that the instructor names.

Nothing is looked for where the command was called, nor around what is graded: there lies what students wrote.
"""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from autograder.course import in_use
from autograder.errors import UserError

PACKAGE = in_use().package  # the folder that students write
CONFIG = "nbgrader_config.py"
SETTINGS = "course.toml"  # what an instructor says of the course
PRACTICE = "practice-exam.json"  # in the kit, beside the student's package
INSTALLED = Path(__file__).resolve().parent.parent  # a checkout, or a folder of installed packages
_REFERENCE = Path("solutions", PACKAGE)
_named: Path | None = None  # by the instructor


def use_course(folder: Path | None) -> None:
    """From now on take from `folder` whatever it holds of a course, and the rest from the installation: all of it, if
    there is no `folder`. Raises UserError where it holds nothing of a course."""
    global _named
    _named = folder and Path(os.path.abspath(folder))
    if _named and not (_named / _REFERENCE).is_dir() and not any(_found(_named, name) for name in (CONFIG, SETTINGS)):
        held = f"{_REFERENCE}, {CONFIG} or {SETTINGS}"
        raise UserError(f"there is no course in {folder}: name a folder that holds {held}")


def named_course() -> Path | None:
    """The folder that the instructor named."""
    return _named


def project_root() -> Path:
    """The folder that holds `solutions/`. Raises UserError where there is none: grading and releasing need the
    reference."""
    for folder in course_folders():
        if (folder / _REFERENCE).is_dir():
            return folder
    raise UserError(
        "this gradschool was installed without the reference: run `python -m gradschool` in the folder of the course's "
        "repository, or name that folder with --course"
    )


def configured_folder() -> Path | None:
    """The folder that holds the nbgrader course's configuration; None where there is none."""
    return next((found for folder in course_folders() if (found := _found(folder, CONFIG))), None)


def settings_file() -> Path | None:
    """What the instructor says of the course in use; None where there is no such file."""
    folder = next((found for folder in course_folders() if (found := _found(folder, SETTINGS))), None)
    return folder / SETTINGS if folder else None


def course_folders() -> Iterator[Path]:
    """Where a course is looked for: the one that the instructor named, and the installed one."""
    if _named:
        yield _named
    yield INSTALLED


def _found(course: Path, name: str) -> Path | None:
    """The folder of a course that holds a file of this name, or what stands in its place: whoever reads it says so."""
    return next((folder for folder in (course, course / "assignments") if os.path.lexists(folder / name)), None)


def cache_folder() -> Path:
    """Where what can be made again is kept: `.cache` in the checkout that gradschool is installed from, else the user's
    cache."""
    folder = INSTALLED / ".cache"
    if not (INSTALLED / _REFERENCE).is_dir() or not os.access(folder if folder.exists() else INSTALLED, os.W_OK):
        folder = user_folder("XDG_CACHE_HOME", ".cache")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def user_folder(variable: str, default: str) -> Path:
    """Our folder among the user's own: in the one that the environment names, else in the `default` one at home. A name
    that leads there from the current folder alone counts for nothing, as the XDG specification has it."""
    named = os.environ.get(variable, "")
    return (Path(named) if os.path.isabs(named) else Path.home() / default) / "gradschool"


def installing(extra: str) -> str:
    """What installs an extra, for the end of a sentence. No index has gradschool, so it takes a checkout."""
    return f"in the checkout of gradschool, pip install -e '.[{extra}]' -c constraints.txt"


def command_name() -> str:
    """How to call this command from where the user stands, the way it was called now: most have no .venv/bin on their
    path."""
    script = Path(sys.argv[0])
    if script.name in ("gradschool.py", "__main__.py"):
        module = "gradschool" if script.stem == "gradschool" else "autograder"
        return f"{callable_as('python', Path(sys.executable))} -m {module}"
    return callable_as("gradschool", script) if script.is_file() else "gradschool"


def callable_as(name: str, program: Path) -> str:
    """`name` where the shell takes it for `program`, else the program's path from here."""
    found = shutil.which(name)
    if found and _same_program(Path(found), program):
        return name
    try:
        return typed(min(os.path.relpath(program), os.path.abspath(program), key=len))
    except ValueError:  # another drive
        return typed(os.path.abspath(program))


def typed(word: str | Path) -> str:
    """A path or another word as it is typed in a shell: in quotes where it holds blanks or what else a shell minds, and
    spelled by the numbers of its bytes where it cannot be printed."""
    text = str(word)
    if os.name == "nt":
        return f'"{text}"' if " " in text else text
    if text.isprintable():
        return shlex.quote(text)
    spelled = (c if c.isprintable() and c not in "\\'" else "".join(f"\\{b:03o}" for b in os.fsencode(c)) for c in text)
    return "$'" + "".join(spelled) + "'"


def _same_program(a: Path, b: Path) -> bool:
    """Whether these are one file, or links side by side, as python and python3 are. Links elsewhere do not count: an
    environment's Python is a link too."""
    return os.path.abspath(a.parent) == os.path.abspath(b.parent) and a.resolve() == b.resolve()
