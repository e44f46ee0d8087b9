"""Ways in which a test may try to read what it tests, each an expression that is true where it has found something.

An honest import of a module that tests cannot have is refused before anything runs: these do without."""

from __future__ import annotations

# Those that find something where nobody guards it.
WAYS = {
    "code": "thing.__code__",
    "attrgetter": "__import__('operator').attrgetter('__code__')(thing)",
    "descriptor": "type(thing).__dict__['__code__'].__get__(thing)",
    "getattribute": "object.__getattribute__(thing, '__code__')",
    "dis": "__import__('dis').Bytecode(thing).dis()",
    "signature": "str(__import__('inspect').signature(thing))",
    "frame": "sys._getframe()",
    "current frames": "sys._current_frames()",
    "current exceptions": "sys._current_exceptions()",
    "traceback": "raised().__traceback__.tb_frame",
    "traceback module": "__import__('traceback').extract_tb(raised().__traceback__)",
    "generator frame": "(lambda g: g.gi_frame)(x for x in [1])",
    "generator code": "(lambda g: g.gi_code)(x for x in [1])",
    "coroutine": "coroutine()",
    "async generator": "asyncgen().ag_code",
    "gc objects": "gc.get_objects()",
    "gc referrers": "gc.get_referrers(thing)",
    "gc referents": "gc.get_referents(thing)",
    "gc garbage": "garbage()",
    "settrace": "traced(sys.settrace)",
    "setprofile": "traced(sys.setprofile)",
    "threading settrace": "in_thread()",
    "audit hook": "audited()",
    "signal handler": "signalled()",
    "signal afresh": "afresh('_signal').signal",
    "sys afresh": "afresh('sys').getrefcount",
    "ctypes": "__import__('ctypes').string_at(id(thing), 8)",
    "_ctypes": "__import__('_ctypes')",
    "ctypes by subclasses": "[k for k in object.__subclasses__() if '_ctypes' in k.__module__]",
    "numpy address": "address()",
    "numpy strides": (
        "__import__('numpy').lib.stride_tricks.as_strided(__import__('numpy').zeros(1), (1000,), (8,))[900]*0+1"
    ),
    "numpy ctypes": "__import__('numpy').ctypeslib.ctypes",
    "marshal": "__import__('marshal').dumps(thing.__code__)",
    "code of bytes": "compile('b1', '', 'eval').replace(co_consts=(1,))",
    "open": "open('/proc/self/mem', 'rb').read(0) or True",
    "open by number": "os.fdopen(0)",
    "os.open": "os.open('/proc/self/maps', os.O_RDONLY) + 1",
    "refcount": "sys.getrefcount(thing)",
    "allocated blocks": "sys.getallocatedblocks()",
    "gc count": "gc.get_count()",
    "tracemalloc": "__import__('tracemalloc').start() or True",
    "faulthandler": "__import__('faulthandler').is_enabled() or True",
    "resource": "__import__('resource').getrusage(0)",
    "fork": "forked()",
    "kill": "os.kill(os.getppid(), 0) or True",
    "spawn": "os.posix_spawn('/bin/true', ['true'], {})",
    "thread": "in_thread() or True",
    "loader": "sys.modules['micrograd.engine'].__loader__",
    "spec": "sys.modules['micrograd.engine'].__spec__.loader",
    "import afresh": "importlib.reload(sys.modules['micrograd.engine'])",
    "finders": (
        "[f for f in sys.meta_path for c in [getattr(f, '_codes', {})] if any('micrograd' in name for name in c)]"
    ),
    "grader": "[name for name in sys.modules if name.startswith('autograder')]",
    "reduce": "__import__('operator').methodcaller('__getattribute__', '__code__')(thing)",
    "create builtin": "sys.modules['_imp'].create_builtin",
    "call tracing": "sys.call_tracing",
    "mmap": "__import__('mmap').mmap(-1, 10)",
    "socket": "__import__('socket').socketpair()",
    "logging": "__import__('logging').currentframe()",
    "unraisable": "unraisable()",
}
# Those that find nothing anywhere, or not on every Python.
IN_VAIN = {
    "subinterpreter": "__import__('_xxsubinterpreters').create()",
    "linecache": "__import__('linecache').getlines('<micrograd/engine.py>')",
    "source file": "sys.modules['micrograd.engine'].__file__",
    "main": "[n for n in vars(sys.modules['__main__']) if not n.startswith('__')]",
    "globals of pytest": "globals_of_pytest()",
    "closure": "[c for c in (thing.__closure__ or ()) if isinstance(c.cell_contents, types.CodeType)]",
    "monitoring": "sys.monitoring",
    "subclass trick": "type.__subclasses__.__closure__[0].cell_contents.__self__.gi_frame",
    "open through the library": "open(os.__file__ + '/../../../../../../../../../proc/self/maps').read()",
    "ctypes of another module": "other('ctypes', '_ctypes')",
    "testcapi": "__import__('_testinternalcapi')",
}

