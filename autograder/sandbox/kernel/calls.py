"""Calling the kernel from Python: system calls that the standard library does not have."""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import sys


class ConfineError(OSError):
    """A layer that could not be had. The text names the system call and the kernel's reason."""


@functools.cache
def _libc() -> ctypes.CDLL:
    if sys.platform != "linux":
        raise ConfineError(errno.ENOSYS, f"a process cannot be confined on {sys.platform}, only on Linux")
    return ctypes.CDLL(None, use_errno=True)


def call(function: str, *arguments: int | bytes, name: str = "") -> int:
    """Call a C function that answers -1 and sets errno when it fails; integers travel as unsigned longs."""
    words = [ctypes.c_ulong(word) if isinstance(word, int) else word for word in arguments]
    result = int(getattr(_libc(), function)(*words))
    if result == -1:
        code = ctypes.get_errno()
        raise ConfineError(code, f"{name or function}: {os.strerror(code)}")
    return result


def prctl(name: str, option: int, value: int = 0, extra: int = 0) -> int:
    return call("prctl", option, value, extra, 0, 0, name=f"prctl({name})")
