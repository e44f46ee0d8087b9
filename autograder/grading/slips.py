"""Says what is wrong with a file that cannot be imported, by its bytes: student code is not run here, nor parsed."""

from __future__ import annotations

from autograder.explanation import Invalid

PYTHON = f"Python {sys.version_info[0]}.{sys.version_info[1]}"
BELOW_MAIN = 'put what should run only when you start the file itself below `if __name__ == "__main__":`'

TRIPLE = '"""'

_MOST = 10**6  # bytes that are looked at
_LONG = 200  # characters of a line
_ABOVE = 2  # lines that are shown above the one that is at fault
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
# What was pasted along with code: how the line begins, what it is, and what to do.
_PASTED = (
    (
        re.compile(r"\s*(>>>|\.\.\.)(\s|$)"),
        "it begins with a prompt of Python's",
        "delete the >>> and ... before the code",
    ),
    (re.compile(r"\s*```"), "it is a fence of Markdown's (```)", "delete it"),
    (re.compile(r"\d+[:.]?\s+[\w@#]"), "it begins with a line number", "delete the number"),
)
_BEGINNINGS = (
    "class", "def", "elif", "else", "except", "for", "from", "if", "import", "print", "raise", "return", "try", "while",
    "with",
)  # fmt: skip
_CLOSING = {"(": ")", "[": "]", "{": "}"}
# What a line holds and Python says of it, and what to do.
_KNOWN = (
    (re.compile(r"\belse\s+if\b"), "", "Python spells `else if` as `elif`"),
    (re.compile(r"^\s*(if|elif|else|for|while|def|class|try|except|finally|with)\b"), "expected ':'",
     "end the line by a colon"),
    (re.compile(r"\+\+|--"), "invalid syntax", "Python has no ++ and no --: write += 1 or -= 1"),
    (re.compile(r"&&|\|\||!(?!=)"), "invalid syntax", "write `and`, `or` and `not` in words"),
    (re.compile(r"^\s*(TODO|NOTE|FIXME)\b"), "invalid syntax", "a comment begins with #"),
    (re.compile(r"(?<![=!<>:])=(?!=)"), "'=='", "= gives a name to something; == compares"),
    (re.compile(r"[fF][rR]?[\"']"), "f-string", "each { in it needs its }"),
)  # fmt: skip
# Syntax by the version of Python that brought it.
_NEWER = (
    ((3, 12), re.compile(r"""\s*(type\s+\w+.*=|(async\s+)?(def|class)\s+\w+\[)"""), "type parameters"),
    (
        (3, 12),
        re.compile(r"""[^#]*\b[rR]?[fF][rR]?(["']).*\{[^}]*(\1|\\).*\}.*\1"""),
        "quotes or backslashes within the braces of an f-string",
    ),
    (
        (3, 14),
        re.compile(r"""\s*except\*?\s+[\w.]+\s*,\s*[\w., ]+:"""),
        "`except` with several kinds and no parentheses",
    ),
    ((3, 14), re.compile(r"""[^#]*\b[rR]?[tT][rR]?["']"""), "t-strings"),
)


def invalid(path: Path, name: str, line: int, caret: int, kinds: list[str], text: str) -> Invalid | None:
    """What is not Python in the file at `path`, called `name`, whose import raised an exception of these `kinds` at
    `line` and column `caret`; None where that is not what is wrong with it."""
    data = _read(path)
    if found := _no_source(data, kinds):
        reason, advice, line = found
        return Invalid(name, line, reason, advice)
    if "SyntaxError" not in kinds:
        return None
    lines = _lines(data)
    found = _bytes_apart(data) or _marker(lines)
    if not found:
        said = _line(lines, line)
        slip = _bad_line(said) or _indentation(lines, line, kinds, text)
        caret = len(said) - len(said.lstrip()) + 1 if "IndentationError" in kinds else caret
        reason, advice = slip or (f"{text or kinds[0]} (says {PYTHON})", _advice(lines, line, text))
        found = reason, advice, line
    reason, advice, at = found
    if "IndentationError" in kinds and "TabError" not in kinds and (breaker := _breaker(lines, line)):
        reason = f"it is indented less than the lines around it (says {PYTHON} in line {line})"
        here, there = width(_line(lines, breaker)), width(_line(lines, line))
        advice, at = f"it has {_spaces(here)}, and line {line} below it {there} again", breaker
    if start := _runaway(lines) if "unterminated triple-quoted" in text else 0:
        advice, at = f"the text that begins in line {start} does not end where it should: close it by {TRIPLE}", start
    shown = tuple((number, _line(lines, number)) for number in range(max(1, at - _ABOVE), at + 1))
    return Invalid(name, at, reason, advice, shown if at else (), _column(shown, caret) if at == line else 0)


