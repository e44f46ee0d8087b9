"""How courses' systems hand over a class: what the names of files and folders say of who handed in what.

Each system is a row of LAYOUTS with an example, which its test reads: to add the next one, add a row. A layout looks at
one folder, and says of which of its entries it knows whose they are; everything else there is somebody's all the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from autograder.submissions.gradescope import created_at, metadata, submitters_of
from autograder.submissions.places import Place
from autograder.submissions.sources.archives import is_archive
from autograder.submissions.sources.files import read_plainly
from autograder.submissions.times import stamped

_SMALL = 1_000_000  # bytes: no system's metadata on one student is larger
_LARGE = 100_000_000


class Upload(NamedTuple):
    """One file or folder that a student handed in.

    `who` is what the system says of the student, by the columns of a roster: at least a "name". `file` is what the
    student called the file, empty where the entry is all that they handed in. Of several attempts the latest has the
    greatest `attempt`; what has the same one was handed in together. A `text` was typed into a form, or says how the
    rest was handed in. `sure` is its layout's, and `when` the time at which it was handed in, where the system says
    one.
    """

    path: Path
    who: Mapping[str, str]
    file: str = ""
    attempt: tuple[Any, ...] = ()
    late: bool = False
    text: bool = False
    sure: bool = True
    when: datetime | None = None

    @property
    def key(self) -> tuple[str, ...]:
        """What is the same for all that one student handed in."""
        return tuple(self.who.values())


class Layout(NamedTuple):
    """One system's. `read` gives what it recognises in a folder; `sure` says that no other names look like its, and
    `alone` that one name says enough."""

    name: str
    system: str
    example: str
    read: Callable[[Place], list[Upload]]
    sure: bool = True
    alone: bool = True


def read(folder: Place, forced: str = "") -> tuple[Layout, list[Upload]] | None:
    """The layout of a class that fits a folder best, and what it recognises there; `forced` is the only one that is
    tried, whatever else the folder holds."""
    fitting = []
    for layout in LAYOUTS:
        if forced in ("", layout.name) and (uploads := layout.read(folder)):
            entries = {upload.path.relative_to(folder.path).parts[0] for upload in uploads}
            known = sum(entry.name in entries for entry in folder.entries)
            if forced or layout.sure or 2 * known > len([each for each in folder.entries if _counts(each)]):
                fitting.append((layout.sure, known, layout, uploads))
    if not fitting:
        return None
    _, _, layout, uploads = max(fitting, key=lambda fit: fit[:2])
    return layout, uploads


def _counts(entry: Place) -> bool:
    return entry.is_folder or is_archive(entry.name) or entry.name.endswith((".py", ".ipynb"))


def own(path: Path) -> Upload | None:
    """What a file's or folder's own name says of whose it is."""
    alone = Place(path.parent, lambda: [Place(path, (lambda: []) if path.is_dir() else None)])
    found = ((layout.sure, upload) for layout in LAYOUTS if layout.alone for upload in layout.read(alone))
    return next((upload._replace(sure=sure) for sure, upload in found), None)


# --- systems that write all into each name ------------------------------------------------------------------


def _by_names(pattern: str, column: str = "", when: str = "") -> Callable[[Place], list[Upload]]:
    """Reads names of which `pattern` finds the student's `name`, their `number` (in this column of a roster) and the
    `file`, the time of the attempt as `when` spells it, or the number of the `upload`, and whether it was `late`."""
    compiled = re.compile(pattern, re.S)

    def upload(entry: Place) -> Upload | None:
        match = compiled.fullmatch(entry.name)
        if not match:
            return None
        found = match.groupdict()
        who = {"name": found["name"].strip(), **({column: found["number"]} if found.get("number") else {})}
        attempt = _time(found.get("when"), when)
        text = bool(found.get("text")) or not (entry.is_folder or found.get("file"))
        said = attempt[0] if when and attempt else None
        return Upload(entry.path, who, found.get("file") or "", attempt, bool(found.get("late")), text, when=said)

    return lambda folder: list(filter(None, map(upload, folder.entries)))


def _time(text: str | None, spelling: str) -> tuple[Any, ...]:
    with suppress(ValueError, TypeError):
        return (datetime.strptime(text or "", spelling),)
    return ()


_CANVAS = (
    r"(?P<name>(?!(?:LATE_)?anon_).+?)(?P<late>_LATE)?_(?P<number>\d{2,})_(?:\d{3,}_(?P<file>.+)|(?:text|link)\.html)"
)
_CANVAS_ANONYMOUS = r"(?P<late>LATE_)?(?P<name>anon_[A-Za-z0-9]+)_(?:\d{3,}_(?P<file>.+)|(?:text|link)\.html)"
# A group has its own number there, and those who are in none have none.
_MOODLE = r"(?P<name>.+?)(?:_(?P<number>\d+))?_assignsubmission_(?:(?P<text>onlinetext)|[a-z]+)(?:_(?P<file>.*))?"
_BRIGHTSPACE = (
    r"(?P<number>\d+)-\d+ - (?P<name>.+?) - "
    r"(?P<when>[A-Z][a-z]{2} \d{1,2}, \d{4} \d{3,4} [AP]M)(?: - (?P<file>.+))?"
)
_GOOGLE = r"(?P<name>[^\W\d].*?) - (?P<file>.+\.\w+)"


def _canvas(folder: Place) -> list[Upload]:
    """Names end in the numbers of the user and of the file, or in that of the file where names are hidden."""
    found = _by_names(_CANVAS, "canvas_id")(folder) + _by_names(_CANVAS_ANONYMOUS)(folder)
    return [] if _is_prefix(found, {plain_name(upload.file) for upload in found if is_archive(upload.file)}) else found


def _google(folder: Place) -> list[Upload]:
    """Drive's folder of an assignment, where each file begins with the name of its owner."""
    found = _by_names(_GOOGLE)(folder)
    return [] if _is_prefix(found, {upload.file for upload in found if is_archive(upload.file)}) else found


