"""Looks for the package that it is tried on, in all places. A test fails where it finds something, and passes where it is
refused: none ever fails where nothing is to be found."""
import functools
import gc
import glob
import hashlib
import inspect
import linecache
import os
import sys

import micrograd
import micrograd.engine
from micrograd.engine import Value


def finds_nothing(look):
    @functools.wraps(look)
    def test():
        try:
            found = look()
        except Exception:
            return
        assert not found

    return test


def is_source(thing):
    """Whether it is the text of an engine."""
    return isinstance(thing, str | bytes) and "class " + "Value" in str(thing) and "def " + "__mul__" in str(thing)


def text_of(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


@finds_nothing
def test_source_of_the_class():
    return inspect.getsource(Value)


@finds_nothing
def test_source_of_a_method():
    return inspect.getsource(Value.__add__)


@finds_nothing
def test_source_of_the_module():
    return inspect.getsource(micrograd.engine)


@finds_nothing
def test_code_of_a_method():
    return Value.__add__.__code__.co_code


@finds_nothing
def test_line_cache():
    return [name for name, entry in linecache.cache.items() if is_source("".join(map(str, entry)))]


@finds_nothing
def test_file():
    return os.path.exists(micrograd.engine.__file__) or os.path.exists(micrograd.engine.__cached__)


@finds_nothing
def test_files_around():
    return [path for path in glob.glob("*.py") + glob.glob("*/*.py") if is_source(text_of(path))]


@finds_nothing
def test_files_of_others():
    for top in ("/tmp", "/var/tmp", "/dev/shm", os.path.dirname(os.path.dirname(__file__))):
        for depth in ("", "*/", "*/*/", "*/*/*/"):
            for path in glob.glob(f"{top}/{depth}engine.py"):
                if is_source(text_of(path)):
                    return path


@finds_nothing
def test_loader():
    return micrograd.engine.__loader__.get_source("micrograd.engine")


@finds_nothing
def test_what_the_loader_holds():
    return [each for each in vars(micrograd.engine.__loader__).values() if is_source(repr(each))]


@finds_nothing
def test_frames():
    frame = sys._getframe()
    while frame:
        for thing in [*frame.f_locals.values(), *frame.f_globals.values()]:
            if is_source(thing) or isinstance(thing, dict | list | tuple) and is_source(repr(thing)):
                return thing
        frame = frame.f_back


@finds_nothing
def test_frames_of_an_exception():
    try:
        Value("nothing") + None
    except Exception as error:
        return error.__traceback__.tb_next.tb_frame.f_code.co_code


@finds_nothing
def test_objects():
    for thing in gc.get_objects():
        held = thing.values() if type(thing) is dict else thing if type(thing) in (list, tuple, set) else ()
        if any(is_source(each) for each in list(held)):
            return thing


@finds_nothing
def test_memory():
    with open("/proc/self/mem", "rb"):
        return True


@finds_nothing
def test_notes_from_one_package_to_the_next():
    """Of those that are made of the reference, one that differs from another has a mistake."""
    if micrograd.engine.__doc__.startswith("A scalar that remembers"):
        print_ = hashlib.sha256(b"".join(f.__code__.co_code for f in vars(Value).values() if inspect.isfunction(f)))
        return passed_on(print_.hexdigest())


@finds_nothing
def test_any_note_at_all():
    return passed_on(str(os.getpid()))


def passed_on(note):
    """Leave a note wherever that can be done; whether another one is there already."""
    places = [os.path.join(top, "note-of-the-reader") for top in (".", "/tmp", "/dev/shm", os.path.dirname(__file__))]
    found = {os.environ.setdefault("NOTE", note), sys.__dict__.setdefault("note", note)}
    for path in places:
        try:
            with open(path, "x") as file:
                file.write(note)
        except FileExistsError:
            found.add(text_of(path))
        except OSError:
            pass
    return found != {note}


def test_prints():
    print(dir(micrograd.engine))
    sys.stderr.write(repr(dir(Value)))
