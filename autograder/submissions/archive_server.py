"""The process that reads archives: answers what `sources.archive_process` asks, within limits that the kernel keeps."""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from autograder.submissions.sources.contents import copy, listing
from autograder.submissions.sources.files import Bundle, NoPackage, Refused, too_long
from autograder.submissions.sources.limits import CLASS
from autograder.submissions.unpacking import unpack
from autograder.texts import in_language

try:
    import resource
except ImportError:  # Windows: there is the clock alone
    resource = None  # type: ignore[assignment]

_MEMORY = 2 << 30


def serve() -> None:
    """Answer requests, a line each, until there are no more."""
    if resource is not None:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with suppress(OSError, ValueError):  # macOS has none
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    while line := sys.stdin.buffer.readline():
        request = json.loads(line)
        tempfile.tempdir = request["aside"]
        with in_language(*request["language"]):
            reply = _reply(request)
        sys.stdout.buffer.write(json.dumps(reply).encode("ascii") + b"\n")
        sys.stdout.buffer.flush()


def _reply(request: dict[str, Any]) -> dict[str, Any]:
    _allow(request["cpu"])
    try:
        return {"found": _served(request)}
    except Refused as refusal:
        return {"refused": str(refusal), "missing": isinstance(refusal, NoPackage)}
    except OSError as error:
        return {"trouble": [error.errno, str(error.strerror), str(error.filename or "")]}
    except (MemoryError, RecursionError):
        return {"refused": too_long(), "missing": False}


def _served(request: dict[str, Any]) -> Any:
    archive = Path(request["archive"])
    if request["do"] == "unpack":
        pieces = request["pieces"]
        source = archive if pieces is None else Bundle(archive.name, tuple((name, Path(path)) for name, path in pieces))
        return unpack(source, Path(request["into"]), apart=False)
    if request["do"] == "names":
        return [(parts, sorted(files)) for parts, files in listing(archive, CLASS).files.items()]
    return copy(archive, tuple(request["top"]), Path(request["into"]), CLASS)


def _allow(seconds: float) -> None:
    """Have the kernel end this process when it has used so much more CPU time."""
    if resource is not None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        limit = int(used.ru_utime + used.ru_stime + seconds) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))
