"""How much of the machine a process may use."""

from __future__ import annotations

import errno
import math
import sys

from autograder.sandbox.kernel.calls import ConfineError

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]


def limit(
    *,
    cpu_seconds: float | None = None,
    memory: int | None = None,
    processes: int | None = None,
    file_size: int | None = None,
    open_files: int | None = None,
) -> None:
    """Set resource limits, hard ones too, never above those in force. Core files are always off.

    CPU time is rounded up to whole seconds; one second after the warning (SIGXCPU) the kernel kills. The
    limit on processes counts those of this user in this user namespace; the machine's root is exempt from
    it.
    """
    if resource is None:
        return
    wanted = {"CORE": 0, "AS": memory, "NPROC": processes, "FSIZE": file_size, "NOFILE": open_files}
    wanted["CPU"] = None if cpu_seconds is None else math.ceil(cpu_seconds)
    for name, value in wanted.items():
        kind = getattr(resource, f"RLIMIT_{name}", None)
        if value is None or kind is None:
            continue
        hard = value + 1 if name == "CPU" else value
        ceiling = resource.getrlimit(kind)[1]
        if ceiling != resource.RLIM_INFINITY:
            value, hard = min(value, ceiling), min(hard, ceiling)
        try:
            resource.setrlimit(kind, (value, hard))
        except (OSError, ValueError) as error:
            if sys.platform == "linux":  # macOS names limits that it does not have
                raise ConfineError(errno.EINVAL, f"setrlimit(RLIMIT_{name}, {value}): {error}") from error
