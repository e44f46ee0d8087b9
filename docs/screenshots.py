"""Photograph the pages of the sample class: `python docs/screenshots.py [RESULTS]`.

RESULTS is what `make grade` writes. Needs Playwright, and Chromium.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

PICTURES = Path(__file__).resolve().parent / "pictures"
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Each picture: the page, the part of it, or "" for its beginning, and the size of the window.
SHOTS = {
    "student-page": ("emil/index.html", "", (900, 760)),
    "wrong-answer": ("emil/index.html", "#backprop-mul", (900, 760)),
    "class-page": ("index.html", "", (1100, 900)),
    "class-items": ("index.html", "section[aria-labelledby=items]", (1180, 900)),
}


def main(results: Path) -> None:
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None or not (results / "emil" / "index.html").is_file():
        sys.exit(f"screenshots need Chromium, and the sample class in {results}: `make grade` grades it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--headless", "--no-sandbox"])
        for name, (place, part, (width, height)) in SHOTS.items():
            for scheme in ("light", "dark"):
                page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": height})
                page.goto(f"{results.resolve().as_uri()}/{place}")
                target = PICTURES / f"{name}-{scheme}.png"
                page.evaluate("part => part && document.querySelector(part).scrollIntoView()", part)
                box = page.locator(part).bounding_box() if part else None
                clip = {**box, "height": min(box["height"], height)} if box else None
                page.screenshot(path=target, clip=clip)
                print(f"{target.name}: {target.stat().st_size // 1000} kB")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "results"))
