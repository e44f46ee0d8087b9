"""Start workers in the strongest sandbox that there is, and talk to them. Runs in the judge.

Everything that a worker sends is taken for hostile: sizes are limited, JSON is parsed with care, and a worker that
talks nonsense is replaced.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from autograder.errors import UserError
from autograder.exam.items import Question, load_items
from autograder.sandbox import users
from autograder.sandbox.budget import SLACK, Budget
from autograder.sandbox.mounts import (
    PACKAGE,
    bwrap_command,
    fetch,
    interpreter,
    library_folders,
    modules,
    needed,
    places,
    readable,
)
from autograder.sandbox.protocol import FRAME_LIMIT, Limits, SandboxError, pack, read_frame
from autograder.sandbox.reasons import OutOfReach, Refusal, Unlimited, advice, becomes_another, refusal, told
from autograder.sandbox.records import Answers, Run, decode, decode_record, loads
from autograder.sandbox.stacks import hanging
from autograder.sandbox.supervise import Record, supervise
from autograder.sandbox.watch import LOOK, Watch
from autograder.scratch import Scratch


@dataclass(frozen=True)
class Sandbox:
    """A way to run workers: by `bwrap`, and with which layers inside. `layers` is what reports list.

    `refused` are the stronger ones that did not start here.
    """

    bwrap: bool
    layers: tuple[str, ...]
    refused: tuple[Refusal, ...] = field(default=(), compare=False, repr=False)

    @property
    def shared(self) -> bool:
        """Whether one worker may serve many submissions: only where they cannot see each other."""
        return "landlock" in self.layers or not self.bwrap

    @property
    def gently(self) -> bool:
        """Whether workers have to be asked to end, because no kernel does it for them."""
        return not self.bwrap and "namespaces" not in self.layers

    @property
    def weaker(self) -> str:
        """What is missing here, why, and what to do about it; empty where this is the strongest that was wanted."""
        return advice(self.layers, self.refused)


_ROOM = 4  # replies of a worker's that may lie there unread
NO_SANDBOX = Sandbox(bwrap=False, layers=())


class Interrupted(Exception):
    """A run was ended from outside, on purpose."""


class Worker:
    """A running worker, and the folder in which it can see submissions.

    Raises SandboxError when it does not come up. Close it, or use it as a context manager.
    """

    def __init__(
        self, sandbox: Sandbox, questions: dict[str, list[Question]], limits: Limits | None = None, *,
        fork: bool = hasattr(os, "fork"),
    ):  # fmt: skip
        self.sandbox = sandbox
        self.limits = limits or Limits()
        self._questions = questions
        self._fork = fork
        self._folder = Scratch()
        self.folder = Path(self._folder.name)
        self._user: users.User | None = None
        self._process: _Process | None = None
        self._interrupted = False
        self._lost: tuple[Path | None, dict[str, str]] = None, {}  # modules of the submission that was run last

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the worker with everything in it, and remove its folder."""
        self._stop()
        if self._user:
            self._user.close()
        self._folder.cleanup()

    def interrupt(self) -> None:
        """End what runs, and let nothing begin, until `resume`: from another thread than the one that runs it, in
        which `run` raises Interrupted."""
        self._interrupted = True
        if process := self._process:
            process.end()

    def drop(self) -> None:
        """End what runs, from the thread that runs it."""
        self._stop()

    def resume(self) -> None:
        """Let things begin again, afresh: what was interrupted is over, even where it had answered by then."""
        if self._interrupted:
            self._stop()
        self._interrupted = False

    def run(
        self,
        root: Path,
        items: Sequence[str],
        questions: dict[str, list[Question]] | None = None,
        *,
        alone: bool = False,
        hasty: bool = False,
        longer: float = 1.0,
        hung: int | None = None,
        budget: Budget | None = None,
    ) -> Run:
        """Have the package below `root` (in this worker's folder) sit `items`, on the exam's questions or on these,
        while the `budget` lasts.

        Items share processes, which is quick, and lets one item harm the next; `alone` gives each its own. In haste
        none is waited for long, and less for each that `hung` before: told that, it comes back once another one does.
        `longer` stretches the clock of each, and waits for modules again. Else no module of a submission is waited for
        twice. Raises SandboxError when the sandbox itself fails, and Interrupted when another thread says so.
        """
        budget = budget or Budget(self.limits.budget, self.limits.budget_cpu)
        if not budget.patience():
            self._heed()
            return Run({id: Answers("spent") for id in items})
        lost = self._lost[1] if self._lost[0] == root and longer == 1 else {}
        request = {"root": str(root), "items": list(items), "questions": questions, "alone": alone, "hasty": hasty,
                   "longer": longer, "lost": lost, "hung": hung}  # fmt: skip
        try:
            run = self._run(request, budget)
        except Exception:
            self._heed()  # whatever broke broke because of that
            raise
        budget.charge(run.cpu)
        self._lost = root, dict(run.lost)
        return run

    def _heed(self) -> None:
        if self._interrupted:
            self._stop()
            raise Interrupted

    def _run(self, request: dict[str, Any], budget: Budget) -> Run:
        self._heed()
        if not self._fork:
            return self._run_here(request, budget)
        reply = self._exchange(json.dumps({**request, "budget": budget.left()}).encode(), budget.patience())
        if not self.sandbox.shared:
            self._stop()
        return decode_record(reply)

    def probe(self) -> None:
        """Raises SandboxError when a submission would not find in here what it should, or find what it should not."""
        root = self.folder / "probe"
        (root / "micrograd").mkdir(parents=True)
        (root / "micrograd" / "__init__.py").touch()
        for path, mode in ((root, 0o755), (root / "micrograd", 0o755), (root / "micrograd" / "__init__.py", 0o644)):
            path.chmod(mode)  # whatever the umask
        files = {**modules(), "micrograd": str(root)}
        request = {"root": str(root), "probe": list(files)}
        found = loads(self._exchange(json.dumps(request).encode(), 60), {})
        if closed := found.get("closed"):
            raise OutOfReach([files.get(each, each) for each in closed])
        watch = self._process and self._process.watch
        if found.get("unlimited") and watch and not watch.sees:
            raise Unlimited

    def serves(self) -> bool:
        """Whether an honest submission gets its record from a fresh worker, right now."""
        self._stop()
        with tempfile.TemporaryDirectory(prefix="honest-", dir=self.folder, ignore_cleanup_errors=True) as folder:
            root = Path(folder)
            (root / "micrograd").mkdir()
            for path in (root, root / "micrograd"):
                path.chmod(0o755)
            id = next(iter(load_items()))
            try:
                return id in self.run(root, [id], budget=Budget(SLACK, SLACK)).items
            except SandboxError:
                return False

    def _exchange(self, request: bytes, seconds: float) -> bytes:
        process = self._living() or self._start()
        self._heed()
        process.send(request)
        reply = process.receive_watching(seconds) if process.watch else process.receive(seconds)
        if not reply:
            self._stop()
            raise SandboxError("the sandbox gave no answer" if reply is None else "the sandbox died")
        if reply.startswith(b'{"trouble"'):
            self._stop()  # what caused it may be running on in there
            raise SandboxError(str(loads(reply, {}).get("trouble"))[:500])
        return reply

    def _living(self) -> _Process | None:
        """The process, unless it has died since it answered."""
        if self._process and not self._process.lives:
            self._stop()
        return self._process

    def _start(self) -> _Process:
        if self._user is None and self.sandbox.layers and becomes_another(self.sandbox.layers):
            self._user = users.claim()
            try:
                os.chown(self.folder, self._user.id, self._user.id)
            except PermissionError:  # this root may not give anything away
                self.folder.chmod(0o755)
        process = self._process = _Process(
            self._command(), self._config(self._questions), gently=self.sandbox.gently
        )  # fmt: skip
        if process.receive(60) != b"ready":
            self._stop()
            raise SandboxError(f"the sandbox does not start: {process.said}")
        if self.sandbox.layers:
            process.watch = Watch(process.id, self.limits, depth=2 if "namespaces" in self.sandbox.layers else 1)
        return process

    def _stop(self) -> None:
        if self._process is not None:
            self._process.end()
            self._process = None

    def _config(self, questions: dict[str, list[Question]]) -> bytes:
        layers, bwrap = self.sandbox.layers, self.sandbox.bwrap
        own = bwrap or "mounts" in layers
        config = {
            "fork": self._fork, "layers": layers, "user": self._user.id if self._user else 0,
            "limits": asdict(self.limits), "questions": questions, "readable": readable(own) if layers else [],
            "needed": needed(self.folder) if self._user and not own else [],
            "places": places(self.folder) if "mounts" in layers else {}, "folder": str(self.folder),
        }  # fmt: skip
        return json.dumps(config).encode()

    def _command(self) -> list[str]:
        paths = [*library_folders(), str(PACKAGE.parent)]
        program = (
            "import sys; "
            f"sys.path[:] = [p for p in sys.path if not p.endswith('-packages')] + {paths!r}; "
            "from autograder.sandbox.worker import main; main()"
        )
        python = interpreter() if self.sandbox.layers else sys.executable
        command = [python, "-I", "-S", "-B", "-u", "-X", "utf8", "-c", program]
        return [*bwrap_command(self.folder, self._user is not None), *command] if self.sandbox.bwrap else command

    def _run_here(self, request: dict[str, Any], budget: Budget) -> Run:
        """Without fork: the supervisor sits here, and each runner is a process that imports and asks by itself."""
        rubric = load_items()
        names = list(rubric)
        places = {id: place for place, id in enumerate(rubric)}
        record = Record(lost=dict(request["lost"]))
        within = Budget(*budget.left(), own=True)
        questions = request["questions"] or {}

        def start(pending: Sequence[int], lost: dict[str, str]) -> _Process:
            process = self._process = _Process(self._command(), self._config(self._questions), root=request["root"])
            asking = {"root": request["root"], "items": list(pending), "lost": lost, "questions": questions}
            self._heed()
            process.send(json.dumps(asking).encode())
            return process

        needs = {places[id]: [places[need] for need in rubric[id].needs] for id in request["items"]}
        for group in [[place] for place in needs] if request["alone"] else [list(needs)]:
            supervise(start, group, self.limits, record, budget=within, needs=needs, hasty=request["hasty"],
                      longer=request["longer"], hung=request["hung"])  # fmt: skip
            self._process = None
            self._heed()
        return decode(
            [(names[place], sitting) for place, sitting in sorted(record.sittings.items())],
            record.imports,
            record.lost,
            within.used(),
        )


