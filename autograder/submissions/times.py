"""When something was handed in, as systems write it down. The times of files say nothing: copies have others."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from autograder.submissions.sources.files import read_plainly

STAMP = "timestamp.txt"  # nbgrader's, and Sakai's
_SHORT = 1000  # bytes of it
_SAKAI = re.compile(r"\d{14}(\d{3})?")
# Moodle's grading worksheet, Gradescope's scores, spreadsheets.
_SPELLINGS = (
    "%A, %d %B %Y, %I:%M %p", "%A, %d %B %Y, %H:%M", "%d %B %Y, %I:%M %p", "%d %B %Y, %H:%M",
    "%Y-%m-%d %H:%M:%S %z", "%b %d, %Y %I:%M %p", "%B %d, %Y %I:%M %p",
)  # fmt: skip


def time_of(text: str) -> datetime | None:
    """The time that a cell or a file says, without a zone where it says none; None where it is no time."""
    text = " ".join(text.split())
    if _SAKAI.fullmatch(text):
        text = f"{text[:8]}T{text[8:14]}+00:00"
    if text.endswith((" UTC", " GMT")):
        text = f"{text[:-4]}+00:00"
    with suppress(ValueError):
        return datetime.fromisoformat(text)
    for spelling in _SPELLINGS:
        with suppress(ValueError):
            return datetime.strptime(text, spelling)
    return None


def stamped(folder: Path) -> datetime | None:
    """When a folder was handed in, by the stamp that nbgrader or Sakai put into it, in UTC where that says no zone;
    None where there is none, or one that is no small plain file with a time."""
    with suppress(OSError, UnicodeDecodeError):
        if found := time_of(read_plainly(folder / STAMP, _SHORT).decode("utf-8")):
            return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None
