"""How many processors there are for this process: those that it is bound to, and no more than its control groups pay
for. On a large machine, a container that may use two of them sees all."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import suppress
from itertools import accumulate
from pathlib import Path

_GROUPS, _TOP = Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")


def processors() -> int:
    """How many processors this process may use, one at least."""
    return math.ceil(min([bound(), *map(_quota, _groups(_GROUPS, _TOP))]))


def bound() -> int:
    """How many processors this process may run on, beside whoever else does."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _groups(own: Path, top: Path) -> Iterator[Path]:
    """The folders of the control groups that this process is in, each of which lies in another (cgroups(7)): in both
    versions of them, and as a container shows its own, which lies at the top."""
    with suppress(OSError, ValueError):
        for line in own.read_text().splitlines():
            controllers, path = line.split(":", 2)[1:]
            inner = [part for part in path.split("/") if part not in ("", "..")]
            if not controllers or "cpu" in controllers.split(","):
                for place in {top / controllers, top / ("cpu" if controllers else "unified")}:
                    yield from accumulate(inner, Path.joinpath, initial=place)


def _quota(group: Path) -> float:
    """How much processor time, in seconds a second, a group may have; infinite where nothing says so."""
    with suppress(OSError, ValueError, ZeroDivisionError):
        quota, period = (group / "cpu.max").read_text().split()  # "max" of no limit
        return int(quota) / int(period)
    with suppress(OSError, ValueError, ZeroDivisionError):
        quota, period = ((group / f"cpu.cfs_{each}_us").read_text() for each in ("quota", "period"))
        return int(quota) / int(period) if int(quota) > 0 else math.inf
    return math.inf
