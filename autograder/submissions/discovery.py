"""Finds what the students of a class handed in: in a folder, an nbgrader tree, or what a course's system hands over."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from autograder.errors import UserError, some
from autograder.ids import safe_id, same
from autograder.project import CONFIG, PACKAGE
from autograder.scratch import Scratch
from autograder.submissions import layouts
from autograder.submissions.attempts import handed_in_at, joined, known_of
from autograder.submissions.class_archive import NO_CLASS, class_in
from autograder.submissions.package_choice import is_flat
from autograder.submissions.places import Place, hidden_in, on_disk
from autograder.submissions.sources import archive_process
from autograder.submissions.sources.archives import is_archive, is_packed, without_suffix
from autograder.submissions.sources.files import Bundle, Refused, printable
from autograder.submissions.sources.limits import Parts
from autograder.submissions.submission import Submission, as_source
from autograder.submissions.unpacking import Source

_COURSE = {"source", "release", "submitted", "autograded", "feedback", "downloaded"}  # what nbgrader makes
_RESULTS = {"grades.csv", "summary.json"}
# What a student may have handed in although it cannot be graded; other files beside submissions are the course's.
_HANDED_IN = (".py", ".ipynb", ".pdf", ".doc", ".docx", ".odt", ".rtf", ".pages", ".png", ".jpg", ".jpeg", ".heic")
_AROUND = 4  # folders around a class
_HOW = ("late", "upload", "attempts")  # what is known of how it was handed in, and not of the student
_NOTHING: dict[str, Any] = {}  # one for a whole class
_T = TypeVar("_T")
Say = Callable[[str], None]
Members = Callable[[Mapping[str, str]], Sequence[Mapping[str, str]]]


class _Found(NamedTuple):
    """A submission before it has an id; `who` is what is known of the student, at least a "name"."""

    who: Mapping[str, str]
    folders: Mapping[str, Source]
    remark: str = ""
    when: datetime | None = None

    @property
    def name(self) -> str:
        return self.who["name"]

    @property
    def number(self) -> str:
        """What the system calls the student, beside the name."""
        return next((value for key, value in self.who.items() if key not in ("name", *_HOW)), "")


class _Search(NamedTuple):
    """What to look for: the names of assignments, and the layout that must be, if one must. `say` hears how the
    class was read, and `leave` what is no student's."""

    assignments: Collection[str]
    layout: str
    say: Say
    leave: Say


def find_submissions(
    paths: Sequence[Path], assignments: Collection[str], say: Say = lambda remark: None, *, layout: str = "",
    leave: Say = lambda remark: None, members: Members = lambda who: (),
) -> list[Submission]:  # fmt: skip
    """Everything that the paths hold, in sorted order of student id.

    A path is a submission, a folder of them, an nbgrader tree (or one student of it), or what a course's system hands
    over, in one of `layouts.LAYOUTS`; `layout` names the one to read it by. UserError for a path that is none of these.

    Of several paths each is one student's, whatever lies in it, unless they all hold several submissions: a student who
    hands in folders with the names of others must not become those. `say` hears of what was not taken for a class, and
    how one was read, and `leave` of what was found and is no student's. `members` says of what is known of who handed
    in who they are, where that is a group: what it handed in is each member's.
    """
    if layout and layout not in (names := [each.name for each in layouts.LAYOUTS]):
        raise UserError(f"there is no layout {layout}: {', '.join(names)} are known")
    search = _Search(assignments, layout, say, leave)
    real: dict[str, Path] = {}
    for path in sorted(Path(os.path.abspath(path)) for path in paths):
        real.setdefault(os.path.realpath(path), path)
    outer = [path for place, path in real.items() if not real.keys() & {*map(str, Path(place).parents)}]
    classes = [path for path in outer if len(outer) == 1 or _reading(_holds_several, path, search)]
    find = _found_at if len(classes) == len(outer) else _found_as_one
    distinct: dict[bytes, _Found] = {}
    for path in real.values():
        for each in _reading(find, path, search):
            distinct.setdefault(_told_by(each), each)
    for path in classes if find is _found_as_one else ():
        say(f"{printable(str(path))} looks like a class, but among the other paths it counts as one student's: grade a "
            "class by itself, or put all into one folder")  # fmt: skip
    found = [(each, members(each.who)) for each in distinct.values()]
    return _identified([one for each, group in found for one in ([each._replace(who=who) for who in group] or [each])])


def _told_by(found: _Found) -> bytes:
    """A digest of whose it is, and where it lies."""
    places = [(assignment, _real(place)) for assignment, place in found.folders.items()]
    told = repr((sorted(found.who.items()), sorted(places))).encode("utf-8", "backslashreplace")
    return hashlib.blake2b(told, digest_size=16).digest()


