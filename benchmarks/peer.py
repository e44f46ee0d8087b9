"""The usual way: pytest, Hypothesis and PyTorch in the process that imports the student's code.

Run as `SUBMISSION=PACKAGE_ROOT EXAM=EXAM_FILE python -m pytest benchmarks/peer.py`.
"""

from __future__ import annotations

import pytest

from benchmarks.properties import ITEMS, check


@pytest.mark.parametrize("id", ITEMS)
def test_item(id: str) -> None:
    check(id)
