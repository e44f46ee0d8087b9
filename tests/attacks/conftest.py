"""Which sandboxes the red team attacks, and what came of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from attacks.arena import Arena, opened
from autograder.errors import UserError
from autograder.sandbox.launcher import choose, probe
from autograder.sandbox.layers import BARE, Sandbox
from autograder.sandbox.protocol import SandboxError

KINDS = ("bwrap", "landlock", "bare")  # the last as where namespaces may not be made
Reasons = dict[str, str]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--sandboxes",
        choices=("strongest", "all", *KINDS),
        default="strongest",
        help="attack the strongest sandbox that works here, or each, or one: %(default)s",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "arena" in metafunc.fixturenames:
        # The option is unknown where the tests are not named on the command line.
        wanted = metafunc.config.getoption("sandboxes", "strongest")
        kinds = {"all": KINDS, "strongest": ["auto"]}.get(wanted, [wanted])
        metafunc.parametrize("arena", kinds, indirect=True, scope="module")


@pytest.fixture(scope="module")  # what other files leave behind in this process is not the worker's
def arena(request: pytest.FixtureRequest) -> Iterator[Arena]:
    """One sandbox, with one worker for all attacks on it."""
    if sys.platform != "linux":
        pytest.skip("sandboxes need Linux")
    try:
        sandbox = chosen(request.param)
    except (UserError, SandboxError, OSError) as error:
        pytest.skip(str(error))
    marked = (item.get_closest_marker("nightly") for item in request.session.items if _attacks(item))
    with opened(sandbox, brief=not any(marked)) as arena:
        yield arena


def _attacks(item: pytest.Item) -> bool:
    return "arena" in getattr(item, "fixturenames", ())


def chosen(kind: str) -> Sandbox:
    """The sandbox of this kind. Raises UserError, SandboxError or OSError where it does not start."""
    if kind != "bare":
        return choose(kind)
    probe(BARE)
    return BARE


@pytest.fixture(autouse=True)
def _noted(request: pytest.FixtureRequest, record_property: pytest.RecordProperty) -> None:
    """Have the report of a test say which sandbox was attacked."""
    if "attack" in request.fixturenames:
        record_property("attacked", request.node.callspec.params["arena"])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many attacks each sandbox met, and how many breached it."""
    tried: dict[str, list[int]] = {}
    reasons: dict[str, str] = {}
    for outcome in ("passed", "failed", "error", "skipped", "xfailed"):
        for report in terminalreporter.stats.get(outcome, []):
            kind = dict(getattr(report, "user_properties", ())).get("attacked")
            if kind is None:
                continue
            counts = tried.setdefault(kind, [0, 0, 0])
            if outcome == "skipped":
                reasons[kind] = str(report.longrepr[-1])
            else:
                counts[0] += 1
                counts[1] += outcome in ("failed", "error")
                counts[2] += outcome == "xfailed"
    if not tried:
        return
    terminalreporter.section("the red team")
    terminalreporter.write_line(f"{'sandbox':10} {'attacks':>8} {'breached':>9} {'known open':>11}")
    for kind, (count, breached, known) in sorted(tried.items()):
        why = f"  cannot be tried here: {reasons[kind]}" if kind in reasons else ""
        terminalreporter.write_line(f"{kind:10} {count:8} {breached:9} {known:11}{why}")
    terminalreporter.write_line("`--sandbox none` is not attacked: it promises nothing.")
