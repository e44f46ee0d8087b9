"""The verdict on one item, in the making: by its answers as they come from the sandbox, and by what it waits for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from autograder.course import in_use
from autograder.exam.equality import agrees, same
from autograder.exam.items import Item, Question
from autograder.exam.paper import Sheet
from autograder.explanation import Explanation, Frame
from autograder.grading.frames import exception, given_first, short

NOTHING = Explanation()
UNASKED = Explanation("was not checked: it was stopped before", whole=True)


@dataclass
class Finding:
    """A verdict in the making. `question` is the one that it is about; `said` is what there is to say, but for the
    wrong parts of an answer and the name of a mistake; `frames` are the student's own, the last call first."""

    status: str
    said: Explanation = NOTHING
    question: Question | None = None
    expected: Any = None
    got: Any = None
    frames: tuple[Frame, ...] = ()
    certain: bool = False  # whether it holds although other items ran in the same process
    sound: bool = False  # whether what rules use of it is right all the same
    lacks: str = ""  # an attribute that a Value does not have
    text: str = ""  # of an exception
    nothing: bool = False  # whether None came, as where a `return` is missing
    graph: dict[str, Any] | None = None


def judge_answers(item: Item, sheet: Sheet, answers: Sequence[Any]) -> Finding:
    """The finding on all answers to an item: where several are wrong, it is about the one that is easiest to see
    through."""
    if len(answers) != len(sheet.questions):
        return Finding("crashed", Explanation(f"{len(answers)} of {len(sheet.questions)} questions were answered"))
    wrong = []
    sound = item.basis
    for question, right, given in zip(sheet.questions, sheet.answers, answers, strict=True):
        finding = judge_answer(item, sheet, question, right, given)
        if finding.status == "todo":
            return finding
        if finding.status != "passed":
            wrong.append(finding)
            sound = sound and _has_basis(item, right, given)
    if not wrong:
        return Finding("passed", certain=True)
    return replace(min(wrong, key=lambda finding: sheet.effort(finding.question or {})), sound=sound)


def judge_answer(item: Item, sheet: Sheet, question: Question, expected: Any, given: Any) -> Finding:
    """The finding on one answer, as it came from the sandbox: nothing about its form is taken for granted."""
    if isinstance(given, list) and len(given) == 1:
        if agrees(item, question, expected, given[0]):
            return Finding("passed")
        return Finding("failed", NOTHING, question, expected, given[0])
    if isinstance(given, dict) and isinstance(given.get("odd"), str):
        lacks = given.get("lacks")
        lacks = lacks if lacks in in_use().attributes else ""
        if given.get("absent") is True:  # not written is still to be written
            return Finding("todo", Explanation(given["odd"]), question)
        said, nothing = Explanation(given["odd"], sheet.asks(question)), given.get("nothing") is True
        return Finding("failed", said, question, expected, None, lacks=lacks, nothing=nothing)
    if isinstance(given, dict) and "raised" in given:
        return _judge_exception(item, sheet, question, expected, given)
    return Finding("failed", Explanation("the answer makes no sense"), question, expected, None)


def _judge_exception(item: Item, sheet: Sheet, question: Question, expected: Any, given: dict[str, Any]) -> Finding:
    kinds, text, frames = exception(given)
    if "NotImplementedError" in kinds:
        # One that stands apart may be made of another, which is still to do.
        certain = text in in_use().items and (text == item.id or not item.apart)
        return Finding("todo", Explanation("is still to be written"), question, frames=frames, certain=certain)
    ask = sheet.asks(question)
    if "MemoryError" in kinds:
        said = Explanation("", ask, "needed more memory than there is")
        return Finding("crashed", said, question, expected, frames=frames)
    did = f"raised {kinds[0]}" + (f": {text}" if text else "")
    said = Explanation("", ask, did, frames=short(frames), raised=kinds[0], given=given_first(frames))
    return Finding("error", said, question, expected, [kinds[0]], frames, text=text)


def _has_basis(item: Item, right: Any, given: Any) -> bool:
    """Whether the first part of an answer from the sandbox is right, whatever the others are."""
    answer = given[0] if isinstance(given, list) and len(given) == 1 else None
    return isinstance(answer, list) and len(answer) > 0 and same(right[0], answer[0], item.tolerance)


def block(items: Mapping[str, Item], findings: dict[str, Finding], stopped: bool) -> None:
    """A failure proves nothing where a prerequisite has not passed; but a rule needs the operation's number alone, and
    not its name. `stopped` tells that what could not be graded was not reached."""
    for id, finding in findings.items():
        item = items[id]
        unmet = [need for need in item.needs if findings[need].status != "passed"]
        if not item.end_to_end:
            unmet = [need for need in unmet if not findings[need].sound]
        own_todo = finding.status == "todo" and not item.end_to_end
        if unmet and not own_todo and finding.status not in ("passed", "ungraded"):
            trouble = [need for need in unmet if findings[need].status == "ungraded"]
            if trouble:
                why = Explanation(f"{', '.join(trouble)} could not be graded; grade it again")
                findings[id] = Finding("ungraded", UNASKED if stopped else why)
            else:
                broken = next(filter(None, (findings[need].said.invalid for need in unmet)), None)
                findings[id] = Finding("blocked", Explanation(waits=tuple(unmet), invalid=broken))
