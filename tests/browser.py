"""A headless Chromium, for what people look at: one at a time in a process, so let each file close its own."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nightly import WHOLE

# What a browser does by itself, and what it needs as root and in a container.
_PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    *([] if WHOLE else ["--js-flags=--liftoff-only"]),  # WebAssembly for minutes is not worth optimizing
]  # fmt: skip
# Where screenshots go that the documentation shows: `PICTURES=docs/pictures pytest tests/...` takes them anew.
PICTURES = os.environ.get("PICTURES")


@contextmanager
def browser() -> Iterator[Any]:
    """A browser of Playwright's. Fails where Chromium is not installed."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    assert program, "pages are tested in a real browser: install Chromium (`sudo apt install chromium`)"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=_ARGUMENTS)
        try:
            yield chromium
        finally:
            chromium.close()


def picture(name: str, folder: Path) -> Path:
    """Where the screenshot of that name goes."""
    return Path(PICTURES) / name if PICTURES else folder / name
