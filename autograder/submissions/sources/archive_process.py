"""Reads archives in a process of its own, which is ended when one takes too long, whatever in it does.

The parsers of Python's library were not written for hostile bytes: there are headers of a hundred kilobytes that keep
them busy for minutes, or fill the memory. So what they do has limits that the kernel keeps: CPU time and memory, and a
clock outside, for all that one archive holds, archives within it included. The process is started at the first
archive, and serves them one after the other.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.scratch import Scratch
from autograder.submissions.sources.files import Bundle, NoPackage, Refused, too_long
from autograder.submissions.sources.limits import Parts
from autograder.texts import in_force

_CPU = 5.0  # seconds for the submission of one student
_RATE = 5 * 10**6  # bytes a second that a whole class may take beyond that
_CLOCK = 6.0  # times as long on the clock: others may need the machine too


def unpack(source: Path | Bundle, root: Path) -> str:
    """`unpacking.unpack` of an archive, or of a folder that holds some. Raises what that raises."""
    pieces = [(name, str(path)) for name, path in source.pieces] if isinstance(source, Bundle) else None
    path = Path(source.name) if isinstance(source, Bundle) else source
    said: str = _reader.ask({"do": "unpack", "pieces": pieces, "into": str(root)}, path)
    return said


def names(archive: Path) -> dict[Parts, set[str]]:
    """The files that each folder of a class's archive directly holds. Raises Refused."""
    found = _reader.ask({"do": "names"}, archive)
    return {tuple(parts): set(files) for parts, files in found}


def copy_class(archive: Path, top: Parts, into: Path) -> list[Parts]:
    """Write what the archive of a class holds at `top` to `into`, and return what was left out. Raises Refused."""
    left_out = _reader.ask({"do": "copy", "top": list(top), "into": str(into)}, archive)
    return [tuple(parts) for parts in left_out]


# --- here ---------------------------------------------------------------------------------------------------


@dataclass
class _Reader:
    """The process that reads, where there is one."""

    process: subprocess.Popen[bytes] | None = None
    owner: int = 0  # a fork of the process that started it has no use for it
    turn: Any = field(default_factory=threading.Lock)

    def ask(self, request: dict[str, Any], archive: Path) -> Any:
        """What comes of a request. Raises Refused for what is the archive's fault, OSError for what is not."""
        seconds = _CPU if request["do"] == "unpack" else _CPU + _size(archive) / _RATE
        with self.turn, Scratch() as aside:
            request = {**request, "archive": str(archive), "aside": aside, "cpu": seconds, "language": in_force()}
            reply = self._asked(request, seconds) or self._asked(request, seconds)  # it may have been killed by others
        if reply is None:
            raise Refused(too_long())
        if "trouble" in reply:
            raise OSError(*reply["trouble"])
        if "refused" in reply:
            raise (NoPackage if reply["missing"] else Refused)(reply["refused"])
        return reply["found"]

    def _asked(self, request: dict[str, Any], seconds: float) -> dict[str, Any] | None:
        """The reply; None where the process died of something else than its limits, which make a refusal."""
        process = self._running()
        assert process.stdin and process.stdout
        late = threading.Event()

        def end() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(_CLOCK * seconds, end)
        timer.start()
        try:
            with suppress(OSError):  # it died: there will be no reply
                process.stdin.write(json.dumps(request).encode("ascii") + b"\n")
                process.stdin.flush()
            line = process.stdout.readline()
        except BaseException:
            self.close()
            raise
        finally:
            timer.cancel()
        if line.endswith(b"\n"):
            reply: dict[str, Any] = json.loads(line)
            return reply
        self.close()
        if late.is_set() or process.returncode == -getattr(signal, "SIGXCPU", 0):
            raise Refused(too_long())
        return None

    def _running(self) -> subprocess.Popen[bytes]:
        if self.process is None or self.owner != os.getpid() or self.process.poll() is not None:
            path = [str(Path(__file__).parents[3])]
            program = (
                f"import sys; sys.path += {path!r}; from autograder.submissions.archive_server import serve; serve()"
            )
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-S", "-B", "-X", "utf8", "-c", program],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
            )  # fmt: skip
            self.owner = os.getpid()
        return self.process

    def close(self) -> None:
        """End the process."""
        process, self.process = self.process, None
        if process is None or self.owner != os.getpid():
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                assert pipe
                pipe.close()


_reader = _Reader()
atexit.register(_reader.close)


def _size(archive: Path) -> int:
    try:
        return archive.stat().st_size
    except OSError:
        return 0
