"""Tests of the student's own, which are tried on the specimens of an exam."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from autograder.exam.specimens import unpacked
from autograder.sandbox.suite.running import try_suite

try:
    from autograder.courses.micrograd.testing import patches
except ImportError:  # in a sandbox, which does not show it: there nothing is planted
    patches = None  # type: ignore[assignment]


def tried(task: dict[str, Any]) -> Any:
    """What comes of the tests, on the specimens that are handed over with the task."""
    specimens = [{**vars(each), "patch": _patch(each.patch)} for each in unpacked(task)]
    if task["secret"]:  # nothing of the student's is here, but an empty package was made of that
        for name in [name for name in sys.modules if name.partition(".")[0] == task["package"]]:
            del sys.modules[name]
    options = {name: value for name, value in task.items() if name not in ("texts", "specimens")}
    return try_suite(specimens=specimens, **options)


def _patch(place: str) -> Callable[..., Any] | None:
    """What plants a mistake in a package."""
    found: Callable[..., Any] | None = getattr(patches, place.rpartition(":")[2]) if place else None
    return found
