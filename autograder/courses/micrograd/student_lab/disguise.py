"""Classes of the lab's that look like the student's own, to their code and in what exceptions say."""

from __future__ import annotations

from abc import ABCMeta
from contextlib import suppress
from typing import Any, Generic

_kind = type  # student code may rebind builtins; this was bound before it ran


def called(name: str, function: Any) -> Any:
    """A function of the lab's under the name that exceptions should give it."""
    function.__name__ = function.__qualname__ = name
    return function


def disguised(name: str, base: Any, **methods: Any) -> Any:
    """A class like the student's `base`, under the name that exceptions should give it, and so its methods."""
    members = {
        method: member if isinstance(member, property) else called(f"{name}.{method}", member)
        for method, member in methods.items()
    }
    made: Any = _kind(name, (base,), {"__module__": base.__module__, **members})
    if getattr(made, "__abstractmethods__", None):
        made.__abstractmethods__ = frozenset()  # what it leaves open is none of the lab's business
    return made


def is_theirs(cls: Any) -> bool:
    """Whether a class comes from the student's package."""
    return str(getattr(cls, "__module__", "")).partition(".")[0] == "micrograd"


def is_plain(cls: Any) -> bool:
    """Whether nothing unusual happens when a class is derived from, made, or has its attributes set."""
    hooks = {"__init_subclass__", "__new__", "__getattribute__", "__setattr__", "__delattr__", "__del__"}
    return _kind(cls) in (_kind, ABCMeta) and not any(
        hooks & {*vars(base)} for base in cls.__mro__[:-1] if base is not Generic
    )


def kept(base: Any, alone: bool) -> dict[str, property]:
    """Number and gradient under the names where the properties of the student's Value keep them, for their nets may
    set those: in a class of the lab's `alone`, or where there is no setter."""
    made: dict[str, property] = {}
    if _kind(base) not in (_kind, ABCMeta):
        return made  # a class that cannot be looked at without its own doing
    for name in ("data", "grad"):
        theirs = getattr(base, name, None)
        names = getattr(getattr(getattr(theirs, "fget", None), "__code__", None), "co_names", ())
        places = [each for each in names if each.endswith(f"_{name}")]
        if isinstance(theirs, property) and len(places) == 1 and (alone or theirs.fset is None):
            made[name] = _alias(places[0])
    return made


def _alias(name: str) -> property:
    """A property that is another name of an attribute."""
    return property(lambda value: getattr(value, name), lambda value, number: setattr(value, name, number))


def construct(cls: Any, module: Any, *arguments: Any, **options: Any) -> None:
    """What the student's constructor sets besides, as far as it gets."""
    with suppress(Exception):
        cls.__init__(module, *arguments, **options)


class Several(list[Any]):
    """A list that can be added to a tuple, as those are whose parameters are tuples."""

    def __radd__(self, other: Any) -> Any:
        return (*other, *self) if isinstance(other, tuple) else NotImplemented


Several.__name__ = "list"  # what an exception calls it
