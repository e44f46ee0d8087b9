"""Take away what looks into the interpreter, or into memory, where Python tells nobody of it."""

from __future__ import annotations

import dataclasses
import gc
import inspect
import sys
import types
from collections.abc import Collection, Generator, Iterator
from typing import Any


def words(*lines: str) -> frozenset[str]:
    """The words in some lines."""
    return frozenset(" ".join(lines).split())


# Modules that do, or that start what could. They are neither there nor found.
MODULES = words(
    "ctypes _ctypes _ctypes_test _testcapi _testinternalcapi _testlimitedcapi _testclinic _testexternalinspection",
    "_testbuffer _testimportmultiple _testmultiphase _testsinglephase _xxtestfuzz _xxsubinterpreters _opcode",
    "_xxinterpchannels _interpreters _interpchannels _interpqueues interpreters _remote_debugging _lsprof mmap",
    "tracemalloc _tracemalloc faulthandler resource marshal signal _signal _posixsubprocess _multiprocessing select",
    "_posixshmem _socket fcntl _cffi_backend cffi pty termios readline",
)
# Modules that need one of these, or whose own part is not written in Python: they cannot be imported either.
NEEDING = words(
    "asynchat asyncio asyncore audioop cProfile cgi cgitb crypt curses doctest ftplib idlelib imaplib imp mailbox",
    "modulefinder multiprocessing nis nntplib ossaudiodev pdb poplib profile pstats pydoc smtpd smtplib socket",
    "socketserver spwd sqlite3 ssl symtable syslog telnetlib tkinter tty turtle turtledemo",
)
# Of modules that stay, what counts things in memory, hands over frames, loads modules without a word, or knows classes.
_NAMES = {
    ("sys",): "getrefcount gettotalrefcount getallocatedblocks getunicodeinternedsize _debugmallocstats call_tracing "
    "set_coroutine_origin_tracking_depth monitoring activate_stack_trampoline",
    ("gc",): "get_count get_stats get_freeze_count get_threshold freeze unfreeze set_debug get_debug set_threshold",
    ("_imp",): "create_builtin create_dynamic exec_dynamic init_frozen",
    ("posix", "os", "nt"): "fork forkpty register_at_fork execv execve posix_spawn posix_spawnp system kill killpg",
    ("_thread", "threading"): "start_new_thread start_new start_joinable_thread _start_new_thread",
    ("_abc", "abc"): "_get_dump",
    ("copyreg",): "dispatch_table",
}

Place = tuple[dict[str, Any], str, Any, str]  # names of a module, one, what that is, and of which library


class Deprivation:
    """What is to be taken away from processes that this one starts: `MODULES`, and libraries that are not Python's
    own, for what computes with numbers in memory takes any address for an array of them."""

    def __init__(self) -> None:
        tops = {name.partition(".")[0] for name in sys.modules}
        self._libraries = frozenset(top for top in tops if top not in sys.stdlib_module_names and top != "__main__")
        self._places = list(self._leading())
        self._kinds = frozenset(map(id, self._of_memory()))

    def _top(self, thing: Any) -> str:
        """The name of the library that a thing is of, if it is of one that is taken away."""
        named = "__name__" if isinstance(thing, types.ModuleType) else "__module__"
        home = getattr(thing, named, None) or getattr(type(thing), "__module__", "")
        top = str(home).partition(".")[0]
        return top if top in MODULES or top in self._libraries else ""

    def _leading(self) -> Iterator[Place]:
        """Where other modules hold one of these, or something of it."""
        for name, module in list(sys.modules.items()):
            if isinstance(module, types.ModuleType) and name.partition(".")[0] not in self._libraries:
                for each, thing in list(vars(module).items()):
                    if not each.startswith("__") and (top := self._top(thing)):
                        yield vars(module), each, thing, top

    def _of_memory(self) -> Iterator[type]:
        seen: set[int] = set()
        todo: list[type] = [object]
        while todo:
            kind = todo.pop()
            if id(kind) not in seen:
                seen.add(id(kind))
                todo += type.__subclasses__(kind)
                if self._top(kind):
                    yield kind

    def impose(self, uses: Collection[str]) -> None:
        """Take all of that away, but the libraries that are to stay; and ourselves."""
        self._hide_kinds()
        _have_dataclasses_look_at_no_code()
        for space, name, thing, top in self._places:
            if top not in uses and space.get(name) is thing:
                del space[name]
        for name in list(sys.modules):
            top = name.partition(".")[0]
            if top in MODULES:
                vars(sys.modules.pop(name)).clear()
            elif top in self._libraries and top not in uses:
                del sys.modules[name]
        for modules, names in _NAMES.items():
            for module in modules:
                for name in names.split():
                    vars(sys.modules.get(module, types)).pop(name, None)

    def _hide_kinds(self) -> None:
        """Have `__subclasses__`, which lists whatever there is, leave out the classes that read memory."""
        space: dict[str, Any] = gc.get_referents(type.__dict__)[0]  # which Python shows nobody
        keeper = _keeper(space["__subclasses__"], self._kinds)
        next(keeper)
        send = keeper.send

        def __subclasses__(self: type) -> Any:
            """Return a list of immediate subclasses."""
            return send(self)

        space["__subclasses__"] = __subclasses__
        sys.modules["ctypes"].pythonapi.PyType_Modified(sys.modules["ctypes"].py_object(type))


def _have_dataclasses_look_at_no_code() -> None:
    """Where Python puts the signature of a dataclass into its docstring, and knows nothing to do without: 3.11.2."""
    inspecting = types.ModuleType("inspect")
    vars(inspecting).update(vars(inspect), signature=lambda _: "")
    vars(dataclasses)["inspect"] = inspecting


def _keeper(original: Any, hidden: frozenset[int]) -> Generator[list[type], type, None]:
    """Answers what it is sent: a generator shows nobody what it holds."""
    number, wrong = id, BaseException
    answer: list[type] = []
    while True:
        kind = yield answer
        try:
            answer = [each for each in original(kind) if number(each) not in hidden]
        except wrong:
            answer = []
