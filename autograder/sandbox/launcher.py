"""Start workers in the strongest sandbox that there is, and talk to them. Runs in the judge.

Everything that a worker sends is taken for hostile: sizes are limited, JSON is parsed with care, and a worker that
talks nonsense is replaced.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import queue
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import threading
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from autograder.errors import UserError
from autograder.rubric import Question, load_items
from autograder.sandbox.protocol import FRAME_LIMIT, Limits, pack, read_frame
from autograder.sandbox.supervise import Record, Sitting, supervise

_PACKAGE = Path(__file__).resolve().parent.parent
_INSIDE = ("__init__.py", "domains.py", "rubric", "sandbox")  # of our package, what a worker needs
_LIBRARIES = ("numpy", "numpy.libs", "graphviz")
_UIDS = itertools.count(60_000 + os.getpid() % 4000 * 8)


class SandboxError(Exception):
    """A sandbox could not be had, or broke. The grader's own trouble, never a student's."""


@dataclass(frozen=True)
class Sandbox:
    """A way to run workers: by `bwrap`, and with which layers inside. `layers` is what reports list."""

    bwrap: bool
    layers: tuple[str, ...]

    @property
    def shared(self) -> bool:
        """Whether one worker may serve many submissions: only where they cannot see each other."""
        return "landlock" in self.layers or not self.bwrap


NO_SANDBOX = Sandbox(bwrap=False, layers=())


@dataclass
class Answers:
    """What one item gave, as parsed: `answers` holds a JSON value a question, or is None with a `kind` that says
    why."""

    kind: str
    code: int = 0
    at: int = 0
    seconds: float = 0.0
    answers: list[Any] | None = None
    where: tuple[str, int] | None = None
    output: str = ""
    module: str = ""


@dataclass
class Run:
    """What one submission gave: answers by item id, and the modules that failed to import, with what they raised."""

    items: dict[str, Answers] = field(default_factory=dict)
    imports: dict[str, dict[str, Any]] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)


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
        self._folder = tempfile.TemporaryDirectory(prefix="gradschool-")
        self.folder = Path(self._folder.name)
        self.folder.chmod(0o755)
        self._uid = next(_UIDS) if sandbox.layers and _is_root() else 0
        self._process: _Process | None = None

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the worker with everything in it, and remove its folder."""
        self._stop()
        self._folder.cleanup()

    def run(
        self,
        root: Path,
        items: Sequence[str],
        questions: dict[str, list[Question]] | None = None,
        *,
        alone: bool = False,
    ) -> Run:
        """Have the package below `root` (in this worker's folder) sit `items`, on the exam's questions or on these.

        Items share processes, which is quick, and lets one item harm the next; `alone` gives each its own. Raises
        SandboxError when the sandbox itself fails.
        """
        if not self._fork:
            return self._run_here(root, items, questions or {}, alone)
        inside = self._inside(root)
        request = {"root": inside, "items": list(items), "questions": questions, "alone": alone}
        seconds = 60 + len(items) * (self.limits.wall + self.limits.imports)
        reply = self._exchange(json.dumps(request).encode(), seconds)
        if not self.sandbox.shared:
            self._stop()
        return decode_record(reply)

    def _inside(self, root: Path) -> str:
        return f"/work/{root.relative_to(self.folder)}" if self.sandbox.bwrap else str(root)

    def _exchange(self, request: bytes, seconds: float) -> bytes:
        if self._process is None:
            self._process = self._start()
        self._process.send(request)
        reply = self._process.receive(seconds)
        if not reply:
            self._stop()
            raise SandboxError("the sandbox gave no answer" if reply is None else "the sandbox died")
        if reply.startswith(b'{"trouble"'):
            raise SandboxError(str(_loads(reply, {}).get("trouble"))[:500])
        return reply

    def _start(self) -> _Process:
        process = _Process(self._command(), self._config(self._questions))
        if process.receive(60) != b"ready":
            process.end()
            raise SandboxError(f"the sandbox does not start: {process.said}")
        return process

    def _stop(self) -> None:
        if self._process is not None:
            self._process.end()
            self._process = None

    def _config(self, questions: dict[str, list[Question]]) -> bytes:
        config = {
            "fork": self._fork, "layers": self.sandbox.layers, "uid": self._uid, "limits": asdict(self.limits),
            "questions": questions, "readable": _readable(self.sandbox.bwrap),
            "wide": bool(self._uid) and not self.sandbox.bwrap,
        }  # fmt: skip
        return json.dumps(config).encode()

    def _command(self) -> list[str]:
        libraries = _library_folders()
        paths = ["/packages", "/harness"] if self.sandbox.bwrap else [*libraries, str(_PACKAGE.parent)]
        program = (
            "import sys; "
            f"sys.path[:] = [p for p in sys.path if not p.endswith('-packages')] + {paths!r}; "
            "from autograder.sandbox.worker import main; main()"
        )
        python = [sys.executable, "-I", "-S", "-B", "-u", "-X", "utf8", "-c", program]
        if not self.sandbox.bwrap:
            return python
        python[0] = os.path.realpath(sys.executable)
        return [*_bwrap(self.folder), *python]

    def _run_here(self, root: Path, items: Sequence[str], questions: dict[str, list[Question]], alone: bool) -> Run:
        """Without fork: the supervisor sits here, and each runner is a process that imports and asks by itself."""
        rubric = load_items()
        names = list(rubric)
        places = {id: place for place, id in enumerate(rubric)}
        record = Record()

        def start(pending: Sequence[int], lost: dict[str, str]) -> _Process:
            process = _Process(self._command(), self._config(self._questions))
            request = {"root": str(root), "items": list(pending), "lost": lost, "questions": questions}
            process.send(json.dumps(request).encode())
            return process

        asked = [places[id] for id in items]
        for group in [[place] for place in asked] if alone else [asked]:
            supervise(start, group, self.limits, record)
        return _decode(
            [(names[place], sitting) for place, sitting in sorted(record.sittings.items())],
            record.imports,
            record.lost,
        )


