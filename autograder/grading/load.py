"""Whether this machine has so much to do that a clock says little about the code that it runs."""

from __future__ import annotations

import os
import time

from autograder.sandbox.kernel.processors import bound

_SPIN = 0.2  # seconds
_CROWD = 2.0  # as many as that for each processor want to run


def overloaded() -> bool:
    """Whether programs here get less than half of the processor time that they could use, or did within the last
    minute. It takes a fifth of a second to find out."""
    return _crowd() > _CROWD or _share() < 1 / _CROWD


def _crowd() -> float:
    """How many wanted to run for each processor, over the last minute."""
    try:
        return os.getloadavg()[0] / bound()
    except (OSError, AttributeError):  # Windows
        return 0.0


def _share() -> float:
    """How much of a processor this process gets, where it wants all of one."""
    began, used = time.monotonic(), time.process_time()
    while (passed := time.monotonic() - began) < _SPIN:
        pass
    return (time.process_time() - used) / passed
