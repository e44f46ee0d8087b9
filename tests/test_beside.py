"""What a fork does beside a process comes back, or else is done in the process itself."""

from __future__ import annotations

import os
import time

import pytest

from autograder.exam.questions.beside import beside


def test_it_is_done_elsewhere_and_comes_back() -> None:
    with beside(os.getpid) as result:
        assert result() != os.getpid()


def test_what_comes_to_nothing_is_done_here() -> None:
    here = os.getpid()

    def work() -> list[str]:
        if os.getpid() != here:
            os._exit(1)
        return ["done"]

    with beside(work) as result:
        assert result() == ["done"]


def test_who_raises_raises_here() -> None:
    def work() -> None:
        raise ValueError("no")

    with beside(work) as result, pytest.raises(ValueError, match="no"):
        result()


def test_nobody_waits_for_what_is_not_asked_for() -> None:
    begun = time.monotonic()
    with beside(lambda: time.sleep(600)):
        pass
    assert time.monotonic() - begun < 60
