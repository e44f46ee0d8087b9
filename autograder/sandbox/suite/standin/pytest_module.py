"""The module `pytest` that tests import."""

from __future__ import annotations

import types
from typing import Any

from autograder.sandbox.suite.standin import approx, expecting, fixtures, marks, monkeypatch, outcomes
from autograder.sandbox.suite.standin.outcomes import Missing


def made() -> types.ModuleType:
    """The module `pytest`, made anew."""
    found = types.ModuleType("pytest")
    names: dict[str, Any] = {
        "approx": approx.approx, "raises": expecting.raises, "warns": expecting.warns,
        "deprecated_call": expecting.deprecated_call, "fixture": fixtures.fixture, "mark": marks.Marks(),
        "param": marks.param, "fail": outcomes.fail, "skip": outcomes.skip, "xfail": outcomes.xfail,
        "importorskip": outcomes.importorskip,
        "MonkeyPatch": monkeypatch.MonkeyPatch, "FixtureRequest": fixtures.Request,
        "CaptureFixture": fixtures.Capture, "ExceptionInfo": expecting.Caught,
        "__version__": "9.0.0",
    }  # fmt: skip

    def missing(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module 'pytest' has no attribute {name!r}")
        raise Missing(f"This runner has no pytest.{name}: it has {', '.join(sorted(names)[1:])}.")

    vars(found).update(names, __getattr__=missing)
    return found
