"""Where things are: the project's folders, seen from the command's working directory or from the installed package."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from autograder.errors import UserError

CONFIG = "nbgrader_config.py"
PRACTICE = "practice-exam.json"  # in the kit, beside the student's package


def project_root() -> Path:
    """The folder that holds `solutions/`: here or above, else beside the package.

    Raises UserError where there is none: grading and releasing need the reference.
    """
    here = Path.cwd()
    for folder in (here, *here.parents, Path(__file__).resolve().parent.parent):
        if (folder / "solutions" / "micrograd").is_dir():
            return folder
    raise UserError("there is no solutions/micrograd here or above: run this in a checkout of the course")


def cache_folder() -> Path:
    """Where what can be made again is kept: `.cache` in the project, else the user's cache."""
    try:
        folder = project_root() / ".cache"
    except UserError:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "gradschool"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def installing(extra: str) -> str:
    """What installs an extra, for the end of a sentence. No index has gradschool, so it takes a checkout."""
    return f"in the checkout of gradschool, pip install -e '.[{extra}]' -c constraints.txt"


def command_name() -> str:
    """How to call this command from where the user stands, the way it was called now: most have no .venv/bin on their
    path."""
    script = Path(sys.argv[0])
    if script.name in ("gradschool.py", "__main__.py"):
        module = "gradschool" if script.stem == "gradschool" else "autograder"
        return f"{_callable('python', Path(sys.executable))} -m {module}"
    return _callable("gradschool", script) if script.is_file() else "gradschool"


def _callable(name: str, program: Path) -> str:
    """`name` where the shell takes it for `program`, else the program's path from here."""
    found = shutil.which(name)
    if found and _same_program(Path(found), program):
        return name
    try:
        return min(os.path.relpath(program), os.path.abspath(program), key=len)
    except ValueError:  # another drive
        return os.path.abspath(program)


def _same_program(a: Path, b: Path) -> bool:
    """Whether these are one file, or links side by side, as python and python3 are. Links elsewhere do not count: an
    environment's Python is a link too."""
    return os.path.abspath(a.parent) == os.path.abspath(b.parent) and a.resolve() == b.resolve()
