"""The course file that is in force: that of the course which the instructor names, else the installation's.

It lies beside nbgrader's configuration, in assignments/ or in the folder itself. It is never looked for where a command
is called, nor around what is graded.
"""

from __future__ import annotations

from pathlib import Path

from autograder.course import adopt, in_use, taught
from autograder.project import settings_file, use_course
from autograder.scheme import Scheme
from autograder.settings.reading import NOTHING, Settings, read_settings

_in_force = NOTHING


def in_force() -> Settings:
    """What the instructor says of the course; nothing, until `take` was told to read it."""
    return _in_force


def take(folder: Path | None) -> Settings:
    """From now on use the course in `folder`, else the installed one, as its course file says. Raises UserError where
    it holds nothing of a course, or the file makes no sense."""
    drop()
    use_course(folder)
    file = settings_file()
    if file:
        hold(read_settings(file, taught()))
        for words in ("pitfalls", "hint_words") if _in_force.scheme.words else ():
            in_use().find(words)()  # says what is wrong with them
    return _in_force


def hold(settings: Settings) -> None:
    """From now on go by these settings."""
    global _in_force
    _in_force = settings
    adopt(settings.scheme)


def drop() -> None:
    """From now on give the installed course as it is written."""
    hold(NOTHING)
    use_course(None)


def bring(scheme: Scheme) -> None:
    """Go by the marking scheme that an exam brings along, where no course file says anything."""
    if _in_force.file is None:
        adopt(scheme)
