"""What an instructor has to look at after a class was graded, one line each, with what to type."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from autograder.errors import some
from autograder.report import Report
from autograder.report.files import for_excel, table
from autograder.report.text import late_words, plain
from autograder.settings.roster import NO_ROSTER, Roster, contact, label
from autograder.texts import in_english

KINDS = {
    "ungraded": "the grader's own trouble: grade again",
    "unreadable": "cannot be opened: no score was given",
    "empty": "nothing to grade in it: no score was given",
    "look": "graded, and there is something to know",
    "late": "handed in late, as the course's system says",
    "untimed": "nothing says when it was handed in: it counts as in time",
    "missing": "on the roster, and handed in nothing",
    "group": "has somebody's number, and another name",
    "stranger": "not found on the roster; where that is a group, its column group says who is in it",
    "ignored": "not a student's: was not graded",
}


_SEVERAL = 3
_NAMED = 8


class Need(NamedTuple):
    """One thing to look at: whose it is (a name, where only the roster knows them, and empty where it is nobody's), of
    which of KINDS, and why."""

    student: str
    kind: str
    why: str

    @property
    def type(self) -> str:
        """What to type after `gradschool grade …`, where something else can be graded instead."""
        if self.kind in ("unreadable", "empty", "look"):
            return f"gradschool grade … --use {self.student}=FILE"
        return {
            "ungraded": "gradschool grade …",
            "group": "gradschool grade … --roster FILE, with a column group",
            "stranger": "gradschool grade … --roster FILE",
        }.get(self.kind, "")


@in_english()
def needs(reports: Sequence[Report], ignored: Iterable[str] = (), roster: Roster = NO_ROSTER) -> list[Need]:
    """All there is to look at in a class, what matters most first. `ignored` says what was no student's."""
    found = []
    for report in reports:
        if report.status != "graded":
            before = report.who.get("before")
            had = f"; what was handed in before had {before} points" if before else ""
            found.append(Need(report.student, report.status, f"{report.reason}{had}"))
        elif report.message:
            found.append(Need(report.student, "look", report.message))
        if report.dated and report.late:
            found.append(Need(report.student, "late", "; ".join(late_words(report))))
        elif report.who.get("late"):
            longer = (
                "handed in late, as the course's system says, and in time by the course file" if report.dated else ""
            )
            found.append(Need(report.student, "late", longer))
        if report.untimed:
            found.append(Need(report.student, "untimed", ""))
    if roster:
        match = roster.match({report.student: report.who for report in reports})
        found += [Need(label(row), "missing", contact(row)) for row in match.absent]
        found += [Need(student, "group", why) for student, why in match.alone.items()]
        found += [Need(report.student, "stranger", match.doubt.get(report.student, ""))
                  for report in reports if report.student not in match.known]  # fmt: skip
    found += [Need("", "ignored", text) for text in ignored]
    order = list(KINDS)
    return sorted(found, key=lambda need: (order.index(need.kind), need.student))


def needs_csv(found: Sequence[Need]) -> str:
    """The text of needs-you.csv."""
    rows = [["student", "kind", "why", "type"]]
    rows += [[need.student, need.kind, need.why or KINDS[need.kind], need.type] for need in found]
    return for_excel(table(rows))


def briefly(found: Sequence[Need]) -> list[Need]:
    """The list for people, in which those who were only late are one line where they are several."""
    found = _together(found, "late", "as the course's system says")
    return _together(found, "untimed", "nothing says when these were handed in, which counts as in time")


def _together(found: Sequence[Need], kind: str, why: str) -> list[Need]:
    """Those of a kind of whom there is no more to say, as one line where they are several."""
    alike = [need for need in found if need.kind == kind and not need.why]
    if len(alike) < _SEVERAL:
        return list(found)
    place = found.index(alike[0])
    others = [need for need in found if need not in alike]
    return [
        *others[:place],
        Need("", kind, f"{why}: {some([need.student for need in alike], _NAMED)}"),
        *others[place:],
    ]


def line(need: Need) -> str:
    """A need in a line, but for whose it is."""
    why = " ".join(plain(need.why).split()) or KINDS[need.kind]
    return why if need.kind == "ignored" else f"{need.kind}: {why}"
