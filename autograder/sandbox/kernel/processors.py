"""How many processors there are for this process: those that it is bound to, and no more than its control groups pay
for. On a large machine, a container that may use two of them sees all."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_GROUPS, _TOP = Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")


def processors() -> int:
    """How many processors this process may use, one at least."""
    return min(bound(), math.ceil(min(_quotas(_GROUPS, _TOP), default=bound())))


def bound() -> int:
    """How many processors this process may run on, beside whoever else does."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _quotas(groups: Path, top: Path) -> Iterator[float]:
    """How much processor time, in seconds a second, the control groups of this process allow, of which each lies in
    another (cgroups(7)): in both versions of their files, and as a container shows its own, which lies at the top."""
    with suppress(OSError, ValueError):
        for line in groups.read_text().splitlines():
            controllers, path = line.split(":", 2)[1:]
            parts = [part for part in path.split("/") if part not in ("", "..")]
            if not controllers or "cpu" in controllers.split(","):
                for place in {top / controllers, top / ("cpu" if controllers else "unified")}:
                    for deep in range(len(parts) + 1):
                        yield from _quota(place.joinpath(*parts[:deep]))


def _quota(group: Path) -> Iterator[float]:
    """That of one group, where it has any."""
    with suppress(OSError, ValueError, ZeroDivisionError):
        quota, period = (group / "cpu.max").read_text().split()
        if quota != "max":
            yield int(quota) / int(period)
    with suppress(OSError, ValueError, ZeroDivisionError):
        quota, period = ((group / f"cpu.cfs_{each}_us").read_text() for each in ("quota", "period"))
        if int(quota) > 0:
            yield int(quota) / int(period)
