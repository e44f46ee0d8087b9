"""What an instructor wants to know of a class: who shares a mistake, who needs help, who handed in the same files."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from autograder.report import ItemResult, Report, by_student
from autograder.report.files import answer, copies, summary
from autograder.report.text import WRONG, RubricItem, by_assignment

AT_RISK = 0.4  # of the core points
_CLUSTERS = 60  # that a page shows


class Picked(Sequence[Any]):
    """Some of the reports, by their places; each with what it goes `with`, if it goes with something."""

    def __init__(self, reports: Sequence[Report], places: Sequence[int], goes_with: Sequence[str] = ()):
        self._reports = reports
        self._places = places
        self._with = goes_with

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, at: int | slice) -> Any:
        if isinstance(at, slice):
            return [self[each] for each in range(*at.indices(len(self)))]
        report = self._reports[self._places[at]]
        return (report, self._with[at]) if self._with else report


@dataclass(frozen=True)
class Cluster:
    """Students who make the same mistake, each with the item where it shows first. Where the mistake has no name,
    `diagnosis` is empty and `about` is what the grader says of their wrong answer. `bonus` says that it shows in the
    bonus alone."""

    diagnosis: str
    about: str
    items: tuple[str, ...]
    people: Sequence[tuple[Report, str]]
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
    exams: Collection[str]


def insight(
    reports: Sequence[Report], items: Sequence[RubricItem], found: Mapping[str, Any] | None = None
) -> View:  # fmt: skip
    """Look at a class as a whole. What its summary `found` need not be found again. Of who is named, the place among
    the reports is held."""
    reports = by_student(reports)
    found = found or summary(reports, items)
    line = AT_RISK * found["max_score"]
    histogram: Counter[int] = Counter()
    sandboxes: Counter[tuple[str, ...]] = Counter()
    exams: set[str] = set()
    risk: list[tuple[float, int]] = []
    ungraded, unread = [], []
    shared = _Shared(reports)
    for place, report in enumerate(reports):
        exams.add(report.exam)
        sandboxes[tuple(report.sandbox)] += 1
        ungraded += [place] if report.ungraded else []
        unread += [place] if report.unread else []
        if report.status == "graded":
            histogram[int(10 * report.score / report.max_score) if report.max_score else -1] += 1
            risk += [(report.score, place)] if report.score < line else []
        shared.look(place, report)
    every = shared.clusters()
    core = [cluster for cluster in every if not cluster.bonus]
    return View(
        reports=reports,
        summary=found,
        assignments=[name for name, some in by_assignment(items).items() if not all(item.bonus for item in some)],
        histogram=[histogram[place] for place in range(11)] if found["max_score"] else (),
        clusters=core[:_CLUSTERS],
        bonus=[cluster for cluster in every if cluster.bonus][:_CLUSTERS],
        unshown=len(core[_CLUSTERS:]),
        items=sorted(found["items"], key=_trouble),
        line=line,
        risk=Picked(reports, [place for _, place in sorted(risk)]),
        ungraded=Picked(reports, ungraded),
        unread=Picked(reports, unread),
        copies=sorted(copies(reports, graded=True), key=len, reverse=True),
        sandboxes=sorted(sandboxes.items()),
        exams=exams,
    )


def clusters(reports: Sequence[Report]) -> list[Cluster]:
    """Groups of at least two students with the same mistake, the biggest first.

    A mistake that was recognised is one group, on however many items it shows. Other wrong answers are the same when
    the same question got the same answer; what the same students share on several items is one group again.
    """
    shared = _Shared(reports)
    for place, report in enumerate(reports):
        shared.look(place, report)
    return shared.clusters()


@dataclass
class _Named:
    """A mistake that was recognised: what it does, how often it shows on each item, and whose it is, by place, with the
    item where it shows first. `core` says that it shows there."""

    does: str
    core: bool = False
    ids: Counter[str] = field(default_factory=Counter)
    places: list[int] = field(default_factory=list)
    first: list[str] = field(default_factory=list)


@dataclass
class _Answer:
    """A wrong answer without a name: what is said of it, whether it is the bonus', and whose it is, by place."""

    about: str
    bonus: bool
    places: list[int]


class _Shared:
    """The mistakes of a class, as its reports are looked at one after the other. Most wrong answers are nobody else's:
    of these no more is held than a hash, and the place."""

    def __init__(self, reports: Sequence[Report]):
        self._reports = reports
        self._named: dict[str, _Named] = {}
        self._alone: dict[int, int] = {}
        self._others: dict[tuple[str, str, str], _Answer] = {}

    def look(self, place: int, report: Report) -> None:
        for item in report.items:
            if item.status not in WRONG:
                continue
            if item.diagnosis:
                self._name(place, item)
                continue
            key = item.id, item.status, answer(item)
            if key in self._others:
                self._others[key].places.append(place)
            elif (first := self._alone.setdefault(hash(key), place)) != place:
                theirs = next(each for each in self._reports[first].items if each.id == item.id)
                self._others[key] = _Answer(theirs.explanation.sentence, theirs.bonus, [first, place])

    def _name(self, place: int, item: ItemResult) -> None:
        assert item.diagnosis
        named = self._named.setdefault(item.diagnosis, _Named(item.explanation.mistake))
        named.core |= not item.bonus
        named.ids[item.id] += 1
        if named.places[-1:] != [place]:
            named.places.append(place)
            named.first.append(item.id)

    def clusters(self) -> list[Cluster]:
        found = [self._by_name(name, each) for name, each in self._named.items() if len(each.places) > 1]
        together: dict[tuple[int, ...], list[tuple[str, _Answer]]] = defaultdict(list)
        for (id, _, _), each in self._others.items():
            together[tuple(each.places)].append((id, each))
        for places, answers in together.items():
            ids = tuple(id for id, _ in answers)
            people = Picked(self._reports, places, [ids[0]] * len(places))
            found.append(Cluster("", answers[0][1].about, ids, people, all(each.bonus for _, each in answers)))
        return sorted(found, key=lambda cluster: (-len(cluster.people), not cluster.diagnosis, cluster.items))

    def _by_name(self, name: str, found: _Named) -> Cluster:
        return Cluster(
            name,
            found.does[:1].upper() + found.does[1:],
            tuple(id for id, _ in found.ids.most_common()),
            Picked(self._reports, found.places, found.first),
            bonus=not found.core,
        )


def _trouble(row: Mapping[str, Any]) -> tuple[bool, int, float]:
    """The place of an item: the core before the bonus, and first what most students have wrong or still to do."""
    own = sum(row[status] for status in (*WRONG, "todo"))
    return row["bonus"], -own, row["mean"] / max(1, row["points"]) if row["mean"] is not None else 2
