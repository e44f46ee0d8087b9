"""What one student handed in: where it lies, a copy of it in memory, and whether it may have changed."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from operator import attrgetter
from pathlib import Path

from autograder.submissions.sources.archives import is_archive, is_packed
from autograder.submissions.sources.files import Bundle
from autograder.submissions.sources.gittree import Commit
from autograder.submissions.sources.limits import STUDENT, is_noise
from autograder.submissions.unpacking import Own, Packed, Source, pack

_TICK = 3  # seconds: no file system's clock ticks more slowly


@dataclass(frozen=True)
class Submission:
    """What one student handed in.

    `student` is a safe id, distinct within the class; `name` is the id as found, for messages. `folders` maps an
    assignment to the folder, archive, commit or copy that it is graded from; "" stands for all assignments. `who` is
    what was found of the student, by the columns of a roster, and `remark` what there is to say of how it was found.
    `times` say when it was handed in, by assignment as `folders`, as far as a system says so; one without a zone is by
    the course's clock.
    """

    student: str
    folders: Mapping[str, Source]
    name: str
    who: Mapping[str, str] = field(default_factory=dict, compare=False)
    remark: str = ""
    times: Mapping[str, datetime] = field(default_factory=dict, compare=False)


def as_source(path: Path, file: str = "") -> Source:
    """A folder or an archive as it is, and any other file as what lies in a folder, where it has this name."""
    whole = path.is_dir() or is_archive(path.name) or not path.exists() or is_packed(path)
    return path if whole else Bundle(path.name, ((file or path.name, path),))


def packed(submission: Submission) -> Submission:
    """The submission as it is now, in memory. Raises what `unpacked` raises."""
    return replace(submission, folders={name: pack(source) for name, source in submission.folders.items()})


def looks(submission: Submission) -> str | None:
    """Stands for how the submission's files look from outside; None where that does not tell whether they changed.

    Whoever changes a file changes its time of change (ctime), which no program can set. Two changes within one tick of
    the file system's clock (two seconds, at worst) leave the same time, so a file counts only when its last change lies
    further back than that: then every later change shows, even one that keeps size and mtime. A time that lies ahead
    of the clock counts for nothing either: the clock was set back, and might come by that time again.
    """
    digest = hashlib.sha256()
    latest = (time.time_ns() // 10**9 - _TICK) * 10**9
    try:
        for name, source in sorted(submission.folders.items()):
            digest.update(f"{name}\0".encode())
            if isinstance(source, (Packed, Own)):
                return None
            if isinstance(source, Commit):
                digest.update(f"{source.repository.folder}\0{source.id}\0".encode("utf-8", "surrogateescape"))
                continue
            pieces = [path for _, path in source.pieces] if isinstance(source, Bundle) else [source]
            for path, found in (look for piece in pieces for look in _stats(piece)):
                changed, made = found.st_ctime_ns, found.st_mtime_ns
                if changed >= latest or made >= latest:
                    return None
                seen = (found.st_mode, found.st_dev, found.st_ino, found.st_size, made, changed)
                digest.update(f"{path}\0{seen}".encode("utf-8", "surrogateescape"))
    except OSError:
        return None
    return digest.hexdigest()


def _stats(source: Path) -> Iterator[tuple[str, os.stat_result]]:
    """The path and look of the source, and of all that it holds, without noise. Raises OSError for too much of it."""
    top, seen = str(source), 0
    found = os.stat(top)
    yield top, found
    waiting = [top] if stat.S_ISDIR(found.st_mode) else []
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in sorted(entries, key=attrgetter("name")):
                seen += 1
                if seen > STUDENT.seen:
                    raise OSError("too many files")
                yield entry.path, entry.stat(follow_symlinks=False)
                if entry.is_dir(follow_symlinks=False) and not is_noise((entry.name,)):
                    waiting.append(entry.path)
