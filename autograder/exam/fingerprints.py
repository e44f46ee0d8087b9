"""Name a mistake by its wrong answers. Everybody sits the same exam, so the answers of classic mistakes are known.

An exam keeps, for each item, the fingerprints of the answers that the catalogue's mistakes give to its questions
together. A fingerprint is a hash of numbers to nine digits: who has it learns neither the questions nor the answers.

Two codes that make the same mistake may differ in all else: in the order in which their walks come to nodes that may
come in any order, in what else an engine is made of, in the Python that runs them. Only what none of this changes goes
into a fingerprint: of questions those that an item calls `telling`, of an answer what it calls its `essence`, of an
exception its type and what it quotes.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

from autograder.exam.equality import NOTHING
from autograder.exam.items import Item
from autograder.exam.paper import Sheet

_DIGITS = 9
_ADDRESS = re.compile(r"\b(0x[0-9a-f]+|\d{9,})\b")  # of an object in memory, in a text or as a name
_QUOTED = re.compile(r"'([^']*)'")
# What Python says when a computation fails: which operation failed depends on how it is spelled, and the words on the
# version of Python.
_OF_NUMBERS = {"ArithmeticError", "OverflowError", "ZeroDivisionError", "ValueError", "RecursionError"}


def telling(item: Item, sheet: Sheet, answers: Sequence[Any]) -> list[Any]:
    """Of answers, as they come from the sandbox, what a mistake decides, whatever else the code is like."""
    return [
        [item.essence(question, right, given[0])] if item.essence and _is_answer(given) else given
        for question, right, given in zip(sheet.questions, sheet.answers, answers, strict=False)
        if not item.telling or item.telling(question)
    ]


def _is_answer(given: Any) -> bool:
    return isinstance(given, list) and len(given) == 1


def fingerprint(item: Item, answers: Sequence[Any]) -> str:
    """A text that is equal for answers, as they come from the sandbox, that agree as far as the item asks."""
    digits = min(_DIGITS, round(-math.log10(item.tolerance)))
    text = json.dumps([_essence(answer, digits) for answer in answers])
    return hashlib.sha256(text.encode()).hexdigest()[:20]


def _names(kind: list[Any], text: Any) -> list[str]:
    """What the text of an exception quotes, which are names in the code; all of it where it quotes nothing."""
    if not isinstance(text, str) or any(each in _OF_NUMBERS for each in kind if isinstance(each, str)):
        return []
    return _QUOTED.findall(text) or [_ADDRESS.sub("#", text)]


def _essence(answer: Any, digits: int) -> Any:
    """One answer without what may differ between two codes that make the same mistake."""
    if isinstance(answer, list):
        return _rounded(answer, digits)
    if isinstance(answer, dict) and "raised" in answer:
        kind = answer["raised"][:1] if isinstance(answer["raised"], list) else []
        return {"raised": kind, "names": _names(kind, answer.get("text"))}
    if isinstance(answer, dict) and "odd" in answer:
        return {name: value for name, value in answer.items() if name not in ("nothing", "said")}  # as `odd` says
    return answer


def _rounded(value: Any, digits: int, floor: float = NOTHING) -> Any:
    """Numbers to so many digits, and 0 where they vanish beside the largest in their list: sums cancel inexactly."""
    if isinstance(value, list):
        scale = max((abs(x) for x in value if _is_number(x)), default=0.0)
        return [_rounded(x, digits, max(scale * 10.0 ** -(digits + 3), NOTHING)) for x in value]
    if isinstance(value, str):
        return _ADDRESS.sub("#", value)
    if not _is_number(value):
        return value
    return 0.0 if abs(value) <= floor else float(f"{float(value):.{digits - 1}e}") + 0.0


def _is_number(x: Any) -> bool:
    return isinstance(x, (int, float)) and not isinstance(x, bool) and abs(x) < 1e300


def known(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Pitfalls by fingerprint; one that several share tells none of them."""
    found: dict[str, str] = {}
    shared = set()
    for print_, pitfall in pairs:
        if found.setdefault(print_, pitfall) != pitfall:
            shared.add(print_)
    return {print_: pitfall for print_, pitfall in found.items() if print_ not in shared}
