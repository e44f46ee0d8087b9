"""How a test ends that neither passes nor raises by accident."""

from __future__ import annotations

from typing import NoReturn


class Outcome(BaseException):
    """Ends a test at once; no `except Exception` of the test's stops it. `msg` is what there is to say."""

    def __init__(self, msg: str = "") -> None:
        super().__init__(msg)
        self.msg = msg


class Failed(Outcome):
    """The test fails."""


class Skipped(Outcome):
    """The test does not apply here."""


class Expected(Outcome):
    """The test fails, as it was expected to."""


class Unsupported(Exception):
    """Something of pytest's that this runner does not have; the text is a sentence that names it."""


class Missing(Unsupported, AttributeError):
    """The same, of an attribute."""


def fail(reason: str = "", pytrace: bool = True) -> NoReturn:
    """End this test as failed."""
    raise Failed(reason)


def skip(reason: str = "", *, allow_module_level: bool = False) -> NoReturn:
    """End this test as skipped."""
    raise Skipped(reason)


def xfail(reason: str = "") -> NoReturn:
    """End this test as one that fails as expected."""
    raise Expected(reason)


def importorskip(modname: str, minversion: str | None = None, reason: str | None = None) -> object:
    """The module of this name; where it is not here, the test is skipped."""
    if minversion is not None:
        raise Unsupported("This runner has pytest's importorskip without minversion.")
    try:
        __import__(modname)
    except ImportError as error:
        raise Skipped(reason or f"could not import {modname!r}: {error}") from None
    import sys

    return sys.modules[modname]
