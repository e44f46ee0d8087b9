"""A process of a worker's, as the judge sees it: two pipes, what it wrote on stderr, and its end. Runs in the judge."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import threading
import time
from typing import Any

from autograder.ahead import Started
from autograder.sandbox.kernel.watch import Watch
from autograder.sandbox.protocol import FRAME_LIMIT, pack, read_frame
from autograder.sandbox.reasons import told
from autograder.sandbox.stacks import hanging

_ROOM = 4  # replies of a worker's that may lie there unread


class Process:
    """A worker process that was started, and its two pipes. A thread reads, because not every system can wait for a
    pipe.

    `gently` is how to end one that has supervisors outside of any namespace: they take their runners with them.
    """

    def __init__(self, started: Started, config: bytes, gently: bool = False, root: str = ""):
        self._errors, self._process = started.errors, started.process
        self._frames: queue.Queue[bytes] = queue.Queue(maxsize=_ROOM)
        self._ended = False
        self._gently = gently
        self._root = root
        self._ending = threading.Lock()
        self.said = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.watch: Watch | None = None  # once there is something to see
        self._supervised = ""  # the folder of the submission whose supervisor is still there
        self.used = 0.0  # seconds of CPU time that it has told of
        self.send(config)

    def _read(self) -> None:
        assert self._process.stdout is not None
        pipe = self._process.stdout
        with pipe, contextlib.suppress(OSError):  # closed here alone: its number may soon be another pipe's
            while not self._ended and (frame := read_frame(pipe.fileno(), FRAME_LIMIT)) is not None:
                self._frames.put(frame)
        self._frames.put(b"")

    def send(self, payload: bytes) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):  # it died, or was ended: `receive` will tell
            self._process.stdin.write(pack(payload))
            self._process.stdin.flush()

    def receive(self, seconds: float) -> bytes | None:
        """The next frame, b"" when the process has ended, None when the time is over."""
        try:
            return self._frames.get(timeout=max(seconds, 0.0))
        except queue.Empty:
            return None

    def ask(self, request: dict[str, Any], whole: bool) -> None:
        """Send a request: to the supervisor of the one before, where both are about the same submission, and both ask
        the `whole` of it there."""
        again = whole and request["root"] == self._supervised
        if not again:
            self._supervised, self.used = request["root"] if whole else "", 0.0
        self.send(json.dumps({**request, "again": again}).encode())

    def reply(self, seconds: float) -> bytes | None:
        """What `receive` gives, with an eye on what a submission uses meanwhile, where there is something to see."""
        watch, end = self.watch, time.monotonic() + seconds
        if watch is None:
            return self.receive(seconds)
        watch.begin(self.used)
        while (frame := self.receive(min(watch.pause, end - time.monotonic()))) is None and time.monotonic() < end:
            watch.look()
        return frame

    def begin(self, item: int) -> None:
        pass

    def progress(self) -> int:
        return 0

    def printed(self) -> bytes:
        return b""

    def place(self) -> bytes:
        """Where a runner hangs, by what it wrote on stderr."""
        with contextlib.suppress(OSError, ValueError):
            self._errors.seek(max(self._errors.seek(0, os.SEEK_END) - (1 << 16), 0))
            return hanging(self._errors.read(), self._root)
        return b""

    @property
    def id(self) -> int:
        return self._process.pid

    @property
    def lives(self) -> bool:
        return not self._ended and self._process.poll() is None

    def end(self) -> Any:
        """Kill the process and its session; returns its exit code. `said` is then what it wrote on stderr, in a
        line."""
        with self._ending:
            if not self._ended:
                self._end()
            return self._process.returncode

    def _end(self) -> None:
        self._ended = True
        if not (self._gently and self._ends_when_asked()):
            with contextlib.suppress(OSError):
                os.killpg(self._process.pid, 9) if os.name == "posix" else self._process.kill()
        self._process.wait()
        with contextlib.suppress(queue.Empty):
            while True:  # let the reader go
                self._frames.get_nowait()
        with contextlib.suppress(queue.Full):
            self._frames.put_nowait(b"")  # and whoever waits for a frame
        with contextlib.suppress(OSError):
            self._process.stdin.close()  # type: ignore[union-attr]
        self._reader.join(1.0)
        if not self._errors.closed:
            self._errors.seek(0)
            self.said = told(self._errors.read(4000).decode("utf-8", "replace"))
            self._errors.close()

    def _ends_when_asked(self) -> bool:
        """Close the pipe of requests: the template then has its supervisor end, which takes all it started along."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            self._process.stdin.close()
            self._process.wait(5.0)
            return True
        return False
