"""Of a verdict, the result that a report holds: all there is to say, where to look, and how to see it oneself."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from autograder.course import Course, in_use
from autograder.exam.equality import same
from autograder.exam.fingerprints import fingerprint, telling
from autograder.exam.items import Item
from autograder.exam.paper import Exam, Sheet
from autograder.explanation import Explanation, Part
from autograder.grading.frames import at_fault, given_first, is_place, short
from autograder.grading.judging import Verdict
from autograder.grading.source import exceptions, wrong_answers
from autograder.grading.source.lines import Place
from autograder.grading.source.sources import Sources
from autograder.phrase import data
from autograder.report import ItemResult
from autograder.sandbox.mounts import library_folders
from autograder.sandbox.records import Answers
from autograder.sandbox.subject import allowed
from autograder.texts import _, phrase

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b|\b0x[0-9a-fA-F]*\Z")  # the last one may be cut off
# Where submissions lie while they are graded, whole or cut off, and where Python and its libraries do.
_TEMPORARY = rf"(?:{re.escape(tempfile.gettempdir())}/|/[^\s'\"]{{0,300}}?)gradschool-"
_LIBRARY = "|".join(map(re.escape, sorted({*library_folders(allowed()), os.path.dirname(os.__file__)}, reverse=True)))
_UNPACKED = re.compile(
    rf"{_TEMPORARY}\w{{1,99}}/[^\s'\"/]{{1,99}}/(?={re.escape(in_use().package)}\b)|{_TEMPORARY}\w{{0,99}}[^\s'\"]{{0,200}}\Z"
    rf"|{re.escape(tempfile.gettempdir())}/\w{{0,12}}\Z|(?:{_LIBRARY})/(?:lib-dynload/)?(?=\w)"
)


def explained(
    exam: Exam, id: str, verdict: Verdict, answers: Answers | None, sources: Sources | None = None
) -> ItemResult:
    """The result of an item. `sources` are the student's, where these can be read."""
    course, item, sheet = exam.course, exam.course.items[id], exam.sheets[id]
    printed: dict[str, Any] = {
        "stdout": clean(answers.output) if answers else "",
        "seconds": round(answers.seconds, 6) if answers else 0.0,
    }
    if verdict.status == "passed":
        return result(item, "passed", verdict.said, **printed)
    said, counterexample, reproduce = _exemplified(course, item, sheet, verdict)
    name = _named(item, sheet, verdict, answers)
    pitfall = course.find("pitfalls")().get(name) if name else None
    place = _place(course, item, verdict, said, answers, sources) if sources else None
    place = place or _where(verdict, None if item.remark else answers)
    stops = place is not None and place.stops
    traced = verdict.status in ("error", "timeout") and not said.invalid and not stops
    said = replace(
        said,
        did=_(exceptions.STOPPED[said.raised]) if stops else said.did,
        frames=short(verdict.frames) if traced else (),
        given=given_first(verdict.frames) if said.raised else 0,
        advice=place.advice if place and place.advice else said.advice,
        mistake=pitfall.does if pitfall else "",
    )
    return result(
        item,
        verdict.status,
        said.map(clean),
        counterexample=counterexample,
        reproduce=reproduce,
        diagnosis=pitfall.id if pitfall else None,
        hint=pitfall.hints[0] if pitfall and not course.scheme.withholds(pitfall.id) else None,
        file=place.file if place else None,
        line=place.line if place else None,
        **printed,
    )


def result(item: Item, status: str, said: Explanation, earned: int = 0, **more: Any) -> ItemResult:
    """What a report holds of an item with this status; `earned` are the points where it did not pass."""
    earned = item.points if status == "passed" else earned
    about = (item.id, item.assignment, _(item.title), item.points, earned, status)
    return ItemResult(*about, explanation=said, bonus=item.bonus, **more)


