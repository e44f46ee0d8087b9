"""Who of this machine is ours: its root, its accounts, and the users whom no account is."""

from __future__ import annotations

import os

NOBODY = 65_534  # and 65,535 is -1 to old system calls


def is_root() -> bool:
    """Whether this process has root's name; in a user namespace that may be all."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def is_ours(id: int) -> bool:
    """Whether what belongs to this user is ours: to this process's own, or to one that it may have claimed."""
    if not hasattr(os, "geteuid") or id == os.geteuid():
        return True
    return is_root() and id not in (NOBODY, NOBODY + 1) and not has_account(id)


def has_account(id: int) -> bool:
    """Whether a user or a group of this machine has this id."""
    import grp  # neither is there on Windows
    import pwd

    for look_up in (pwd.getpwuid, grp.getgrgid):
        try:
            look_up(id)
            return True
        except KeyError:
            continue
    return False