class _Process:
    """A worker process and its two pipes. A thread reads, because not every system can wait for a pipe."""

    def __init__(self, command: list[str], config: bytes):
        environment = {
            "PATH": "/usr/bin:/bin", "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1",
            "LANG": "C.UTF-8", "HOME": "/nonexistent",
            **{name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ},
        }  # fmt: skip
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `end`
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, env=environment,
            cwd="/" if os.name == "posix" else None, start_new_session=True,
        )  # fmt: skip
        self._frames: queue.Queue[bytes] = queue.Queue(maxsize=256)
        self._ended = False
        self.said = ""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.send(config)

    def _read(self) -> None:
        assert self._process.stdout is not None
        with contextlib.suppress(OSError, ValueError):
            while not self._ended and (frame := read_frame(self._process.stdout.fileno(), FRAME_LIMIT)) is not None:
                self._frames.put(frame)
        self._frames.put(b"")

    def send(self, payload: bytes) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):  # it died: `receive` will tell
            self._process.stdin.write(pack(payload))
            self._process.stdin.flush()

    def receive(self, seconds: float) -> bytes | None:
        """The next frame, b"" when the process has ended, None when the time is over."""
        try:
            return self._frames.get(timeout=max(seconds, 0.0))
        except queue.Empty:
            return None

    def progress(self) -> int:
        return 0

    def end(self) -> Any:
        """Kill the process and its session; returns its exit code. `said` is then the last line that it wrote on
        stderr."""
        self._ended = True
        with contextlib.suppress(OSError):
            os.killpg(self._process.pid, 9) if os.name == "posix" else self._process.kill()
        code = self._process.wait()
        with contextlib.suppress(queue.Empty):
            while True:  # let the reader go
                self._frames.get_nowait()
        for pipe in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        if not self._errors.closed:
            self._errors.seek(0)
            self.said = self._errors.read(4000).decode("utf-8", "replace").strip().split("\n")[-1]
            self._errors.close()
        return code


