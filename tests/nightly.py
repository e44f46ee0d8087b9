"""What `make test` takes of a long list, and what it leaves to `make test-all`.

A test that takes long and only confirms what a cheaper one shows is marked `nightly`; of a list of cases of the same
kind, the first of each kind is tested every time and the others are marked. Nothing is drawn by chance: for one commit
it is always the same. Who names tests, by `file::test` or `-k`, gets all that are so named, and so does NIGHTLY=all in
the environment.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest

WHOLE = os.environ.get("NIGHTLY") == "all"
LEFT = pytest.StashKey[int]()
Case = TypeVar("Case")

nightly = pytest.mark.nightly


def one_of_each(
    cases: Iterable[Case], kind: Callable[[Case], object], id: Callable[[Case], str] | None = None
) -> list[Any]:
    """Parameters: the first case of each kind is tested every time, the others at night."""
    seen: set[object] = set()
    found = []
    for case in cases:
        marks = [nightly] if kind(case) in seen else []
        seen.add(kind(case))
        found.append(_parameter(case, marks, id and id(case)))
    return found


def only(
    cases: Iterable[Case],
    drawn: Callable[[Case], object],
    id: Callable[[Case], str] | None = None,
    whole: bool = False,
) -> list[Any]:
    """Parameters: the cases that are `drawn` are tested every time, the others at night. A tuple is several arguments,
    unless it is one as a `whole`."""
    return [_parameter((case,) if whole else case, [] if drawn(case) else [nightly], id and id(case)) for case in cases]


def few(cases: Iterable[Case], count: int = 2) -> list[Any]:
    """Parameters: the first few cases are tested every time, the others at night."""
    return [_parameter((case,), [] if place < count else [nightly], None) for place, case in enumerate(cases)]


def examples(count: int) -> int:
    """How many examples Hypothesis draws of so many that it draws at night."""
    return count if WHOLE else min(count, max(3, count // 4))


def asked(request: pytest.FixtureRequest, name: str) -> set[Any]:
    """The values of this parameter in the tests that are run and use this fixture: what it must have made for them."""
    given = [
        item.callspec.params
        for item in request.session.items
        if isinstance(item, pytest.Function) and hasattr(item, "callspec")
        if request.fixturename in item.fixturenames and item.path.is_relative_to(request.node.path)
    ]
    return {parameters[name] for parameters in given if name in parameters}


def _parameter(case: Any, marks: list[Any], id: str | None) -> Any:
    return pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=marks, id=id)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "nightly: takes long and confirms: left to `make test-all`")
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(FromWorkers())


def pytest_sessionstart(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and not _all(session.config):
        reporter.write_line("a sample: `make test-all` runs every test, and how many are left to it is said at the end")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is for the night."""
    left = [] if _all(config) else [item for item in items if item.get_closest_marker("nightly")]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if not item.get_closest_marker("nightly")]
    config.stash[LEFT] = len(left)
    if hasattr(config, "workeroutput"):
        config.workeroutput["left"] = len(left)


def _all(config: pytest.Config) -> bool:
    """Whether every test is asked for, or those that are have been named."""
    named = any("::" in each for each in config.args) or bool(config.option.keyword)
    return WHOLE or named or config.getoption("sandboxes", "strongest") != "strongest"


class FromWorkers:
    """Counts in the process that shows results what its workers left out: each of them leaves out the same."""

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        reporter = node.config.pluginmanager.get_plugin("terminalreporter")
        left = getattr(node, "workeroutput", {}).get("left", 0)
        if left and node.config.stash.get(LEFT, 0) != left:
            node.config.stash[LEFT] = left
            reporter.stats["deselected"] = [SimpleNamespace()] * left


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if left := config.stash.get(LEFT, 0):
        terminalreporter.write_line(f"{left:,} tests are left to `make test-all`: tests/nightly.py")
