# ruff: noqa
"""What every planted attack can use. The arena puts this before it, and MARK and HOST before this.

An attack says what it did on stdout, so that one that was refused can be told from one that never ran. What it says
while it is imported, which nobody hears, is said again by an operation of the module that it is planted in.
"""

import builtins, ctypes, gc, os, signal, sys, threading, time

NOTES = []
REFUSED = 0

# The name that hostile processes and all their children go by, so that the arena can find those that are left over.
ctypes.CDLL(None).prctl(15, MARK.encode())


def tried(what):
    """Note that something is being tried whose success shows elsewhere: in points, files, processes or neighbours."""
    note = f"tried {what}"
    if note not in NOTES:
        NOTES.append(note)
        print(note, flush=True)


def attempt(what, function, *arguments):
    """Do something forbidden: an exception is a refusal, anything else a breach."""
    global REFUSED
    try:
        answer = function(*arguments)
    except BaseException:
        REFUSED += 1
    else:
        NOTES.append(f"BREACH {what} {answer!r}"[:200])


def forked():
    """Fork, if there may be one more process: whether this is the child."""
    try:
        return os.fork() == 0
    except OSError:
        return False


def must(condition):
    """Turn a wrong result into a refusal."""
    if not condition:
        raise ValueError


def harness(name):
    """A module of the grader's own that runs beside the student's code: they are found from frame to frame, and what
    is found there leads to the others."""
    frame, waiting, seen = sys._getframe(), [], set()
    while frame:
        waiting.append(frame.f_globals)
        if hasattr(frame.f_locals.get("paper"), "lab"):
            waiting.append({"__name__": "autograder", "lab": frame.f_locals["paper"].lab})
        frame = frame.f_back
    for space in waiting:
        if id(space) in seen or str(space.get("__name__")).partition(".")[0] not in ("autograder", "__main__"):
            continue
        seen.add(id(space))
        if space["__name__"] == "autograder." + name:
            found = type("module", (), {})()
            found.__dict__ = space
            return found
        for thing in list(space.values()):
            kinds = thing.__mro__ if isinstance(thing, type) else ()
            things = [thing, *(member for kind in kinds for member in vars(kind).values())]
            waiting += [g for g in (getattr(each, "__globals__", None) for each in things) if type(g) is dict]
            waiting += [vars(thing)] if type(thing) is type(sys) else []
    raise LookupError(name)


def rubric():
    """The items that the grader's own code knows, as it is found from frame to frame."""
    frame = sys._getframe()
    while "paper" not in frame.f_locals:
        frame = frame.f_back
    return frame.f_locals["paper"].items


def telling(function):
    """`function`, which also says on its first call what was noted until then."""

    def told(*arguments, **options):
        if "mallory" not in vars(sys):
            sys.mallory = True
            print(*NOTES, *[f"refused {REFUSED}"] * bool(REFUSED), sep="\n", flush=True)
        return function(*arguments, **options)

    return told


def say(tag, body):
    """Send a frame to whoever listens at the other end of any descriptor."""
    for fd in range(3, 64):
        try:
            os.write(fd, harness("sandbox.protocol").pack(tag + body))
        except OSError:
            pass
