"""What is made once a session for all processes of pytest-xdist, whichever needs it first."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from autograder.files import locked

_place: list[Path] = []


def pytest_sessionstart(session: pytest.Session) -> None:
    """Workers have folders of their own within the one of the process that started them."""
    own = session.config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
    _place[:] = [own.parent if hasattr(session.config, "workerinput") else own]


def once(name: str, make: Callable[[Path], object]) -> Path:
    """The folder of that name; the first who asks for it has `make` fill it, and the others wait."""
    folder = _place[0] / f"shared-{name}"
    with locked(_place[0] / f"shared-{name}.lock"):
        if not folder.exists():
            half = folder.with_suffix(".half")
            make(half)
            half.rename(folder)
    return folder