def _is_prefix(uploads: Sequence[Upload], archives: Collection[str]) -> bool:
    """Whether one student seems to have handed in several archives: it is rather what everybody's file begins with,
    such as hw_2025_101_."""
    return len({upload.key for upload in uploads}) == 1 and len(archives) > 1


# --- Blackboard ---------------------------------------------------------------------------------------------

_ATTEMPT = re.compile(r"(?P<head>.+)_attempt_(?P<when>\d{4}(?:-\d{2}){5})(?:\.txt|_(?P<file>.+))", re.S)
_SAID = re.compile(r"^Name: (?P<name>.+) \((?P<user>[^()\n]+)\)\s*$", re.M)


def _blackboard(folder: Place) -> list[Upload]:
    """Names begin with the assignment's, which may hold what separates it from the student's; each attempt has a text
    file that says who the student is."""
    found = [(entry, match) for entry in folder.entries if (match := _ATTEMPT.fullmatch(entry.name))]
    heads = [match["head"] for _, match in found]
    assignment = _common(heads)
    uploads = []
    for entry, match in found:
        user = match["head"][len(assignment) :] or match["head"].rpartition("_")[2]
        who = {"name": user, "username": user}
        attempt = _time(match["when"], "%Y-%m-%d-%H-%M-%S")
        when = attempt[0] if attempt else None
        uploads.append(Upload(entry.path, who, match["file"] or "", attempt, text=not match["file"], when=when))
    names: dict[str, str] = {}
    for upload in uploads:
        said = _SAID.search(_text(upload.path, _SMALL)) if upload.text else None
        if said and said["user"].strip() == upload.who["username"]:
            names[upload.who["username"]] = said["name"].strip()
    return [each._replace(who={**each.who, "name": names.get(each.who["username"], each.who["name"])})
            for each in uploads]  # fmt: skip


def _common(heads: Sequence[str]) -> str:
    """What all begin with, up to the last underscore that leaves something of each; of one alone all but its last
    part."""
    common = _prefix(heads)
    while (end := common.rfind("_")) >= 0:
        if all(len(head) > end + 1 for head in heads):
            return common[: end + 1]
        common = common[:end]
    return ""


def _prefix(names: Sequence[str]) -> str:
    """What all names begin with."""
    first, last = min(names, default=""), max(names, default="")
    same = (place for place, (one, other) in enumerate(zip(first, last, strict=False)) if one != other)
    return first[: next(same, min(len(first), len(last)))]


# --- systems with a folder a student ------------------------------------------------------------------------

_SAKAI = re.compile(r"(?P<name>.+)\((?P<user>[^()]+)\)")
_ATTACHED = "submission attachment(s)"
_GRADESCOPE = "submission_metadata.yml"


