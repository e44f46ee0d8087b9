"""Ways for a Linux process to give up its own power before it runs code that it does not trust.

Each function takes one kind of power away from the calling process and its future children, for good. A layer
that cannot be had raises `ConfineError`; nothing is ever skipped in silence. The order matters:

1. `uncover`; `become`, which undoes a `die_with_parent`; `new_namespaces`, and the fork that enters the pid namespace;
2. `die_with_parent`, which a fork undoes;
3. `undumpable`, `limit`, `drop_capabilities`, in any order;
4. `restrict_files`, which may be called again to show less (the kernel allows 16 layers); `restrict_signals`;
5. `forbid_syscalls`, because it forbids some of the above.

Call them in a process with one thread: user namespaces refuse threads, Landlock binds the calling thread
alone. The module imports everywhere; only the calls themselves need Linux.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import functools
import math
import os
import signal
import stat
import struct
import sys
from collections.abc import Sequence

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

_KILL = getattr(signal, "SIGKILL", 9)  # Windows has none


class ConfineError(OSError):
    """A layer that could not be had. The text names the system call and the kernel's reason."""


# --- calling the kernel -------------------------------------------------------------------------------------

# Landlock's numbers are the same on every architecture that Python runs on.
LANDLOCK = {"landlock_create_ruleset": 444, "landlock_add_rule": 445, "landlock_restrict_self": 446}


@functools.cache
def _libc() -> ctypes.CDLL:
    if sys.platform != "linux":
        raise ConfineError(errno.ENOSYS, f"a process cannot be confined on {sys.platform}, only on Linux")
    return ctypes.CDLL(None, use_errno=True)


def _call(function: str, *arguments: int | bytes, name: str = "") -> int:
    """Call a C function that answers -1 and sets errno when it fails; integers travel as unsigned longs."""
    words = [ctypes.c_ulong(word) if isinstance(word, int) else word for word in arguments]
    result = int(getattr(_libc(), function)(*words))
    if result == -1:
        code = ctypes.get_errno()
        raise ConfineError(code, f"{name or function}: {os.strerror(code)}")
    return result


def _prctl(name: str, option: int, value: int = 0, extra: int = 0) -> int:
    return _call("prctl", option, value, extra, 0, 0, name=f"prctl({name})")


def _landlock(name: str, *arguments: int | bytes) -> int:
    return _call("syscall", LANDLOCK[name], *arguments, name=name)


# --- identity, privileges, family ---------------------------------------------------------------------------


def become(uid: int, gid: int) -> None:
    """Turn a root process into this user for good, without supplementary groups."""
    try:
        os.setgroups([])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
    except OSError as error:
        raise ConfineError(error.errno, f"setresuid to {uid}:{gid}: {error.strerror}") from error


def no_new_privs() -> None:
    """Make setuid programs and file capabilities worthless. Landlock and seccomp ask for this first."""
    _prctl("PR_SET_NO_NEW_PRIVS", 38, 1)


def drop_capabilities() -> None:
    """Empty every capability set. The bounding set stays where the process may not change it."""
    with contextlib.suppress(ConfineError):
        for capability in range(64):  # EPERM: not allowed to; EINVAL: past the last one that the kernel knows
            _prctl("PR_CAPBSET_DROP", 24, capability)
    _prctl("PR_CAP_AMBIENT", 47, 4)  # 4: clear all
    version_3 = struct.pack("=Ii", 0x20080522, 0)
    _call("capset", version_3, bytes(24))


def undumpable() -> None:
    """No core file, and no debugger, nor /proc/PID/mem, for other processes of the same user."""
    _prctl("PR_SET_DUMPABLE", 4, 0)


def die_with_parent(parent: int | None = None, by: int = _KILL) -> None:
    """Get a signal when the thread that forked this one ends; and end at once where process `parent` is not ours any
    more. A parent in another pid namespace has no number here, and goes unnoticed if it is dead already."""
    _prctl("PR_SET_PDEATHSIG", 1, by)
    if parent is not None and os.getppid() != parent:
        os._exit(1)


def become_subreaper() -> None:
    """Inherit orphaned descendants, so that they can be found and reaped."""
    _prctl("PR_SET_CHILD_SUBREAPER", 36, 1)


# --- resource limits ----------------------------------------------------------------------------------------


