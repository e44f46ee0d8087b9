"""Inside, with the student's code: import its modules, and keep what they define before they stop.

A module that raises, waits or trains while it is imported keeps what it has defined by then, and something stands in
for the rest. A library that is not here becomes a stand-in (see `absent`), which harms nothing that does not need it.
"""

from __future__ import annotations

import builtins
import importlib
import os
import signal
import sys
import types
from collections.abc import Callable, Iterator
from contextlib import suppress
from time import monotonic
from typing import Any

from autograder.exam.items import Item
from autograder.sandbox.inside.absent import Absent
from autograder.sandbox.inside.finder import Finder, forget_absent
from autograder.sandbox.inside.paper import Paper
from autograder.sandbox.inside.sitting import raised

_AGAIN = 0.05  # the share of the limit that such a module gets the next time
_NESTED = 0.9  # the share of the time that is left for a module that another one imports
_BUILTINS = dict(vars(builtins))


class TooLong(BaseException):
    """The time for an import is over."""


class Alarm:
    """Raises TooLong when a time has come, and again and again, should somebody handle that: where there is a timer, as
    there is not on Windows."""

    def __init__(self) -> None:
        self._deadline: float | None = None
        if hasattr(signal, "setitimer"):
            signal.signal(signal.SIGALRM, self._ring)

    def arm(self, deadline: float | None, again: float) -> None:
        """Ring when the time comes, if it is not None, and each `again` seconds after it."""
        self._deadline = deadline
        if hasattr(signal, "setitimer"):
            seconds = 0.0 if deadline is None else max(deadline - monotonic(), 0.001)
            signal.setitimer(signal.ITIMER_REAL, seconds, seconds and again)

    def _ring(self, *_: object) -> None:
        if self._deadline is not None and monotonic() >= self._deadline:
            raise TooLong

    def close(self) -> None:
        """Leave the timer to whoever wants it."""
        if hasattr(signal, "setitimer"):
            signal.signal(signal.SIGALRM, signal.SIG_DFL)


