"""Inside, with the student's code: import it, run one item, say what came out as text.

Everything here runs beside hostile code, in a process that holds no secret and whose word counts for nothing but the
item at hand. What it must keep safe is honest students' answers from their own accidents: the functions that write
an answer are bound before student code can rebind them.
"""

from __future__ import annotations

import builtins
import importlib
import json
import os
import random
import sys
import types
from collections.abc import Callable, Sequence
from typing import Any

from autograder.rubric import Item
from autograder.sandbox.lab import StudentLab
from autograder.sandbox.values import BareValue, Missing, WrongKind, describe

PACKAGE = "micrograd"
ALLOWED = {PACKAGE, "numpy", "graphviz", "tzdata"}  # besides the standard library, whose zoneinfo has need of tzdata
# What a module imports of the others. Each is imported first, and where it fails, something stands in for it.
BENEATH = {"trace": ("engine",), "nn": ("engine",), "train": ("engine", "nn")}
_STAND_INS: dict[str, dict[str, Any]] = {
    "engine": {"Value": BareValue},
    "nn": {name: type(name, (), {}) for name in ("Module", "Neuron", "Layer", "MLP")},
}
_BUILTINS = dict(vars(builtins))
_seed = random.seed
_quote = json.encoder.encode_basestring_ascii


class _OnlyAllowed:
    """A meta path finder that makes everything but the allowed packages absent, as it is in the sandbox."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> None:
        top = name.partition(".")[0]
        if top not in ALLOWED and top not in sys.stdlib_module_names:
            raise ModuleNotFoundError(
                f"No module named {name!r} (students' code has Python's library, numpy and graphviz)",
                name=name,
            )


def plain(value: Any) -> str:
    """`value` as JSON text; anything but numbers, strings, booleans, None, lists and dicts becomes {"object": what
    it is}."""
    kind = type(value)
    if kind is dict:
        return plain_object(value)
    if kind is float:
        return float.__repr__(value) if value - value == 0.0 else f'{{"object": "{value}"}}'
    if kind is int:
        return int.__repr__(value) if -(2**1024) < value < 2**1024 else '{"object": "a huge int"}'
    if value is None:
        return "null"
    if kind is bool:
        return "true" if value else "false"
    if kind is str:
        return _quote(value)
    if kind is list or kind is tuple:
        return "[" + ",".join([plain(part) for part in value]) + "]"
    if getattr(kind, "__module__", "") == "numpy" and getattr(value, "shape", None) == ():
        return plain(value.item())
    return '{"object": ' + _quote(describe(value)[:200]) + "}"


def import_package(root: str, bare: bool) -> dict[str, Any] | None:
    """Import the student's package; where its `__init__` fails, or is known to (`bare`), its modules still can be.

    Returns what was raised, if anything was.
    """
    try:
        if bare:
            raise ImportError
        importlib.import_module(PACKAGE)
        return None
    except BaseException as error:
        package = types.ModuleType(PACKAGE)
        package.__path__ = [os.path.join(root, PACKAGE)]
        sys.modules[PACKAGE] = package
        return raised(error, root)
    finally:
        vars(builtins).update(_BUILTINS)


def import_module(name: str, root: str, lost: bool) -> types.ModuleType | dict[str, Any]:
    """Import one of the student's modules; what it raised, when it fails or is known to (`lost`).

    For the other modules' sake, bare classes take the places of those that a failed one should define.
    """
    try:
        if lost:
            raise ImportError(f"{PACKAGE}.{name} does not come to an end")
        module = importlib.import_module(f"{PACKAGE}.{name}")
        if not issubclass(type(module), types.ModuleType):
            raise ImportError(f"{PACKAGE}.{name} is no module once it is imported")
        if name == "engine" and not issubclass(type(vars(module).get("Value")), type):
            vars(module)["Value"] = Missing  # so that what imports it can be
        return module
    except BaseException as error:
        if name in _STAND_INS:
            stand_in = types.ModuleType(f"{PACKAGE}.{name}")
            vars(stand_in).update(_STAND_INS[name])
            sys.modules[f"{PACKAGE}.{name}"] = stand_in
        return raised(error, root)
    finally:
        vars(builtins).update(_BUILTINS)


def raised(error: BaseException, root: str) -> dict[str, Any]:
    """An exception as data: its type, its text, and the frames of the traceback that are the student's own."""
    frames: list[list[Any]] = []
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        if code.co_filename.startswith(root + os.sep):
            frames.append([os.path.relpath(code.co_filename, root), step.tb_lineno, code.co_name])
        step = step.tb_next
    if isinstance(error, SyntaxError) and str(error.filename).startswith(root + os.sep):
        frames.append([os.path.relpath(str(error.filename), root), error.lineno or 0, "<module>"])
    try:
        text = error.msg if isinstance(error, SyntaxError) else str(error)
    except BaseException:
        text = ""
    kinds = [kind.__name__ for kind in type(error).__mro__[:8]]
    return {"raised": kinds, "text": text[:500], "frames": frames[-6:], "depth": len(frames)}


def locate(item: Item, modules: dict[str, types.ModuleType], root: str) -> list[Any] | None:
    """File and line of the function that the item is about, if it can be found."""
    module, _, path = item.target.partition(":")
    try:
        found: Any = modules[module]
        for name in path.split("."):
            found = getattr(found, name)
        code = found.__code__
        return [os.path.relpath(code.co_filename, root), code.co_firstlineno]
    except Exception:
        return None


def sit(item: Item, lab: StudentLab, questions: Sequence[dict[str, Any]], root: str,
        progress: Callable[[int], None] = lambda index: None) -> str:  # fmt: skip
    """Ask an item's questions; returns the answers as JSON text.

    Each is `[answer]`, or an object that says what was raised, or what kind of thing came instead of a Value. All
    questions are asked, whatever happens on one; only the first exceptions carry their frames.
    """
    answers = []
    troubles = 0
    for index, question in enumerate(questions):
        progress(index)
        _seed(index)  # whatever is random is so in the same way each time
        try:
            answers.append("[" + plain(item(lab, question)) + "]")
        except WrongKind as odd:
            answers.append('{"odd": ' + _quote(str(odd)[:300]) + "}")
        except BaseException as error:
            what = raised(error, root)
            if troubles:
                what["frames"] = what["frames"][-1:]
            troubles += 1
            answers.append(plain_object(what))
        finally:
            lab.restore()
    return "[" + ",".join(answers) + "]"


def plain_object(data: dict[str, Any]) -> str:
    """A dictionary as JSON text, by `plain`."""
    return "{" + ",".join(f'"{key}":{plain(value)}' for key, value in data.items()) + "}"


def guard_imports() -> None:
    """Make packages that students may not use absent."""
    if not any(isinstance(finder, type) and finder.__name__ == "_OnlyAllowed" for finder in sys.meta_path):
        sys.meta_path.insert(0, _OnlyAllowed)