HELPERS = """import gc, importlib, os, sys, types
import pytest
from micrograd.engine import thing

def raised():
    try:
        thing(None)
    except Exception as error:
        return error

async def coroutine_():
    pass

def coroutine():
    found = coroutine_()
    try:
        return found.cr_frame
    finally:
        found.close()

async def asyncgen():
    yield 1

def traced(install):
    seen = []
    install(lambda frame, *_: seen.append(frame))
    try:
        thing(1)
    finally:
        install(None)
    return seen

def audited():
    seen = []
    sys.addaudithook(lambda event, args: seen.append(args) if event == 'exec' else None)
    exec(compile('1', '', 'exec'))
    return seen

def signalled():
    signal = __import__('signal')
    seen = []
    signal.signal(signal.SIGUSR2, lambda number, frame: seen.append(frame))
    signal.raise_signal(signal.SIGUSR2)
    return seen

def afresh(name):
    kept = sys.modules.pop(name, None)
    try:
        return importlib.import_module(name)
    finally:
        if kept:
            sys.modules[name] = kept

def garbage():
    gc.set_debug(gc.DEBUG_SAVEALL)
    for _ in range(3):
        error = raised()
        error.self = error
    del error
    gc.collect()
    return [each for each in gc.garbage if type(each).__name__ in ('frame', 'traceback')]

def address():
    numpy = __import__('numpy')
    class Any:
        __array_interface__ = {'data': (id(thing), True), 'shape': (8,), 'typestr': '|u1', 'version': 3}
    found = numpy.asarray(Any())
    return found.shape == (8,) and found.dtype == 'uint8'

def other(*names):
    modules = [module for module in list(sys.modules.values()) if isinstance(module, types.ModuleType)]
    things = [each for module in modules for each in list(vars(module).values())]
    return [each for each in things if getattr(each, '__name__', '') in names]

def forked():
    pid = os.fork()
    if not pid:
        os._exit(0)
    os.waitpid(pid, 0)
    return True

def in_thread():
    import threading
    seen = []
    threading.settrace(lambda frame, *_: seen.append(frame))
    thread = threading.Thread(target=lambda: seen.append(1))
    thread.start(); thread.join()
    return seen

def unraisable():
    seen = []
    sys.unraisablehook = lambda args: seen.append(args.exc_traceback.tb_frame)
    class Bad:
        def __del__(self):
            1 / 0
    Bad()
    return seen

def globals_of_pytest():
    seen, todo, found = set(), [vars(pytest)], []
    while todo:
        space = todo.pop()
        if id(space) in seen:
            continue
        seen.add(id(space))
        for value in list(space.values()):
            for each in (value, *(vars(value).values() if isinstance(value, type) else ())):
                each = getattr(each, '__func__', each)
                if isinstance(each, types.FunctionType):
                    todo.append(each.__globals__)
                elif isinstance(each, types.ModuleType) and each.__name__.startswith('autograder'):
                    todo.append(vars(each))
                elif isinstance(each, types.CodeType) or 'the secret' in repr(each):
                    found.append(each)
                if getattr(each, '__name__', '') in ('Child', 'Package', 'Guard', 'try_suite', 'ctypes'):
                    found.append(each)
    return found
"""