class Importer:
    """Imports one student's modules, which `paper` is about, from the folder `root`, each within `seconds`.

    `lost` are modules that did not come to an end before, and why: those that are only "slow" were ended by the alarm,
    and have little time now. `slow(name)` is told of those that it ends this time. `failed` gets what a module raised,
    and `notes` what else there is to tell: `["sibling", file, line]` of an import that works here alone, and
    `["absent", file, line, library]` of a library that was used during an import, in vain.
    """

    def __init__(
        self, paper: Paper, root: str, lost: dict[str, str], seconds: float, slow: Callable[[str], None],
        alarm: Alarm | None = None,
    ):  # fmt: skip
        self.package = paper.subject.package
        self.names = {name for module in paper.subject.modules for name in (module.name, *module.beside)}
        self.root = root
        self.failed: dict[str, dict[str, Any]] = {}
        self.notes: list[list[Any]] = []
        self._stand_ins, self._classes = paper.stand_ins, paper.classes
        self._lost = lost
        self._slow = slow
        self._seconds = seconds
        self._deadline: float | None = None
        Finder.importer = self
        Absent.note = lambda file, line, library: self.note("absent", file, line, library)
        self._alarm = alarm or Alarm()

    def load(self, name: str) -> types.ModuleType | None:
        """One of the student's modules, or the package as `__init__`, as far as it can be imported."""
        whole = self.package if name == "__init__" else f"{self.package}.{name}"
        try:
            module = importlib.import_module(whole)
            if not issubclass(type(module), types.ModuleType):
                raise ImportError(f"{whole} is no module once it is imported")
        except BaseException as error:
            self.failed.setdefault(name, raised(error, self.root))
            if name != "__init__" and name not in self._stand_ins:
                return None
            module = sys.modules[whole] = types.ModuleType(whole)
            if name == "__init__":
                module.__path__ = [os.path.join(self.root, self.package)]
        finally:
            vars(builtins).update(_BUILTINS)
            with suppress(Exception):
                forget_absent()
        self._complete(name, module)
        return module

    def glance(self, name: str) -> None:
        """Note it where a module that is given, and that nothing here needs, is not Python any more."""
        path = os.path.join(self.root, self.package, f"{name}.py")
        try:
            with open(path, "rb") as file:
                compile(file.read(), path, "exec")
        except OSError:
            pass
        except Exception as error:
            self.failed[name] = raised(error, self.root)

    def execute(self, name: str, module: types.ModuleType, code: Any) -> None:
        """Run the code of a module that is imported; what it raises is noted, and what it defined before stays."""
        short = name.partition(".")[2] or "__init__"
        outer = self._deadline
        try:
            if self._lost.get(short, "slow") != "slow":
                raise ImportError(f"{name} does not come to an end")
            self._allow(self._seconds * (_AGAIN if short in self._lost else 1.0))
            exec(code(), vars(module))
            self._arm(outer)
            if short in self.names and not any(own_names(module)):
                self.failed[short] = {"empty": True}
        except BaseException as error:
            self._arm(outer)
            if isinstance(error, TooLong):
                self._slow(short)
            self.failed[short] = {**self._cause(error), "line": _line(error, module)}
            if short not in (*self.names, "__init__") and not any(own_names(module)):
                raise
        self._complete(short, module)

    def _complete(self, name: str, module: types.ModuleType) -> None:
        """Supply what a module should define and does not, so that what imports it can be."""
        if name in self.failed:
            for each, stand_in in self._stand_ins.get(name, {}).items():
                vars(module).setdefault(each, stand_in)
        for each, kind in self._classes.get(name, {}).items():
            if not issubclass(type(vars(module).get(each)), type):
                vars(module)[each] = kind

    def _cause(self, error: BaseException) -> dict[str, Any]:
        """What was raised; where a name is missing that another module has lost, why that one has."""
        name = error.name if isinstance(error, ImportError) and isinstance(error.name, str) else ""
        inner = self.failed.get(name.removeprefix(f"{self.package}.")) if name.startswith(f"{self.package}.") else None
        return inner or {**raised(error, self.root), "slow": isinstance(error, TooLong), **self._circle(error)}

    def _circle(self, error: BaseException) -> dict[str, Any]:
        """Where a module that is being imported has asked for one that asks for it, if an exception comes of that."""
        if not (isinstance(error, (ImportError, AttributeError)) and "partially initialized" in str(error)):
            return {}
        inside = os.path.join(self.root, self.package) + os.sep
        steps: list[list[Any]] = []
        frame: types.FrameType | None = sys._getframe(1)
        while frame is not None:
            if frame.f_code.co_filename.startswith(inside):
                steps.append([os.path.relpath(frame.f_code.co_filename, self.root), frame.f_lineno])
            frame = frame.f_back
        return {"circle": steps[0]} if steps else {}

    # --- what is there in spite of all ---

    def offers(self, name: str, module: types.ModuleType) -> bool:
        """Whether a module that failed has defined anything."""
        stand_ins = self._stand_ins.get(name, {})
        return any(vars(module)[each] is not stand_ins.get(each) for each in own_names(module))

    def serves(self, item: Item, name: str, module: types.ModuleType | None) -> bool:
        """Whether a module that failed has nevertheless defined what an item needs of it."""
        if module is None:
            return False
        stand_ins = self._stand_ins.get(name, {})
        target, _, path = item.target.partition(":")
        needed = {path.partition(".")[0]} if target == name else set(stand_ins)
        found = vars(module)
        return all(each in found and found[each] is not stand_ins.get(each) for each in needed)

    # --- the clock ---

    def _allow(self, seconds: float) -> None:
        """Have the alarm end an import after `seconds`, or before the time of the one around it is over."""
        now = monotonic()
        if self._deadline is not None:
            seconds = min(seconds, _NESTED * (self._deadline - now))
        self._arm(now + seconds)

    def _arm(self, deadline: float | None) -> None:
        self._deadline = deadline
        self._alarm.arm(deadline, self._seconds * _AGAIN)

    def close(self) -> None:
        """Leave the alarm to whoever wants it."""
        self._arm(None)
        self._alarm.close()

    # --- what is told ---

    def note(self, kind: str, file: str, line: int, *more: str) -> None:
        note = [kind, os.path.relpath(file, self.root), line, *more]
        if note not in self.notes and len(self.notes) < 20:
            self.notes.append(note)

    def report(self) -> dict[str, Any]:
        """What there is to tell of all imports."""
        return {**self.failed, "notes": self.notes}


def _line(error: BaseException, module: types.ModuleType) -> int:
    """The line of a module at which it raised, if it was at one."""
    step = error.__traceback__
    while step is not None:
        if step.tb_frame.f_globals is vars(module) and step.tb_frame.f_code.co_name == "<module>":
            return step.tb_lineno
        step = step.tb_next
    return 0


def own_names(module: types.ModuleType) -> Iterator[str]:
    """What a module has beyond what every module has."""
    return (name for name in vars(module) if not name.startswith("__"))
