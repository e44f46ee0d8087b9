"""Values that only compute forward: nets and losses are made of them, and no fault of the engine's reaches those."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import ModuleType
from typing import Any

from autograder.courses.micrograd.student_lab.disguise import disguised, is_plain, kept
from autograder.courses.micrograd.student_lab.values import DERIVED, BareValue
from autograder.phrase import Phrase
from autograder.sandbox.inside.lending import Pieces
from autograder.sandbox.inside.sitting import WrongKind

_kind = type  # student code may rebind builtins; this was bound before it ran


class Steps(dict[int, tuple[Any, str, Sequence[Any], Sequence[Any]]]):
    """What the operators of a class of the lab's did; `base` is the class of all Values. No node is forgotten, so that
    none has the id of another."""

    def __init__(self, base: Any):
        super().__init__()
        self.base = base

    def note(self, out: Any, operator: str, operands: Sequence[Any], numbers: Sequence[Any]) -> None:
        """Remember that an operator made `out` of these operands, which held these numbers."""
        self[id(out)] = out, operator, operands, numbers


class ForwardLab:
    """What exchanges the student's Value for the lab's."""

    _modules: dict[str, ModuleType]
    _base: Any
    _set: Callable[[Any, str, Any], None]
    _classes: dict[Any, Any]
    _package: Sequence[Any] = ()  # all modules of the student's, looked up once
    _forward: Any = None  # the class of Values while a question is asked forward only
    _pieces: Pieces
    _steps: Steps  # what was computed on `_forward`

    @property
    def Value(self) -> Any:
        return self._forward or self._base

    def forward(self) -> Any:
        if "forward" not in self._classes:
            self._classes["forward"] = self._forward_class()
        self._forward = self._classes["forward"]
        self._steps.clear()
        self._everywhere(self._base, self._forward)
        return self._forward

    def _forward_class(self) -> Any:
        """Derived from the student's Value, so that their nets may use what else it can; where that does not work, a
        class of the lab's alone."""
        made = lambda: self._classes["forward"]  # noqa: E731
        if is_plain(self._base):
            with suppress(Exception):
                own = disguised("Value", self._base, **self._members(self._base, made), **kept(self._base, False))
                probe = own(1.5, (), "")
                probe.data, probe.grad = 2.5, 0.5
                plain = (_kind(probe.data), probe.data, _kind(probe.grad), probe.grad) == (float, 2.5, float, 0.5)
                if plain and float(own(0.1, (), "").data) == 0.1:  # an engine that rounds costs no net
                    return own
        return disguised("Value", BareValue, **self._members(BareValue, made), **kept(self._base, True))

    def _members(self, base: Any, made: Callable[[], Any]) -> dict[str, Any]:
        """Those of a class of Values that only compute forward, while their steps are noted."""
        self._steps = Steps(base)
        return self._lifted(base, made, DERIVED, self._steps.note)

    def _lifted(
        self, base: Any, made: Callable[[], Any], derived: Sequence[str], note: Callable[..., None] = lambda *step: None
    ) -> dict[str, Callable[..., Any]]:
        """The primitive methods of a `base`, and these `derived` ones, that do to its numbers what Python does to
        floats."""
        compute, lift, _ = self._pieces["operators"]()
        compute.update((name, self._pieces[name]) for name in derived)
        members = {name: lift(base, made, note, name, compute[name]) for name in compute}
        in_place = {name: f"__i{name[2:]}" for name in members}  # a += b, where the student's class has that of its own
        return members | {its: members[name] for name, its in in_place.items() if hasattr(base, its)}

    def _everywhere(self, old: Any, new: Any) -> None:
        """Rebind a class in all modules of the package, whatever its name there."""
        if not self._package:
            self._package = [sys.modules[name] for name in list(sys.modules) if name.partition(".")[0] == "micrograd"]
        for module in self._package:
            for key, value in list(vars(module).items()):
                if value is old:
                    self._set(module, key, new)

    def _find(self, module: str, name: str) -> Any:
        """What a module of the student's calls by this name."""
        found = getattr(self._modules[module], name, None)
        if found is None:
            file = f"micrograd/{module}.py"
            should, lacks = (
                Phrase("{file} should define {name}", file=file, name=name),
                Phrase("{file} has no {name}", file=file, name=name),
            )
            raise WrongKind(should if name[:1].isupper() else lacks, absent=True)
        return found
