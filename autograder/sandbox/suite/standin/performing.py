"""Run tests one after the other, each with its fixtures, and say how each ended: passed, failed or skipped."""

from __future__ import annotations

import random
import sys
import types
from collections.abc import Callable
from functools import partial
from typing import Any

from autograder.sandbox.suite.standin.collecting import Test
from autograder.sandbox.suite.standin.fixtures import Session
from autograder.sandbox.suite.standin.marks import expectation, heed
from autograder.sandbox.suite.standin.outcomes import Expected, Failed, Outcome, Skipped

PASSED, FAILED, HUNG, SKIPPED = ".", "F", "H", "S"

_seed = random.seed


class Performer:
    """Runs tests of one package. `told` gets what a test raised that failed."""

    def __init__(self, told: Callable[[Test, BaseException], None] = lambda test, error: None):
        self._told = told
        self._session = Session()
        self._module: types.ModuleType | None = None
        self._kind: type | None = None
        self._last: Test | None = None
        self._broken: dict[Any, BaseException] = {}  # modules and classes whose setup raised

    def perform(self, test: Test) -> str:
        """Run a test; the letter of how it ended."""
        _seed(0)  # whatever is random is so in the same way each time
        try:
            self._run(test)
        except (Skipped, Expected):
            return SKIPPED
        except BaseException as error:
            self._told(test, error)
            return FAILED
        return PASSED

    def _run(self, test: Test) -> None:
        heed(test.marks, vars(test.module))
        expected = expectation(test.marks, vars(test.module))
        try:
            if test.odd:
                raise Failed(test.odd)
            self._enter(test)
            self._call(test)
        except (Skipped, Expected):
            raise
        except BaseException as error:
            if expected is None or (isinstance(error, Outcome) and not isinstance(error, Failed)):
                raise
            if expected.raises is not None and not isinstance(error, expected.raises):
                raise
            raise Expected(str(error)) from None
        if expected and expected.strict:
            raise Failed("[XPASS(strict)] it was expected to fail")

    def _enter(self, test: Test) -> None:
        """Set up the module and the class of a test, unless that is done, and take down those before."""
        if test.module is not self._module or test.kind is not self._kind:
            self.leave(module=test.module is not self._module)
        self._last = test
        for place, name in ((test.module, "setup_module"), (test.kind, "setup_class")):
            if place is None or place is (self._module if name == "setup_module" else self._kind):
                if place in self._broken:
                    raise self._broken[place]
                continue
            if name == "setup_module":
                self._module = test.module
            else:
                self._kind = test.kind
            try:
                _hooked(test, name, place)
            except BaseException as error:
                self._broken[place] = error
                raise

    def _call(self, test: Test) -> None:
        session = self._session
        instance = test.kind() if test.kind else None
        function = test.function.__get__(instance, test.kind) if test.kind else test.function
        streams = sys.stdout, sys.stderr
        session.begin(test.module, function, instance, test.table, test.case)
        before, after = ("setup_method", "teardown_method") if test.kind else ("setup_function", "teardown_function")
        error: BaseException | None = None
        try:
            for name in test.wanted:
                if name != "request" and (found := test.table.get(name)) and found.scope != "function":
                    session.value(name)
            _hooked(test, before, function, instance)
            for name in test.wanted:
                session.value(name)
            function(**{name: session.value(name) for name in test.needs})
        except BaseException as raised:
            error = raised
        ends = partial(session.end, "function"), partial(_hooked, test, after, function, instance)
        for end in ends:
            try:
                end()
            except BaseException as raised:
                error = error if isinstance(error, Exception | Failed) else raised
        sys.stdout, sys.stderr = streams
        if error is not None:
            raise error

    def leave(self, module: bool = True) -> None:
        """Take down the class, and the module, of the last test."""
        last = self._last
        if last is None:
            return
        ends: list[Callable[[], Any]] = [partial(self._session.end, "class")]
        if self._kind is not None:
            ends.append(partial(_hooked, last, "teardown_class", last.kind))
        if module and self._module is not None:
            ends += [
                partial(self._session.end, "session", "package", "module"),
                partial(_hooked, last, "teardown_module", last.module),
            ]
        self._kind = None
        if module:
            self._module = None
        for end in ends:
            try:
                end()
            except BaseException:
                continue  # no test is to blame


def _hooked(test: Test, name: str, about: Any, instance: Any = None) -> None:
    """Call the hook of this name, if there is one."""
    if name in test.hooks:
        hook, takes = test.hooks[name]
        if instance is not None:
            hook = getattr(instance, name)
        hook(*((about,) if takes else ()))
