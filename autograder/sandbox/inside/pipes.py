"""What a process in here leaves to others: in memory that they share, and in pipes."""

from __future__ import annotations

import itertools
import mmap
import os
import sys


class Remains:
    """What a runner leaves in memory that it shares with its supervisor: the last question that it began, and what was
    printed of the item that it sits, of which there may be so many bytes."""

    def __init__(self, most: int):
        self._memory = mmap.mmap(-1, 6 + most)

    def begin(self, question: int) -> None:
        self._memory[:4] = question.to_bytes(4, "big")

    def keep(self, printed: bytes | bytearray) -> None:
        self._memory[6 : 6 + len(printed)] = printed
        self._memory[4:6] = len(printed).to_bytes(2, "big")

    @property
    def question(self) -> int:
        return int.from_bytes(self._memory[:4], "big")

    @property
    def printed(self) -> bytes:
        return self._memory[6 : 6 + int.from_bytes(self._memory[4:6], "big")]

    def close(self) -> None:
        self._memory.close()


class Prints:
    """What this process prints, by way of a pipe of its own: nobody else reads it meanwhile, so it must not block."""

    def __init__(self, most: int):
        self._outlet, inlet = os.pipe()
        self._most = most
        for end in (self._outlet, inlet):
            os.set_blocking(end, False)
        for standard in (1, 2):
            os.dup2(inlet, standard)
        os.close(inlet)

    def take(self) -> bytes:
        """What was printed since the last time, or the beginning of it."""
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        output = bytearray()
        read_up_to(self._outlet, output, self._most)
        return bytes(output)


def read_up_to(pipe: int, into: bytearray, most: int) -> bool:
    """Take what is in a pipe, up to a megabyte, and keep `most` bytes of it; False at its end."""
    for _ in range(16):
        try:
            part = os.read(pipe, 1 << 16)
        except BlockingIOError:
            return True
        if not part:
            return False
        into += part[: most - len(into)]
    return True


def close_all_but(*keep: int) -> None:
    """Close what this process has open besides these, and the standard streams."""
    for below, above in itertools.pairwise((2, *sorted(keep), 256)):
        os.closerange(below + 1, above)
