"""What users are told: the one exception that they see, a sentence that says what to do, without a traceback; and how
a sentence names several things."""

from __future__ import annotations

from collections.abc import Sequence


class UserError(Exception):
    """Something that the user can mend. Its text is one clear sentence; the command prints it and exits with `code`."""

    def __init__(self, message: str, code: int = 2):
        super().__init__(message)
        self.code = code

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows."""
        return [f"gradschool: {self}"]


def joined(names: Sequence[str]) -> str:
    """Names for a sentence: all of them."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def some(names: Sequence[str], most: int) -> str:
    """Names for a sentence: of many the first, and how many more there are."""
    more = f" and {len(names) - most:,} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
