"""What a drawing in graphviz's language says."""

from __future__ import annotations

import re

_NAME = r'("(?:[^"\\]|\\.)*"|[\w.\-]+?)(?::\w+)*'
_EDGE = re.compile(rf"^\s*{_NAME} -> {_NAME}(?:\s*\[.*\])?;?\s*$")
_NODE = re.compile(rf"^\s*{_NAME}(?:\s*\[(.*)\])?;?\s*$")
_LABEL = re.compile(r'\blabel=("(?:[^"\\]|\\.)*"|[^\s\]]+)')
_VALUE = re.compile(r"data\s*[=:]?\s*(\S+)\s*\|\s*(?:<\w+>\s*)?grad\s*[=:]?\s*([^\s}|]+)")


def read_dot(source: str) -> tuple[list[str], list[list[str]]]:
    """What a drawing says, whatever its node names are: labels of Values, and edges (operand, op, result) by label."""
    labels: dict[str, str] = {}
    arrows: list[tuple[str, str]] = []
    for line in source.split("\n")[1:-1]:
        if edge := _EDGE.match(line):
            arrows.append((edge[1].strip('"'), edge[2].strip('"')))
        elif (node := _NODE.match(line)) and node[1] not in ("node", "edge", "graph"):
            given = _LABEL.search(node[2] or "")
            labels[node[1].strip('"')] = (given or node)[1].strip('"')

    values: dict[str, str] = {}
    for name, label in labels.items():
        if (numbers := _VALUE.search(label)) and label.strip().startswith("{") and label.strip().endswith("}"):
            values[name] = f"data {numbers[1]} | grad {numbers[2]}"
    into: dict[str, list[str]] = {}
    for start, end in arrows:
        into.setdefault(end, []).append(start)
    edges = set()
    for op, result in arrows:
        if result in values:
            sources = [op] if op in values else into.get(op, [""])
            edges |= {(start, "" if op in values else op, result) for start in sources}
    named = [
        [values.get(a, labels.get(a, a)), labels.get(op, "a node without label") if op else "", values[result]]
        for a, op, result in edges
    ]
    return sorted(values.values()), sorted(named)