def _real(source: Source) -> str:
    pieces = [path for _, path in source.pieces] if isinstance(source, Bundle) else [source]
    return "\0".join(os.path.realpath(piece) for piece in pieces if isinstance(piece, Path))


def _reading(look: Callable[[Path, _Search], _T], path: Path, search: _Search) -> _T:
    try:
        return look(path, search)
    except OSError as error:
        raise UserError(f"{printable(str(path))}: {error.strerror}; check its permissions") from error


def _found_as_one(path: Path, search: _Search) -> list[_Found]:
    """What is there as the submission of one student, named by the path."""
    own = layouts.own(path)
    if path.is_dir() and _found_in(on_disk(path), "", _quietly(search)):
        return [_Found(_who(path), (not own and _assigned(path, search)) or {"": path})]
    if path.is_file() and _is_gradable(on_disk(path)):
        return [_Found(_who(path), {"": as_source(path, path.name)})]
    return _found_at(path, search)  # which says what is wrong


def _quietly(search: _Search) -> _Search:
    return search._replace(say=lambda remark: None, leave=lambda remark: None)


def _holds_several(path: Path, search: _Search) -> bool:
    """Whether a path looks like a class of more than one."""
    if path.is_dir():
        return len(_found_in(on_disk(path), "", _quietly(search))) > 1
    return path.is_file() and is_archive(path.name) and class_in(path, search.assignments, search.layout).several


def _found_at(path: Path, search: _Search, depth: int = 0) -> list[_Found]:
    shown = printable(str(path))
    if path.is_dir():
        next(path.iterdir(), None)  # raises where it cannot be read
        found = _found_in(on_disk(path), _who(path)["name"], search)
        if not found:
            raise UserError(f"no submissions in {shown}: give a folder with a folder or archive a student")
        return found
    if not path.is_file() or not _is_gradable(on_disk(path)):
        what = "is neither a folder nor an archive" if path.exists() else "does not exist"
        raise UserError(f"{shown} {what}: give a submission, or a folder of submissions")
    within = class_in(path, search.assignments, search.layout) if is_archive(path.name) else NO_CLASS
    if within.top is None:
        inner = _unpacked(path, (), search) / within.sole if within.sole and depth < _AROUND else None
        if inner and class_in(inner, search.assignments, search.layout).known:
            return _found_at(inner, search, depth + 1)
        if within.folders:
            named = some([*map(printable, within.folders)], 4)
            search.say(f"{shown} counts as one student's, with one package at most in {named}: if it "
                       "is a class, unpack it and give the folder")  # fmt: skip
        return [_Found(_who(path), {"": as_source(path, path.name)})]
    top = within.top
    inside = _unpacked(path, top, search)
    return _found_in(on_disk(inside), top[-1] if top else _who(path)["name"], search)


def _unpacked(path: Path, top: Parts, search: _Search) -> Path:
    """A folder with what the archive of a class holds at `top`, which goes when this process does."""
    shown = printable(str(path))
    place = _classes(tempfile.gettempdir()).name
    inside = Path(tempfile.mkdtemp(dir=place), without_suffix(top[-1] if top else path.name))  # noqa: TID251
    inside.mkdir()
    try:
        for parts in archive_process.copy_class(path, top, inside):
            search.leave(f"{printable('/'.join(parts))} was left in {shown}: it is a link, or its name is too long or "
                         "leads elsewhere; if it is a student's, unpack it and give the folder")  # fmt: skip
    except Refused as refusal:
        raise UserError(f"{shown} was not unpacked ({refusal}); unpack it and give the folder") from None
    return inside


@cache
def _classes(place: str) -> Scratch:
    """Where the classes out of archives lie: one folder, however many these are, for such a folder is held open."""
    return Scratch("class-")


