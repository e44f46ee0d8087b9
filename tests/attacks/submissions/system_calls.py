"""Asks the kernel for what a calculation has no use for: namespaces, mounts, tracing, keys, modules, clocks.

base: reference
module: engine
points: 100 + 20
refused: 31
"""

import errno

# By name: the numbers on x86_64 and aarch64, and arguments with which they would do something.
CALLS = {
    "unshare": (272, 97, 0x10000000),
    "setns": (308, 268, 0, 0),
    "mount": (165, 40, 0, 0, 0, 0, 0),
    "chroot": (161, 51, 0),
    "ptrace": (101, 117, 16, 1, 0, 0),
    "process_vm_readv": (310, 270, 1, 0, 0, 0, 0, 0),
    "pidfd_getfd": (438, 438, 0, 0, 0),
    "bpf": (321, 280, 0, 0, 0),
    "io_uring_setup": (425, 425, 1, 0),
    "perf_event_open": (298, 241, 0, 0, -1, -1, 0),
    "userfaultfd": (323, 282, 1),
    "keyctl": (250, 219, 0, -3, 1),
    "memfd_create": (319, 279, 0, 0),
    "shmget": (29, 194, 0, 1 << 20, 0o1600),
    "personality": (135, 92, 0x0040000),
    "clone into a new user namespace": (56, 220, 0x10000011, 0, 0, 0, 0),
    "clone3": (435, 435, 0, 0),
    "prlimit of the parent": (302, 261, os.getppid(), 0, 0, 0),
    "priority of the parent": (141, 140, 0, os.getppid(), 19),
    "scheduling of the parent": (144, 119, os.getppid(), 5, 0),
    "swapoff": (168, 225, 0),
    "init_module": (175, 105, 0, 0, 0),
    "settimeofday": (164, 170, 0, 0),
    "sethostname": (170, 161, 0, 0),
    "acct": (163, 89, 0),
    "open_by_handle_at": (304, 265, 0, 0, 0),
    "setuid": (105, 146, 0),
    "setgid": (106, 144, 0),
    "setresuid": (117, 147, 0, 0, 0),
    "setgroups": (116, 159, 1, 0),
    "fanotify_init": (300, 262, 0, 0),
}
libc = ctypes.CDLL(None, use_errno=True)


def call(name, number, *arguments):
    pid = os.getpid()
    answer = libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments))
    code = ctypes.get_errno()
    if os.getpid() != pid:
        os._exit(0)
    no_such_user = name.startswith("set") and code == errno.EINVAL
    must(answer != -1 or not (code in (errno.EPERM, errno.ENOSYS) or no_such_user))
    return answer, code


machine = ("x86_64", "aarch64").index(os.uname().machine)
for name, numbers in CALLS.items():
    attempt(name, call, name, numbers[machine], *numbers[2:])
