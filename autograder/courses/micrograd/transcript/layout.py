"""What was written down, in few lines that Python's prompt takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_WIDTH = 100


def laid_out(imports: Iterable[str], leaves: Sequence[tuple[str, str]], made: Sequence[str]) -> list[str]:
    """The lines: imports, then names for the leaves, then the statements that were made."""
    statements = []
    if leaves:
        names, values = zip(*leaves, strict=True)
        statements.append(f"{', '.join(names)} = {', '.join(values)}")
    statements += made
    lines = _joined(imports)
    packed = ""
    for statement in statements:
        joins = not statement.startswith("for ") and not packed.startswith(("for ", "f = lambda"))
        if packed and joins and len(packed) + len(statement) + 2 <= _WIDTH:
            packed += "; " + statement
        else:
            lines += _closed(packed)
            packed = statement
    return lines + _closed(packed)


def _joined(imports: Iterable[str]) -> list[str]:
    """Import statements, one for each module."""
    names: dict[str, list[str]] = {}
    for statement in imports:
        start, word, name = statement.rpartition("import ")
        names.setdefault(start + word, []).append(name)
    return [start + ", ".join(imported) for start, imported in names.items()]


def _closed(line: str) -> list[str]:
    """A line to paste; Python's prompt wants an empty one after a loop."""
    return [line, ""] if line.startswith("for ") else [line] * bool(line)