class _Process:
    """A worker process and its two pipes. A thread reads, because not every system can wait for a pipe.

    `gently` is how to end one that has supervisors outside of any namespace: they take their runners with them.
    """

    def __init__(self, command: list[str], config: bytes, gently: bool = False, root: str = ""):
        environment = {
            "PATH": "/usr/bin:/bin", "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1",
            "MALLOC_ARENA_MAX": "1",  # a thread's own would take 64 MB of the memory that a submission may have
            "LANG": "C.UTF-8", "HOME": "/nonexistent",
            **{name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ},
        }  # fmt: skip
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `end`
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, env=environment,
            cwd="/" if os.name == "posix" else None, start_new_session=True,
        )  # fmt: skip
        self._frames: queue.Queue[bytes] = queue.Queue(maxsize=_ROOM)
        self._ended = False
        self._gently = gently
        self._root = root
        self._ending = threading.Lock()
        self.said = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.watch: Watch | None = None  # once there is something to see
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

    def receive_watching(self, seconds: float) -> bytes | None:
        """The same, with an eye on what a submission uses meanwhile."""
        assert self.watch is not None
        deadline = time.monotonic() + seconds
        self.watch.begin()
        while (frame := self.receive(min(LOOK, deadline - time.monotonic()))) is None and time.monotonic() < deadline:
            self.watch.look()
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


