"""seccomp: which system calls a process may make."""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import struct
import sys
from collections.abc import Sequence

from autograder.sandbox.kernel.calls import ConfineError, call
from autograder.sandbox.kernel.privileges import no_new_privs

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
    code, number = prepared(signals)
    no_new_privs()
    buffer = ctypes.create_string_buffer(code, len(code))
    program = struct.pack("HP", len(code) // 8, ctypes.addressof(buffer))
    stranger = call("syscall", number, 1, 1, program, name="seccomp")  # set a filter, on all threads
    if stranger:
        raise ConfineError(errno.EBUSY, f"seccomp: thread {stranger} has another filter")


@functools.cache
def prepared(signals: bool) -> tuple[bytes, int]:
    """The filter, and the number of the call that sets one: whoever forks has it made once for all."""
    machine = os.uname().machine if sys.platform == "linux" else sys.platform
    if machine not in MACHINES or ctypes.sizeof(ctypes.c_void_p) != 8:
        raise ConfineError(errno.ENOSYS, f"seccomp: there is no filter for this Python on {machine}")
    return _filter(machine, signals), SECCOMP[MACHINES[machine][1]]


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
