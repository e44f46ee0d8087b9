"""Inside, with the student's code: what stands in for a library that is not here.

Nearly everything that code can say about a library is harmless without it: to import it, to take names from it, to
write them into annotations, to derive from them. Only what needs an answer raises, and says what is missing. While a
module is imported, a call does nothing: `torch.manual_seed(0)` at its top should not cost what stands below it.
"""

from __future__ import annotations

import linecache
import sys
import types
from collections.abc import Callable
from inspect import CO_OPTIMIZED
from typing import Any, ClassVar, NoReturn

from autograder.phrase import Phrase

_OPERATORS = "add sub mul truediv floordiv mod pow matmul and xor lshift rshift"
_OTHERS = "neg pos abs invert lt le gt ge enter setitem delitem"
_CONVERSIONS = "iter next len contains float int index complex round"
_TYPES = (type, types.UnionType, types.GenericAlias, str, type(None))


class Absent:
    """A library that is not here, or something of it. Each is of a class of its own, called after it."""

    note: ClassVar[Callable[[str, int, str], None]] = lambda file, line, library: None
    __all__ = ()
    __version__ = "not here"

    def __init__(self, library: str, also: tuple[Any, ...] = ()):
        vars(self).update(_library=library, _also=also)

    @staticmethod
    def of(library: str) -> Absent:
        kind: Any = type(f"stand-in for {library}", (Absent,), {})
        made: Absent = kind(library)
        return made

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__"):
            raise AttributeError(f"{self._library} is not here, and so has no {name}")
        return type(self)(self._library)

    def __repr__(self) -> str:
        return f"<{self._library}, which is not here>"

    def __getitem__(self, key: Any) -> Any:
        return self

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        library = self._library

        def __new__(cls: type, *args: Any, **options: Any) -> NoReturn:
            raise ModuleNotFoundError(missing(library))

        also = {"__new__": __new__, "__init_subclass__": classmethod(lambda cls, **options: None)}
        return (type(f"stand-in for {library}", (), also),)

    def __instancecheck__(self, thing: Any) -> bool:
        return isinstance(thing, self._also)

    def __subclasscheck__(self, kind: Any) -> bool:
        return issubclass(kind, self._also)

    def __or__(self, other: Any) -> Any:
        if isinstance(other, (*_TYPES, Absent)):  # an annotation, or what isinstance is asked
            return type(self)(self._library, (*self._also, type(None) if other is None else other))
        return self._used(sys._getframe(1))

    __ror__ = __or__

    def __call__(self, *args: Any, **options: Any) -> Any:
        frame = sys._getframe(1)
        if linecache.getline(frame.f_code.co_filename, frame.f_lineno).lstrip().startswith("@"):
            return args[0] if len(args) == 1 and not options and callable(args[0]) else self
        return self._used(frame)

    def __bool__(self) -> bool:
        return True

    def __exit__(self, *_: object) -> None:
        pass

    def _used(self, frame: types.FrameType) -> Any:
        """What comes of a use in `frame`: nothing in the body of a module or class, else an exception."""
        if frame.f_code.co_flags & CO_OPTIMIZED:
            raise ModuleNotFoundError(missing(self._library))
        Absent.note(frame.f_code.co_filename, frame.f_lineno, self._library)
        return self


def missing(library: str) -> str:
    """What there is to say to code that needs a library."""
    if library == "numpy":
        return Phrase("{library} is not here (students' code has Python's library and graphviz)", library=library)
    return Phrase("{library} is not here (students' code has Python's library, numpy and graphviz)", library=library)


def _use(self: Absent, *_: Any) -> Any:
    return self._used(sys._getframe(1))


def _need(self: Absent, *_: Any) -> NoReturn:
    raise ModuleNotFoundError(missing(self._library))


for _name in _OPERATORS.split():
    for _prefix in ("", "r"):
        setattr(Absent, f"__{_prefix}{_name}__", _use)
for _name in _OTHERS.split():
    setattr(Absent, f"__{_name}__", _use)
for _name in _CONVERSIONS.split():
    setattr(Absent, f"__{_name}__", _need)
