"""`raises` and `warns`: what a block of a test should raise, and what it should warn of, as pytest has it."""

from __future__ import annotations

import re
import types
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from autograder.sandbox.suite.standin.outcomes import Missing, Unsupported, fail

_NOTHING: Any = object()


class Caught:
    """What a block raised, once it has."""

    def __init__(self) -> None:
        self._error: BaseException | None = None

    @property
    def value(self) -> BaseException:
        assert self._error is not None, ".value can only be used after the context manager exits"
        return self._error

    @property
    def type(self) -> type[BaseException]:
        return self.value.__class__

    @property
    def tb(self) -> types.TracebackType | None:
        return self.value.__traceback__

    @property
    def typename(self) -> str:
        return self.type.__name__

    def exconly(self, tryshort: bool = False) -> str:
        """The type and the text of what was raised."""
        return f"{self.typename}: {self.value}"

    def errisinstance(self, kinds: Any) -> bool:
        """Whether it is of one of these kinds."""
        return isinstance(self.value, kinds)

    def match(self, regexp: Any) -> bool:
        """True if the pattern is found in its text, else the test fails."""
        text = str(self.value)
        if not re.search(regexp, text):
            raise AssertionError(
                f"Regex pattern did not match.\n  Expected regex: {regexp!r}\n  Actual message: {text!r}"
            )
        return True

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise Missing(f"This runner has no {name} of what pytest.raises caught.")


class Raises:
    """The context of `raises`."""

    def __init__(self, kinds: Any, match: Any):
        self._kinds, self._match = kinds, match
        self._caught = Caught()

    def __enter__(self) -> Caught:
        return self._caught

    def __exit__(self, kind: Any, error: BaseException | None, _: Any) -> bool:
        if error is None:
            fail(f"DID NOT RAISE {self._kinds!r}")
        if not isinstance(error, self._kinds):
            return False
        self._caught._error = error
        if self._match is not None:
            self._caught.match(self._match)
        return True


def raises(expected_exception: Any = _NOTHING, *args: Any, match: Any = None, **kwargs: Any) -> Any:
    """The context of a block that raises one of these exceptions; with a function, what that raised when called."""
    if expected_exception is _NOTHING or (not args and kwargs):
        raise Unsupported("This runner has pytest.raises with an exception, or a tuple of them, and match alone.")
    for kind in expected_exception if isinstance(expected_exception, tuple) else (expected_exception,):
        if not (isinstance(kind, type) and issubclass(kind, BaseException)):
            raise TypeError(f"expected exception must be a BaseException type, not {kind!r}")
    if expected_exception == ():
        raise ValueError("Expected an exception type or a tuple of exception types, but got `()`.")
    context = Raises(expected_exception, match)
    if not args:
        return context
    function, *rest = args
    if not callable(function):
        raise TypeError(f"{function!r} object (type: {type(function)}) must be callable")
    with context as caught:
        function(*rest, **kwargs)
    return caught


class Warned:
    """The context of `warns`, and what the block warned of."""

    def __init__(self, kinds: Any, match: Any):
        self._kinds, self._match = kinds, match
        self._recording = warnings.catch_warnings(record=True)
        self.list: list[Any] = []

    def __enter__(self) -> Warned:
        found = self._recording.__enter__()
        assert found is not None
        self.list = found
        warnings.simplefilter("always")
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        self._recording.__exit__(kind, error, trace)
        if error is not None and not isinstance(error, Exception):
            return
        fitting = [each for each in self.list if issubclass(each.category, self._kinds)]
        if error is None and not fitting:
            fail(f"DID NOT WARN. No warnings of type {self._kinds!r} were emitted.")
        texts = [str(each.message) for each in fitting]
        if error is None and self._match is not None and not any(re.search(self._match, text) for text in texts):
            fail(f"DID NOT WARN. No warnings matching {self._match!r} were emitted, but {texts!r}.")

    def __getitem__(self, place: int) -> Any:
        return self.list[place]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.list)

    def __len__(self) -> int:
        return len(self.list)

    def pop(self, cls: type[Warning] = Warning) -> Any:
        """Take the first warning of this kind."""
        for place, each in enumerate(self.list):
            if issubclass(each.category, cls):
                return self.list.pop(place)
        raise AssertionError(f"{cls!r} not found in warning list")


def warns(expected_warning: Any = Warning, *args: Any, match: Any = None, **kwargs: Any) -> Any:
    """The context of a block that warns; with a function, what that gives when called."""
    return _called(Warned(expected_warning, match), args, kwargs)


def deprecated_call(*args: Any, match: Any = None, **kwargs: Any) -> Any:
    """The context of a block that says that something is deprecated."""
    return _called(Warned((DeprecationWarning, PendingDeprecationWarning, FutureWarning), match), args, kwargs)


def _called(context: Warned, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if not args:
        return context
    function: Callable[..., Any] = args[0]
    with context:
        return function(*args[1:], **kwargs)
