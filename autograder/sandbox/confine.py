"""Ways for a Linux process to give up its own power before it runs code that it does not trust.

Each function takes one kind of power away from the calling process and its future children, for good. A layer
that cannot be had raises `ConfineError`; nothing is ever skipped in silence. The order matters:

1. `uncover` or `show_only`; `become`, which undoes a `die_with_parent`; `new_namespaces`, and the fork that enters the
   pid namespace;
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
from collections.abc import Mapping, Sequence

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
    _new_user_namespace(flags, inside_uid, inside_gid)


def _new_user_namespace(flags: int, inside_uid: int, inside_gid: int) -> None:
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
MOUNT_SETATTR, RDONLY, NOSUID, NODEV, EMPTY_PATH, MNT_DETACH = 442, 1, 2, 4, 0x1000, 2
SHOWN, HIDDEN, DEVICE = "shown", "hidden", "device"  # what may be at a place in a file system of one's own


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
        trees = [_copy_mounts(path) for path in inside]
        directories = [os.path.isdir(path) for path in inside]
        flags = MS_NOSUID | MS_NODEV
        _call("mount", b"tmpfs", os.fsencode(folder), b"tmpfs", flags, b"mode=0755")
        for path, tree, directory in zip(inside, trees, directories, strict=True):
            if not os.path.exists(path):  # else it lies in the one before
                os.makedirs(path if directory else os.path.dirname(path), 0o755, exist_ok=True)
                if not directory:
                    os.close(os.open(path, os.O_CREAT | os.O_CLOEXEC, 0o644))
                _move_mounts(tree, path)
            else:
                os.close(tree)
        _call("mount", 0, os.fsencode(folder), 0, flags | MS_REMOUNT | MS_RDONLY, 0)


def show_only(places: Mapping[str, str], within: str) -> None:
    """Enter a file system of one's own that holds these files and folders alone, where they were, and read-only.

    `places` says of each what it is: SHOWN with all that is in it, a DEVICE, or HIDDEN, an empty folder in one that is
    shown. It is built in the folder `within`. Whoever may not mount anything does so in a user namespace, as the same
    user; the process then holds all capabilities there until `drop_capabilities`. What is read in there leaves no
    trace in access times, which all can see: the kernel writes none by way of a read-only mount.
    """
    try:
        _call("unshare", CLONE_NEWNS)
    except ConfineError as error:
        if error.errno != errno.EPERM:
            raise
        _new_user_namespace(CLONE_NEWUSER | CLONE_NEWNS, os.geteuid(), os.getegid())
    _call("mount", 0, b"/", 0, MS_REC | MS_PRIVATE, 0)
    places = dict(sorted(places.items()))
    trees = {path: _copy_mounts(path) for path, kind in places.items() if kind != HIDDEN}
    directories = {path: os.path.isdir(path) for path in places}
    _new_tmpfs(within)
    for path, kind in places.items():
        inside = within + path
        os.makedirs(inside if directories[path] else os.path.dirname(inside), 0o755, exist_ok=True)
        if kind == HIDDEN:
            _new_tmpfs(inside)
            continue
        if not directories[path]:
            os.close(os.open(inside, os.O_CREAT | os.O_RDONLY | os.O_CLOEXEC, 0o644))
        _set_mount(trees[path], "", RDONLY | NOSUID | (kind != DEVICE) * NODEV)
        _move_mounts(trees[path], inside)
    for path in (within, *(within + path for path, kind in places.items() if kind == HIDDEN)):
        _set_mount(AT_FDCWD, path, RDONLY | NOSUID | NODEV)
    os.chdir(within)
    _call("pivot_root", b".", b".")
    _call("umount2", b".", MNT_DETACH)  # what was the root lies on top of the new one
    os.chdir("/")


def _copy_mounts(path: str) -> int:
    flags = OPEN_TREE_CLONE | AT_RECURSIVE | os.O_CLOEXEC
    return _call("syscall", OPEN_TREE, AT_FDCWD, os.fsencode(path), flags, name="open_tree")


def _move_mounts(tree: int, path: str) -> None:
    """Mount there what was copied."""
    _call("syscall", MOVE_MOUNT, tree, b"", AT_FDCWD, os.fsencode(path), FROM_DESCRIPTOR, name="move_mount")
    os.close(tree)


def _new_tmpfs(folder: str) -> None:
    _call("mount", b"tmpfs", os.fsencode(folder), b"tmpfs", MS_NOSUID | MS_NODEV, b"mode=0755")


def _set_mount(folder: int, path: str, flags: int) -> None:
    """Set what a path's mount is like, or a whole tree's that is open."""
    change = struct.pack("=QQQQ", flags, 0, 0, 0)
    where = 0 if path else EMPTY_PATH | AT_RECURSIVE
    _call("syscall", MOUNT_SETATTR, folder, os.fsencode(path), where, change, len(change), name="mount_setattr")


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

# The system calls that calculations make, by Python, numpy and any libc, and their numbers on x86_64 and aarch64, each
# group under its reason. What is not here or below is refused.
ALLOWED = """
descriptors: read 0 63, write 1 64, close 3 57, close_range 436 436, lseek 8 62, readv 19 65, writev 20 66,
    pread64 17 67, pwrite64 18 68, preadv 295 69, pwritev 296 70, dup 32 23, dup2 33 -, dup3 292 24, pipe 22 -,
    pipe2 293 59, poll 7 -, ppoll 271 73, select 23 -, pselect6 270 72, epoll_create 213 -, epoll_create1 291 20,
    epoll_ctl 233 21, epoll_wait 232 -, epoll_pwait 281 22, epoll_pwait2 441 441, eventfd 284 -, eventfd2 290 19;
