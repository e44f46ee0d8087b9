"""Start a program as a container would: without namespaces and mounts, as Docker's default profile has it, and with
Docker's capabilities, none, or an ordinary user's.

    python tests/containers.py root|powerless|ordinary COMMAND...
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys

# Docker's default, by their numbers: CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE
# NET_RAW SYS_CHROOT MKNOD AUDIT_WRITE SETFCAP.
CAPABILITIES = {0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31}
ORDINARY = 54_321
KINDS = ("root", "powerless", "ordinary")
# On x86_64 and aarch64: what the profile refuses without CAP_SYS_ADMIN, and clone, of which it looks at the flags.
REFUSED = {
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsmount": (432, 432),
    "mount_setattr": (442, 442), "keyctl": (250, 219), "bpf": (321, 280), "perf_event_open": (298, 241),
    "userfaultfd": (323, 282), "open_by_handle_at": (304, 265), "io_uring_setup": (425, 425),
}  # fmt: skip
CLONE, CLONE3, NEW_NAMESPACES, SECCOMP = (56, 220), 435, 0x7E020000, (317, 277)
ALLOW, EPERM, ENOSYS = 0x7FFF0000, 0x00050001, 0x00050026


def enter(kind: str) -> None:
    """Become such a process, for good."""
    libc = ctypes.CDLL(None, use_errno=True)
    kept = CAPABILITIES if kind == "root" else set()
    for capability in range(41):
        if capability not in kept:
            libc.prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP; what is run then has what is left
    _forbid_namespaces(libc)
    if kind == "ordinary" and os.geteuid() == 0:
        os.setgroups([])
        os.setresgid(ORDINARY, ORDINARY, ORDINARY)
        os.setresuid(ORDINARY, ORDINARY, ORDINARY)


def _forbid_namespaces(libc: ctypes.CDLL) -> None:
    column = ("x86_64", "aarch64").index(os.uname().machine)

    def step(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
        return struct.pack("=HBBI", code, then, otherwise, value)

    program = [step(0x20, 0)]
    for numbers in REFUSED.values():
        program += [step(0x15, numbers[column], 0, 1), step(0x06, EPERM)]
    program += [step(0x15, CLONE3, 0, 1), step(0x06, ENOSYS), step(0x15, CLONE[column], 0, 3)]
    program += [step(0x20, 16), step(0x45, NEW_NAMESPACES, 0, 1), step(0x06, EPERM), step(0x06, ALLOW)]
    buffer = ctypes.create_string_buffer(b"".join(program))
    filter = struct.pack("HP", len(program), ctypes.addressof(buffer))
    if os.geteuid():
        libc.prctl(38, 1, 0, 0, 0)  # PR_SET_NO_NEW_PRIVS
    if libc.syscall(ctypes.c_long(SECCOMP[column]), ctypes.c_ulong(1), ctypes.c_ulong(0), filter):
        raise OSError(ctypes.get_errno(), "seccomp")


if __name__ == "__main__":
    enter(sys.argv[1])
    os.execvp(sys.argv[2], sys.argv[2:])
