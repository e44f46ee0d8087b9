"""Landlock: which files a process may read, and whom its signals reach."""

from __future__ import annotations

import errno
import os
import stat
import struct
from collections.abc import Sequence

from autograder.sandbox.kernel.calls import ConfineError, call
from autograder.sandbox.kernel.privileges import no_new_privs

# The numbers are the same on every architecture that Python runs on.
CALLS = {"landlock_create_ruleset": 444, "landlock_add_rule": 445, "landlock_restrict_self": 446}


EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, TRUNCATE, IOCTL_DEV = (1 << bit for bit in (0, 1, 2, 3, 14, 15))
FILE_RIGHTS = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV
RIGHTS_BY_ABI = {1: 13, 2: 14, 3: 15, 4: 15}  # how many file system rights there are to deny; 16 since ABI 5


def landlock_abi() -> int:
    """The version of the kernel's Landlock, or 0 where it is missing or switched off."""
    try:
        return _landlock("landlock_create_ruleset", 0, 0, 1)  # 1: only ask for the version
    except ConfineError:
        return 0


def restrict_files(readable: Sequence[str], *, writable: Sequence[str] = (), executable: bool = False) -> None:
    """Leave only these files, and all beneath these directories, to be read, listed and mapped as libraries.

    Nothing can be created, removed or renamed, and only existing `writable` files can be written. No program
    can be started, unless `executable`, and then only a readable one. Paths that are missing or out of this
    user's reach are ignored. A directory shows everything in it, without exceptions. Files that are open
    stay open.

    Where the kernel can, TCP is forbidden too, and so are signals and abstract sockets to processes outside.
    Landlock does not cover `stat`, nor changes of mode, owner, times and attributes; `forbid_syscalls`
    forbids the changes.
    """
    abi = landlock_abi()
    if not abi:
        raise _no_landlock()
    no_new_privs()
    known = (1 << RIGHTS_BY_ABI.get(abi, 16)) - 1
    reading = READ_FILE | READ_DIR | executable * EXECUTE
    rules = [(path, reading) for path in readable]
    rules += [(path, READ_FILE | READ_DIR | WRITE_FILE | TRUNCATE) for path in writable]
    tcp = 0b11 if abi >= 4 else 0  # bind, connect
    scopes = 0b11 if abi >= 6 else 0  # abstract unix sockets, signals
    handled = struct.pack("=QQQ", known, tcp, scopes)
    ruleset = _landlock("landlock_create_ruleset", handled, len(handled), 0)
    try:
        for path, rights in rules:
            _allow_beneath(ruleset, path, rights & known)
        quiet = 1 if abi >= 7 else 0  # thousands of refused lookups must not fill the system's audit log
        _landlock("landlock_restrict_self", ruleset, quiet)
    finally:
        os.close(ruleset)


def restrict_signals() -> None:
    """Open a Landlock domain within that of `restrict_files`: from now on no signal leaves it, so that `kill(-1)`
    reaches whoever is in it and nobody else. Only where `scopes_signals`."""
    no_new_privs()
    handled = struct.pack("=QQQ", 0, 0, 0b11)
    ruleset = _landlock("landlock_create_ruleset", handled, len(handled), 0)
    try:
        _landlock("landlock_restrict_self", ruleset, 0)
    finally:
        os.close(ruleset)


def scopes_signals() -> bool:
    """Whether Landlock keeps signals within a domain here (Linux 6.12)."""
    return landlock_abi() >= 6


def _no_landlock() -> ConfineError:
    """Why there is none: the kernel says so itself."""
    try:
        _landlock("landlock_create_ruleset", 0, 0, 1)
    except ConfineError as error:
        return error
    return ConfineError(errno.EOPNOTSUPP, "landlock_create_ruleset: Landlock is missing or switched off")


def _allow_beneath(ruleset: int, path: str, rights: int) -> None:
    try:
        descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    try:
        if not stat.S_ISDIR(os.fstat(descriptor).st_mode):
            rights &= FILE_RIGHTS
        _landlock("landlock_add_rule", ruleset, 1, struct.pack("=Qi", rights, descriptor), 0)
    finally:
        os.close(descriptor)


def _landlock(name: str, *arguments: int | bytes) -> int:
    return call("syscall", CALLS[name], *arguments, name=name)
