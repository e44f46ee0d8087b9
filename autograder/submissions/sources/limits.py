"""What of a submission is looked at: how much, and what in it counts for nothing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

Parts = tuple[str, ...]

_NOISE = {"__MACOSX", "__pycache__", "node_modules", "site-packages", "build"}
_JUNK = (".pyc", ".pyo", ".so", ".pyd")
# What systems and programs leave in any folder. Other hidden names in a class are somebody's doing, and are told.
_CLUTTER = re.compile(
    r"\._.*|\.~lock\..*|~\$.*|\.(DS_Store|localized|directory|Trashes|Spotlight-V100|fseventsd|AppleDouble|Trash-\d+|git|"
    r"git(ignore|attributes|modules|keep)|github|ipynb_checkpoints|nbgrader.*|Rhistory|RData|Rproj\.user|idea|vscode|"
    r"venv|cache|(pytest|mypy|ruff)_cache|hypothesis|gradschool\.json)|desktop\.ini|Thumbs\.db|ehthumbs\.db",
    re.I,
)


def is_clutter(name: str) -> bool:
    """Whether a file or folder of that name is nobody's, in whatever folder it lies."""
    return bool(_CLUTTER.fullmatch(name)) or name in _NOISE - {"build"}


def is_noise(parts: Parts) -> bool:
    """Whether something in a submission counts for nothing."""
    hidden = any(part in _NOISE or (part.startswith(".") and part != "..") for part in parts)
    return hidden or parts[-1].endswith(_JUNK)


@dataclass(frozen=True)
class Limits:
    """The first four bound what is copied, the others what is looked at; sizes are in bytes."""

    total: int
    each: int
    files: int
    depth: int = 16
    seen: int = 50_000
    stream: int = 64_000_000
    name: int = 200  # bytes of one
    clutter: Callable[[Parts], bool] | None = None  # what is passed over, if it is not noise


STUDENT = Limits(total=20_000_000, each=5_000_000, files=2_000)
NESTED = Limits(total=64_000_000, each=64_000_000, files=1)
CLASS = Limits(2 * 10**9, 10**9, 50_000, depth=1_000, seen=200_000, stream=3 * 10**9, name=255,
                clutter=lambda parts: any(map(is_clutter, parts)))  # fmt: skip
