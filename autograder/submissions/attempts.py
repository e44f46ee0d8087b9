"""What belongs to one student, of all that a class handed in: the attempts, and of several the one to grade."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from autograder.scratch import Scratch
from autograder.submissions.layouts import Upload, own, plain_name, version
from autograder.submissions.sources.archives import is_archive
from autograder.submissions.sources.files import Bundle, Refused, printable
from autograder.submissions.submission import as_source
from autograder.submissions.times import stamped
from autograder.submissions.unpacking import Source, unpack
from autograder.texts import _

_LOOKED_INTO = 8  # attempts of one student


def joined(uploads: Sequence[Upload]) -> Iterator[tuple[dict[str, str], Source, str, datetime | None]]:
    """Each student with what they handed in, and when: of several attempts the latest that holds a package."""
    students: dict[tuple[str, ...], list[Upload]] = defaultdict(list)
    for upload in uploads:
        students[upload.key].append(upload)
    for several in students.values():
        who = known_of(several)
        latest_first = list(attempts(several))[:_LOOKED_INTO]
        sources = [_together(who["name"], attempt) for attempt in latest_first]
        place, problem = _latest(sources) if len(sources) > 1 else (0, "")
        remark = ""
        if place:
            names = ", ".join(printable(upload.path.name) for upload in latest_first[0][:3])
            remark = _(
                "the latest attempt ({files}) cannot be graded: {problem}; the one before it was graded",
                files=names, problem=problem,
            )  # fmt: skip
        elif len(sources) > 1:
            who = {**who, "attempts": str(len(sources))}
        yield who, sources[place], remark, latest_first[place][0].when


def known_of(several: Sequence[Upload]) -> dict[str, str]:
    """What is known of a student by their uploads: also whether one was late, and what the system called the main one,
    by which it takes comments back."""
    files = sorted((each.path.name for each in several if each.file), key=lambda name: (not is_archive(name), name))
    late = {"late": "yes"} if any(upload.late for upload in several) else {}
    return {**several[0].who, **late, **({"upload": files[0]} if files else {})}


def handed_in_at(assignment: str, place: Source) -> datetime | None:
    """When it was handed in: in an nbgrader tree by the stamp in the folder, else by the system's word in the name."""
    if not isinstance(place, Path):
        return None
    upload = None if assignment else own(place)
    return stamped(place) if assignment else upload.when if upload else None


def _together(name: str, uploads: Sequence[Upload]) -> Source:
    if len(uploads) == 1:
        return as_source(uploads[0].path, uploads[0].file)
    return Bundle(name, tuple((upload.file or upload.path.name, upload.path) for upload in uploads))


def _latest(sources: Sequence[Source]) -> tuple[int, str]:
    """Which of a student's attempts to grade, the latest being the first, and what is wrong with that one."""
    first = ""
    for place, source in enumerate(sources):
        with Scratch() as folder:
            try:
                unpack(source, Path(folder))  # type: ignore[arg-type]
                return place, first
            except Refused as refusal:
                first = first or str(refusal)
    return 0, first


def attempts(uploads: Sequence[Upload]) -> Iterator[list[Upload]]:
    """What a student handed in together, the latest attempt first. Of files that differ only in a number that was added
    to their names, an attempt has the latest; of texts it has none where there is anything else."""
    for attempt in sorted({upload.attempt for upload in uploads}, reverse=True):
        latest: dict[str, Upload] = {}
        together = [each for each in uploads if each.attempt == attempt]
        files = [each for each in together if not each.text] or together
        for each in sorted(files, key=_order):
            latest[plain_name(each.file or each.path.name)] = each
        yield list(latest.values())


def _order(upload: Upload) -> tuple[int, list[int], str]:
    return version(upload.file), [int(digits) for digits in re.findall(r"\d+", upload.path.name)], upload.path.name
