"""Says what is wrong with a file that cannot be imported, by its bytes: student code is not run here, nor parsed."""

from __future__ import annotations

import re
import sys
import unicodedata
from contextlib import suppress
from pathlib import Path

from autograder.packages import MODULES

PYTHON = f"Python {sys.version_info[0]}.{sys.version_info[1]}"
BELOW_MAIN = 'put what should run only when you start the file itself below `if __name__ == "__main__":`'

_MOST = 10**6  # bytes that are looked at
_LINES = re.compile("\r\n|\r|\n")
_CODING = re.compile(rb"\A(?:[^\n]*\n)?[ \t\f]*#[^\n]*coding[:=]")
_WIDE = (b"\xff\xfe", b"\xfe\xff")
_MARKER = re.compile(r"(<{7}|>{7}|\|{7})( |$)")
_SHELL = re.compile(r"\s*(%{1,2}[a-z]\w*|![\w./]+|\?{1,2}\w+)")
_QUOTES = "\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212"
_IMPORT = re.compile(
    r"\s*(?:from\s+(?P<source>[\w.]+)\s+import\s+(?P<names>.+)|import\s+(?P<module>[\w.]+)(?P<rest>.*))"
)
# Syntax by the version of Python that brought it.
_NEWER = (
    ((3, 12), re.compile(r"""\s*(type\s+\w+.*=|(async\s+)?(def|class)\s+\w+\[)"""), "type parameters"),
    ((3, 12), re.compile(r"""[^#]*\b[rR]?[fF][rR]?["']"""), "quotes or backslashes within the braces of an f-string"),
    (
        (3, 14),
        re.compile(r"""\s*except\*?\s+[\w.]+\s*,\s*[\w., ]+:"""),
        "`except` with several kinds and no parentheses",
    ),
    ((3, 14), re.compile(r"""[^#]*\b[rR]?[tT][rR]?["']"""), "t-strings"),
)


def slip(path: Path, line: int, kinds: list[str], text: str) -> tuple[str, int]:
    """What is wrong with the file at `path`, whose import raised an exception of these `kinds` at `line`, in a part of
    a sentence, and the line that it is about; empty where nothing of it is known."""
    data = _read(path)
    if data.startswith(_WIDE) or _is_half_zeros(data):
        return "the file is UTF-16 text: save it as UTF-8", 1
    if b"\0" in data:
        where = data[: data.index(b"\0")].count(b"\n") + 1
        return f"line {where} has a NUL byte: the file is damaged or no text, save it anew as UTF-8", where
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and b'"cells"' in data:
        return "the file is a notebook, not Python: in Jupyter, save and export it as an executable script", 1
    try:
        source = data.decode("utf-8")
    except UnicodeDecodeError as error:
        if "SyntaxError" in kinds and not _CODING.match(data):
            where = len(_LINES.split(data[: error.start].decode("latin-1")))
            byte = f"byte 0x{data[error.start]:02x}"
            return f"line {where} has a character that is not UTF-8 ({byte}): save the file as UTF-8", where
        source = data.decode("latin-1")
    lines = _LINES.split(source)
    said = lines[line - 1][:1000] if 0 < line <= len(lines) else ""
    if "SyntaxError" in kinds:
        for number, each in enumerate(lines, 1):
            if _MARKER.match(each):
                what = f"a merge marker of git's (`{each[:20]}`)"
                return f"line {number} is {what}: keep one of the versions, and delete the markers", number
        return _bad_line(line, said, "TabError" in kinds) or _not_valid(line, said, text, kinds[0]), line
    if "NameError" in kinds and "get_ipython" in said:
        return f"line {line} calls get_ipython(), which only a notebook has: delete that line", line
    return "", line


def _bad_line(line: int, said: str, tabs: bool) -> str:
    if shell := _SHELL.match(said):
        what = "a notebook's magic" if shell[1][0] == "%" else "a notebook's command"
        return f"line {line} is {what} (`{said.strip()[:40]}`), not Python: delete it"
    if tabs:
        return f"line {line} is indented by tabs where others have spaces, or the reverse: indent by spaces everywhere"
    for character in said:
        code = f"U+{ord(character):04X}"
        if character in _QUOTES:
            return f"line {line} has a curly quote ({character}, {code}): write a straight one, \" or '"
        if character in _DASHES:
            return f"line {line} has a dash ({character}, {code}) for a minus: write -"
        if ord(character) > 127 and unicodedata.category(character) in ("Zs", "Cf"):
            name = "a non-breaking space" if character == "\u00a0" else "an invisible character"
            return f"line {line} has {name} ({code}): delete it, or type a plain space"
    return ""


def _not_valid(line: int, said: str, text: str, kind: str) -> str:
    newer = next((row for row in _NEWER if sys.version_info < row[0] and row[1].match(said)), None)
    if newer and newer[0] == (3, 12) and "f-string" in newer[2] and "f-string" not in text:
        newer = None
    more = f" ({newer[2]} need Python {newer[0][0]}.{newer[0][1]})" if newer else ""
    place = f"line {line}" if line else "the file"
    return f"{kind}: {text}; {place} is not valid in {PYTHON}, which graded this{more}"


def misplaced_import(path: Path, line: int, wanted: str) -> str:
    """How to write the import at `line` of a student's module, which was called `wanted` without its package; empty
    where it is of another kind."""
    said = source_line(path, line).strip()
    found = _IMPORT.match(said)
    if not found:
        return f"`{wanted}` is a module of micrograd: write `from .{wanted} import …`" if wanted else ""
    within = (found["source"] or found["module"]).split(".")[-1]
    within = within.lower() if f"{within.lower()}.py" in MODULES else within
    if found["source"]:
        return f"write `from .{within} import {found['names'].strip()}` in place of `{said}`"
    return f"write `from . import {within}{found['rest'].rstrip()}` in place of `{said}`"


def source_line(path: Path, line: int) -> str:
    """A line of a file, not too long, or nothing."""
    lines = _LINES.split(_read(path).decode("utf-8", "replace"))
    return lines[line - 1][:200] if 0 < line <= len(lines) else ""


def is_demonstration(path: Path, line: int) -> bool:
    """Whether the line at which a module stops does something, rather than to define or import."""
    return not re.match(r"(class|def|async|from|import)\b[^;]*\Z|@", source_line(path, line).lstrip())


def _read(path: Path) -> bytes:
    with suppress(OSError), path.open("rb") as file:
        return file.read(_MOST)
    return b""


def _is_half_zeros(data: bytes) -> bool:
    """Whether this is text in which each character has two bytes, without a mark that says so."""
    return len(data) > 3 and any(data[start::2].count(0) > len(data) // 4 for start in (0, 1))
