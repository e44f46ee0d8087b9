"""One report, many faces: what grading a submission found, as data that every output format reads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, overload

from autograder.explanation import Explanation, Invalid
from autograder.phrase import N_
from autograder.report.late import Late, off
from autograder.texts import ENGLISH

SCHEMA = 1
STATUSES = (
    N_("passed"), N_("failed"), N_("todo"), N_("blocked"), N_("error"), N_("timeout"), N_("crashed"), N_("ungraded"),
)  # fmt: skip
UNREAD = (N_("unreadable"), N_("empty"))  # of a report whose submission nobody could grade
_FIRST = ("id", "assignment", "title", "points", "earned", "status", "message")  # of a verdict's keys


@dataclass(frozen=True)
class ItemResult:
    """The verdict on one rubric item: facts, of which every face makes the same sentences. `seconds` is the wall time
    that the student's code took."""

    id: str
    assignment: str
    title: str
    points: int
    earned: int
    status: str
    counterexample: dict[str, Any] | None = None
    reproduce: str | None = None
    diagnosis: str | None = None
    hint: str | None = None
    file: str | None = None
    line: int | None = None
    stdout: str = ""
    seconds: float = 0.0
    explanation: Explanation = field(default_factory=Explanation)
    bonus: bool = False  # whether it counts beyond the maximum

    @property
    def message(self) -> str:
        """What there is to say of it; empty where it passed."""
        return self.explanation.text()

    def as_dict(self) -> dict[str, Any]:
        """The verdict as plain data, in the order and with the keys of report.json, without an empty explanation and
        without `bonus` where it is none."""
        said = {"message": self.message, "explanation": self.explanation.as_dict()}
        data = {**dict.fromkeys(_FIRST), **vars(self), **said}
        return {key: value for key, value in data.items() if value or key not in ("explanation", "bonus")}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> ItemResult:
        """The inverse of `as_dict`; what an older version wrote has a message and no explanation."""
        facts = {**data}
        message, said = facts.pop("message"), facts.get("explanation")
        facts["explanation"] = Explanation(message) if said is None else Explanation.from_dict(said)
        return cls(**facts)