connected pairs of sockets: sendto 44 206, recvfrom 45 207, sendmsg 46 211, recvmsg 47 212, shutdown 48 210,
    getsockname 51 204, getpeername 52 205, getsockopt 55 209;
files that are there, and to be told that others are not: open 2 -, openat 257 56, stat 4 -, fstat 5 80, lstat 6 -,
    newfstatat 262 79, statx 332 291, access 21 -, faccessat 269 48, faccessat2 439 439, readlink 89 -,
    readlinkat 267 78, getdents64 217 61, getcwd 79 17, chdir 80 49, fchdir 81 50, umask 95 166, mkdir 83 -,
    mkdirat 258 34, rmdir 84 -, unlink 87 -, unlinkat 263 35;
memory: brk 12 214, munmap 11 215, mprotect 10 226, mremap 25 216, membarrier 324 283;
processes: fork 57 -, vfork 58 -, exit 60 93, exit_group 231 94, getpid 39 172, getppid 110 173, gettid 186 178,
    getpgid 121 155, getpgrp 111 -, getsid 124 156, setpgid 109 154, setsid 112 157, getpriority 140 141,
    getrlimit 97 163, setrlimit 160 164, set_tid_address 218 96, set_robust_list 273 99, rseq 334 293,
    sched_yield 24 124, sched_getaffinity 204 123, getcpu 309 168, restart_syscall 219 128;
signals that come: rt_sigaction 13 134, rt_sigprocmask 14 135, rt_sigreturn 15 139, rt_sigpending 127 136,
    rt_sigtimedwait 128 137, rt_sigsuspend 130 133, sigaltstack 131 132, pause 34 -, alarm 37 -, getitimer 36 102,
    setitimer 38 103;
who one is, when it is, and chance: getuid 102 174, geteuid 107 175, getgid 104 176, getegid 108 177,
    getresuid 118 148, getresgid 120 150, getgroups 115 158, uname 63 160, time 201 -, times 100 153,
    gettimeofday 96 169, clock_gettime 228 113, clock_getres 229 114, nanosleep 35 101, clock_nanosleep 230 115,
    getrandom 318 278;