def _column(shown: tuple[tuple[int, str], ...], caret: int) -> int:
    """Where a caret may stand below the last line that is shown, or 0."""
    return caret if shown and 0 < caret <= len(shown[-1][1]) + 1 else 0


def _no_source(data: bytes, kinds: list[str]) -> tuple[str, str, int] | None:
    """Of a file that holds no source text: what it is, what to do, and the line."""
    if data.startswith(_WIDE) or _is_half_zeros(data):
        return "the file is UTF-16 text", "save it as UTF-8", 1
    if b"\0" in data:
        where = data[: data.index(b"\0")].count(b"\n") + 1
        return "it has a NUL byte", "the file is damaged or no text: save it anew as UTF-8", where
    if data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and b'"cells"' in data:
        return "the file is a notebook, not Python", "in Jupyter, save and export it as an executable script", 1
    return None


def _bytes_apart(data: bytes) -> tuple[str, str, int] | None:
    """The first byte that is not UTF-8, where nothing says that it need not be."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        if not _CODING.match(data):
            where = len(_LINES.split(data[: error.start].decode("latin-1")))
            byte = f"byte 0x{data[error.start]:02x}"
            return f"it has a character that is not UTF-8 ({byte})", "save the file as UTF-8", where
    return None


def _marker(lines: list[str]) -> tuple[str, str, int] | None:
    for number, each in enumerate(lines, 1):
        if _MARKER.match(each):
            what = f"it is a merge marker of git's (`{each[:20]}`)"
            return what, "keep one of the versions, and delete the markers", number
    return None


def notebooks_own(path: Path, line: int, kinds: list[str]) -> str:
    """What is said of a line that only a notebook can run; empty where it is none."""
    if "NameError" in kinds and "get_ipython" in source_line(path, line):
        return f"line {line} calls get_ipython(), which only a notebook has: delete that line"
    return ""


def _bad_line(said: str) -> tuple[str, str] | None:
    """What stands in a line that no Python has, and what to do about it."""
    if shell := _SHELL.match(said):
        what = "a notebook's magic" if shell[1][0] == "%" else "a notebook's command"
        return f"it is {what} (`{said.strip()[:40]}`)", "delete it"
    for pattern, what, advice in _PASTED:
        if pattern.match(said):
            return what, advice
    for character in said:
        code = f"U+{ord(character):04X}"
        if character in _QUOTES:
            return f"it has a curly quote ({character}, {code})", "write a straight one, \" or '"
        if character in _DASHES:
            return f"it has a dash ({character}, {code}) for a minus", "write -"
        if ord(character) > 127 and unicodedata.category(character) in ("Zs", "Cf"):
            name = "a non-breaking space" if character == "\u00a0" else "an invisible character"
            return f"it has {name} ({code})", "delete it, or type a plain space"
    return None


def _indentation(lines: list[str], line: int, kinds: list[str], text: str) -> tuple[str, str] | None:
    """What is wrong with the indentation of a line, by the lines above it."""
    if "TabError" in kinds:
        return "it is indented by tabs where others have spaces, or the reverse", "indent by spaces everywhere"
    if "IndentationError" not in kinds:
        return None
    deep = width(_line(lines, line))
    above = next((at for at in range(line - 1, 0, -1) if _is_code(lines[at - 1])), 0)
    if "expected an indented block" in text:
        after = re.search(r"after (.+) on line (\d+)", text)
        body = f"{after[1]} in line {after[2]}" if after else "the line above"
        return f"what belongs to the {body} is not indented (says {PYTHON})", (
            "indent it by four spaces more, or write `pass` where nothing belongs to it"
        )
    if "unexpected indent" in text and above:
        return f"it is indented deeper than line {above}, above it (says {PYTHON})", (
            f"one of the two is wrong: this one has {_spaces(deep)}, line {above} has {width(lines[above - 1])}"
        )
    if "unindent" in text:
        levels: dict[int, int] = {}  # of the blocks that are open: the last line that has this indentation
        for at in range(1, line):
            if _is_code(lines[at - 1]):
                here = width(lines[at - 1])
                levels = {each: last for each, last in levels.items() if each < here} | {here: at}
        known = " or ".join(f"{each} (line {at})" for each, at in levels.items())
        return f"its indentation fits none of the lines above (says {PYTHON})", (
            f"it has {_spaces(deep)}; above it there are {known}"
        )
    return None


def _breaker(lines: list[str], line: int) -> int:
    """The line above one that fits nowhere that has ended the block to which that one belongs, or 0."""
    deep = width(_line(lines, line))
    breaker = next((at for at in range(line - 1, 0, -1) if _is_code(lines[at - 1]) and width(lines[at - 1]) < deep), 0)
    for at in range(breaker - 1, 0, -1):
        if _is_code(lines[at - 1]) and width(lines[at - 1]) <= deep:
            return breaker if width(lines[at - 1]) == deep else 0
    return 0


def _advice(lines: list[str], line: int, text: str) -> str:
    """What to do about a line that Python calls invalid; empty where that is all there is to say."""
    said = _line(lines, line)
    newer = next((row for row in _NEWER if sys.version_info < row[0] and row[1].match(said)), None)
    if newer and not (newer[0] == (3, 12) and "f-string" in newer[2] and "f-string" not in text):
        return f"{newer[2]} need Python {newer[0][0]}.{newer[0][1]}"
    if never := re.match(r"'([(\[{])' was never closed", text):
        return f"a {_CLOSING[never[1]]} is missing, in this line or in one of those below it"
    if "unmatched" in text or "does not match opening" in text:
        return "count the brackets of this line, and of those above it"
    if "unterminated" in text:
        return "the quote that ends the text is missing"
    for pattern, of_text, advice in _KNOWN:
        if of_text in text and pattern.search(said):
            return advice
    first = re.match(r"\s*(\w+)\s+\w", said)
    if first and "invalid syntax" in text and not keyword.iskeyword(first[1]):
        near = nearest(first[1], _BEGINNINGS)
        return f"did you mean `{near}` by `{first[1]}`?" if near else ""
    return ""


def _runaway(lines: list[str]) -> int:
    """The line in which a text in triple quotes begins that goes on over a definition, or 0."""
    opened, quotes = 0, ""
    for number, each in enumerate(lines, 1):
        if opened and re.match(r"\s*(def|class) \w+.*:\s*$", each):
            return opened
        for found in re.finditer("\"{3}|'{3}", each):
            if not opened:
                opened, quotes = number, found[0]
            elif found[0] == quotes:
                opened = 0
    return 0


def _is_code(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _spaces(count: int) -> str:
    return f"{count} space{'s' * (count != 1)}"


def _lines(data: bytes) -> list[str]:
    return _LINES.split(data.decode("utf-8", "replace"))


def _line(lines: list[str], line: int) -> str:
    return lines[line - 1][:_LONG] if 0 < line <= len(lines) else ""


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


def nearest(word: str, known: Iterable[str], alike: float = 0.65) -> str:
    """Which of the known words may be meant: one of the same letters, else one that is much alike, else none."""
    words = sorted(known)
    same = [each for each in words if sorted(each) == sorted(word)]
    return next(iter(same or get_close_matches(word, words, 1, alike)), "")


def lines_of(path: Path) -> list[str]:
    """The lines of a file; none where it cannot be read."""
    return _lines(_read(path))


def width(line: str) -> int:
    """By how many columns a line is indented."""
    line = line.expandtabs()
    return len(line) - len(line.lstrip())


def source_line(path: Path, line: int) -> str:
    """A line of a file, not too long, or nothing."""
    return _line(lines_of(path), line)


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