def _sakai(folder: Place) -> list[Upload]:
    """A folder a student, "Last, First(login)", with what they attached in one of its folders."""
    uploads = []
    for entry in folder.entries:
        match = _SAKAI.fullmatch(entry.name) if entry.is_folder else None
        inner = {each.name.casefold(): each for each in entry.entries} if match else {}
        if match and (_ATTACHED in inner or "timestamp.txt" in inner):
            last, _, first = match["name"].strip().partition(", ")
            who = {"name": f"{first} {last}".strip(), "username": match["user"].strip()}
            handed = inner.get(_ATTACHED, entry)
            uploads.append(Upload(handed.path, who, when=stamped(entry.path)))
    return uploads


def _gradescope(folder: Place) -> list[Upload]:
    """A folder for each submission, and a file that says whose they are; each member of a group gets the group's."""
    entries = {entry.name: entry for entry in folder.entries}
    handed = {name: entry for name, entry in entries.items() if name.startswith("submission_") and entry.is_folder}
    if _GRADESCOPE not in entries or not handed:
        return []
    uploads = []
    known = metadata(_text(entries[_GRADESCOPE].path, _LARGE))
    for name, entry in handed.items():
        people = _apart(submitters_of(known.get(name)) or [{"name": name}], name)
        uploads += [Upload(entry.path, who, when=created_at(known.get(name))) for who in people]
    return uploads


def _apart(people: Sequence[Mapping[str, str]], folder: str) -> Iterator[dict[str, str]]:
    """The same, so that namesakes of whom nothing else is known are two where their folders are."""
    for who in people:
        yield {**who, **({"submission": folder} if len(who) == 1 else {}), **({"group": folder} if people[1:] else {})}


def _clones(folder: Place) -> list[Upload]:
    """Clones of the repositories of an assignment: `hw1-submissions/hw1-ada`, or a folder of clones that all begin with
    the same."""
    folders = [entry for entry in folder.entries if entry.is_folder]
    name, _, rest = folder.name.rpartition("-submissions")
    if not name or rest:
        clones = [entry for entry in folders if (entry.path / ".git").exists()]
        common = _prefix([entry.name for entry in clones])
        name = common[: common.rfind("-")] if len(clones) > 1 and len(clones) == len(folders) else ""
    known = [entry for entry in folders if name and entry.name.startswith(f"{name}-") and entry.name != f"{name}-"]
    return [Upload(entry.path, {"name": entry.name[len(name) + 1 :], "github": entry.name[len(name) + 1 :]})
            for entry in known]  # fmt: skip


def _text(path: Path, most: int) -> str:
    """What a small file says; nothing where it cannot be read, or where there is only an archive's list of names."""
    with suppress(OSError):
        return read_plainly(path, most).decode("utf-8-sig", "replace")
    return ""


_VERSION = re.compile(r"(?P<stem>.+?)(?:-(?P<number>\d+)| ?\((?P<other>\d+)\))(?P<suffix>(?:\.\w+)+)?", re.S)


def plain_name(file: str) -> str:
    """A file's name without what systems and browsers add where a file of that name is there already."""
    match = _VERSION.fullmatch(file)
    return match["stem"] + (match["suffix"] or "") if match else file


def version(file: str) -> int:
    """Which of several files of one name this is."""
    match = _VERSION.fullmatch(file)
    return int(match["number"] or match["other"]) if match else 0


LAYOUTS = (
    Layout("moodle", "Moodle", "Ada Lovelace_101_assignsubmission_file_homework.py", _by_names(_MOODLE, "participant")),
    Layout("blackboard", "Blackboard", "HW1_ada_attempt_2026-01-15-22-23-45_homework.zip", _blackboard),
    Layout("brightspace", "Brightspace", "1234567-89012 - Ada Lovelace - Jan 15, 2026 1023 PM - homework.zip",
           _by_names(_BRIGHTSPACE, "brightspace_id", "%b %d, %Y %I%M %p")),
    Layout("gradescope", "Gradescope", "submission_111/homework.py", _gradescope, alone=False),
    Layout("sakai", "Sakai", "Lovelace, Ada(alove)/Submission attachment(s)/homework.py", _sakai, alone=False),
    Layout("canvas", "Canvas", "lovelaceada_12345_67890_homework.py", _canvas, sure=False),
    Layout("github", "GitHub Classroom or Classroom 50", "hw1-ada/homework.py", _clones, sure=False,
           alone=False),
    Layout("google", "Google Classroom", "Ada Lovelace - homework.py", _google, sure=False, alone=False),
)  # fmt: skip
