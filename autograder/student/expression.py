"""What is to be drawn of an expression on what the student built.

The expression is computed by the student's own Python in a process of its own, by the course's program, which tells of
it in a file: what the code prints appears, and whatever it does, this process lives on.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from autograder.course import in_use
from autograder.errors import UserError
from autograder.report.text import plain, shortened
from autograder.scratch import Scratch
from autograder.texts import _

MOST_NODES = 200
_LONGEST = 40  # characters of an expression in a message


def expression_graph(root: Path, text: str) -> tuple[dict[str, Any], str]:
    """The graph of an expression, or of statements and an expression, on the package in `root`; and a remark, where
    something is missing in it. Raises UserError where it cannot be computed."""
    known = in_use().find("expression")
    if known is None:
        raise UserError("this course draws no expressions: name an item with --item, and see its example")
    short = shortened(" ".join(plain(text).split()), width=_LONGEST)
    with Scratch() as folder:
        told = Path(folder, "told.json")
        # Where the student is, so that what the code reads and writes is found.
        command = [sys.executable, "-c", known.PROGRAM, str(root.resolve()), text, str(told), str(MOST_NODES)]
        code = subprocess.run(command).returncode
        try:
            facts = json.loads(told.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise UserError(
                _("`{expression}` cannot be drawn: Python ended with exit code {code}", expression=short, code=code),
                code=1,
            ) from error
    if "error" in facts:
        at = _(", at {place}", place=facts["at"]) if facts["at"] else ""
        why = plain(" ".join(facts["error"].split())) + at
        raise UserError(_("`{expression}` cannot be drawn: {why}", expression=short, why=why), code=1)
    return known.graph(facts["nodes"], bool(facts["note"])), plain(" ".join(facts["note"].split()))
