"""Which user a worker becomes where the judge is root: one that exists here, that nobody else is, and no other worker.

A claim is a name among the machine's abstract sockets, so that the kernel gives it back however its holder ends.
"""

from __future__ import annotations

import errno
import random
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.accounts import NOBODY, has_account, is_root
from autograder.sandbox.protocol import SandboxError

# Where to look first: above what systems and nobody have, below what containers of other users are given.
_RANGES = (range(66_000, 100_000), range(60_000, NOBODY), range(1_000, 60_000), range(100_000, 2**31))
SETGID, SETUID, SYS_ADMIN = 6, 7, 21
_TRIES = 2_000  # of each range
_random = random.SystemRandom()  # whoever seeds the usual one wants the same numbers as ever


@dataclass(frozen=True)
class User:
    """A user id, which is also a group's, for as long as this is open."""

    id: int
    _claim: socket.socket

    def close(self) -> None:
        self._claim.close()


def others() -> bool:
    """Whether this process, being root, can become anybody else: it may be the only user of its namespace, or lack the
    right."""
    return is_root() and has(SETGID, SETUID) and next(_unused(), None) is not None


def has(*capabilities: int) -> bool:
    """Whether this process has these capabilities, as far as can be seen."""
    try:
        lines = Path("/proc/self/status").read_text("ascii").splitlines()
        mask = next(int(line.split()[1], 16) for line in lines if line.startswith("CapEff:"))
    except (OSError, ValueError, StopIteration):
        return True
    return all(mask >> capability & 1 for capability in capabilities)


def claim() -> User:
    """A user whom no other process of the machine has claimed, nor any account is. Raises SandboxError without one."""
    for id in _unused():
        holder = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            holder.bind(f"\0gradschool-user-{id}")
            return User(id, holder)
        except OSError as error:
            holder.close()
            if error.errno != errno.EADDRINUSE:
                raise SandboxError(f"no user id can be claimed: {error}") from error
    raise SandboxError("every user id that this user namespace maps is in use: grade with fewer --jobs")


def _unused() -> Iterator[int]:
    """Ids that exist here, of users and of groups alike, and that no account has; in no order."""
    users, groups = _mapped("uid"), _mapped("gid")
    for within in _RANGES:
        parts = [part for user in users for group in groups if (part := _common(_common(user, group), within))]
        ids = [id for part in parts for id in _random.sample(part, min(len(part), _TRIES))]
        yield from (id for id in ids if id not in (NOBODY, NOBODY + 1) and not has_account(id))


def _mapped(kind: str) -> list[range]:
    """The ids that this user namespace knows."""
    try:
        lines = Path(f"/proc/self/{kind}_map").read_text("ascii").splitlines()
    except OSError:
        return [range(2**31)]
    return [range(int(first), int(first) + int(count)) for first, _, count in map(str.split, lines)]


def _common(one: range, other: range) -> range:
    return range(max(one.start, other.start), min(one.stop, other.stop))
