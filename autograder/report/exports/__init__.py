"""Finished results in the forms that other systems take. Nothing is graded again.

A format is a module of this package, called like the format, with an `EXPORT`: `ForClass` makes one text of all
reports, `ForStudent` one of each. It is offered by the command as soon as it is there.
"""

from __future__ import annotations

import json
import pkgutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

from autograder.errors import UserError
from autograder.report import Report
from autograder.report.files import write_atomically
from autograder.report.roster import NO_ROSTER, Roster
from autograder.report.text import plain

_NAMED = 8


@dataclass(frozen=True)
class ForClass:
    """A text about all. `ids` are the columns of a roster by which the system knows its students; `whole` says that who
    is ungraded has a place in it. Where they have none they are left out: a system would take anything for a score."""

    write: Callable[[Sequence[Report], Roster], str]
    ids: tuple[str, ...] = ()
    whole: bool = False


@dataclass(frozen=True)
class ForStudent:
    """A text about one, in a file of this name. `whole` says that it can tell ungraded from zero."""

    write: Callable[[Report], str]
    file: str
    whole: bool = False


@dataclass
class Exported:
    """What became of an export: the text, where no file was asked for, and sentences about who is not in it. `complete`
    is False when a score did not get out."""

    text: str = ""
    said: list[str] = field(default_factory=list)
    complete: bool = True


def formats() -> list[str]:
    """The names of all formats."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


def export(name: str, results: Path, out: Path | None = None, roster: Roster = NO_ROSTER) -> Exported:
    """Make the export of that name of all reports in a results folder, or of the one report in a student's."""
    if name not in formats():
        raise UserError(f"there is no format {name!r}; there are {', '.join(formats())}")
    made: ForClass | ForStudent = import_module(f"{__name__}.{name}").EXPORT
    ids = made.ids if isinstance(made, ForClass) else ()
    if roster and not ids:
        raise UserError(f"{name} names students by the ids that gradschool gives: it takes no roster")
    if roster and not roster.columns & set(ids):
        raise UserError(f"{roster.name} has none of the columns by which {name} knows students: {', '.join(ids)}")
    reports, alone = read_results(results)
    done = Exported()
    chosen = _chosen(made, reports, ids, roster, alone, done)
    if isinstance(made, ForClass):
        _put(made.write(chosen, roster), out, done)
    elif alone:
        if chosen:
            _put(made.write(chosen[0]), out, done)
    else:
        for report in chosen:
            write_atomically((out or results) / report.student / made.file, made.write(report))
        done.said.append(f"{len(chosen):,} files written: {out or results}/STUDENT/{made.file}")
    return done


def read_results(folder: Path) -> tuple[list[Report], bool]:
    """The reports in a results folder in the order of their students, or the one in a student's folder; and whether it
    is that one."""
    alone = (folder / "report.json").is_file()
    paths = [folder / "report.json"] if alone else sorted(folder.glob("*/report.json"))
    if not paths:
        raise UserError(f"there are no results in {folder}: `gradschool grade SUBMISSIONS --out {folder}` makes some")
    reports = []
    for path in paths:
        try:
            report = Report.from_dict(json.loads(path.read_text("utf-8")))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise UserError(f"{path} is not a report of this version ({error}): grade the submission again") from None
        if report.student != path.parent.name and not alone:
            raise UserError(f"{path} is the report of somebody else ({report.student!r}): grade the submission again")
        reports.append(report)
    return reports, alone


def _chosen(
    made: ForClass | ForStudent, reports: Sequence[Report], ids: Sequence[str], roster: Roster, alone: bool,
    done: Exported,
) -> list[Report]:  # fmt: skip
    """Who gets into the export. Who does not is said."""
    chosen = list(reports)
    if not made.whole and (lost := [report.student for report in chosen if report.ungraded]):
        chosen = [report for report in chosen if not report.ungraded]
        done.said.append(f"left out, for they are ungraded: {_names(lost)}")
        done.complete = False
    if roster:
        if unknown := [report.student for report in chosen if not roster.knows(report.student, ids)]:
            chosen = [report for report in chosen if roster.knows(report.student, ids)]
            done.said.append(f"left out, for {roster.name} has no id of theirs: {_names(unknown)}")
            done.complete = False
        handed_in = {report.student for report in reports}
        if not alone and (absent := [student for student in roster.rows if student not in handed_in]):
            done.said.append(f"in {roster.name}, but without results: {_names(absent)}")
    return chosen


def _put(text: str, out: Path | None, done: Exported) -> None:
    if out is None:
        done.text = text
    else:
        write_atomically(out, text)
        done.said.append(f"written: {out}")


def _names(students: Sequence[str]) -> str:
    more = f" and {len(students) - _NAMED:,} more" if len(students) > _NAMED else ""
    return ", ".join(map(plain, students[:_NAMED])) + more
