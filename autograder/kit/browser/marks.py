"""Where to mark what in the margin of an editor."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from autograder.project import PACKAGE
from autograder.report import Report
from autograder.report.text import is_begun
from autograder.todos import find_todos


def marks(report: Report, root: Path, ids: Collection[str]) -> list[dict[str, Any]]:
    """The marks of a report on the package below `root`: those of wrong items where they are wrong, of those that are
    to do where they are to be written. What waits for others has none."""
    todos = find_todos(root, ids)
    found = []
    for item in report.items:
        file, line = item.file, item.line
        if item.status == "todo" and (todo := todos.get(item.id)) and not is_begun(item):
            file, line = todo.file, todo.line
        if item.status in ("passed", "blocked", "ungraded") or not file or not line:
            continue
        severity = "todo" if item.status == "todo" else "error"
        text = item.explanation.sentence or item.message
        found.append(
            {"file": file.removeprefix(f"{PACKAGE}/"), "line": line, "item": item.id, "text": text,
             "severity": severity}
        )  # fmt: skip
    return found
