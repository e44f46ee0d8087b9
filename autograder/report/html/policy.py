"""What a page is made of, and what it may do; which also tells whether one was written here."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib import resources
from pathlib import Path


@cache
def source(name: str) -> str:
    """The text of a template, or of what stands in one."""
    return resources.files("autograder.report.html").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def script(template: str) -> str:
    """What runs in the pages of that template: what all have, and what is its own."""
    return source("page.js") + (source("class.js") if template == "class.html" else "")


@cache
def policy(script: str) -> str:
    """What a page may do: run this script and no other, and load nothing."""
    allowed = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{allowed}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


def is_harmless(page: Path) -> bool:
    """Whether a page begins as those do that are written here, with the policy that binds all that follows: whoever
    wrote it, no script of theirs runs in it."""
    policies = (policy(script(name)).replace("'", "&#39;") for name in ("student.html", "class.html"))
    said = "|".join(map(re.escape, policies))
    begins = (
        r'<!doctype html>\n<!-- gradschool [0-9a-f]* -->\n<html lang="[\w-]+">\n<head>\n<meta charset="utf-8">\n'
        rf'<meta http-equiv="Content-Security-Policy" content="(?:{said})">\n'
    )
    with page.open("rb") as file:
        return bool(re.match(begins.encode(), file.read(1_000)))
