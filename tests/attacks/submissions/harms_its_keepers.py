"""Stops, limits, slows and traces whoever supervises it: its parent, the parent's parent, the judge, their groups.

base: reference
module: engine
points: 100 + 20
tried: 1
refused: 22
"""

import fcntl, resource

libc = ctypes.CDLL(None, use_errno=True)


def call(x86_64, aarch64, *arguments):
    number = x86_64 if os.uname().machine == "x86_64" else aarch64
    must(libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments)) != -1)


def own_a_pipe(pid):
    """Signals that a file's owner gets, when there is something to read."""
    outlet, inlet = os.pipe()
    for command, value in ((8, pid), (10, signal.SIGKILL), (4, 0o20000)):  # F_SETOWN; F_SETSIG; F_SETFL, O_ASYNC
        fcntl.fcntl(outlet, command, value)
    os.write(inlet, b"x")


def stop(pid):
    """Whom it stops shows elsewhere."""
    for act in (os.kill, own_a_pipe):
        try:
            act(pid, signal.SIGSTOP) if act is os.kill else act(pid)
        except OSError:
            pass


tried("stops, and signals by way of a pipe")
for who in (os.getppid(), HOST["judge"], 1):
    if who != os.getpid():
        stop(who)
    attempt(f"limits of {who}", resource.prlimit, who, resource.RLIMIT_CPU, (0, 0))
    attempt(f"priority of {who}", os.setpriority, os.PRIO_PROCESS, who, 19)
    attempt(f"priority of the group {who}", os.setpriority, os.PRIO_PGRP, who, 19)
    attempt(f"processors of {who}", os.sched_setaffinity, who, {0})
    attempt(f"memory of {who}", call, 310, 270, who, 0, 0, 0, 0, 0)
    attempt(f"all of {who}", open, f"/proc/{who}/mem", "r+b")
attempt("all of this user", os.setpriority, os.PRIO_USER, os.getuid(), 19)
attempt("shared memory", call, 30, 196, 0, 0, 0)
attempt("to take it away", call, 31, 195, 0, 0, 0)
attempt("a queue", call, 240, 180, ctypes.addressof(ctypes.create_string_buffer(b"mallory")), 0o102, 0o600, 0)
