"""What became of a student's pushes: a line each, in the results folder."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autograder.push.queue import Push, now
from autograder.report import Report
from autograder.report.text import by_assignment


def came(push: Push) -> datetime:
    """When the server received a push. What a commit says of its own time is up to who made it."""
    return datetime.strptime(push.name.partition("-")[0], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def entry(push: Push, commit: str, report: Report, current: bool) -> dict[str, Any]:
    """A line of the history. Where the course has due dates it also holds what was earned by assignment, so that scores
    as of these can be told later."""
    groups = by_assignment(report.items) if report.dated else {}
    earned = {name: sum(item.earned for item in items if not item.bonus) for name, items in groups.items()}
    extra = {name: sum(item.earned for item in items if item.bonus) for name, items in groups.items()}
    return {
        "pushed": f"{came(push):%Y-%m-%dT%H:%M:%SZ}", "graded": f"{now():%Y-%m-%dT%H:%M:%SZ}", "commit": commit,
        "score": report.score, "max_score": report.max_score, "bonus": report.bonus, "exam": report.exam,
        "submission": report.submission, "current": current, "push": push.name,
        **({"penalty": report.penalty, "final_score": report.final_score,
           "final_bonus": report.final_bonus, "earned": earned, "extra": extra}
           if report.dated else {}),
    }  # fmt: skip


def append(history: Path, entry: dict[str, Any]) -> None:
    history.parent.mkdir(parents=True, exist_ok=True)
    with open(history, "ab+") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
        torn = file.read(1) not in (b"", b"\n")  # a line that was cut off
        file.write(b"\n" * torn + json.dumps(entry).encode("ascii") + b"\n")


def last_entry(history: Path) -> dict[str, Any] | None:
    try:
        lines = history.read_text("ascii").splitlines()
    except FileNotFoundError:
        return None
    for line in reversed(lines):
        with suppress(ValueError):  # a line that was cut off
            return dict(json.loads(line))
    return None
