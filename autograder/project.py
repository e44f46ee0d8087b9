"""Where things are: the project's folders, seen from the command's working directory or from the installed package."""

from __future__ import annotations

import os
from pathlib import Path

from autograder.errors import UserError

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
