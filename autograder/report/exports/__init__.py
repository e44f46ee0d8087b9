"""Finished results in the forms that other systems take. Nothing is graded again.

A format is a module of this package, called like the format, with an `EXPORT`: `ForClass` makes one text of all
reports, `ForStudent` one of each, `ForPeople` files for all. It is offered by the command as soon as it is there.
"""

from __future__ import annotations

import io
import json
import pkgutil
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import IO

from autograder.errors import UserError, some
from autograder.files import write_atomically, written
from autograder.report import Report
from autograder.report.files import for_excel, report_json
from autograder.report.kept.shelf import Shelf
from autograder.report.text import plain
from autograder.settings.roster import NO_ROSTER, Roster, label
from autograder.texts import language

_NAMED = 8
_DAY = (1980, 1, 1, 0, 0, 0)  # the same results always make the same archive
File = Callable[[Shelf], bytes]


@dataclass(frozen=True)
class ForClass:
    """A table of all. `ids` are the columns of a roster by which the system knows its students; `whole` says that who
    is ungraded has a place in it. Where they have none they are left out: a system would take anything for a score.
    `stand_in` is the column that holds gradschool's id where nothing else is known."""

    write: Callable[[Sequence[Report]], str]
    ids: tuple[str, ...] = ()
    whole: bool = False
    stand_in: str = ""


@dataclass(frozen=True)
class ForStudent:
    """A text about one, in a file of this name. `whole` says that it can tell ungraded from zero."""

    write: Callable[[Report], str]
    file: str
    whole: bool = False


@dataclass(frozen=True)
class ForPeople:
    """Files to give back, by name, each made when its turn comes: in one archive, or in a folder. `ids` are the columns
    of which one must be known of a student, and `lack` says what is missing where none is."""

    write: Callable[[Sequence[Report]], Mapping[str, File]]
    packed: bool
    ids: tuple[str, ...] = ()
    lack: str = ""


@dataclass
class Exported:
    """What became of an export: the text, where no file was asked for, and sentences about who is not in it. `complete`
    is False when a score did not get out."""

    text: str = ""
    said: list[str] = field(default_factory=list)
    complete: bool = True


def formats() -> list[str]:
    return sorted(module.name.replace("_", "-") for module in pkgutil.iter_modules(__path__))


def _format(name: str) -> ForClass | ForStudent | ForPeople:
    made: ForClass | ForStudent | ForPeople = import_module(f"{__name__}.{name.replace('-', '_')}").EXPORT
    return made


def write_check(folder: Path, report: Report) -> None:
    """Write what CI keeps of a check: `folder`/report.json, junit.xml and summary.md."""
    write_atomically(folder / "report.json", report_json(report))
    for made in map(_format, ("junit", "markdown")):
        assert isinstance(made, ForStudent)
        write_atomically(folder / made.file, made.write(report))


def export(
    name: str, results: Path, out: Path | None = None, roster: Roster = NO_ROSTER, *, kept: Roster = NO_ROSTER
) -> Exported:  # fmt: skip
    """Make the export of that name of all reports in a results folder, or of the one report in a student's. A `kept`
    roster is that of an earlier `grade`, and stands for one that was not given where it says what is wanted."""
    if name not in formats():
        raise UserError(f"there is no format {name!r}; there are {', '.join(formats())}")
    made = _format(name)
    ids = () if isinstance(made, ForStudent) else made.ids
    if roster and (not ids or ids == ("upload",)):
        raise UserError(f"{name} names students by the ids that gradschool gives: it takes no roster")
    shelf = Shelf(results)
    reports = shelf.outlines()
    if other := next((report.language for report in reports if report.language != language()), ""):
        raise UserError(
            f"{results} is in the language {other}, and the course file says {language()}: name the course by --course"
        )
    roster = roster or (kept if kept.columns & set(ids) else NO_ROSTER)
    if roster and not roster.columns & set(ids) and not any(_known(report, ids) for report in reports):
        raise UserError(f"{roster.name} has none of the columns by which {name} knows students: {', '.join(ids)}")
    done = Exported(said=[*roster.said])
    if not shelf.alone:
        reports = last_run(results, reports, done.said)
    if roster:
        reports = _told(reports, roster, shelf.alone, done)
    chosen = _chosen(made, reports, ids, roster, done)
    if isinstance(made, ForClass):
        _put(for_excel(made.write(chosen)), out, done)
    elif isinstance(made, ForPeople):
        _put_files(name, made, chosen, shelf, out, done)
    elif shelf.alone:
        if chosen:
            _put(made.write(shelf.told(chosen[0])), out, done)
    else:
        for report in chosen:
            write_atomically((out or results) / report.student / made.file, made.write(shelf.told(report)))
        done.said.append(f"{len(chosen):,} files written: {out or results}/STUDENT/{made.file}")
    return done


