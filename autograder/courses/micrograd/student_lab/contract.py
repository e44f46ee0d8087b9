"""What is wrong with a student's class where it does not keep the contract, as sentences."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from functools import cached_property
from typing import Any

from autograder.courses.micrograd.lab import ATTRIBUTES
from autograder.courses.micrograd.student_lab.nets import NetLab
from autograder.phrase import N_, Phrase
from autograder.sandbox.inside.sitting import WrongKind

_kind = type  # student code may rebind builtins; this was bound before it ran


class ContractLab(NetLab):
    """What looks at the student's Value."""

    _out: Any = None  # the result, once there is one

    def values(self, *operands: Any) -> list[Any]:
        return [x for x in operands if isinstance(x, self._base)]

    @cached_property
    def constructor(self) -> str:
        """What is wrong with the student's constructor, as a sentence; empty where nothing is."""
        try:
            parent = self._base(1.5)
            node = self._base(2.5, (parent,), "+")
            if node.data == 2.5 and [p is parent for p in node._prev] == [True]:
                return ""
        except WrongKind as odd:
            return odd.text
        except TypeError:  # the sentence tells why
            pass
        except Exception:  # that is said of the node, where it is made
            return ""
        return Phrase(
            "`Value(data, _children=(), _op='')` is expected, as the given constructor has it: yours {takes}",
            takes=_takes(self._base.__init__),
        )

    def explained(self, error: BaseException, target: str) -> WrongKind | None:
        """What an exception says of the student's class that no line of the student's raised: the lab did, when it
        looked for something that is not there, which may be the method that an item is about, its `target`."""
        kind = _kind(error)
        if kind in (AttributeError, TypeError) and (lacking := self._lacking(error, target)):
            return WrongKind(lacking, absent=True)
        if kind is AttributeError and isinstance(error.obj, self._base) and error.name in ATTRIBUTES:  # type: ignore[attr-defined]
            name = error.name  # type: ignore[attr-defined]
            result, value = (
                Phrase("the result has no attribute {name}", name=name),
                Phrase("a Value has no attribute {name}", name=name),
            )
            return WrongKind(result if error.obj is self._out else value, lacks=name)  # type: ignore[attr-defined]
        if unwritten := self.unwritten(error):
            return unwritten
        made = kind is TypeError and "__init__()" in str(error)
        return WrongKind(self.constructor) if made and self.constructor else None

    def _lacking(self, error: BaseException, target: str) -> str:
        """That a class of the student's has no such method, as a sentence; empty where it has."""
        module, _, path = target.partition(":")
        name, _, method = path.partition(".")
        cls = getattr(self._modules.get(module), name, None)
        if not method or not isinstance(cls, _kind) or any(method in vars(each) for each in cls.__mro__):
            return ""
        infix = method.startswith("__")
        if not (_kind(error) is TypeError if infix else getattr(error, "name", "") == method):
            return ""
        near = _near(method, [each for each in dir(cls) if callable(getattr(cls, each, None))])
        lacks = Phrase("{name} has no method {method}", name=name, method=method)
        return Phrase("{lacks} (it has {near})", lacks=lacks, near=near) if near else lacks

    def _no_rule(self, method: str, rule: Any, operands: Sequence[Any]) -> None:
        """Tell of a rule that is written, and yet never given to the result."""
        first = self._base(0.0)._backward  # what a node has that no operation made
        names = getattr(_code(getattr(self._base, method)), "co_names", ())
        if _code(rule) is not _code(first) or "_backward" not in names:
            return
        if any(_code(x._backward) is not _code(first) for x in self.values(*operands)):
            said = N_("`{method}` gives its rule to an operand: it should be `out._backward = _backward`")
            raise WrongKind(Phrase(said, method=method))
        raise WrongKind(Phrase("`{method}` returns before `out._backward = _backward`", method=method))

    def _no_stranger(self, out: Any) -> None:
        """An engine that calls everything a parent has recorded nothing."""
        stranger = self._base(0.0)
        if any(p is stranger for p in out._prev):
            raise WrongKind(Phrase("a value that had no part in it is among the parents of the result"))


def _code(function: Any) -> Any:
    """What tells one function of the student's from another, however often it is made."""
    return getattr(function, "__code__", function)


def _takes(constructor: Any) -> str:
    """What a constructor takes, in words."""
    code = getattr(constructor, "__code__", None)
    if code is None:
        return Phrase("takes something else")
    names = list(code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount])
    if code.co_kwonlyargcount:
        names.insert(code.co_argcount - 1, "*")
    return Phrase("takes ({names})", names=", ".join(names))


def _near(method: str, others: Sequence[str]) -> str:
    """Which of the methods of a class somebody may have written for another, if one; Python's own are none."""
    usual = {*dir(float), *dir(list)}
    words = {each.strip("_").lower(): each for each in others if each not in usual}
    close = get_close_matches(method.strip("_"), list(words), 1, 0.6)
    return words[close[0]] if close else ""
