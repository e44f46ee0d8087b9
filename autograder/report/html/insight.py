"""What an instructor wants to know of a class: who shares a mistake, who needs help, who handed in the same files."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.report import ItemResult, Report
from autograder.report.files import answer, copies, summary
from autograder.report.text import WRONG, RubricItem, by_assignment

AT_RISK = 0.4  # of the core points
_CLUSTERS = 60  # that a page shows


@dataclass(frozen=True)
class Cluster:
    """Students who make the same mistake, each with the item where it shows first. Where the mistake has no name,
    `diagnosis` is empty and `about` is what the grader says of their wrong answer. `bonus` says that it shows in the
    bonus alone."""

    diagnosis: str
    about: str
    items: tuple[str, ...]
    people: tuple[tuple[Report, str], ...]
    bonus: bool = False


@dataclass(frozen=True)
class View:
    """A class as its page shows it.

    `assignments` are those of the core; `histogram` counts graded students by tenths of the core points, those with all
    of them apart; `line` is the score below which a student is at risk; `clusters` are those of the core, `bonus` the
    others, and `unshown` counts those of the core that are left out.
    """

    reports: Sequence[Report]
    summary: Mapping[str, Any]
    assignments: Sequence[str]
    histogram: Sequence[int]
    clusters: Sequence[Cluster]
    bonus: Sequence[Cluster]
    unshown: int
    items: Sequence[Mapping[str, Any]]
    line: float
    risk: Sequence[Report]
    ungraded: Sequence[Report]
    unread: Sequence[Report]
    copies: Sequence[Sequence[Report]]
    sandboxes: Sequence[tuple[tuple[str, ...], int]]


def insight(
    reports: Sequence[Report], items: Sequence[RubricItem], found: Mapping[str, Any] | None = None
) -> View:  # fmt: skip
    """Look at a class as a whole. What its summary `found` need not be found again."""
    reports = sorted(reports, key=lambda report: report.student)
    found = found or summary(reports, items)
    line = AT_RISK * found["max_score"]
    graded = [report for report in reports if report.status == "graded"]
    shared = clusters(reports)
    core = [cluster for cluster in shared if not cluster.bonus]
    return View(
        reports=reports,
        summary=found,
        assignments=[name for name, some in by_assignment(items).items() if not all(item.bonus for item in some)],
        histogram=_histogram(graded) if found["max_score"] else (),
        clusters=core[:_CLUSTERS],
        bonus=[cluster for cluster in shared if cluster.bonus][:_CLUSTERS],
        unshown=len(core[_CLUSTERS:]),
        items=sorted(found["items"], key=_trouble),
        line=line,
        risk=sorted((report for report in graded if report.score < line), key=lambda report: report.score),
        ungraded=[report for report in reports if report.ungraded],
        unread=[report for report in reports if report.unread],
        copies=sorted(copies(graded), key=len, reverse=True),
        sandboxes=sorted(Counter(tuple(report.sandbox) for report in reports).items()),
    )


def clusters(reports: Sequence[Report]) -> list[Cluster]:
    """Groups of at least two students with the same mistake, the biggest first.

    A mistake that was recognised is one group, on however many items it shows. Other wrong answers are the same when
    the same question got the same answer; what the same students share on several items is one group again.
    """
    named: dict[str, dict[str, tuple[Report, list[ItemResult]]]] = defaultdict(dict)
    others: dict[tuple[str, str, str], dict[str, tuple[Report, ItemResult]]] = defaultdict(dict)
    for report in reports:
        for item in report.items:
            if item.status not in WRONG:
                continue
            if item.diagnosis:
                named[item.diagnosis].setdefault(report.student, (report, []))[1].append(item)
            else:
                others[item.id, item.status, answer(item)][report.student] = (report, item)
    found = [_named(name, list(people.values())) for name, people in named.items() if len(people) > 1]
    together: dict[tuple[str, ...], list[list[tuple[Report, ItemResult]]]] = defaultdict(list)
    for each in others.values():
        if len(each) > 1:
            together[tuple(each)].append(list(each.values()))
    found += [_unnamed(groups) for groups in together.values()]
    return sorted(found, key=lambda cluster: (-len(cluster.people), not cluster.diagnosis, cluster.items))


def _named(name: str, people: Sequence[tuple[Report, Sequence[ItemResult]]]) -> Cluster:
    items = Counter(item.id for _, some in people for item in some)
    does = people[0][1][0].explanation.mistake
    return Cluster(
        name,
        does[:1].upper() + does[1:],
        tuple(id for id, _ in items.most_common()),
        tuple((report, some[0].id) for report, some in people),
        bonus=all(item.bonus for _, some in people for item in some),
    )


def _unnamed(groups: Sequence[Sequence[tuple[Report, ItemResult]]]) -> Cluster:
    return Cluster(
        "",
        groups[0][0][1].explanation.sentence,
        tuple(group[0][1].id for group in groups),
        tuple((report, item.id) for report, item in groups[0]),
        bonus=all(group[0][1].bonus for group in groups),
    )


def _histogram(graded: Sequence[Report]) -> tuple[int, ...]:
    counts = Counter(int(10 * report.score / report.max_score) for report in graded if report.max_score)
    return tuple(counts[place] for place in range(11))


def _trouble(row: Mapping[str, Any]) -> tuple[bool, int, float]:
    """The place of an item: the core before the bonus, and first what most students have wrong or still to do."""
    own = sum(row[status] for status in (*WRONG, "todo"))
    return row["bonus"], -own, row["mean"] / max(1, row["points"]) if row["mean"] is not None else 2
