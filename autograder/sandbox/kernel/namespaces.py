"""Namespaces: a process that sees no others, no network and no shared memory."""

from __future__ import annotations

import contextlib
import os

from autograder.sandbox.kernel.calls import ConfineError, call, prctl

CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC = 0x10000000, 0x20000000, 0x40000000, 0x08000000


def new_namespaces(
    *, inside_uid: int, inside_gid: int, pid: bool = True, network: bool = True, ipc: bool = True
) -> None:
    """Enter a new user namespace and others of one's own; the next fork becomes pid 1 of the pid namespace.

    The user becomes `inside_uid` there. Without a /proc to say so, the user stays nameless: uid 65534.
    The process holds all capabilities inside the new namespaces until `drop_capabilities`.
    """
    flags = CLONE_NEWUSER | pid * CLONE_NEWPID | network * CLONE_NEWNET | ipc * CLONE_NEWIPC
    new_user_namespace(flags, inside_uid, inside_gid)


def new_user_namespace(flags: int, inside_uid: int, inside_gid: int) -> None:
    uid, gid = os.geteuid(), os.getegid()
    call("unshare", flags)
    dumpable = prctl("PR_GET_DUMPABLE", 3)
    prctl("PR_SET_DUMPABLE", 4, 1)  # the files in /proc/self belong to the outer root otherwise
    maps = {"setgroups": "deny", "uid_map": f"{inside_uid} {uid} 1", "gid_map": f"{inside_gid} {gid} 1"}
    try:
        for name, text in maps.items():
            with contextlib.suppress(FileNotFoundError), open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    except OSError as error:
        raise ConfineError(error.errno, f"write to /proc/self/{name}: {error.strerror}") from error
    finally:
        prctl("PR_SET_DUMPABLE", 4, int(dumpable == 1))