what gives up more: landlock_create_ruleset 444 444, landlock_add_rule 445 445, landlock_restrict_self 446 446
"""
SIGNALS = "signals that go: kill 62 129, tkill 200 130, tgkill 234 131"

# What can be asked of an argument: that it is one of these numbers, has one of these bits, has none of them, is 0.
AMONG, WITH, WITHOUT, NOTHING = range(4)

# Calls that are allowed for some arguments alone: numbers, and what must hold of which argument. A call may have
# several rows, one of which must hold.
INSPECTED: tuple[tuple[tuple[int, ...], ...], ...] = (
    ((56, 220), (0, WITHOUT, 0x7E028000)),  # clone, but not into new namespaces, nor as a sibling of the caller
    ((302, 261), (0, NOTHING)),  # prlimit64, of the caller
    # wait4 and waitid, but not with the pages that the child had to fetch from the disk: others may have fetched them
    ((61, 260), (3, NOTHING)),
    ((247, 95), (4, NOTHING)),
    # preadv2 and pwritev2, but not with a flag: some tell what is in memory already
    ((327, 286), (5, NOTHING)),
    ((328, 287), (5, NOTHING)),
    ((9, 222), (3, WITHOUT, 0x4A000)),  # mmap, but not MAP_LOCKED, MAP_POPULATE, MAP_HUGETLB
    # madvise of one's own memory, which leaves files where they are: MADV_NORMAL, RANDOM, SEQUENTIAL, DONTNEED, FREE,
    # DONTFORK, DOFORK, HUGEPAGE, NOHUGEPAGE, DONTDUMP, DODUMP, WIPEONFORK, KEEPONFORK, GUARD_INSTALL, GUARD_REMOVE
    ((28, 233), (2, AMONG, 0, 1, 2, 4, 8, 10, 11, 14, 15, 16, 17, 18, 19, 102, 103)),
    # futex: what waits in memory of one's own, and what threads wait for each other with: FUTEX_WAIT, WAKE,
    # WAIT_BITSET, WAKE_BITSET. By others, all who map a file could wake each other.
    ((202, 98), (1, WITH, 0x80)),
    ((202, 98), (1, AMONG, 0, 1, 9, 10, 0x109)),
    # fcntl: F_DUPFD, GETFD, SETFD, GETFL, SETFL, DUPFD_CLOEXEC, GETPIPE_SZ. Leases, locks and hints are notes on files.
    ((72, 25), (1, AMONG, 0, 1, 2, 3, 4, 1030, 1032)),
    # ioctl: TCGETS, TCGETS2, TIOCGWINSZ, FIONREAD, FIONBIO, FIOCLEX, FIONCLEX
    ((16, 29), (1, AMONG, 0x5401, 0x802C542A, 0x5413, 0x541B, 0x5421, 0x5451, 0x5450)),
    # socketpair of AF_UNIX for SOCK_STREAM: datagrams can be sent to any other socket
    ((53, 199), (0, AMONG, 1), (1, AMONG, 1, 0x801, 0x80001, 0x80801)),
    # prctl: PR_SET_NAME, GET_NAME, GET_DUMPABLE, CAPBSET_READ, GET_NO_NEW_PRIVS, SET_NO_NEW_PRIVS, GET_SECCOMP,
    # SET_CHILD_SUBREAPER, GET_CHILD_SUBREAPER, SET_VMA
    ((157, 167), (0, AMONG, 15, 16, 3, 23, 39, 38, 21, 36, 37, 0x53564D41)),
    ((157, 167), (0, AMONG, 1), (1, AMONG, 9)),  # PR_SET_PDEATHSIG, to be killed: nobody outlives a parent by it
    ((317, 277), (0, AMONG, 1), (1, AMONG, 0, 1)),  # seccomp, for one more filter that nobody is told of
)
# The newer calls have the same numbers everywhere, and libc does without those that are said not to exist.
NEWER, SECCOMP = 424, (317, 277)

# The filter is a program for the kernel's classic BPF machine: instructions, answers, and where things are.
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL_PROCESS, REFUSE_EPERM, REFUSE_ENOSYS = 0x7FFF0000, 0x80000000, 0x00050001, 0x00050026
NUMBER_AT, MACHINE_AT, ARGUMENTS_AT = 0, 4, 16
X32_NUMBERS = 0x40000000


def forbid_syscalls(*, signals: bool = False) -> None:
    """Refuse, with EPERM, all system calls but those that calculations make.

    No network, but for connected pairs of sockets, which asyncio needs; no program is started; and nothing that tells
    or changes the state of files that others share, be it only whether they are in memory. `signals` refuses to send
    signals, even to oneself. Threads and child processes still work: clone3, whose flags a filter cannot see, is said
    not to exist (ENOSYS), as other new calls are, so that libc falls back on older ones. A call by the rules of
    another machine (32-bit, x32) kills the process.
    """
    machine = os.uname().machine if sys.platform == "linux" else sys.platform
    if machine not in MACHINES or ctypes.sizeof(ctypes.c_void_p) != 8:
        raise ConfineError(errno.ENOSYS, f"seccomp: there is no filter for this Python on {machine}")
    no_new_privs()
    code = _filter(machine, signals)
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HP", len(code) // 8, ctypes.addressof(buffer))
    number = SECCOMP[MACHINES[machine][1]]
    stranger = _call("syscall", number, 1, 1, program, name="seccomp")  # set a filter, on all threads
    if stranger:
        raise ConfineError(errno.EBUSY, f"seccomp: thread {stranger} has another filter")


@functools.cache
def _filter(machine: str, signals: bool) -> bytes:
    """Assemble the filter: one test after the other, each of which answers at once or goes on to the next."""
    identity, column = MACHINES[machine]
    code = [_step(LOAD, MACHINE_AT), _step(EQUAL, identity, then=1), _step(RETURN, KILL_PROCESS)]
    code += [_step(LOAD, NUMBER_AT)]
    if machine == "x86_64":
        code += _when(AT_LEAST, X32_NUMBERS, KILL_PROCESS)
    for numbers, *wanted in INSPECTED:
        look = [_step(RETURN, ALLOW)]
        for argument, test, *values in reversed(wanted):
            look = _provided(argument, test, values, len(look)) + look
        code += [_step(EQUAL, numbers[column], otherwise=len(look)), *look, _step(LOAD, NUMBER_AT)]
    for first, last in _ranges(_numbers(ALLOWED + (not signals) * f";{SIGNALS}", column)):
        code += [_step(AT_LEAST, last + 1, then=2), *_when(AT_LEAST, first, ALLOW)]
    code += [*_when(AT_LEAST, NEWER, REFUSE_ENOSYS), _step(RETURN, REFUSE_EPERM)]
    return b"".join(code)


def _provided(argument: int, test: int, values: Sequence[int], rest: int) -> list[bytes]:
    """Go on if this holds of an argument, else skip what is left of its row: `rest` steps."""
    at = ARGUMENTS_AT + 8 * argument
    if test == NOTHING:
        high = [_step(LOAD, at + 4), _step(EQUAL, 0, otherwise=rest)]
        return [_step(LOAD, at), _step(EQUAL, 0, otherwise=rest + len(high)), *high]
    if test == WITHOUT:
        return [_step(LOAD, at), _step(ANY_BIT, values[0], then=rest)]
    kind = ANY_BIT if test == WITH else EQUAL
    *others, last = values
    tests = [_step(kind, value, then=len(values) - place) for place, value in enumerate(others, 1)]
    return [_step(LOAD, at), *tests, _step(kind, last, otherwise=rest)]


def _numbers(table: str, column: int) -> list[int]:
    calls = [call.split() for group in table.split(";") for call in group.partition(":")[2].split(",")]
    return [int(call[1 + column]) for call in calls if call[1 + column] != "-"]


def _ranges(numbers: list[int]) -> list[tuple[int, int]]:
    """The numbers as ranges from the first to the last."""
    found: list[tuple[int, int]] = []
    for number in sorted(numbers):
        first = found.pop()[0] if found and found[-1][1] == number - 1 else number
        found.append((first, number))
    return found


def _when(test: int, value: int, answer: int) -> list[bytes]:
    """Return `answer` if the test of the loaded word holds, else go on."""
    return [_step(test, value, otherwise=1), _step(RETURN, answer)]


def _step(instruction: int, value: int, *, then: int = 0, otherwise: int = 0) -> bytes:
    """One instruction, with the number of instructions to skip when its test holds, and when it does not."""
    return struct.pack("=HBBI", instruction, then, otherwise, value)
