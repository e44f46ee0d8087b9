"""What one submission may use in all, of the clock and of CPU time. Standard library only: judge and supervisor keep
it."""

from __future__ import annotations

import math
import time

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

CLOCK, CPU = "clock", "cpu"


class Budget:
    """So many seconds on the clock from now on, and so many of CPU time.

    With `own`, the CPU time of this process's children that have ended counts; otherwise what is charged.
    """

    def __init__(self, clock: float, cpu: float, *, own: bool = False):
        self.end = time.monotonic() + clock
        self._cpu = cpu
        self._before = _children() if own else None

    def used(self) -> float:
        """The seconds of CPU time that children have used since it began."""
        return 0.0 if self._before is None else _children() - self._before

    def charge(self, cpu: float) -> None:
        """Take off CPU time that was used elsewhere."""
        if cpu > 0 and math.isfinite(cpu):
            self._cpu -= cpu

    def lengthen(self, seconds: float) -> None:
        """Allow more on the clock, from now on where it was over."""
        self.end = max(self.end, time.monotonic()) + seconds

    def left(self) -> tuple[float, float]:
        """What is left: seconds on the clock, and of CPU time."""
        return max(self.end - time.monotonic(), 0.0), max(self._cpu - self.used(), 0.0)

    def spent(self) -> str:
        """Which of the two is over, if one is."""
        clock, cpu = self.left()
        return CLOCK if clock <= 0 else CPU if cpu <= 0 else ""


def _children() -> float:
    if resource is None:
        return 0.0
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
