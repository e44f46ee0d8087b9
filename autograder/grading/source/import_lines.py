"""What is wrong with an import of a student's, by its line and by what the package has."""

from __future__ import annotations

import re

from autograder.grading.source.sources import Sources
from autograder.grading.source.spelling import nearest
from autograder.project import PACKAGE
from autograder.submissions.unpacking import MODULES
from autograder.texts import _

_IMPORT = re.compile(
    r"\s*(?:from\s+(?P<source>[\w.]+)\s+import\s+(?P<names>.+)|import\s+(?P<module>[\w.]+)(?P<rest>.*))"
)


def misplaced(said: str, wanted: str) -> str:
    """How to write an import of a module, which was called `wanted` without its package; empty where the line is of
    another kind."""
    found = _IMPORT.match(said)
    if not found and not wanted:
        return ""
    if not found:
        return _("`{module}` is a module of {package}: write `from .{module} import …`", module=wanted, package=PACKAGE)
    within = (found["source"] or found["module"]).split(".")[-1]
    within = within.lower() if f"{within.lower()}.py" in MODULES else within
    if found["source"]:
        line = f"from .{within} import {found['names'].strip()}"
    else:
        line = f"from . import {within}{found['rest'].rstrip()}"
    return _("write `{line}` in place of `{other}`", line=line, other=said.strip())


def misnamed(sources: Sources, text: str) -> str:
    """What may be meant by a name or module of the package that is not there; empty where nothing is known."""
    if found := re.search(r"cannot import name '(\w+)' from '(?:\w+\.)?(\w+)'", text):
        lines = sources.lines(f"{PACKAGE}/{found[2]}.py")
        near = nearest(found[1], [each[1] for line in lines if (each := re.match(r"(?:def|class)\s+(\w+)", line))])
    elif found := re.search(rf"No module named '{PACKAGE}\.(\w+)'", text):
        near = nearest(found[1], (name.removesuffix(".py") for name in MODULES))
    else:
        return ""
    return _("did you mean `{word}`?", word=near) if near else ""


def does_something(said: str) -> bool:
    """Whether the line at which a module stops is a demonstration, say, and neither defines nor imports anything."""
    return not re.match(r"(class|def|async|from|import)\b[^;]*\Z|@", said.lstrip())
