"""What users are told: the one exception that they see, a sentence that says what to do, without a traceback; and how
a sentence names several things."""

from __future__ import annotations

import errno
from collections.abc import Sequence


class UserError(Exception):
    """Something that the user can mend. Its text is one clear sentence; the command prints it and exits with `code`."""

    def __init__(self, message: str, code: int = 2):
        super().__init__(message)
        self.code = code

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows."""
        return [f"gradschool: {self}"]


_ADVICE = {
    (errno.EACCES, errno.EPERM, errno.EROFS): "name another place, or change who may use this one",
    (errno.ENOSPC, errno.EDQUOT): "make room there, or name another place",
    (errno.ENOTDIR, errno.EEXIST, errno.EISDIR): "name another place, or move what is there",
    (errno.ENOENT, errno.ENAMETOOLONG, errno.ELOOP): "name another place",
    (errno.EMFILE, errno.ENFILE): "close other programs, or raise `ulimit -n`",
    (errno.ENOMEM, errno.EAGAIN): "close other programs",
}


def trouble(error: OSError) -> str:
    """What the system refused, of which file, and what to do about it."""
    place = f" ({error.filename})" if error.filename else ""
    advice = next((f"; {advice}" for codes, advice in _ADVICE.items() if error.errno in codes), "")
    return f"{error.strerror or error}{place}{advice}"


def joined(names: Sequence[str]) -> str:
    """Names for a sentence: all of them."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def some(names: Sequence[str], most: int) -> str:
    """Names for a sentence: of many the first, and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
