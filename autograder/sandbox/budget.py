"""What one submission may use in all, of the clock and of CPU time. Standard library only: judge and supervisor keep
it."""

from __future__ import annotations

import math
import os
import time

CLOCK, CPU = "clock", "cpu"
SLACK = 20.0  # seconds beyond the clock for which whoever keeps it is waited for


class Budget:
    """So many seconds on the clock from now on, and so many of CPU time.

    With `own`, the CPU time of this process's children that have ended counts; otherwise what is charged.
    """

    def __init__(self, clock: float, cpu: float, *, own: bool = False):
        self.end = time.monotonic() + clock
        self._cpu = cpu
        self._before = children_cpu() if own else None

    def used(self) -> float:
        """The seconds of CPU time that children have used since it began."""
        return 0.0 if self._before is None else children_cpu() - self._before

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

    def patience(self) -> float:
        """The seconds for which to wait for whoever keeps this budget: all that are late are late by the same
        seconds, however many they are."""
        return max(self.end + SLACK - time.monotonic(), 0.0)

    def spent(self) -> str:
        """Which of the two is over, if one is."""
        clock, cpu = self.left()
        return CLOCK if clock <= 0 else CPU if cpu <= 0 else ""


def children_cpu() -> float:
    """The seconds of CPU time that children used until they ended, in ticks of 10 ms. (`getrusage`, which counts finer,
    is no call for a sandbox: it also tells what had to be fetched from the disk.)"""
    used = os.times()
    return used.children_user + used.children_system
