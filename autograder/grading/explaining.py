"""Of a finding, the result that a report holds: what is wrong in words, where to look, and how to see it oneself."""

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
from autograder.grading.frames import at_fault, is_place
from autograder.grading.judging import NOTHING, Finding
from autograder.grading.source import exceptions, wrong_answers
from autograder.grading.source.lines import Place
from autograder.grading.source.sources import Sources
from autograder.report import ItemResult
from autograder.sandbox.mounts import library_folders
from autograder.sandbox.records import Answers

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b|\b0x[0-9a-fA-F]*\Z")  # the last one may be cut off
# Where submissions lie while they are graded, whole or cut off, and where Python and its libraries do.
_TEMPORARY = rf"(?:{re.escape(tempfile.gettempdir())}/|/[^\s'\"]{{0,300}}?)gradschool-"
_LIBRARY = "|".join(map(re.escape, sorted({*library_folders(), os.path.dirname(os.__file__)}, reverse=True)))
_UNPACKED = re.compile(
    rf"{_TEMPORARY}\w{{1,99}}/[^\s'\"/]{{1,99}}/(?={re.escape(in_use().package)}\b)|{_TEMPORARY}\w{{0,99}}[^\s'\"]{{0,200}}\Z"
    rf"|{re.escape(tempfile.gettempdir())}/\w{{0,12}}\Z|(?:{_LIBRARY})/(?:lib-dynload/)?(?=\w)"
)


def explained(
    exam: Exam, id: str, finding: Finding, answers: Answers | None, sources: Sources | None = None
) -> ItemResult:
    """The result of an item. `sources` are the student's, where these can be read."""
    course, item, sheet = exam.course, exam.course.items[id], exam.sheets[id]
    passed = finding.status == "passed"
    said, counterexample, reproduce = finding.said, None, None
    if finding.question is not None and not passed and finding.status != "todo":
        notes = sheet.about(finding.question)
        transcript = course.find("transcript").read(item, finding.question, notes["transcript"])
        wrong = transcript.wrong_parts(finding.expected, finding.got) if finding.status == "failed" else []
        said = _worded(item, finding, transcript, wrong)
        if finding.status == "failed":
            said = replace(said, remark=item.remark, origin=_origin(course, notes, finding, wrong))
        reproduce = transcript.reproduce(wrong, finding.lacks)
        counterexample = {
            "inputs": finding.question,
            "expected": _listed(finding.expected),
            "got": None if finding.status != "failed" else _in_short(_listed(finding.got)),
            **({"graph": finding.graph} if finding.graph else {}),
        }
    name = _named(item, sheet, finding, answers)
    pitfall = course.find("pitfalls")().get(name) if name else None
    place = _place(course, item, finding, said, answers, sources) if sources else None
    if place:
        said = replace(said, advice=place.advice)
        if place.advice.startswith("remove "):
            said = replace(said, did=exceptions.STOPPED[said.raised], frames=())
    said = NOTHING if passed else replace(said.map(clean), mistake=pitfall.does if pitfall else "")
    file, line = (place.file, place.line) if place else _where(finding, None if item.remark else answers)
    return ItemResult(
        id=item.id,
        assignment=item.assignment,
        title=item.title,
        points=item.points,
        earned=item.points if passed else 0,
        status=finding.status,
        message=said.text(),
        counterexample=counterexample,
        reproduce=reproduce,
        diagnosis=pitfall.id if pitfall else None,
        hint=pitfall.hints[0] if pitfall and course.scheme.hints != "none" else None,
        file=file,
        line=line,
        stdout=clean(answers.output) if answers else "",
        seconds=round(answers.seconds, 6) if answers else 0.0,
        explanation=said,
        bonus=item.bonus,
    )


def _worded(item: Item, finding: Finding, transcript: Any, wrong: Sequence[Part]) -> Explanation:
    """What there is to say about a wrong answer, where the finding does not say it already."""
    said = finding.said
    if said.problem or said.did:
        return said
    said = replace(said, asked=transcript.ask)
    if not item.explain:
        return replace(said, parts=tuple(wrong))
    close = partial(same, tolerance=item.tolerance)
    return replace(said, problem=item.explain(finding.question or {}, finding.expected, finding.got, close))


def _place(
    course: Course, item: Item, finding: Finding, said: Explanation, answers: Answers | None, sources: Sources
) -> Place | None:
    """The line at fault and what to do about it, as far as the student's files tell."""
    items = course.items
    if finding.status == "todo" and finding.frames:
        return wrong_answers.unfinished(sources, item.id, finding.frames)
    if said.raised and finding.frames:
        target = item.target.partition(":")[2]
        return exceptions.fault(sources, item.id, said.raised, finding.text, finding.frames, target)
    where = answers.where if answers and answers.where and is_place(*answers.where) and not item.remark else None
    if said.raised == "TypeError" and "argument" in finding.text and where:
        return wrong_answers.uncallable(sources.function(*where), finding.text)
    if finding.status == "timeout" and answers:
        return wrong_answers.hang(sources, item.id, where)
    if where and finding.status == "failed":
        parts = [part.name for part in said.parts]
        rule = any(need.basis and need.target == item.target for need in map(items.__getitem__, item.needs))
        rule = rule and all(name.endswith(".grad") for name in parts)
        return wrong_answers.fault(sources.function(*where), item.id, rule, parts, finding.nothing)
    absent = finding.question is not None and not (where or item.remark or said.parts)
    if not absent or finding.status not in ("todo", "failed"):
        return None
    others = {name for each in items.values() for name in each.target.partition(":")[2].split(".")}
    return wrong_answers.renamed(sources, item.target, others)


def _named(item: Item, sheet: Sheet, finding: Finding, answers: Answers | None) -> str | None:
    """The id of the classic mistake that gives all of these wrong answers, if one does."""
    if finding.status not in ("failed", "error") or answers is None or answers.answers is None:
        return None
    return sheet.pitfalls.get(fingerprint(item, telling(item, sheet, answers.answers)))


def _where(finding: Finding, answers: Answers | None) -> tuple[str | None, int | None]:
    """Where to look: the line that raised, or that called what was given and raised, else the function that the item is
    about."""
    if finding.frames:
        return (finding.frames[0] if finding.status == "todo" else at_fault(finding.frames))[:2]
    if answers and answers.where and is_place(*answers.where) and finding.status not in ("passed", "blocked"):
        return answers.where
    return None, None


def _origin(course: Course, notes: Mapping[str, Any], finding: Finding, wrong: Sequence[Part]) -> str:
    """Where a right gradient comes from: of the node that goes wrong first, else of one that the answer has; nothing
    where a number is wrong before any gradient."""
    names = [part.name for part in wrong]
    if finding.graph:
        first = finding.graph["nodes"][finding.graph["wrong"]]
        if first["got"] is None or first["got"].get("data") != first["expected"].get("data"):
            return ""
        names.insert(0, f"{first['name']}.grad")
    told = course.find("origin")
    return told(notes.get("sums", {}), names) if told else ""


def _in_short(answer: list[Any]) -> list[Any]:
    """A wrong answer, or the beginning of its text where it is out of all proportion."""
    text = json.dumps(answer)
    return answer if len(text) <= 10_000 else [{"object": text[:1000]}]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def clean(text: str) -> str:
    """Without memory addresses and names of folders of ours, which differ from run to run and machine to machine."""
    return _ADDRESS.sub("0x…", _UNPACKED.sub("", text))
