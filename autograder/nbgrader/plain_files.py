"""What nbgrader reads and copies of a submission beside its notebooks, with care: plain files alone, and no surprises.

nbgrader follows links, opens whatever there is, and takes any text for a time. Where its configuration offers no place
to say otherwise, `install` puts functions of ours in the place of its own.
"""

from __future__ import annotations

import glob
import mimetypes
import os
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from nbgrader.apps.api import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import parse_utc

from autograder.submissions.sources.files import printable, read_plainly

_FILES = 500  # nbgrader takes quadratic time
_EACH = 5_000_000
_TOTAL = 20_000_000
_NAMED = 20
# What a browser only shows. Anything else formgrader would serve as a page of its own, with the rights of who looks.
_INERT = re.compile(
    r"text/(plain|csv|markdown|x-python|x-rst)|image/(png|jpeg|gif|webp)|application/(json|zip|x-tar|octet-stream)"
)
_TIME = re.compile(r"[A-Za-z0-9:.,+ -]{1,100}")


def install() -> None:
    """Have nbgrader, and formgrader too, read times with care."""
    CourseDirectory.get_existing_timestamp = _existing_timestamp
    NbGraderAPI.get_submitted_timestamp = _submitted_timestamp


def _existing_timestamp(course: Any, folder: str) -> datetime | None:
    return read_timestamp(Path(folder), course.log)


def _submitted_timestamp(api: Any, assignment: str, student: str) -> datetime | None:
    course = api.coursedir
    return read_timestamp(Path(course.format_path(course.submitted_directory, student, assignment)), api.log)


def read_timestamp(folder: Path, log: Any) -> datetime | None:
    """When what lies in a folder was handed in, in UTC; None where nothing that is a time says so."""
    path = folder / "timestamp.txt"
    if not os.path.lexists(path):
        return None
    try:
        text = read_plainly(path, 1000).decode("ascii").strip()
        if not _TIME.fullmatch(text):
            raise ValueError(text)
        return parse_utc(text)
    except Exception as error:  # whatever hostile text makes of the parser
        what = "no small plain file" if isinstance(error, OSError) else "no time"
        log.warning("%s is left aside: it is %s, so that nobody knows when this was handed in", path, what)
        return None


def copying_plainly(converter: Any) -> None:
    """Have a converter of nbgrader's copy nothing but plain files of a submission, and name what it leaves out."""
    initialize = converter.init_assignment

    def init_assignment(assignment: str, student: str) -> None:
        course = converter.coursedir
        before = course.ignore
        course.ignore = [*before, *_unfit(converter._format_source(assignment, student), converter.log)]
        try:
            initialize(assignment, student)
        finally:
            course.ignore = before

    converter.init_assignment = init_assignment


def _unfit(source: str, log: Any) -> list[str]:
    """Patterns for what must not be copied from a folder: nbgrader takes an absolute one for the file itself."""
    unfit: dict[str, str] = {}
    files = size = 0
    if os.path.islink(source):
        unfit[source] = "a link"
    else:
        for entry in _walk(source):
            files += 1
            if reason := _why_not(entry):
                unfit[entry.path] = reason
            elif not entry.is_dir(follow_symlinks=False):
                size += entry.stat(follow_symlinks=False).st_size
            if files > _FILES or size > _TOTAL:
                unfit = {source: f"more than {_FILES} files or {_TOTAL // 10**6} MB"}
                break
    for path, reason in list(unfit.items())[:_NAMED]:
        log.warning("%s is not copied: it is %s", printable(path), reason)
    return [glob.escape(path) for path in unfit]


def _walk(source: str) -> Iterator[os.DirEntry[str]]:
    waiting = [source]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                yield entry
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)


def _why_not(entry: os.DirEntry[str]) -> str:
    """Why something must not be copied, or nothing."""
    if entry.is_symlink():
        return "a link"
    if entry.is_dir(follow_symlinks=False) or entry.name.endswith(".ipynb"):
        return ""
    if not entry.is_file(follow_symlinks=False):
        return "no plain file"
    if entry.stat(follow_symlinks=False).st_size > _EACH:
        return f"larger than {_EACH // 10**6} MB"
    kind, _ = mimetypes.guess_type(f"x{os.path.splitext(entry.name)[1]}")
    return "" if kind is None or _INERT.fullmatch(kind) else f"{kind}, which a browser may act on"
