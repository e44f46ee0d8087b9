"""Frames between judge and worker, and the limits that both keep. Standard library only.

A frame is a length (four bytes, big endian) and as many bytes. What is in it is the business of the two ends; the
judge takes every byte that comes out of a sandbox for hostile.
"""

from __future__ import annotations

import os
from dataclasses import dataclass

FRAME_LIMIT = 64 << 20  # bytes; no frame of a supervisor comes near, whatever its runners say


class SandboxError(Exception):
    """A sandbox could not be had, or broke. The grader's own trouble, never a student's."""


@dataclass(frozen=True)
class Limits:
    """What one item may use: seconds of wall time and CPU, bytes of memory, answer and output; processes of a run.

    `patience` is how many seconds one waits where all are asked together, for it is asked again alone. And the `budget`
    of one submission: seconds on the clock and, `budget_cpu`, of CPU time for all that it is asked. Tests of a
    student's own are run on each package in so many `rounds`.
    """

    wall: float = 6.0
    cpu: float = 2.0
    imports: float = 10.0
    memory: int = 640 << 20
    answer: int = 256 << 10
    output: int = 2 << 10
    processes: int = 12
    patience: float = 2.5
    budget: float = 60.0
    budget_cpu: float = 20.0
    rounds: int = 2


def pack(payload: bytes) -> bytes:
    """The frame around `payload`."""
    return len(payload).to_bytes(4, "big") + payload


def read_exactly(fd: int, count: int) -> bytes:
    """`count` bytes from `fd`, or fewer when it ends before."""
    parts = []
    while count:
        part = os.read(fd, min(count, 1 << 20))
        if not part:
            break
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def read_frame(fd: int, limit: int = FRAME_LIMIT) -> bytes | None:
    """The next payload from `fd`; None at the end, or when what comes is no whole frame within `limit`."""
    head = read_exactly(fd, 4)
    size = int.from_bytes(head, "big")
    if len(head) < 4 or size > limit:
        return None
    payload = read_exactly(fd, size)
    return payload if len(payload) == size else None


def write_all(fd: int, data: bytes) -> None:
    """Write all of `data`, however little the pipe takes at a time."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
