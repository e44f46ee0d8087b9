"""What is wrong with a line that Python cannot read, and what to do about it."""

from __future__ import annotations

import keyword
import re
import sys
import unicodedata

from autograder.grading.source.spelling import nearest
from autograder.phrase import N_
from autograder.texts import _

_SHELL = re.compile(r"\s*(%{1,2}[a-z]\w*|![\w./]+|\?{1,2}\w+)")
_QUOTES = "\u2018\u2019\u201a\u201b\u201c\u201d\u201e\u201f\u00ab\u00bb"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212"
# What was pasted along with code: how the line begins, what it is, and what to do.
_PASTED = (
    (
        re.compile(r"\s*(>>>|\.\.\.)(\s|$)"),
        N_("it begins with a prompt of Python's"),
        N_("delete the >>> and ... before the code"),
    ),
    (re.compile(r"\s*```"), N_("it is a fence of Markdown's (```)"), N_("delete it")),
    (re.compile(r"\d+[:.]?\s+[\w@#]"), N_("it begins with a line number"), N_("delete the number")),
)
_BEGINNINGS = (
    "class", "def", "elif", "else", "except", "for", "from", "if", "import", "print", "raise", "return", "try", "while",
    "with",
)  # fmt: skip
_CLOSING = {"(": ")", "[": "]", "{": "}"}
# What a line holds and Python says of it, and what to do.
_KNOWN = (
    (re.compile(r"\belse\s+if\b"), "", N_("Python spells `else if` as `elif`")),
    (re.compile(r"^\s*(if|elif|else|for|while|def|class|try|except|finally|with)\b"), "expected ':'",
     N_("end the line by a colon")),
    (re.compile(r"\+\+|--"), "invalid syntax", N_("Python has no ++ and no --: write += 1 or -= 1")),
    (re.compile(r"&&|\|\||!(?!=)"), "invalid syntax", N_("write `and`, `or` and `not` in words")),
    (re.compile(r"^\s*(TODO|NOTE|FIXME)\b"), "invalid syntax", N_("a comment begins with #")),
    (re.compile(r"(?<![=!<>:])=(?!=)"), "'=='", N_("= gives a name to something; == compares")),
    (re.compile(r"[fF][rR]?[\"']"), "f-string", N_("each { in it needs its }")),
)  # fmt: skip
# Syntax by the version of Python that brought it.
_NEWER = (
    ((3, 12), re.compile(r"""\s*(type\s+\w+.*=|(async\s+)?(def|class)\s+\w+\[)"""), N_("type parameters")),
    (
        (3, 12),
        re.compile(r"""[^#]*\b[rR]?[fF][rR]?(["']).*\{[^}]*(\1|\\).*\}.*\1"""),
        N_("quotes or backslashes within the braces of an f-string"),
    ),
    (
        (3, 14),
        re.compile(r"""\s*except\*?\s+[\w.]+\s*,\s*[\w., ]+:"""),
        N_("`except` with several kinds and no parentheses"),
    ),
    ((3, 14), re.compile(r"""[^#]*\b[rR]?[tT][rR]?["']"""), N_("t-strings")),
)


def foreign(said: str) -> tuple[str, str] | None:
    """What stands in a line that is not written in Python, such as a notebook's magic, and what to do about it."""
    if shell := _SHELL.match(said):
        line = said.strip()[:40]
        magic, command = (
            _("it is a notebook's magic (`{line}`)", line=line),
            _("it is a notebook's command (`{line}`)", line=line),
        )
        return magic if shell[1][0] == "%" else command, _("delete it")
    for pattern, what, advice in _PASTED:
        if pattern.match(said):
            return _(what), _(advice)
    for character in said:
        about = {"character": character, "code": f"U+{ord(character):04X}"}
        if character in _QUOTES:
            return _("it has a curly quote ({character}, {code})", **about), _("write a straight one, \" or '")
        if character in _DASHES:
            return _("it has a dash ({character}, {code}) for a minus", **about), _("write -")
        if ord(character) > 127 and unicodedata.category(character) in ("Zs", "Cf"):
            name = _("a non-breaking space") if character == "\u00a0" else _("an invisible character")
            return _("it has {what} ({code})", what=name, code=about["code"]), _("delete it, or type a plain space")
    return None


def advised(said: str, text: str) -> str:
    """What to do about a line of which Python says `text`; empty where that is all there is to say."""
    newer = next((row for row in _NEWER if sys.version_info < row[0] and row[1].match(said)), None)
    if newer and not (newer[0] == (3, 12) and "f-string" in newer[2] and "f-string" not in text):
        return _("{what} need Python {version}", what=_(newer[2]), version=f"{newer[0][0]}.{newer[0][1]}")
    if never := re.match(r"'([(\[{])' was never closed", text):
        bracket = _CLOSING[never[1]]
        return _("a {bracket} is missing, in this line or in one of those below it", bracket=bracket)
    if "unmatched" in text or "does not match opening" in text:
        return _("count the brackets of this line, and of those above it")
    if "unterminated" in text:
        return _("the quote that ends the text is missing")
    for pattern, of_text, advice in _KNOWN:
        if of_text in text and pattern.search(said):
            return _(advice)
    first = re.match(r"\s*(\w+)\s+\w", said)
    if first and "invalid syntax" in text and not keyword.iskeyword(first[1]):
        near = nearest(first[1], _BEGINNINGS)
        return _("did you mean `{word}` by `{other}`?", word=near, other=first[1]) if near else ""
    return ""
