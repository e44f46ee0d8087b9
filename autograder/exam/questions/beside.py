"""What is done beside this process, on another core: by a fork of it, or by what one of its threads starts."""

from __future__ import annotations

import os
import pickle
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import chain, count, islice
from typing import TypeVar

T = TypeVar("T")
_NICE = 5


@contextmanager
def beside(work: Callable[[], Iterator[T]]) -> Iterator[Iterator[T]]:
    """Begin `work` in a fork, and give what that yields, which must be plain data, part by part as it comes. Where
    there is no fork, or it comes to nothing, the work is done here when it is asked for: who raises raises here."""
    if not hasattr(os, "fork"):
        yield work()
        return
    outlet, inlet = os.pipe()
    child = os.fork()
    if not child:
        try:
            with os.fdopen(inlet, "wb") as into:
                for part in chain(((each,) for each in work()), [()]):
                    pickle.dump(part, into)
                    into.flush()
        finally:
            os._exit(0)
    os.close(inlet)
    with os.fdopen(outlet, "rb") as pipe:

        def parts() -> Iterator[T]:
            for had in count():
                try:
                    part: tuple[T, ...] = pickle.load(pipe)
                except (EOFError, pickle.UnpicklingError):
                    yield from islice(work(), had, None)
                    return
                if not part:
                    return
                yield from part

        try:
            yield parts()
        finally:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def step_back() -> None:
    """Let others have the processor before this thread and what it starts from now on: what takes longest is theirs.
    Where the system cannot tell threads apart, nothing is done; and it gives little where Linux shares the processor
    among sessions first (`sched_autogroup_enabled`), for each worker is one."""
    if sys.platform == "linux":
        os.nice(_NICE)