# --- choosing -----------------------------------------------------------------------------------------------

_FULL = ("namespaces", "landlock", "seccomp", "rlimits")
BARE = Sandbox(False, _FULL[1:])  # where namespaces may not be made


def _candidates(wanted: str) -> Iterator[Sandbox]:
    if wanted in ("auto", "bwrap"):
        yield Sandbox(True, ("bwrap", *_FULL))
        yield Sandbox(True, ("bwrap", "seccomp", "rlimits"))
        yield Sandbox(True, ("bwrap", "rlimits"))
    if wanted in ("auto", "landlock"):
        yield Sandbox(False, ("mounts", *_FULL))
        yield Sandbox(False, _FULL)
        yield Sandbox(False, ("namespaces", "landlock", "rlimits"))
        yield BARE


def probe(sandbox: Sandbox) -> None:
    """Raises SandboxError or OSError when this sandbox does not really start here, or not with all that is needed."""
    with Worker(sandbox, {}) as worker:
        worker.probe()
    if sandbox.layers:
        threading.Thread(target=fetch, daemon=True).start()  # may take its time where libraries come from afar


def choose(wanted: str) -> Sandbox:
    """The strongest sandbox that really starts here: `wanted` is "auto", "bwrap", "landlock" or "none".

    It says which stronger ones were tried, and why they did not start. Raises UserError when none starts, unless none
    is wanted.
    """
    if wanted == "none":
        return NO_SANDBOX
    refused: list[Refusal] = []
    for sandbox in _candidates(wanted):
        try:
            probe(sandbox)
            return replace(sandbox, refused=tuple(refused))
        except (SandboxError, OSError) as error:
            refused.append(refusal(sandbox.layers, error))
    raise UserError(
        f"no sandbox works here: {advice((), refused) or 'not on this system'}; or say --sandbox none "
        "if you trust every submission", code=1,
    )  # fmt: skip
