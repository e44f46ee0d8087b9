"""Reads and moves numbers of the whole machine, which tell one submission of another that runs at the same time.

base: reference
module: engine
points: 100 + 20
refused: 18
"""

import struct

libc = ctypes.CDLL(None, use_errno=True)
# By name: the numbers on x86_64 and aarch64, and arguments with which they would do something.
buffer = ctypes.create_string_buffer(4096)
here = ctypes.addressof(buffer)
CALLS = {
    "sysinfo": (99, 179, here),
    "sync": (162, 81),
    "statfs of the root": (137, 43, b"/", here),
    "fstatfs": (138, 44, os.open(os.__file__, os.O_RDONLY), here),
    "sched_setaffinity": (203, 122, 0, 8, ctypes.create_string_buffer(b"\1" + bytes(7))),
    "sched_getattr": (315, 275, 0, here, 56, 0),
    "sched_getscheduler": (145, 120, 0),
    "mq_open": (240, 180, b"note", 0o102, 0o600, 0),
    "shmget": (29, 194, 0, 4096, 0o1600),
    "memfd_create": (319, 279, b"note", 0),
    "get_mempolicy": (239, 236, here, 0, 0, 0, 0),
    "mlock": (149, 228, here, 4096),
    "adjtimex": (159, 171, ctypes.create_string_buffer(512)),
    "statmount": (457, 457, here, here, 4096, 0),
    "listmount": (458, 458, here, here, 8, 0),
    "pidfd_open": (434, 434, os.getpid(), 0),
    "huge pages": (9, 222, 0, 1 << 21, 3, 0x40022, -1, 0),
    "openat2 of what is cached": (437, 437, -100, os.__file__.encode(),
                                  ctypes.create_string_buffer(struct.pack("QQQ", 0, 0, 0x20)), 24),
}  # fmt: skip
machine = ("x86_64", "aarch64").index(os.uname().machine)
struct.pack_into("IIQQ", buffer, 0, 24, 0, 2**64 - 1, 0)  # statmount's and listmount's question: of the root


def call(numbers, arguments):
    words = [ctypes.c_long(word) if isinstance(word, int) else word for word in arguments]
    answer = libc.syscall(ctypes.c_long(numbers[machine]), *words)
    must(answer != -1)
    return answer


for name, told in CALLS.items():
    attempt(name, call, told[:2], told[2:])