def _found_in(folder: Place, name: str, search: _Search, depth: int = 0) -> list[_Found]:
    """The submissions in a folder, which may also be a submission itself: then `name` is the student's."""
    folders = {entry.name: entry for entry in folder.entries if entry.is_folder}
    own = layouts.own(folder.path)
    # A class's folder may look like Canvas: cs_101_2025_spring. Others' names cannot be mistaken.
    upload = own and (own.sure or sum(map(_is_gradable, folder.entries)) < 2)
    if upload or PACKAGE in map(str.casefold, (folder.name, *folders)):
        return [_Found(known_of([own]) if own else {"name": name}, {"": folder.path})]
    if assigned := _assigned(folder.path, search):
        return [_Found({"name": name}, assigned)]
    if is_flat(entry.name for entry in folder.entries if not entry.is_folder):
        return [_Found({"name": name}, {"": folder.path})]
    known = layouts.read(folder, search.layout)
    gradable = [entry for entry in folder.entries if _is_gradable(entry) and not _is_results(entry)]
    sole = gradable[0] if len(gradable) == 1 and not known and depth < _AROUND else None
    if sole and is_archive(sole.name) and class_in(sole.path, search.assignments, search.layout).known:
        return _found_at(sole.path, search, depth + 1)
    for inner in () if known else folders.values():
        download = [inner] == gradable and depth < _AROUND and _leads_to_class(inner, search, depth)
        course = inner.name == "submitted" and (folders.keys() <= _COURSE or (folder.path / CONFIG).is_file())
        if download or course:
            return _found_in(inner, _who(inner.path)["name"], search, depth + 1)

    found, taken = [], set()
    if known:
        layout, uploads = known
        search.say(f"{printable(folder.name)} was read as {layout.system} hands it over")
        found = [_Found(who, {"": source}, remark, when) for who, source, remark, when in joined(uploads)]
        taken = {upload.path.relative_to(folder.path).parts[0] for upload in uploads}
    for hidden in hidden_in(folder.path):
        search.leave(f"{printable(hidden)} is not a student's, and was not graded")
    for entry in folder.entries:
        if entry.name in taken:
            continue
        if _is_results(entry) or not (_is_gradable(entry) or _may_be_handed_in(entry)):
            search.leave(f"{printable(entry.name)} is not a student's, and was not graded")
        else:
            source = _assigned(entry.path, search) or {"": as_source(entry.path, entry.name)}
            found.append(_Found({"name": _name(entry.path, name)}, source))
    return found


def _leads_to_class(folder: Place, search: _Search, depth: int) -> bool:
    """Whether a class lies in there, in a layout that is known."""
    if layouts.read(folder, search.layout):
        return True
    inner = [entry for entry in folder.entries if _is_gradable(entry)]
    return len(inner) == 1 and inner[0].is_folder and depth < _AROUND and _leads_to_class(inner[0], search, depth + 1)


def _assigned(folder: Path, search: _Search) -> dict[str, Source]:
    """The assignment folders of an nbgrader student, none for a plain submission. Links are not followed."""
    names = {entry.name: entry.path for entry in on_disk(folder).entries if entry.is_folder}
    if PACKAGE in map(str.casefold, names):
        return {}
    return {name: path for name, path in names.items() if name in search.assignments and not path.is_symlink()}


def _who(path: Path) -> Mapping[str, str]:
    """What the name of `path` says of the student who handed it in."""
    own = layouts.own(path)
    return known_of([own]) if own else {"name": _name(path, path.parent.name)}


def _name(path: Path, parent: str) -> str:
    """The student's name by the file's, or by that of the folder around it when that is just the package's."""
    stem = path.name if path.is_dir() else without_suffix(path.name)
    stem = stem.removesuffix(path.suffix) if path.suffix.lower() in _HANDED_IN else stem
    return stem if stem.casefold() != PACKAGE else parent


def _is_gradable(entry: Place) -> bool:
    return entry.is_folder or is_archive(entry.name) or is_packed(entry.path)


def _may_be_handed_in(entry: Place) -> bool:
    """Whether it is a student's, although it may be nothing that can be graded."""
    dangling = entry.path.is_symlink() and not entry.path.exists()
    return dangling or entry.path.suffix.lower() in _HANDED_IN


def _is_results(entry: Place) -> bool:
    """Whether a folder is where an earlier run put its results."""
    return entry.is_folder and all((entry.path / name).exists() for name in _RESULTS)


def _identified(found: Sequence[_Found]) -> list[Submission]:
    """Give everybody an id of their own: the plain name where it is the only one, else with a number.

    Who is called like an id goes first, so that nobody takes it away by a name that becomes the same (" ada", "-ada").
    """
    named = sorted(((safe_id(each.name), each) for each in found), key=_plain_first)
    numbers: dict[str, str] = {}
    namesakes = {name for id, each in named if numbers.setdefault(name := same(id), each.number) != each.number}
    owners: dict[str, Submission] = {}
    late: list[tuple[str, _Found]] = []
    for id, each in named:
        student = safe_id(f"{each.name}_{each.number}") if each.number and same(id) in namesakes else id
        if same(student) in owners:
            late.append((student, each))
        else:
            owners[same(student)] = _submission(student, each)
    for student, each in late:
        others = (f"{student[:74]}-{number}" for number in count(2))
        student = next(other for other in others if same(other) not in owners)
        owners[same(student)] = _submission(student, each)
    return sorted(owners.values(), key=lambda submission: submission.student)


def _plain_first(named: tuple[str, _Found]) -> tuple[bool, str, str]:
    id, found = named
    return id != found.name, found.name, found.number


def _submission(student: str, found: _Found) -> Submission:
    who = _NOTHING if found.who == {"name": student} else found.who
    times = {name: time for name, place in found.folders.items() if (time := found.when or handed_in_at(name, place))}
    return Submission(student, found.folders, printable(found.name), who, found.remark, times or _NOTHING)
