"""What a fork does beside a process comes back, or else is done in the process itself."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from autograder.exam.questions.beside import beside


def test_it_is_done_elsewhere_and_comes_back() -> None:
    with beside(lambda: iter([os.getpid(), None, ()])) as parts:
        pid, *others = parts
        assert pid != os.getpid() and others == [None, ()]


def test_each_part_comes_when_it_is_there() -> None:
    def work() -> Iterator[str]:
        yield "first"
        time.sleep(600)

    with beside(work) as parts:
        assert next(parts) == "first"


@pytest.mark.parametrize("count", range(3))
def test_what_comes_to_nothing_is_done_here(count: int) -> None:
    """From where it came to nothing, and nothing comes twice."""
    here = os.getpid()

    def work() -> Iterator[str]:
        for number in range(3):
            if number == count and os.getpid() != here:
                os._exit(1)
            yield f"{number}, {'here' if os.getpid() == here else 'there'}"

    with beside(work) as parts:
        assert [*parts] == [f"{number}, {'there' if number < count else 'here'}" for number in range(3)]


def test_where_there_is_no_fork_it_is_done_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "fork")
    with beside(lambda: iter([os.getpid()])) as parts:
        assert [*parts] == [os.getpid()]


def test_who_raises_raises_here() -> None:
    def work() -> Iterator[str]:
        yield "first"
        raise ValueError("no")

    with beside(work) as parts:
        assert next(parts) == "first"
        with pytest.raises(ValueError, match="no"):
            next(parts)


def test_nobody_waits_for_what_is_not_asked_for() -> None:
    begun = time.monotonic()
    with beside(lambda: iter([time.sleep(600)])):
        pass
    assert time.monotonic() - begun < 60
