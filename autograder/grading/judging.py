"""The verdict on one item: by its answers as they come from the sandbox, and by what it waits for."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import Any

from autograder.course import in_use
from autograder.exam.equality import agrees, same
from autograder.exam.items import Item, Question
from autograder.exam.paper import Sheet
from autograder.explanation import Explanation, Frame
from autograder.grading.frames import exception, shown
from autograder.sandbox.records import Answers
from autograder.texts import _, known_phrase

_MOST = 5_000  # right answers that are known again: a hundred ways to be right, in less than a megabyte


@dataclass(frozen=True)
class Verdict:
    """What is known of an item once it was asked. `question` is the one that it is about, where one answer decides;
    `said` is what can be said of it without looking at the student's files, at the exam's notes or at the parts of an
    answer; `frames` are the student's own, the last call first."""

    status: str
    said: Explanation = field(default_factory=Explanation)
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

    @property
    def is_wrong(self) -> bool:
        """Whether it was answered, and not as it should be."""
        return self.status in ("failed", "error")


def unasked() -> Explanation:
    """What there is to say of what was not reached."""
    return Explanation(_("was not checked: it was stopped before"), whole=True)


class Judge:
    """Judges what an item gave. What was right before is right when it comes again byte for byte, as in a class nearly
    all does: it is not read, nor compared with the exam's answers, a second time."""

    def __init__(self, sheets: Mapping[str, Sheet]):
        self._sheets = sheets
        self._right: set[tuple[str, bytes]] = set()

    def __call__(self, item: Item, given: Answers) -> Verdict | None:
        """The verdict on all answers to an item, or None where there are none to read."""
        text = item.id, blake2b(given.raw).digest()
        if text in self._right:
            return Verdict("passed", certain=True)
        if given.answers is None:
            return None
        verdict = judge_answers(item, self._sheets[item.id], given.answers)
        if verdict.status == "passed":
            if len(self._right) == _MOST:
                self._right.clear()
            self._right.add(text)
        return verdict


def judge_answers(item: Item, sheet: Sheet, answers: Sequence[Any]) -> Verdict:
    """The verdict on all answers to an item: where several are wrong, it is about the one that is easiest to see
    through."""
    if len(answers) != len(sheet.questions):
        said = _("{some} of {all} questions were answered", some=len(answers), all=len(sheet.questions))
        return Verdict("crashed", Explanation(said))
    wrong = []
    sound = item.basis
    for question, right, given in zip(sheet.questions, sheet.answers, answers, strict=True):
        if type(given) is list and len(given) == 1:
            if agrees(item, question, right, given[0]):
                continue
        elif (verdict := judge_answer(item, sheet, question, right, given)).status == "todo":
            return verdict
        wrong.append((question, right, given))
        sound = sound and _has_basis(item, right, given)
    if not wrong:
        return Verdict("passed", certain=True)
    easiest = min(wrong, key=lambda each: sheet.effort(each[0]))
    return replace(judge_answer(item, sheet, *easiest), sound=sound)


def judge_answer(item: Item, sheet: Sheet, question: Question, expected: Any, given: Any) -> Verdict:
    """The verdict on one answer, as it came from the sandbox: nothing about its form is taken for granted."""
    if isinstance(given, list) and len(given) == 1:
        if agrees(item, question, expected, given[0]):
            return Verdict("passed")
        return Verdict("failed", Explanation(asked=sheet.asks(question)), question, expected, given[0])
    if isinstance(given, dict) and isinstance(given.get("odd"), str):
        odd = known_phrase(given.get("said")) or given["odd"]
        if given.get("absent") is True:  # not written is still to be written
            return Verdict("todo", Explanation(odd), question)
        said, lacks = Explanation(odd, sheet.asks(question)), given.get("lacks")
        lacks = lacks if lacks in in_use().attributes else ""
        return Verdict("failed", said, question, expected, lacks=lacks, nothing=given.get("nothing") is True)
    if isinstance(given, dict) and "raised" in given:
        return _judge_exception(item, sheet, question, expected, given)
    return Verdict("failed", Explanation(_("the answer makes no sense")), question, expected)


def _judge_exception(item: Item, sheet: Sheet, question: Question, expected: Any, given: dict[str, Any]) -> Verdict:
    kinds, text, frames = exception(given)
    if "NotImplementedError" in kinds:
        # One that stands apart may be made of another, which is still to do.
        certain = text in in_use().items and (text == item.id or not item.apart)
        return Verdict("todo", Explanation(_("is still to be written")), question, frames=frames, certain=certain)
    said = Explanation(asked=sheet.asks(question), did=_("needed more memory than there is"))
    if "MemoryError" in kinds:
        return Verdict("crashed", said, question, expected, frames=frames)
    said = replace(said, did=_("raised {error}", error=shown(kinds, text)), raised=kinds[0])
    return Verdict("error", said, question, expected, [kinds[0]], frames, text=text)


def _has_basis(item: Item, right: Any, given: Any) -> bool:
    """Whether the first part of an answer from the sandbox is right, whatever the others are."""
    answer = given[0] if isinstance(given, list) and len(given) == 1 else None
    return isinstance(answer, list) and len(answer) > 0 and same(right[0], answer[0], item.tolerance)


def unmet(item: Item, verdicts: Mapping[str, Verdict]) -> list[str]:
    """What an item needs and that is not right, so that a failure of its own proves nothing."""
    return [
        need for need in item.needs
        if verdicts[need].status != "passed" and (item.end_to_end or not verdicts[need].sound)
    ]  # fmt: skip


def block(items: Mapping[str, Item], verdicts: dict[str, Verdict], stopped: bool) -> None:
    """A failure proves nothing where a prerequisite has not passed; but a rule needs the operation's number alone, and
    not its name. `stopped` tells that what could not be graded was not reached."""
    for id, verdict in verdicts.items():
        causes = unmet(items[id], verdicts)
        own_todo = verdict.status == "todo" and not items[id].end_to_end
        if not causes or own_todo or verdict.status in ("passed", "ungraded"):
            continue
        if trouble := [need for need in causes if verdicts[need].status == "ungraded"]:
            why = Explanation(_("{names} could not be graded; grade it again", names=", ".join(trouble)))
            verdicts[id] = Verdict("ungraded", unasked() if stopped else why)
        else:
            broken = next(filter(None, (verdicts[need].said.invalid for need in causes)), None)
            verdicts[id] = Verdict("blocked", Explanation(waits=tuple(causes), invalid=broken))


def death(code: int) -> str:
    """How a process ended, by its exit code."""
    if code < 0:
        try:
            return _("killed by {signal}", signal=signal.Signals(-code).name)
        except ValueError:
            return _("killed by signal {number}", number=-code)
    return _("exit code {code}", code=code) if code else _("without an answer")
