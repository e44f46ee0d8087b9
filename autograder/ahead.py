"""Processes with a Python of their own, and how one is started ahead of its use.

What asks a student's code takes as long to get ready as all that judges it. So `gradschool check` starts it before it
imports anything else. Standard library only, and little of it.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile

_HOME = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
_DESK = "autograder.sandbox.inside.template"


class Started:
    """A process that was started by a command, with pipes to its stdin and from its stdout, and a file for its
    stderr."""

    def __init__(self, command: list[str]):
        environment = {
            "PATH": "/usr/bin:/bin", "PYTHONHASHSEED": "0", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1",
            "MALLOC_ARENA_MAX": "1",  # a thread's own would take 64 MB of the memory that a submission may have
            "LANG": "C.UTF-8", "HOME": "/nonexistent",
            **{name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ},
        }  # fmt: skip
        self.errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever ends the process
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, env=environment,
            cwd="/" if os.name == "posix" else None, start_new_session=True,
        )  # fmt: skip


def python(program: str, executable: str = sys.executable, *, writes: bool = not sys.dont_write_bytecode) -> list[str]:
    """The command by which a bare Python runs the `main` of one of our modules, and finds no others than its library's
    and ours; `writes` says whether it writes bytecode. What modules register for forks is not done, as what `threading`
    does about threads that there are none of: it is half of what a fork takes."""
    code = (
        "import os, sys; os.register_at_fork = lambda **whatever: None; "
        f"sys.path[:] = [p for p in sys.path if not p.endswith('-packages')] + [{_HOME!r}]; "
        f"from {program} import main; main()"
    )
    return [executable, "-I", "-S", *([] if writes else ["-B"]), "-u", "-X", "utf8", "-c", code]


def asker() -> Started | None:
    """What asks where there is no sandbox, started now, if it is a process that serves several requests."""
    return Started(python(_DESK)) if hasattr(os, "fork") else None
