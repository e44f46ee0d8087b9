"""What a supervisor found, on its way out of the sandbox: written down inside, read outside as hostile bytes."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

from autograder.sandbox.protocol import Limits, SandboxError
from autograder.sandbox.supervise import Record, Sitting

T = TypeVar("T")


@dataclass
class Answers:
    """What one item gave: `raw` is the JSON text of its answers as it came, or `kind` says why there is none."""

    kind: str
    code: int = 0
    at: int = 0
    seconds: float = 0.0
    raw: bytes = b""
    where: tuple[str, int] | None = None
    output: str = ""
    module: str = ""

    @cached_property
    def answers(self) -> list[Any] | None:
        """A JSON value a question, or None where there are none that a judge reads: parsed when somebody looks."""
        parsed = _said(self.raw, None)
        return parsed if isinstance(parsed, list) and _is_shallow(parsed) else None


@dataclass
class Run:
    """What one submission gave: answers by item id, the modules that failed to import, with what they raised, and what
    else there is to tell of the imports (see `Importer.notes`)."""

    items: dict[str, Answers] = field(default_factory=dict)
    imports: dict[str, dict[str, Any]] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)
    notes: list[tuple[str, str, int, str]] = field(default_factory=list)
    cpu: float = 0.0


_LONGEST_OUTPUT = Limits().output
_MARKS = (b",", b"[", b"{")  # each value follows one
_MOST_PARTS = 18_000  # in a text; an honest answer has some hundreds


def encode_record(ids: Sequence[str], record: Record) -> bytes:
    """A record as a line of JSON and raw bytes; `decode_record` is the other end."""
    sittings = []
    blobs: list[bytes] = []
    for index, sitting in sorted(record.sittings.items()):
        parts = (sitting.where, sitting.output, sitting.raw)
        blobs += parts
        sittings.append(
            [ids[index], sitting.kind.decode(), sitting.code, sitting.at, round(sitting.seconds, 6),
             *map(len, parts)]
        )  # fmt: skip
    blobs += record.imports
    imports = [len(part) for part in record.imports]
    head = {"sittings": sittings, "imports": imports, "lost": record.lost, "cpu": record.cpu}
    return json.dumps(head).encode() + b"\n" + b"".join(blobs)


def loads(text: bytes | str, default: Any) -> Any:
    """Parsed JSON, or `default` where it is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return default


def _said(text: bytes, default: Any) -> Any:
    """Parsed JSON of a runner's, or `default` also where it has so many parts that they would fill the judge's
    memory."""
    return default if sum(map(text.count, _MARKS)) > _MOST_PARTS else loads(text, default)


def decode_record(reply: bytes) -> Run:
    """Read what a supervisor sent. Raises SandboxError when it is not what supervisors send."""
    head, _, blob = reply.partition(b"\n")
    header = loads(head, None)
    try:
        parts = io.BytesIO(blob)
        sittings = []
        for id, kind, code, at, seconds, *sizes in header["sittings"]:
            where, output, raw = (parts.read(_is(size, int)) for size in sizes)
            sitting = Sitting(
                _is(kind, str).encode(), _is(code, int), where, output, raw, max(_is(at, int), 0), float(seconds)
            )
            sittings.append((_is(id, str), sitting))
        imports = [parts.read(_is(size, int)) for size in header["imports"]]
        lost = {_is(module, str): _is(why, str) for module, why in header["lost"].items()}
        cpu = float(header.get("cpu", 0.0))
        if not 0.0 <= cpu < math.inf:
            raise ValueError
    except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
        raise SandboxError("the sandbox sent no record") from error
    return decode(sittings, imports, lost, cpu)


def _is(value: Any, kind: type[T]) -> T:
    """`value`, which must be of this very kind."""
    if type(value) is not kind:
        raise TypeError
    return value


def decode(
    sittings: Sequence[tuple[str, Sitting]], imports: Sequence[bytes], lost: dict[str, str], cpu: float = 0.0
) -> Run:
    run = Run(lost=lost, cpu=cpu)
    for text in imports:
        failures = _said(text, {})
        if isinstance(failures, dict):
            run.imports.update({k: v for k, v in failures.items() if isinstance(v, dict)})
            run.notes += filter(None, map(_note, _list(failures.get("notes"))[:20]))
    kinds = {b"a": "answered", b"x": "crashed", b"t": "timeout", b"f": "import", b"o": "spent", b"w": "waits"}
    for id, sitting in sittings:
        answers = Answers(
            kinds.get(sitting.kind, "crashed"), sitting.code, sitting.at, sitting.seconds,
            where=_place(_said(sitting.where, None)),
            output=sitting.output[:_LONGEST_OUTPUT].decode("utf-8", "replace"),
        )  # fmt: skip
        if answers.kind == "answered":
            answers.raw = sitting.raw
        elif answers.kind == "import":
            answers.module = sitting.raw[:64].decode("ascii", "replace")
        run.items[id] = answers
    return run


def together(runs: Sequence[Run]) -> Run:
    """The run that asks one after the other what these asked at the same time: where each of them came back when an
    item hung, that comes back at the first one."""
    if len(runs) == 1:
        return runs[0]
    whole = Run()
    for run in runs:
        whole.imports |= run.imports
        whole.lost |= run.lost
        whole.notes += [note for note in run.notes if note not in whole.notes]
        whole.cpu += run.cpu
        if not any(found.kind == "timeout" for found in whole.items.values()):
            whole.items |= run.items
    return whole


def _is_shallow(value: list[Any], levels: int = 20) -> bool:
    """Whether lists and objects nest no deeper than answers do; what does would exhaust the judge's stack."""
    holders: list[Any] = [value]
    for _ in range(levels):
        holders = [part for each in holders for part in (each if type(each) is list else each.values())
                   if type(part) is list or type(part) is dict]  # fmt: skip
        if not holders:
            return True
    return False


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _note(value: Any) -> tuple[str, str, int, str] | None:
    """A note of an importer, if that is what `value` is."""
    kind, file, line, more = [*_list(value), "", "", 0, ""][:4] if len(_list(value)) > 2 else ("", "", 0, "")
    place = _place([file, line])
    return (kind, *place, str(more)[:80]) if kind in ("sibling", "absent") and place else None


def _place(value: Any) -> tuple[str, int] | None:
    """A file and a line, if that is what `value` is."""
    if isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and type(value[1]) is int:
        return value[0][:300], value[1]
    return None
