"""A headless Chromium, for what people look at."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = "/usr/bin/chromium"
_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
# Where screenshots go that the documentation shows: `PICTURES=docs/pictures pytest tests/...` takes them anew.
PICTURES = os.environ.get("PICTURES")


@contextmanager
def browser() -> Iterator[Any]:
    """A browser of Playwright's. Fails where Chromium is not installed."""
    from playwright.sync_api import sync_playwright

    assert Path(CHROMIUM).exists(), "Chromium is not installed: apt-get install chromium"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=_ARGUMENTS)
        try:
            yield chromium
        finally:
            chromium.close()


def picture(name: str, folder: Path) -> Path:
    """Where the screenshot of that name goes."""
    return Path(PICTURES) / name if PICTURES else folder / name