@dataclass(frozen=True)
class Report:
    """All verdicts on one student's submission.

    `exam` and `submission` are content addresses ("sha256…"); `sandbox` lists the layers that were really active;
    `message` says what was wrong with the submission as a whole, or is empty. Where it holds no package that can be
    read there are no verdicts: `unread` is then "unreadable" or "empty", and `out_of` what the core would be worth.
    `who` is what is known of the student, by the columns of a roster. `invalid` are the files that are not Python.
    `dated` says that the course has due dates: then `late` are the assignments that came after them, and `untimed` that
    nothing is known of when others came, which counts as in time. `language` is that of its sentences.
    """

    student: str
    exam: str
    submission: str
    sandbox: list[str]
    items: list[ItemResult] = field(default_factory=list)
    message: str = ""
    who: dict[str, str] = field(default_factory=dict)
    unread: str = ""
    out_of: float = 0.0
    invalid: list[Invalid] = field(default_factory=list)
    dated: bool = False
    late: list[Late] = field(default_factory=list)
    untimed: bool = False
    language: str = ENGLISH
    # What was asked for once. Set when a report is made, for one that gets them later takes twice as much memory.
    _score: float | None = field(default_factory=lambda: None, init=False, repr=False, compare=False)
    _ungraded: bool | None = field(default_factory=lambda: None, init=False, repr=False, compare=False)

    @property
    def status(self) -> str:
        """Of the whole: "graded", "ungraded" by the grader's own trouble, or as `unread` says."""
        return self.unread or ("ungraded" if self.ungraded else "graded")

    @property
    def score(self) -> float:
        """Points earned on core items."""
        if self._score is None:
            object.__setattr__(self, "_score", float(sum([item.earned for item in self.items if not item.bonus])))
        return self._score or 0.0

    @property
    def max_score(self) -> float:
        """Points that the core items are worth."""
        return self.out_of if self.unread else float(sum([item.points for item in self.items if not item.bonus]))

    @property
    def bonus(self) -> float:
        """Points earned on the items of the bonus, beyond the maximum."""
        return float(sum([item.earned for item in self.items if item.bonus]))

    @property
    def penalty(self) -> float:
        """Points of the core that are taken off for what is late."""
        return off(sum(each.penalty for each in self.late))

    @property
    def final_score(self) -> float:
        """The score without the penalty."""
        return max(0.0, off(self.score - self.penalty))

    @property
    def final_bonus(self) -> float:
        """The bonus without what is taken off that."""
        return max(0.0, off(self.bonus - sum(each.bonus for each in self.late)))

    @property
    def ungraded(self) -> bool:
        """Whether the grader's own trouble left an item without a verdict."""
        if self._ungraded is None:
            object.__setattr__(self, "_ungraded", any(item.status == "ungraded" for item in self.items))
        return bool(self._ungraded)

    @property
    def reason(self) -> str:
        """What there is to say of the whole, or why it is ungraded."""
        lost = (item.message for item in self.items if item.status == "ungraded")
        return self.message or next(lost, "")

    def as_dict(self) -> dict[str, Any]:
        """The report as plain data, in the order and with the keys of report.json."""
        return {
            "schema": SCHEMA,
            "student": self.student,
            "exam": self.exam,
            "submission": self.submission,
            "score": self.score,
            "max_score": self.max_score,
            "bonus": self.bonus,
            **(self._dated() if self.dated else {}),
            "sandbox": self.sandbox,
            "message": self.message,
            **({"status": self.unread} if self.unread else {}),
            **({"who": self.who} if self.who else {}),
            **({"language": self.language} if self.language != ENGLISH else {}),
            **({"invalid": [each.as_dict() for each in self.invalid]} if self.invalid else {}),
            "items": [item.as_dict() for item in self.items],
        }

    def _dated(self) -> dict[str, Any]:
        late = [dict(vars(each)) for each in self.late]
        told = {"penalty": self.penalty, "final_score": self.final_score, "final_bonus": self.final_bonus, "late": late}
        return {**told, **({"untimed": True} if self.untimed else {})}

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Report:
        """Rebuild a report from `as_dict`'s data. Raises ValueError when it has another schema."""
        if data.get("schema") != SCHEMA:
            raise ValueError(f"this report has schema {data.get('schema')!r}; this version reads {SCHEMA}")
        items = [ItemResult.from_dict(item) for item in data["items"]]
        return cls(
            data["student"], data["exam"], data["submission"], data["sandbox"], items, data["message"],
            who=data.get("who", {}), unread=data.get("status", ""),
            out_of=data["max_score"] if data.get("status") else 0.0,
            invalid=[Invalid.from_dict(each) for each in data.get("invalid", ())],
            dated="final_score" in data, late=[Late(**each) for each in data.get("late", ())],
            untimed=data.get("untimed", False), language=data.get("language", ENGLISH),
        )  # fmt: skip


class Roll(Sequence[Report]):
    """The reports of a class in the order of their students, each made of its line when its turn comes, by `read`: so
    that a class of any size takes the memory of its lines."""

    def __init__(self, read: Callable[[bytes], Report], lines: Mapping[str, bytes], dated: bool):
        self.students = sorted(lines)
        self.dated = dated
        self._read = read
        self._lines = [lines[student] for student in self.students]

    def __len__(self) -> int:
        return len(self._lines)

    @overload
    def __getitem__(self, place: int) -> Report: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Report]: ...
    def __getitem__(self, place: int | slice) -> Report | Sequence[Report]:
        if isinstance(place, slice):
            return [*map(self._read, self._lines[place])]
        return self._read(self._lines[place])

    def __iter__(self) -> Iterator[Report]:
        return map(self._read, self._lines)


def students(reports: Sequence[Report]) -> list[str]:
    """Whose they are, in order."""
    return reports.students if isinstance(reports, Roll) else sorted(report.student for report in reports)


def are_dated(reports: Sequence[Report]) -> bool:
    """Whether the course of any has due dates."""
    return reports.dated if isinstance(reports, Roll) else any(report.dated for report in reports)


def by_student(reports: Sequence[Report]) -> Sequence[Report]:
    """Reports in the order of their students."""
    return reports if isinstance(reports, Roll) else sorted(reports, key=lambda report: report.student)