def limit(
    *,
    cpu_seconds: float | None = None,
    memory: int | None = None,
    processes: int | None = None,
    file_size: int | None = None,
    open_files: int | None = None,
) -> None:
    """Set resource limits, hard ones too, never above those in force. Core files are always off.

    CPU time is rounded up to whole seconds; one second after the warning (SIGXCPU) the kernel kills. The
    limit on processes counts those of this user in this user namespace; the machine's root is exempt from
    it.
    """
    if resource is None:
        return
    wanted = {"CORE": 0, "AS": memory, "NPROC": processes, "FSIZE": file_size, "NOFILE": open_files}
    wanted["CPU"] = None if cpu_seconds is None else math.ceil(cpu_seconds)
    for name, value in wanted.items():
        kind = getattr(resource, f"RLIMIT_{name}", None)
        if value is None or kind is None:
            continue
        hard = value + 1 if name == "CPU" else value
        ceiling = resource.getrlimit(kind)[1]
        if ceiling != resource.RLIM_INFINITY:
            value, hard = min(value, ceiling), min(hard, ceiling)
        try:
            resource.setrlimit(kind, (value, hard))
        except (OSError, ValueError) as error:
            if sys.platform == "linux":  # macOS names limits that it does not have
                raise ConfineError(errno.EINVAL, f"setrlimit(RLIMIT_{name}, {value}): {error}") from error


# --- namespaces ---------------------------------------------------------------------------------------------

CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWIPC = 0x10000000, 0x20000000, 0x40000000, 0x08000000


def new_namespaces(
    *, inside_uid: int, inside_gid: int, pid: bool = True, network: bool = True, ipc: bool = True
) -> None:
    """Enter a new user namespace and others of one's own; the next fork becomes pid 1 of the pid namespace.

    The user becomes `inside_uid` there. Without a /proc to say so, the user stays nameless: uid 65534.
    The process holds all capabilities inside the new namespaces until `drop_capabilities`.
    """
    flags = CLONE_NEWUSER | pid * CLONE_NEWPID | network * CLONE_NEWNET | ipc * CLONE_NEWIPC
    uid, gid = os.geteuid(), os.getegid()
    _call("unshare", flags)
    dumpable = _prctl("PR_GET_DUMPABLE", 3)
    _prctl("PR_SET_DUMPABLE", 4, 1)  # the files in /proc/self belong to the outer root otherwise
    maps = {"setgroups": "deny", "uid_map": f"{inside_uid} {uid} 1", "gid_map": f"{inside_gid} {gid} 1"}
    try:
        for name, text in maps.items():
            with contextlib.suppress(FileNotFoundError), open(f"/proc/self/{name}", "w") as file:
                file.write(text)
    except OSError as error:
        raise ConfineError(error.errno, f"write to /proc/self/{name}: {error.strerror}") from error
    finally:
        _prctl("PR_SET_DUMPABLE", 4, int(dumpable == 1))


# --- mounts -------------------------------------------------------------------------------------------------

CLONE_NEWNS, OPEN_TREE, MOVE_MOUNT = 0x00020000, 428, 429  # the numbers are the same on every architecture
AT_FDCWD, AT_RECURSIVE, OPEN_TREE_CLONE, FROM_DESCRIPTOR = -100, 0x8000, 1, 4
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_REMOUNT, MS_REC, MS_PRIVATE = 1, 2, 4, 32, 0x4000, 0x40000


def uncover(paths: Sequence[str]) -> None:
    """Bring these files and folders within the reach of other users, where folders on the way are closed to them.

    In a mount namespace of one's own, each closed folder gives way to one that anybody may pass through, and that
    holds those paths alone. Only root can do this. What is closed itself stays closed.
    """
    closed: dict[str, list[str]] = {}
    for path in sorted({*paths, *map(os.path.realpath, paths)}):
        if folder := _closed_folder(path):
            closed.setdefault(folder, []).append(path)
    if not closed:
        return
    _call("unshare", CLONE_NEWNS)
    _call("mount", 0, b"/", 0, MS_REC | MS_PRIVATE, 0)
    for folder, inside in closed.items():
        trees = [_call("syscall", OPEN_TREE, AT_FDCWD, os.fsencode(path), OPEN_TREE_CLONE | AT_RECURSIVE | os.O_CLOEXEC,
                       name="open_tree") for path in inside]  # fmt: skip
        directories = [os.path.isdir(path) for path in inside]
        flags = MS_NOSUID | MS_NODEV
        _call("mount", b"tmpfs", os.fsencode(folder), b"tmpfs", flags, b"mode=0755")
        for path, tree, directory in zip(inside, trees, directories, strict=True):
            if not os.path.exists(path):  # else it lies in the one before
                os.makedirs(path if directory else os.path.dirname(path), 0o755, exist_ok=True)
                if not directory:
                    os.close(os.open(path, os.O_CREAT | os.O_CLOEXEC, 0o644))
                _call("syscall", MOVE_MOUNT, tree, b"", AT_FDCWD, os.fsencode(path), FROM_DESCRIPTOR, name="move_mount")
            os.close(tree)
        _call("mount", 0, os.fsencode(folder), 0, flags | MS_REMOUNT | MS_RDONLY, 0)


