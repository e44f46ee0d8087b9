"""Who a process is, what it may do, and with whom it ends."""

from __future__ import annotations

import contextlib
import os
import signal
import struct

from autograder.sandbox.kernel.calls import ConfineError, call, prctl

_KILL = getattr(signal, "SIGKILL", 9)  # Windows has none


def become(uid: int, gid: int) -> None:
    """Turn a root process into this user for good, without supplementary groups."""
    try:
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
    except OSError as error:
        raise ConfineError(error.errno, f"setresuid to {uid}:{gid}: {error.strerror}") from error


def no_new_privs() -> None:
    """Make setuid programs and file capabilities worthless. Landlock and seccomp ask for this first."""
    prctl("PR_SET_NO_NEW_PRIVS", 38, 1)


def drop_capabilities() -> None:
    """Empty every capability set. The bounding set stays where the process may not change it."""
    with contextlib.suppress(ConfineError):
        for capability in range(64):  # EPERM: not allowed to; EINVAL: past the last one that the kernel knows
            prctl("PR_CAPBSET_DROP", 24, capability)
    prctl("PR_CAP_AMBIENT", 47, 4)  # 4: clear all
    version_3 = struct.pack("=Ii", 0x20080522, 0)
    call("capset", version_3, bytes(24))


def undumpable() -> None:
    """No core file, and no debugger, nor /proc/PID/mem, for other processes of the same user."""
    prctl("PR_SET_DUMPABLE", 4, 0)


def die_with_parent(parent: int | None = None, by: int = _KILL) -> None:
    """Get a signal when the thread that forked this one ends; and end at once where process `parent` is not ours any
    more. A parent in another pid namespace has no number here, and goes unnoticed if it is dead already."""
    prctl("PR_SET_PDEATHSIG", 1, by)
    if parent is not None and os.getppid() != parent:
        os._exit(1)


def become_subreaper() -> None:
    """Inherit orphaned descendants, so that they can be found and reaped."""
    prctl("PR_SET_CHILD_SUBREAPER", 36, 1)
