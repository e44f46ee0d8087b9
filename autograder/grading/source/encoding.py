"""What is wrong with the bytes of a file that is no source text, or not UTF-8: what it is, what to do, and the line."""

from __future__ import annotations

import re

from autograder.grading.source.lines import lines_of
from autograder.texts import _

_WIDE = (b"\xff\xfe", b"\xfe\xff")
_CODING = re.compile(rb"\A(?:[^\n]*\n)?[ \t\f]*#[^\n]*coding[:=]")


def no_source(data: bytes) -> tuple[str, str, int] | None:
    """What a file holds that is no source text."""
    if data.startswith(_WIDE) or _is_half_zeros(data):
        return _("the file is UTF-16 text"), _("save it as UTF-8"), 1
    if b"\0" in data:
        where = data[: data.index(b"\0")].count(b"\n") + 1
        return _("it has a NUL byte"), _("the file is damaged or no text: save it anew as UTF-8"), where
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and b'"cells"' in data:
        advice = _("in Jupyter, save and export it as an executable script")
        return _("the file is a notebook, not Python"), advice, 1
    return None


def not_utf8(data: bytes) -> tuple[str, str, int] | None:
    """The first byte that is not UTF-8, where nothing says that it need not be."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        if not _CODING.match(data):
            said = _("it has a character that is not UTF-8 (byte {byte})", byte=f"0x{data[error.start]:02x}")
            return said, _("save the file as UTF-8"), len(lines_of(data[: error.start]))
    return None


def _is_half_zeros(data: bytes) -> bool:
    """Whether this is text in which each character has two bytes, without a mark that says so."""
    return len(data) > 3 and any(data[start::2].count(0) > len(data) // 4 for start in (0, 1))