def closed_folders(paths: Sequence[str]) -> list[str]:
    """The folders that keep other users from these files and folders, the outermost ones."""
    return sorted({folder for path in (*paths, *map(os.path.realpath, paths)) if (folder := _closed_folder(path))})


def _closed_folder(path: str) -> str | None:
    """The outermost folder on the way to `path` that other users may not pass through."""
    for folder in sorted(parents(path)):
        try:
            if not os.stat(folder).st_mode & stat.S_IXOTH:
                return folder
        except OSError:
            return None
    return None


def parents(path: str) -> list[str]:
    """The folders around a path."""
    above = os.path.dirname(path)
    return [] if above == path else [above, *parents(above)]


# --- Landlock -----------------------------------------------------------------------------------------------

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


# --- seccomp ------------------------------------------------------------------------------------------------

# The kernel's name for each machine, and the column of its numbers in the tables below.
MACHINES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}

# System calls and their numbers on x86_64 and aarch64, each group under its reason.
FORBIDDEN = """
other processes, their memory, descriptors and priority: ptrace 101 117, process_vm_readv 310 270,
    process_vm_writev 311 271, process_madvise 440 440, kcmp 312 272, pidfd_getfd 438 438,
    setpriority 141 140, sched_setscheduler 144 119, sched_setparam 142 118, sched_setattr 314 274,
    sched_setaffinity 203 122, ioprio_set 251 30;
large parts of the kernel that a calculation has no use for: bpf 321 280, perf_event_open 298 241,
    io_uring_setup 425 425, io_uring_enter 426 426, io_uring_register 427 427, userfaultfd 323 282,
    keyctl 250 219, add_key 248 217, request_key 249 218, personality 135 92, modify_ldt 154 -,
    fanotify_init 300 262;
namespaces and mounts: unshare 272 97, setns 308 268, mount 165 40, umount2 166 39, move_mount 429 429,
    fsopen 430 430, fsconfig 431 431, fsmount 432 432, fspick 433 433, open_tree 428 428,
    open_tree_attr 467 467, mount_setattr 442 442, pivot_root 155 41, chroot 161 51,
    open_by_handle_at 304 265, name_to_handle_at 303 264;
the machine: kexec_load 246 104, kexec_file_load 320 294, init_module 175 105, finit_module 313 273,
    delete_module 176 106, swapon 167 224, swapoff 168 225, reboot 169 142, acct 163 89, syslog 103 116,
    quotactl 179 60, quotactl_fd 443 443, iopl 172 -, ioperm 173 -;
memory that RLIMIT_AS does not count: memfd_create 319 279, memfd_secret 447 447, shmget 29 194,
    msgget 68 186, semget 64 190;
memory and messages of other processes: shmat 30 196, shmctl 31 195, semop 65 193, semctl 66 191, semtimedop 220 192,
    msgsnd 69 189, msgrcv 70 188, msgctl 71 187, mq_open 240 180, mq_unlink 241 181;
what Landlock lets through, mode, owner, times and attributes of files: chmod 90 -, fchmod 91 52,
    fchmodat 268 53, fchmodat2 452 452, chown 92 -, lchown 94 -, fchown 93 55, fchownat 260 54, utime 132 -,
    utimes 235 -, futimesat 261 -, utimensat 280 88, setxattr 188 5, lsetxattr 189 6, fsetxattr 190 7,
    removexattr 197 14, lremovexattr 198 15, fremovexattr 199 16, setxattrat 463 463, removexattrat 466 466,
    file_setattr 469 469
"""
NETWORK = "network: socket 41 198, connect 42 203, bind 49 200, listen 50 201, accept 43 202, accept4 288 242"
SIGNALS = """signals: kill 62 129, tkill 200 130, tgkill 234 131, rt_sigqueueinfo 129 138,
    rt_tgsigqueueinfo 297 240, pidfd_send_signal 424 424"""
CLONE3, NEWEST, SECCOMP = 435, 469, (317, 277)

# The filter is a program for the kernel's classic BPF machine: instructions, answers, and where things are.
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL_PROCESS, REFUSE_EPERM, REFUSE_ENOSYS = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
NUMBER_AT, MACHINE_AT, ARGUMENTS_AT = 0, 4, 16
X32_NUMBERS = 0x40000000

