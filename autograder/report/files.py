"""Reports as files for machines: report.json for a student, grades.csv and summary.json for a class.

The same reports always give the same bytes, whatever order they come in. No text of a student's can make
writing fail, or act on whoever opens the file.
"""

from __future__ import annotations

import csv
import io
import json
import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain, repeat
from pathlib import Path
from typing import Any

from autograder.files import write_atomically
from autograder.report import SCHEMA, STATUSES, ItemResult, Report, are_dated, by_student, students
from autograder.report.late import off
from autograder.report.text import RubricItem, number, plain, remark
from autograder.texts import in_english

_points = lru_cache(1000)(number)  # a class has many cells, and few different ones
_Counts = Counter[tuple[str, int, bool, float | None]]  # status, points earned, whether of the bonus, and the score
DATED = ("penalty", "final_score", "final_bonus")  # columns of a course with due dates


def schema() -> dict[str, Any]:
    """The JSON Schema of report.json."""
    from importlib import resources  # slow to import, and seldom needed

    text = resources.files("autograder.report").joinpath("report.schema.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


def report_json(report: Report) -> str:
    return strict_json(report.as_dict())


def write_report(folder: Path, report: Report, text: str = "") -> Path:
    """Write `folder`/<student>/report.json and return its path. `text` may be its JSON, where that is there."""
    if report.student in ("", ".", "..") or set(report.student) & set("/\\\0"):
        raise ValueError(f"{report.student!r} cannot name a student's folder")
    path = folder / report.student / "report.json"
    write_atomically(path, text or report_json(report))
    return path


def write_grades(path: Path, reports: Sequence[Report], item_ids: Sequence[str]) -> None:
    write_atomically(path, for_excel(grades(reports, item_ids)))


@in_english()
def grades(reports: Sequence[Report], item_ids: Sequence[str]) -> str:
    """The text of grades.csv: a row a student, a column an item.

    What the grader could not grade is an empty cell, never a zero; the student's score and bonus, which would
    miss it, are then empty too, as they are where there was nothing to grade. `status` tells these apart. Where the
    course has due dates, the penalty, the final score and the final bonus stand beside the score.
    """
    dated = are_dated(reports)
    titles = ["student", "score", *(DATED if dated else ()), "max_score", "bonus", "status", "remark", *item_ids]

    def row(report: Report) -> list[str]:
        earned = {item.id: _points(item.earned) for item in report.items if item.status != "ungraded"}
        about = [report.student, *cells(report, dated), report.status, remark(report)]
        return [*about, *map(earned.get, item_ids, repeat(""))]

    return table(chain([titles], map(row, by_student(reports))))


def scored(report: Report, dated: bool) -> list[str]:
    """The score and, where the course has due dates, what is in the columns DATED; empty where there is no score."""
    return [number(report.score) if report.status == "graded" else "", *(final(report) if dated else ())]


def cells(report: Report, dated: bool) -> list[str]:
    """The same, the maximum and the bonus."""
    bonus = number(report.bonus) if report.status == "graded" else ""
    return [*scored(report, dated), number(report.max_score), bonus]


def final(report: Report) -> tuple[str, str, str]:
    """The penalty, the final score and the final bonus; empty where there is no score."""
    if report.status != "graded":
        return "", "", ""
    return number(report.penalty), number(report.final_score), number(report.final_bonus)


def table(rows: Iterable[Sequence[str]]) -> str:
    """Rows as CSV. No cell is a formula: where one begins like it, an apostrophe stands in front."""
    made = io.BytesIO()  # io.StringIO takes four bytes a character
    text = io.TextIOWrapper(made, "utf-8", "surrogatepass", newline="")
    csv.writer(text, lineterminator="\n").writerows(map(_cell, row) for row in rows)
    text.flush()
    return str(made.getbuffer(), "utf-8", "surrogatepass")


def for_excel(text: str) -> str:
    """CSV with the mark by which Excel knows UTF-8, where it has letters that Excel would else read as others. Canvas
    and Moodle take it with the mark and without."""
    return text if text.isascii() else f"\ufeff{text}"


def assignment_points(reports: Sequence[Report]) -> tuple[dict[str, int], dict[str, dict[str, float]]]:
    """The points of each assignment, 0 for the bonus, and those that count for each student, without what is ungraded:
    those that were earned, less what is taken off for what was late."""
    possible: dict[str, int] = {}
    earned: dict[str, dict[str, float]] = {}
    for report in reports:
        worth: dict[str, int] = {}
        mine: dict[str, float] = {}
        ungraded = set()
        for item in report.items:  # in one loop: a large class has a million
            assignment = item.assignment
            worth[assignment] = worth.get(assignment, 0) + (0 if item.bonus else item.points)
            mine[assignment] = mine.get(assignment, 0) + item.earned
            if item.status == "ungraded":
                ungraded.add(assignment)
        for assignment, points in worth.items():
            possible[assignment] = max(points, possible.get(assignment, 0))
        lost = {
            name: sum(each.penalty + each.bonus for each in report.late if each.assignment == name) for name in mine
        }
        earned[report.student] = {name: off(got - lost[name]) for name, got in mine.items() if name not in ungraded}
    return possible, earned


def write_summary(
    path: Path, reports: Sequence[Report], items: Sequence[RubricItem], refused: Sequence[Mapping[str, Any]] = ()
) -> dict[str, Any]:
    """Write summary.json, and return how the class did, which it says. `refused` are the stronger sandboxes that did
    not start: their `layers`, `why`, a `remedy`, and what was `said`; `students` are those of this run."""
    found = summary(reports, items)
    write_atomically(path, strict_json({**found, "refused_sandboxes": list(refused), "students": students(reports)}))
    return found


def summary(reports: Sequence[Report], items: Sequence[RubricItem]) -> dict[str, Any]:
    """How the class did. Statistics are over the graded reports, null without any; counts are over all. Each report is
    looked at once, and let go of."""
    exams, sandboxes = set(), set()
    scores, finals, late, ungraded, unread = [], [], [], [], []
    counts: dict[str, _Counts] = {item.id: Counter() for item in items}
    files: Counter[int] = Counter()
    for report in by_student(reports):
        exams.add(report.exam)
        sandboxes.add(tuple(report.sandbox))
        total = report.score if report.status == "graded" else None
        if total is not None:
            scores.append(total)
            finals.append(report.final_score)
        ungraded += [report.student] if report.ungraded else []
        unread += [report.student] if report.unread else []
        late += [_late(report)] if report.late else []
        files[hash(report.submission)] += 1
        for verdict in report.items:
            if verdict.id in counts:
                counts[verdict.id][verdict.status, verdict.earned, verdict.bonus, total] += 1
    return {
        "schema": SCHEMA,
        "exam": exams.pop() if len(exams) == 1 else None,
        "submissions": len(reports),
        "graded": len(scores),
        "ungraded": ungraded,
        "unread": unread,
        "identical": [[report.student for report in group] for group in copies(reports, files)],
        **_statistics(scores),
        "standard_deviation": statistics.pstdev(scores) if scores else None,
        "max_score": float(sum(item.points for item in items if not item.bonus)),
        **({"final": _statistics(finals), "late": late} if are_dated(reports) else {}),
        "sandbox": [list(layers) for layers in sorted(sandboxes)],
        "items": [_item_summary(item, counts[item.id]) for item in items],
    }


def _statistics(scores: Sequence[float]) -> dict[str, Any]:
    return {
        "mean": statistics.fmean(scores) if scores else None,
        "median": statistics.median(scores) if scores else None,
        "min": min(scores, default=None),
        "max": max(scores, default=None),
    }


def _late(report: Report) -> dict[str, Any]:
    names = ("student", "score", "penalty", "final_score", "final_bonus")
    return {name: getattr(report, name) for name in names}


def copies(
    reports: Sequence[Report], files: Mapping[int, int] | None = None, *, graded: bool = False
) -> list[list[Report]]:
    """Groups of reports on the same files; those that are not graded may differ. Where nothing was begun, as in an
    untouched kit, that says nothing; nor where a group handed in together. `files` counts the reports on each by the
    hash of its name, where that is known; `graded` leaves out those that are not."""
    seen = files or Counter(hash(report.submission) for report in reports)
    several = {files for files, count in seen.items() if count > 1}
    groups: dict[str, list[Report]] = defaultdict(list)
    for report in by_student(reports) if several else ():
        if not report.submission or hash(report.submission) not in several or (graded and report.status != "graded"):
            continue
        if any(item.status not in ("todo", "blocked") for item in report.items):
            groups[report.submission].append(report)
    return [group for group in groups.values() if len({each.who.get("group") or each.student for each in group}) > 1]


def _item_summary(item: RubricItem, counts: _Counts) -> dict[str, Any]:
    """How the class did on one item.

    Its discrimination says how well it tells strong students from weak ones: its points' correlation with the
    rest of the score, null with fewer than two students or where all are alike.
    """
    statuses: Counter[str] = Counter()
    earned: list[int] = []
    rest: list[float] = []
    for (status, points, bonus, total), count in counts.items():
        statuses[status] += count
        if total is not None:
            earned += [points] * count
            rest += [total - points * (not bonus)] * count
    try:
        discrimination = statistics.correlation(earned, rest)
    except statistics.StatisticsError:
        discrimination = None
    return {
        "id": item.id,
        "assignment": item.assignment,
        "title": item.title,
        "points": item.points,
        "bonus": item.bonus,
        **{status: statuses[status] for status in STATUSES},
        "mean": statistics.fmean(earned) if earned else None,
        "discrimination": discrimination,
    }


def strict_json(data: dict[str, Any]) -> str:
    """JSON in ASCII, a line for each entry and each element of its lists; nan and infinities become "nan", "inf" and
    "-inf"."""
    try:
        return _lines(data)
    except ValueError:
        return _lines(finite(data))


def _lines(data: dict[str, Any]) -> str:
    """Raises ValueError for what is not finite. `json` indents in Python, several times as slowly as it spells in C."""
    entries = []
    for key, value in data.items():
        if isinstance(value, list) and value:
            text = "[\n  " + ",\n  ".join([json.dumps(element, allow_nan=False) for element in value]) + "\n ]"
        else:
            text = json.dumps(value, allow_nan=False)
        entries.append(f"{json.dumps(key)}: {text}")
    return "{\n " + ",\n ".join(entries) + "\n}\n"


def finite(value: Any) -> Any:
    """A value with its floats that JSON cannot spell turned into strings."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: finite(element) for key, element in value.items()}
    return [finite(element) for element in value] if isinstance(value, (list, tuple)) else value


def answer(item: ItemResult) -> str:
    """What a wrong answer without a name has in common with others like it."""
    example = item.counterexample or {}
    if "alike" in example:
        return str(example["alike"])
    if example.get("got") is None:
        return item.explanation.sentence  # an exception and its text, whatever line it comes from
    return json.dumps(finite([example["inputs"], example["got"]]), sort_keys=True)


@lru_cache(1000)
def _cell(text: str) -> str:
    """A cell on one line that no spreadsheet takes for a formula."""
    text = plain(text)
    formula = text.lstrip().startswith(tuple("=+-@\uff1d\uff0b\uff0d\uff20")) or text.startswith(("\t", "\n"))
    return ("'" if formula else "") + text.replace("\n", " ")