def last_run(folder: Path, reports: Sequence[Report], said: list[str]) -> list[Report]:
    """Those of the reports that the last run was about, as summary.json says; who else has one there is said."""
    students: set[str] = set()
    with suppress(OSError, ValueError, TypeError, KeyError):
        students = set(json.loads((folder / "summary.json").read_text("utf-8"))["students"])
    theirs = [report for report in reports if report.student in students]
    if theirs and (others := [report.student for report in reports if report.student not in students]):
        said.append(
            f"left out, for they are of an earlier run than the last one into {folder}: {_names(others)}; "
            "grade all of them in one run, or each class into a folder of its own"
        )
    return theirs or [*reports]


def _told(reports: Sequence[Report], roster: Roster, alone: bool, done: Exported) -> list[Report]:
    """The reports, with what the roster knows of the students; says who is in it without results, and in doubt."""
    people = {report.student: report.who for report in reports}
    match = roster.match(people)
    for student, why in {**match.doubt, **match.alone}.items():
        done.said.append(f"{plain(student)}: {plain(why)}")
    if not alone and match.absent:
        done.said.append(f"in {roster.name}, but without results: {_names([label(row) for row in match.absent])}")
    told = roster.tell(people)
    return [replace(report, who=told[report.student]) for report in reports]


def _known(report: Report, ids: Sequence[str]) -> bool:
    """Whether one of the columns says who the student is."""
    return any(report.who.get(column) for column in ids)


def _chosen(
    made: ForClass | ForStudent | ForPeople, reports: Sequence[Report], ids: Sequence[str], roster: Roster,
    done: Exported,
) -> list[Report]:  # fmt: skip
    """Who gets into the export. Who does not is said."""
    chosen = list(reports)
    whole = isinstance(made, ForPeople) or made.whole
    if not whole and (lost := [report.student for report in chosen if report.ungraded]):
        chosen = [report for report in chosen if not report.ungraded]
        done.said.insert(0, f"left out, for they are ungraded: {_names(lost)}")
        done.complete = False
    unknown = [report.student for report in chosen if not _known(report, ids)] if ids else []
    if unknown and (roster or isinstance(made, ForPeople)):
        chosen = [report for report in chosen if _known(report, ids)]
        why = made.lack if isinstance(made, ForPeople) else f"{roster.name} has no id of theirs"
        done.said.append(f"left out, for {why}: {_names(unknown)}")
        done.complete = False
    elif unknown and isinstance(made, ForClass) and made.stand_in:
        done.said.append(
            f"no {' or '.join(ids)} of theirs is known, so {made.stand_in} holds what gradschool calls them "
            f"(--roster FILE says more): {_names(unknown)}"
        )
    return chosen


def _put(text: str, out: Path | None, done: Exported) -> None:
    if out is None:
        done.text = text
    else:
        write_atomically(out, text)
        done.said.append(f"written: {out}")


def _put_files(
    name: str, made: ForPeople, reports: Sequence[Report], shelf: Shelf, out: Path | None, done: Exported
) -> None:
    if not reports:
        return
    files = made.write(reports)
    contents = ((file, make(shelf)) for file, make in files.items())
    if made.packed:
        target = out or shelf.results / f"{name}.zip"
        with written(target) as archive:
            pack(archive, contents)
        done.said.append(f"written: {target}, with {len(files):,} files")
    else:
        target = out or shelf.results / name
        for file, content in contents:
            write_atomically(target / file, content)
        done.said.append(f"{len(files):,} files written into {target}")


def packed(files: Mapping[str, bytes]) -> bytes:
    """A zip archive of these files."""
    buffer = io.BytesIO()
    pack(buffer, files.items())
    return buffer.getvalue()


def pack(file: IO[bytes], contents: Iterable[tuple[str, bytes]]) -> None:
    """Write a zip archive of these files, one after the other."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents:
            archive.writestr(zipfile.ZipInfo(name, _DAY), content, zipfile.ZIP_DEFLATED)


def _names(students: Sequence[str]) -> str:
    return some([*map(plain, students)], _NAMED)