def _exemplified(
    course: Course, item: Item, sheet: Sheet, verdict: Verdict
) -> tuple[Explanation, dict[str, Any] | None, str | None]:
    """What there is to say of the answer that a verdict is about, the counterexample, and the lines to paste."""
    said, question, failed = verdict.said, verdict.question, verdict.status == "failed"
    if question is None or verdict.status in ("passed", "todo"):
        return said, None, None
    notes = sheet.about(question)
    transcript = course.find("transcript").read(item, question, notes["transcript"])
    wrong = transcript.wrong_parts(verdict.expected, verdict.got) if failed else []
    if failed:
        problem = said.problem
        if not problem and item.explain:
            found = item.explain(question, verdict.expected, verdict.got, partial(same, tolerance=item.tolerance))
            problem = phrase(data(found))
        parts = () if problem else tuple(wrong)
        origin = _origin(course, notes, verdict, wrong)
        said = replace(said, problem=problem, parts=parts, origin=origin, remark=_(item.remark))
    counterexample = {
        "inputs": question,
        "expected": _listed(verdict.expected),
        "got": _in_short(_listed(verdict.got)) if failed else None,
        **({"graph": verdict.graph} if verdict.graph else {}),
    }
    return said, counterexample, transcript.reproduce(wrong, verdict.lacks)


def _place(
    course: Course, item: Item, verdict: Verdict, said: Explanation, answers: Answers | None, sources: Sources
) -> Place | None:
    """The line at fault and what to do about it, as far as the student's files tell."""
    items = course.items
    if verdict.status == "todo" and verdict.frames:
        return wrong_answers.unfinished(sources, item.id, verdict.frames)
    if said.raised and verdict.frames:
        target = item.target.partition(":")[2]
        return exceptions.fault(sources, item.id, said.raised, verdict.text, verdict.frames, target)
    where = answers.where if answers and answers.where and is_place(*answers.where) and not item.remark else None
    if said.raised == "TypeError" and "argument" in verdict.text and where:
        return wrong_answers.uncallable(sources.function(*where), verdict.text)
    if verdict.status == "timeout" and answers and answers.kind == "timeout":
        return wrong_answers.hang(sources, item, where)
    if where and verdict.status == "failed":
        parts = [part.name for part in said.parts]
        return wrong_answers.fault(sources.function(*where), item, parts, verdict.nothing)
    absent = verdict.question is not None and not (where or item.remark or said.parts)
    if not absent or verdict.status not in ("todo", "failed"):
        return None
    others = {name for each in items.values() if not each.suite for name in each.target.partition(":")[2].split(".")}
    return wrong_answers.renamed(sources, item.target, others)


def _named(item: Item, sheet: Sheet, verdict: Verdict, answers: Answers | None) -> str | None:
    """The id of the classic mistake that gives all of these wrong answers, if one does."""
    if verdict.status not in ("failed", "error") or answers is None or answers.answers is None:
        return None
    return sheet.pitfalls.get(fingerprint(item, telling(item, sheet, answers.answers)))


def _where(verdict: Verdict, answers: Answers | None) -> Place | None:
    """Where to look: the line that raised, or that called what was given and raised, else the function that the item is
    about."""
    if verdict.frames:
        frame = verdict.frames[0] if verdict.status == "todo" else at_fault(verdict.frames)
        return Place(*frame[:2])
    if answers and answers.where and is_place(*answers.where) and verdict.status not in ("passed", "blocked"):
        return Place(*answers.where)
    return None


def _origin(course: Course, notes: Mapping[str, Any], verdict: Verdict, wrong: Sequence[Part]) -> str:
    """Where what is right comes from, where the course has something to tell."""
    told = course.find("origin")
    return told(notes, verdict.graph, [part.name for part in wrong]) if told else ""


def _in_short(answer: list[Any]) -> list[Any]:
    """A wrong answer, or the beginning of its text where it is out of all proportion."""
    text = json.dumps(answer)
    return answer if len(text) <= 10_000 else [{"object": text[:1000]}]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def clean(text: str) -> str:
    """Without memory addresses and names of folders of ours, which differ from run to run and machine to machine."""
    return _ADDRESS.sub("0x…", _UNPACKED.sub("", text))