# --- what the sandbox shows ---------------------------------------------------------------------------------


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _library_folders() -> list[str]:
    """The folders that hold numpy and graphviz here."""
    from importlib.util import find_spec

    folders = []
    for name in ("numpy", "graphviz"):
        spec = find_spec(name)
        if spec and spec.origin:
            folders.append(str(Path(spec.origin).parent.parent))
    return list(dict.fromkeys(folders))


def _interpreter_folders() -> list[str]:
    """What this Python needs to run: its own tree, and the system's shared libraries."""
    own = [sys.base_prefix] if sys.base_prefix != "/usr" else []
    own += [sysconfig.get_paths()["stdlib"], sysconfig.get_paths()["platstdlib"]]
    system = [p for p in ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/local/lib") if os.path.isdir(p)]
    files = ["/etc/ld.so.cache", "/usr/share/zoneinfo"]
    return list(dict.fromkeys([*own, *system, *(f for f in files if os.path.exists(f))]))


def _readable(bwrap: bool) -> list[str]:
    """What Landlock shows besides the submission. Directories of installed packages are left out."""
    devices = ["/dev/null", "/dev/zero", "/dev/urandom"]
    if bwrap:
        return [*_interpreter_folders(), "/packages", *devices]
    shown = []
    for folder in _interpreter_folders():
        shown += _without_packages(folder)
    for folder in _library_folders():
        shown += [os.path.join(folder, name) for name in _LIBRARIES]
    return [*shown, *devices]


def _without_packages(folder: str) -> list[str]:
    """`folder`, or its parts when it holds a directory of installed packages, which Landlock could not hide again."""
    if not os.path.isdir(folder):
        return [folder]
    packages = [p for p in _package_folders() if p.startswith(folder + os.sep)]
    if not packages:
        return [folder]
    parts = []
    for entry in sorted(os.listdir(folder)):
        path = os.path.join(folder, entry)
        if path in packages:
            continue
        parts += _without_packages(path) if any(p.startswith(path + os.sep) for p in packages) else [path]
    return parts


def _package_folders() -> list[str]:
    """Directories of installed packages below what the sandbox shows."""
    found = []
    for folder in _interpreter_folders():
        base = Path(folder)
        for pattern in ("*-packages", "python*/*-packages", "lib/python*/*-packages", "lib/*-packages"):
            found += [str(path) for path in base.glob(pattern) if path.is_dir()]
    return list(dict.fromkeys(found))


def _bwrap(folder: Path) -> list[str]:
    """The bubblewrap command line before the program: fresh namespaces, and a file system of what is needed alone."""
    program = shutil.which("bwrap")
    if not program:
        raise SandboxError("bwrap is not installed")
    command = [program, "--die-with-parent", "--new-session", "--unshare-pid", "--unshare-net", "--unshare-ipc",
               "--unshare-uts", "--unshare-cgroup-try", "--tmpfs", "/"]  # fmt: skip
    if not _is_root():
        command.append("--unshare-user")
    shown = [("--ro-bind", path, path) for path in _interpreter_folders()]
    shown += [("--ro-bind", str(_PACKAGE / name), f"/harness/autograder/{name}") for name in _INSIDE]
    for library in _library_folders():
        found = [name for name in _LIBRARIES if os.path.isdir(os.path.join(library, name))]
        shown += [("--ro-bind", os.path.join(library, name), f"/packages/{name}") for name in found]
    shown += [("--dev-bind", device, device) for device in ("/dev/null", "/dev/zero", "/dev/urandom")]
    shown += [("--ro-bind", str(folder), "/work")]

    parents = {str(parent) for _, _, place in shown for parent in Path(place).parents}
    for parent in sorted(parents - {"/"} - {place for _, _, place in shown}):
        if not any(parent.startswith(place + "/") for _, _, place in shown):
            command += ["--perms", "0755", "--dir", parent]  # bwrap would make them for its owner alone
    command += [argument for bind in shown for argument in bind]
    for path in _package_folders():
        command += ["--tmpfs", path]
    command += ["--remount-ro", "/", "--cap-drop", "ALL"]
    if _is_root():
        command += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    return [*command, "--chdir", "/", "--"]


# --- hostile bytes ------------------------------------------------------------------------------------------


def _loads(text: bytes | str, default: Any) -> Any:
    """Parsed JSON, or `default` where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return default


def decode_record(reply: bytes) -> Run:
    """Read what a supervisor sent. Raises SandboxError when it is not what supervisors send."""
    head, _, blob = reply.partition(b"\n")
    header = _loads(head, None)
    try:
        parts = _cut(blob)
        sittings = []
        for id, kind, code, at, seconds, *sizes in header["sittings"]:
            where, output, raw = (parts(size) for size in sizes)
            sittings.append((id, Sitting(kind.encode(), code, where, output, raw, at, seconds)))
        imports = [parts(size) for size in header["imports"]]
        lost = header["lost"]
    except (TypeError, ValueError, KeyError) as error:
        raise SandboxError("the sandbox sent no record") from error
    return _decode(sittings, imports, lost)


def _cut(blob: bytes) -> Any:
    place = 0

    def part(size: int) -> bytes:
        nonlocal place
        place += size
        return blob[place - size : place]

    return part


def _decode(sittings: Sequence[tuple[str, Sitting]], imports: Sequence[bytes], lost: dict[str, str]) -> Run:
    run = Run(lost=lost)
    for text in imports:
        failures = _loads(text, {})
        if isinstance(failures, dict):
            run.imports.update({k: v for k, v in failures.items() if isinstance(v, dict)})
    kinds = {b"a": "answered", b"x": "crashed", b"t": "timeout", b"f": "import"}
    for id, sitting in sittings:
        answers = Answers(
            kinds.get(sitting.kind, "crashed"), sitting.code, sitting.at, sitting.seconds,
            where=_place(_loads(sitting.where, None)), output=sitting.output.decode("utf-8", "replace"),
        )  # fmt: skip
        if answers.kind == "answered":
            parsed = _loads(sitting.raw, None)
            if isinstance(parsed, list):
                answers.answers = parsed
            else:
                answers.kind = "crashed"
        elif answers.kind == "import":
            answers.module = sitting.raw[:64].decode("ascii", "replace")
        run.items[id] = answers
    return run


def _place(value: Any) -> tuple[str, int] | None:
    """A file and a line, if that is what `value` is."""
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and type(value[1]) is int:
        return value[0][:300], value[1]
    return None


# --- choosing -----------------------------------------------------------------------------------------------

_FULL = ("namespaces", "landlock", "seccomp", "rlimits")


def _candidates(wanted: str) -> Iterator[Sandbox]:
    if wanted in ("auto", "bwrap"):
        yield Sandbox(True, ("bwrap", *_FULL))
        yield Sandbox(True, ("bwrap", "seccomp", "rlimits"))
        yield Sandbox(True, ("bwrap", "rlimits"))
    if wanted in ("auto", "landlock"):
        yield Sandbox(False, _FULL)
        yield Sandbox(False, ("namespaces", "landlock", "rlimits"))


def choose(wanted: str) -> Sandbox:
    """The strongest sandbox that really starts here: `wanted` is "auto", "bwrap", "landlock" or "none".

    Raises UserError when there is none, unless none is wanted.
    """
    if wanted == "none":
        return NO_SANDBOX
    reasons: dict[str, None] = {}
    for sandbox in _candidates(wanted):
        try:
            with Worker(sandbox, {}) as worker:
                (worker.folder / "probe" / "micrograd").mkdir(parents=True)
                worker.run(worker.folder / "probe", [])
            return sandbox
        except (SandboxError, OSError) as error:
            reasons[str(error)] = None
    why = "; ".join(reasons) or "not on this system"
    raise UserError(
        f"no sandbox works here ({why}): install bubblewrap or use a kernel with Landlock, "
        "or say --sandbox none if you trust every submission",
        code=1,
    )
