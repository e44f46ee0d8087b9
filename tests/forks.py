"""Processes that begin where this one is, with all that it has imported; by night they begin as any other does."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from nightly import WHOLE

Told = subprocess.CompletedProcess[str]


def _graders() -> dict[Any, Any]:
    """Those that nbgrader keeps for a process, where it is imported."""
    return getattr(sys.modules.get("autograder.nbgrader.plugins"), "_graders", {})


class Forked:
    """What tests use of a Popen."""

    def __init__(self, run: Callable[[], object], cwd: Path, outputs: tuple[int, ...] = ()):
        self.returncode: int | None = None
        self.pid = os.fork()
        if not self.pid:
            self._run(run, cwd, outputs)

    @staticmethod
    def _run(run: Callable[[], object], cwd: Path, outputs: tuple[int, ...]) -> None:
        code: Any = 1
        try:
            gc.freeze()  # what the parent has is not looked through again
            os.setsid()
            warnings.simplefilter("ignore")
            for number, output in enumerate(outputs or [os.open(os.devnull, os.O_WRONLY)] * 2, 1):
                os.dup2(output, number)
            sys.stdout, sys.stderr = (os.fdopen(number, "w", 1, closefd=False) for number in (1, 2))
            os.chdir(cwd)
            _graders().clear()  # the parent's, and so are their workers
            try:
                run()
            finally:
                for grader in _graders().values():
                    grader.close()
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else end.code is not None
        except BaseException:
            traceback.print_exc()
        finally:
            for stream in (sys.stdout, sys.stderr):
                stream.flush()
            os._exit(int(code))

    def poll(self) -> int | None:
        if self.returncode is None and (found := os.waitpid(self.pid, os.WNOHANG))[0]:
            self.returncode = os.waitstatus_to_exitcode(found[1])
        return self.returncode

    def wait(self, seconds: float = 300) -> int:
        deadline = time.monotonic() + seconds
        while (code := self.poll()) is None:
            if time.monotonic() > deadline:
                raise subprocess.TimeoutExpired("a fork", seconds)
            time.sleep(0.01)
        return code

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def python(code: str, *arguments: object, cwd: Path, pass_fds: Sequence[int] = ()) -> Any:
    """Have a process of its own run this program, in a session of its own."""
    words = ["-c", *map(str, arguments)]
    if WHOLE:
        command = [sys.executable, "-c", code, *words[1:]]
        return subprocess.Popen(command, cwd=cwd, pass_fds=pass_fds, start_new_session=True)

    def run() -> None:
        sys.argv = words
        exec(code, {"__name__": "__main__"})

    return Forked(run, cwd)


def told(code: str, *arguments: object, cwd: Path, project: Path | None = None, **environment: str) -> Told:
    """What a process of its own says that runs this program, of the `project` in that folder where one is named."""
    words = ["-c", *map(str, arguments)]
    paths = [str(project)] if project else []
    if WHOLE:
        path = os.pathsep.join(filter(None, [*paths, os.environ.get("PYTHONPATH")]))
        return _run([sys.executable, "-P", "-c", code, *words[1:]], cwd, PYTHONPATH=path, **environment)

    def run() -> None:
        os.environ.update(environment)
        for name in [name for name in sys.modules if name.partition(".")[0] in ("autograder", "gradschool")]:
            if project:
                del sys.modules[name]
        sys.path[:0] = paths
        sys.argv = words
        exec(code, {"__name__": "__main__"})

    return said(run, cwd, words)


def nbgrader(root: Path, *arguments: str) -> Told:
    """nbgrader's command in a course. Its import takes seconds."""
    if WHOLE:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        command = [sys.executable, "-W", "ignore", "-m", "nbgrader", *arguments]
        return _run(command, root, PATH=path, PYTHONPATH=os.pathsep.join(sys.path))
    from nbgrader.apps.nbgraderapp import main

    def run() -> None:
        sys.argv = ["nbgrader", *arguments]
        main()

    return said(run, root, ["nbgrader", *arguments])


def _run(command: list[str], cwd: Path, **environment: str) -> Told:
    environment = {**os.environ, **environment}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False, timeout=600)


def said(run: Callable[[], object], cwd: Path, words: list[str]) -> Told:
    """What a fork says that does this."""
    with tempfile.TemporaryFile("w+") as stdout, tempfile.TemporaryFile("w+") as stderr:
        code = Forked(run, cwd, (stdout.fileno(), stderr.fileno())).wait(300)
        for file in (stdout, stderr):
            file.seek(0)
        return subprocess.CompletedProcess(words, code, stdout.read(), stderr.read())