# Calls that are refused for some arguments: numbers, which argument, test, value.
INSPECTED = (
    ((56, 220), 0, ANY_BIT, 0x7E028000),  # clone, into new namespaces or as a sibling of the caller
    ((302, 261), 0, ANY_BIT, 0xFFFFFFFF),  # prlimit64, of any process but the caller
    ((16, 29), 1, EQUAL, 0x5412),  # ioctl TIOCSTI types into the terminal
    ((16, 29), 1, EQUAL, 0x541C),  # ioctl TIOCLINUX pastes into the console
)
INSPECTED_NETWORK = (
    ((53, 199), 0, ANY_BIT, 0xFFFFFFFE),  # socketpair, of any family but AF_UNIX
    ((53, 199), 1, ANY_BIT, 2),  # socketpair, for datagrams, which can be sent to any other socket
)
INSPECTED_SIGNALS = (  # a file's owner is sent signals
    ((72, 25), 1, EQUAL, 8),  # fcntl F_SETOWN
    ((72, 25), 1, EQUAL, 15),  # fcntl F_SETOWN_EX
    ((16, 29), 1, EQUAL, 0x8901),  # ioctl FIOSETOWN
    ((16, 29), 1, EQUAL, 0x8902),  # ioctl SIOCSPGRP
)


def forbid_syscalls(*, signals: bool = False, network: bool = True) -> None:
    """Refuse, with EPERM, the system calls that a calculation has no use for.

    `network` refuses sockets, but for connected pairs, which asyncio needs. `signals` refuses to send
    signals, even to oneself. Threads and child processes still work: clone3, whose flags a filter cannot
    see, is said not to exist (ENOSYS), so that libc falls back on clone; the same is said of calls newer
    than these tables. A call by the rules of another machine (32-bit, x32) kills the process.
    """
    machine = os.uname().machine if sys.platform == "linux" else sys.platform
    if machine not in MACHINES or ctypes.sizeof(ctypes.c_void_p) != 8:
        raise ConfineError(errno.ENOSYS, f"seccomp: there is no filter for this Python on {machine}")
    no_new_privs()
    code = _filter(machine, signals, network)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HP", len(code) // 8, ctypes.addressof(buffer))
    number = SECCOMP[MACHINES[machine][1]]
    stranger = _call("syscall", number, 1, 1, program, name="seccomp")  # set a filter, on all threads
    if stranger:
        raise ConfineError(errno.EBUSY, f"seccomp: thread {stranger} has another filter")


@functools.cache
def _filter(machine: str, signals: bool, network: bool) -> bytes:
    """Assemble the filter: one test after the other, each of which answers at once or goes on to the next."""
    identity, column = MACHINES[machine]
    forbidden = FORBIDDEN + network * f";{NETWORK}" + signals * f";{SIGNALS}"
    inspected = INSPECTED + network * INSPECTED_NETWORK + signals * INSPECTED_SIGNALS

    code = [_step(LOAD, MACHINE_AT), _step(EQUAL, identity, then=1), _step(RETURN, KILL_PROCESS)]
    code += [_step(LOAD, NUMBER_AT)]
    if machine == "x86_64":
        code += _when(AT_LEAST, X32_NUMBERS, KILL_PROCESS)
    for number in _numbers(forbidden, column):
        code += _when(EQUAL, number, REFUSE_EPERM)
    code += _when(EQUAL, CLONE3, REFUSE_ENOSYS)
    code += _when(AT_LEAST, NEWEST + 1, REFUSE_ENOSYS)
    for numbers, argument, test, value in inspected:
        look = [_step(LOAD, ARGUMENTS_AT + 8 * argument), *_when(test, value, REFUSE_EPERM)]
        code += [_step(EQUAL, numbers[column], otherwise=len(look) + 1), *look, _step(LOAD, NUMBER_AT)]
    code += [_step(RETURN, ALLOW)]
    return b"".join(code)


def _numbers(table: str, column: int) -> list[int]:
    calls = [call.split() for group in table.split(";") for call in group.partition(":")[2].split(",")]
    return [int(call[1 + column]) for call in calls if call[1 + column] != "-"]


def _when(test: int, value: int, answer: int) -> list[bytes]:
    """Return `answer` if the test of the loaded word holds, else go on."""
    return [_step(test, value, otherwise=1), _step(RETURN, answer)]


def _step(instruction: int, value: int, *, then: int = 0, otherwise: int = 0) -> bytes:
    """One instruction, with the number of instructions to skip when its test holds, and when it does not."""
    return struct.pack("=HBBI", instruction, then, otherwise, value)
