"""Each test starts a process that gives up some power, and shows that the power is gone."""

from __future__ import annotations

import errno
import functools
import operator
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from nightly import nightly

from autograder.sandbox.kernel import landlock, seccomp
from autograder.sandbox.kernel.calls import ConfineError

ROOT = Path(__file__).parents[1]
LINUX = sys.platform == "linux"
MACHINE = os.uname().machine if LINUX else ""
IS_ROOT = LINUX and os.geteuid() == 0
ABI = landlock.landlock_abi()
NOBODY = "become(65534, 65534)"
BWRAP = ("bwrap", "--unshare-all", "--ro-bind", "/", "/", "--tmpfs", "/proc")
STDLIB = os.path.dirname(os.__file__)

# What each process starts with. Nobody may be unable to read the standard library, so imports come early.
PRELUDE = """
import ctypes, encodings.idna, errno, fcntl, mmap, os, resource, signal, socket
import subprocess, sys, threading, time
from autograder.sandbox.kernel.calls import *
from autograder.sandbox.kernel.filesystem import *
from autograder.sandbox.kernel.landlock import *
from autograder.sandbox.kernel.limits import *
from autograder.sandbox.kernel.namespaces import *
from autograder.sandbox.kernel.privileges import *
from autograder.sandbox.kernel.seccomp import *
libc = ctypes.CDLL(None, use_errno=True)

def refused(code, function, *arguments):
    try:
        answer = function(*arguments)
    except OSError as error:
        assert error.errno == code, error
    else:
        raise AssertionError(f"{function} {arguments} answered {answer}")

def syscall(number, *arguments):
    answer = libc.syscall(*map(ctypes.c_long, (number, *arguments)))
    if answer == -1:
        raise OSError(ctypes.get_errno(), f"system call {number}")
    return answer

def child(function):
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            function()
            code = 0
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

def status():
    with open("/proc/self/status") as file:
        return dict(line.rstrip("\\n").split(":\\t", 1) for line in file)
"""


def run(code: str, *wrapper: str) -> subprocess.CompletedProcess[str]:
    if not LINUX:
        pytest.skip("only Linux can confine a process")
    command = [*wrapper, sys.executable, "-c", PRELUDE + textwrap.dedent(code)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20)


def holds(code: str, *wrapper: str) -> None:
    """The code, which asserts things, runs to its end."""
    done = run(code, *wrapper)
    assert done.returncode == 0, f"exit {done.returncode}\n{done.stdout}{done.stderr}"


@functools.cache
def has_namespaces() -> bool:
    user = NOBODY if IS_ROOT else "pass"
    return run(f"{user}; sys.exit(libc.unshare(0x10000000 | 0x40000000))").returncode == 0


@functools.cache
def has_bwrap() -> bool:
    return bool(shutil.which("bwrap")) and run("", *BWRAP).returncode == 0


def needs_landlock(abi: int = 1) -> pytest.MarkDecorator:
    return pytest.mark.skipif(abi > ABI, reason=f"this kernel has Landlock ABI {ABI}, not {abi}")


needs_root = pytest.mark.skipif(not IS_ROOT, reason="only root can become another user")
needs_seccomp = pytest.mark.skipif(MACHINE not in seccomp.MACHINES, reason=f"no filter for {MACHINE}")


@pytest.fixture(params=["oneself", "nobody"])
def user(request: pytest.FixtureRequest) -> str:
    """The first line of a process that runs as this user."""
    if request.param == "oneself":
        return "pass"
    if not IS_ROOT:
        pytest.skip("only root can become nobody")
    return NOBODY


@pytest.fixture
def namespaces() -> None:
    if not has_namespaces():
        pytest.skip("this machine refuses user namespaces")


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that everybody may write, with two files."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("open", "closed"):
            directory = Path(folder, name)
            directory.mkdir()
            file = directory / "file"
            file.write_text(name)
            for path, mode in ((folder, 0o777), (directory, 0o777), (file, 0o666)):
                os.chmod(path, mode)
        yield Path(folder)


# --- identity, privileges, family ---------------------------------------------------------------------------


@needs_root
def test_become_is_for_good() -> None:
    holds("""
        os.setgroups([7])
        become(65534, 65533)
        assert os.getresuid() == (65534,) * 3 and os.getresgid() == (65533,) * 3 and os.getgroups() == []
        refused(errno.EPERM, os.setuid, 0)
        refused(errno.EPERM, become, 0, 0)
    """)


def test_no_new_privs() -> None:
    holds("no_new_privs(); assert status()['NoNewPrivs'] == '1'")


def test_capabilities_are_dropped(user: str) -> None:
    holds(f"""
        {user}
        drop_capabilities()
        assert not any(int(status()[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"))
    """)


@needs_root
def test_root_without_capabilities_is_powerless() -> None:
    holds("""
        drop_capabilities()
        assert int(status()["CapBnd"], 16) == 0
        refused(errno.EPERM, os.setuid, 65534)
        no_new_privs()
        assert "CapEff:\\t0000000000000000" in subprocess.run(
            ["cat", "/proc/self/status"], capture_output=True, text=True).stdout
    """)


@needs_root
def test_undumpable_hides_memory_from_the_same_user() -> None:
    holds("""
        def can_look(hide):
            ready, tell = os.pipe()
            pid = os.fork()
            if pid == 0:
                libc.prctl(4, 1, 0, 0, 0)  # become() made it undumpable already
                if hide:
                    undumpable()
                os.write(tell, b"x")
                time.sleep(20)
                os._exit(0)
            os.read(ready, 1)
            try:
                open(f"/proc/{pid}/mem", "rb").close()
                return True
            except PermissionError:
                return False
            finally:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        become(65534, 65534)
        assert can_look(hide=False)
        assert not can_look(hide=True)
    """)


def test_die_with_parent(user: str) -> None:
    """The grandchild holds stdout open for 60 seconds, unless it dies when its parent does."""
    holds(f"""
        {user}
        ready, tell = os.pipe()
        if os.fork() == 0:
            die_with_parent()
            os.write(tell, b"x")
            time.sleep(60)
        os.read(ready, 1)
    """)


def test_subreaper_inherits_orphans() -> None:
    holds("""
        become_subreaper()
        grandparent = os.getpid()
        if os.fork() == 0:
            if os.fork() == 0:
                while os.getppid() not in (grandparent, 1):
                    time.sleep(0.001)
                os._exit(7)
            os._exit(0)
        codes = sorted(os.waitstatus_to_exitcode(os.wait()[1]) for _ in range(2))
        assert codes == [0, 7], codes
    """)


# --- resource limits ----------------------------------------------------------------------------------------


def test_memory_limit(user: str) -> None:
    holds(f"""
        {user}
        limit(memory=1 << 30)
        try:
            bytearray(1 << 31)
        except MemoryError:
            pass
        else:
            raise AssertionError("2 GB of 1 GB")
        bytearray(1 << 24)
    """)


@nightly
def test_cpu_limit() -> None:
    assert run("limit(cpu_seconds=0.2)\nwhile True: pass").returncode == -signal.SIGXCPU


def test_cpu_limit_is_hard_for_those_who_ignore_it_and_for_pid_1(namespaces: None) -> None:
    """The first process of a pid namespace gets no SIGXCPU, but the SIGKILL a second later."""
    holds("""
        new_namespaces(inside_uid=1000, inside_gid=1000)
        def burn():
            assert os.getpid() == 1
            limit(cpu_seconds=1)
            while True: pass
        assert child(burn) == -signal.SIGKILL
    """)


@needs_root
def test_process_limit() -> None:
    holds("""
        become(65534, 65534)
        limit(processes=0)
        refused(errno.EAGAIN, os.fork)
    """)


@needs_root
def test_process_limit_counts_each_user_namespace_apart(namespaces: None) -> None:
    holds("""
        become(65534, 65534)
        bystanders = [subprocess.Popen(["sleep", "60"]) for _ in range(4)]
        def inside():
            new_namespaces(inside_uid=1000, inside_gid=1000, pid=False)
            limit(processes=2)
            assert child(lambda: refused(errno.EAGAIN, os.fork)) == 0
        try:
            assert child(inside) == 0
        finally:
            for bystander in bystanders:
                bystander.kill()
    """)


def test_file_size_limit(place: Path) -> None:
    holds(f"""
        limit(file_size=0)
        file = open({str(place / "new")!r}, "wb", buffering=0)
        refused(errno.EFBIG, file.write, b"x")
        os.write(1, b"pipes do not count")
    """)


def test_limits_only_go_down_and_core_files_are_off() -> None:
    holds("""
        limit(open_files=50, cpu_seconds=30, memory=1 << 32)
        refused(errno.EMFILE, lambda: [os.dup(0) for _ in range(60)])
        limit(open_files=100, cpu_seconds=60.5, memory=1 << 33)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (50, 50)
        assert resource.getrlimit(resource.RLIMIT_CPU) == (31, 31)
        assert resource.getrlimit(resource.RLIMIT_AS) == (1 << 32, 1 << 32)
        assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
    """)


# --- namespaces ---------------------------------------------------------------------------------------------


def test_namespaces_hide_the_network_the_processes_and_the_user(namespaces: None, user: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        holds(f"""
            {user}
            socket.create_connection({address!r}, 5).close()
            outer, dumpable, ipc = os.getpid(), libc.prctl(3, 0, 0, 0, 0), os.readlink("/proc/self/ns/ipc")
            new_namespaces(inside_uid=1234, inside_gid=4321)
            assert (os.getuid(), os.getgid()) == (1234, 4321)
            assert libc.prctl(3, 0, 0, 0, 0) == dumpable
            refused(errno.ENETUNREACH, socket.create_connection, {address!r}, 5)
            assert os.readlink("/proc/self/ns/ipc") != ipc
            def inside():
                assert os.getpid() == 1 and os.getppid() == 0
                refused(errno.ESRCH, os.kill, outer, 0)
            assert child(inside) == 0
        """)


def test_namespaces_one_by_one(namespaces: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        holds(f"""
            new_namespaces(inside_uid=0, inside_gid=0, pid=False, network=False, ipc=False)
            assert os.getuid() == 0
            socket.create_connection({server.getsockname()!r}, 5).close()
            assert child(lambda: os.kill(os.getpid(), 0)) == 0
        """)


def test_namespaces_without_proc(namespaces: None) -> None:
    if not has_bwrap():
        pytest.skip("bwrap is not installed or not allowed")
    code = """
        assert not os.path.exists("/proc/self")
        new_namespaces(inside_uid=1000, inside_gid=1000)
        assert os.getuid() == 65534
        def inside():
            assert os.getpid() == 1
            die_with_parent()
            undumpable()
            limit(memory=1 << 30, file_size=0)
            drop_capabilities()
            if landlock_abi():
                restrict_files(["/usr"])
                refused(errno.EACCES, os.listdir, "/")
            forbid_syscalls()
            refused(errno.EPERM, socket.socket)
        assert child(inside) == 0
    """
    holds(code, *BWRAP)


@needs_seccomp
def test_refused_namespaces_are_an_error() -> None:
    holds("""
        forbid_syscalls()
        try:
            new_namespaces(inside_uid=0, inside_gid=0)
        except ConfineError as error:
            assert error.errno == errno.EPERM and "unshare: Operation not permitted" in str(error)
        else:
            raise AssertionError
    """)


# --- mounts -------------------------------------------------------------------------------------------------


@needs_root
def test_uncovering_shows_what_is_needed_of_a_closed_folder_and_nothing_else(place: Path) -> None:
    if subprocess.run(["unshare", "-m", "true"], check=False).returncode:
        pytest.skip("this root may not mount")
    closed = place / "top"
    shown, hidden = closed / "a folder" / "shown", closed / "a folder" / "hidden"
    for folder in (shown / "inner", hidden):
        folder.mkdir(parents=True)
        (folder / "file").write_text(folder.name)
    (closed / "alone").write_text("alone")
    (place / "link").symlink_to(shown)
    closed.chmod(0o700)
    holds(f"""
        from pathlib import Path
        top = Path({str(closed)!r})
        uncover([{str(place / "link")!r}, str(top / "alone"), {str(place / "open")!r}])
        become(65534, 65534)
        assert (top / "a folder" / "shown" / "inner" / "file").read_text() == "inner"
        assert Path({str(place / "link" / "inner" / "file")!r}).read_text() == "inner"
        assert (top / "alone").read_text() == "alone"
        assert sorted(path.name for path in top.rglob("*")) == ["a folder", "alone", "file", "inner", "shown"]
        refused(errno.EROFS, os.mkdir, top / "new")
    """)
    holds(f"become(65534, 65534); refused(errno.EACCES, os.listdir, {str(closed)!r})")
    assert (hidden / "file").read_text() == "hidden", "the namespace is its own"


@needs_root
def test_where_nothing_is_closed_nothing_is_mounted(place: Path) -> None:
    holds(f"""
        before = os.readlink("/proc/self/ns/mnt")
        uncover([{str(place / "open")!r}, "/missing/anywhere"])
        assert os.readlink("/proc/self/ns/mnt") == before
    """)


def test_a_file_system_of_ones_own_holds_what_is_shown_and_nothing_else(user: str, place: Path) -> None:
    """Not even by stat; and what is read in there leaves no access time."""
    if run(f"{user}; show_only({{}}, {str(place)!r})").returncode:
        pytest.skip("this machine forbids mounts")
    shown, hidden, beside = place / "open", place / "open" / "packages", place / "closed" / "file"
    (hidden / "shown").mkdir(parents=True)
    for path in (hidden / "secret", hidden / "shown" / "file"):
        path.write_text(path.name)
    os.utime(shown / "file", (0, 0))
    before = (shown / "file").stat()
    holds(f"""
        {user}
        shown, hidden = {str(shown)!r}, {str(hidden)!r}
        places = {{shown: SHOWN, hidden: HIDDEN, hidden + "/shown": SHOWN, "/dev/null": DEVICE}}
        who = os.getresuid(), os.getresgid()
        show_only(places, {str(place / "closed")!r})
        assert (os.getresuid(), os.getresgid()) == who
        assert open(shown + "/file").read() == "open" and os.listdir(hidden) == ["shown"]
        assert os.listdir(hidden + "/shown") == ["file"]
        assert os.stat(shown + "/file").st_atime == 0
        for path in ({str(beside)!r}, hidden + "/secret", "/proc", "/etc", {str(ROOT)!r}):
            refused(errno.ENOENT, os.lstat, path)
        for path in (shown + "/file", "/new", hidden + "/new", {str(place / "new")!r}):
            refused(errno.EROFS, open, path, "w")
        print("x", file=open("/dev/null", "w"))
        drop_capabilities()
        new_namespaces(inside_uid=1000, inside_gid=1000)
        assert child(lambda: os.listdir(shown)) == 0
    """)
    after = (shown / "file").stat()
    assert (after.st_atime, after.st_mtime) == (before.st_atime, before.st_mtime)
    assert (hidden / "secret").read_text() == "secret" and beside.read_text() == "closed", "the host is as it was"


# --- Landlock -----------------------------------------------------------------------------------------------


@needs_landlock()
def test_only_listed_files_can_be_read_and_none_written(user: str, place: Path) -> None:
    holds(f"""
        {user}
        os.chdir({str(place)!r})
        restrict_files(["open", "missing", "open/file/missing"])
        assert open("open/file").read() == "open" and os.listdir("open") == ["file"]
        for path in ("closed/file", "/etc/passwd", sys.executable, "/dev/null", "open/../closed/file"):
            refused(errno.EACCES, open, path)
        for path in ("closed", ".", "/"):
            refused(errno.EACCES, os.listdir, path)
        for folder in ("open", "closed"):
            for mode in ("w", "a", "r+", "x"):
                refused(errno.EACCES, open, f"{{folder}}/{{'new' if mode == 'x' else 'file'}}", mode)
            refused(errno.EACCES, os.mkdir, f"{{folder}}/new")
            refused(errno.EACCES, os.mkfifo, f"{{folder}}/new")
            refused(errno.EACCES, os.symlink, "/etc", f"{{folder}}/new")
            refused(errno.EACCES, os.remove, f"{{folder}}/file")
            refused(errno.EACCES, os.rename, f"{{folder}}/file", f"{{folder}}/new")
            refused(errno.EACCES, os.link, f"{{folder}}/file", f"{{folder}}/new")
            if landlock_abi() >= 3:
                refused(errno.EACCES, os.truncate, f"{{folder}}/file", 0)
    """)


@needs_landlock()
def test_a_single_file_and_a_second_layer(place: Path) -> None:
    holds(f"""
        os.chdir({str(place)!r})
        restrict_files(["open/file", "closed"])
        assert open("open/file").read() == "open" and open("closed/file").read() == "closed"
        refused(errno.EACCES, os.listdir, "open")
        restrict_files(["open"])
        assert open("open/file").read() == "open"
        refused(errno.EACCES, open, "closed/file")
        refused(errno.EACCES, os.listdir, "open")
    """)


@needs_landlock()
def test_writable_files(place: Path) -> None:
    holds(f"""
        os.chdir({str(place)!r})
        restrict_files(["/dev/urandom"], writable=["/dev/null", "open"])
        assert len(open("/dev/urandom", "rb", buffering=0).read(4)) == 4
        refused(errno.EACCES, open, "/dev/urandom", "wb")
        print("gone", file=open("/dev/null", "w"))
        print("new", file=open("open/file", "w"))
        assert open("open/file").read() == "new\\n"
        refused(errno.EACCES, open, "open/new", "w")
    """)


@needs_landlock()
def test_extension_modules_load_and_programs_do_not_start() -> None:
    system = ["/usr", "/bin", "/lib", "/lib64"]
    holds(f"""
        restrict_files([{STDLIB!r}, *{system}])
        import _decimal, json.tool
        refused(errno.EACCES, subprocess.run, ["true"])
        refused(errno.EACCES, os.execv, sys.executable, ["python"])
        assert child(lambda: None) == 0
    """)
    holds(f"restrict_files({system}, executable=True); subprocess.run(['true'], check=True)")


@needs_landlock(4)
def test_landlock_refuses_tcp() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        holds(f"""
            restrict_files([])
            refused(errno.EACCES, socket.create_connection, {server.getsockname()!r}, 5)
            refused(errno.EACCES, socket.socket().bind, ("127.0.0.1", 0))
        """)


@needs_landlock(6)
def test_landlock_refuses_signals_and_abstract_sockets_to_the_outside() -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("")  # Linux chooses an abstract name
        server.listen()
        holds(f"""
            plug = socket.socket(socket.AF_UNIX)
            restrict_files([])
            refused(errno.EPERM, os.kill, os.getppid(), 0)
            refused(errno.EPERM, plug.connect, {server.getsockname()!r})
            os.kill(os.getpid(), 0)
        """)


@needs_landlock(6)
def test_a_signal_to_all_stays_within_its_domain(user: str, place: Path) -> None:
    """The one that supervises has a domain, those that it supervises one within: so each can kill what is its own."""
    holds(f"""
        {user}
        bystander = os.fork()
        if not bystander:
            time.sleep(100)
        def inside():
            become_subreaper()
            restrict_files([])
            supervised = os.fork()
            if not supervised:
                restrict_signals()
                mine = [os.fork() or time.sleep(100) for _ in range(3)]
                os.kill(-1, signal.SIGKILL)
                assert {{os.waitpid(pid, 0)[1] for pid in mine}} == {{signal.SIGKILL}}
                for other in (os.getppid(), {os.getpid()}, bystander):
                    for number in (0, signal.SIGSTOP, signal.SIGKILL):
                        refused(errno.EPERM, os.kill, other, number)
                if os.fork() == 0:
                    os.setsid()
                    os.fork()
                    time.sleep(100)
                time.sleep(100)
            time.sleep(0.5)
            os.kill(-1, signal.SIGKILL)
            died = 0
            while True:
                try:
                    assert os.waitpid(-1, 0)[1] == signal.SIGKILL
                    died += 1
                except ChildProcessError:
                    break
            assert died == 3
        assert child(inside) == 0
        assert os.waitpid(bystander, os.WNOHANG) == (0, 0)
        os.kill(bystander, signal.SIGKILL)
    """)


def test_who_comes_too_late_to_notice_that_its_parent_is_dead_ends() -> None:
    holds("""
        outlet, inlet = os.pipe()
        def parent():
            if os.fork() == 0:
                while os.getppid() == parent_id.value:
                    time.sleep(0.001)
                die_with_parent(parent_id.value)
                os.write(inlet, b"it lives on")
            time.sleep(0.01)
        class parent_id:
            value = 0
        def outer():
            parent_id.value = os.getpid()
            parent()
        become_subreaper()
        assert child(outer) == 0
        os.close(inlet)
        assert os.read(outlet, 99) == b""
    """)


def test_a_kernel_without_landlock_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(landlock, "landlock_abi", lambda: 0)
    with pytest.raises(ConfineError, match="Landlock is missing"):
        landlock.restrict_files(["/"])


# --- seccomp ------------------------------------------------------------------------------------------------


@needs_seccomp
def test_every_call_but_those_of_the_tables_is_refused(user: str) -> None:
    """The arguments are nonsense: without the filter, none of these calls would do anything."""
    holds(f"""
        {user}
        from autograder.sandbox.kernel import seccomp
        column = seccomp.MACHINES[{MACHINE!r}][1]
        known = {{*seccomp._numbers(seccomp.ALLOWED, column), *(row[0][column] for row in seccomp.INSPECTED)}}
        assert len(known) > 100
        forbid_syscalls(signals=True)
        for number in [*range(335), *range(seccomp.NEWER, 600)]:  # there are none in between but traps of the kernel
            if number not in known:
                refused(errno.EPERM if number < seccomp.NEWER else errno.ENOSYS, syscall, number, *[-1] * 6)
    """)


@needs_seccomp
def test_refused_by_the_names_that_python_has(place: Path) -> None:
    holds(f"""
        forbid_syscalls()
        refused(errno.EPERM, socket.socket)
        refused(errno.EPERM, socket.socket, socket.AF_UNIX)
        refused(errno.EPERM, socket.socketpair, socket.AF_UNIX, socket.SOCK_DGRAM)
        refused(errno.EPERM, socket.socketpair, socket.AF_INET)
        refused(errno.EPERM, fcntl.ioctl, 0, 0x5412, b"x")
        refused(errno.EPERM, fcntl.ioctl, 0, 0x541C, b"x")
        refused(errno.EPERM, os.chmod, {str(place / "open" / "file")!r}, 0)
        refused(errno.EPERM, os.utime, {str(place / "open" / "file")!r})
        refused(errno.EPERM, os.chroot, "/")
        refused(errno.EPERM, os.setpriority, os.PRIO_PROCESS, 0, 5)
        refused(errno.EPERM, os.memfd_create, "x")
        refused(errno.EPERM, os.execv, "/bin/true", ["true"])
        refused(errno.EPERM, os.posix_fadvise, 0, 0, 0, 0)
        refused(errno.EPERM, os.sched_setaffinity, 0, [0])
        refused(errno.EPERM, resource.getrusage, resource.RUSAGE_SELF)
        refused(errno.EPERM, mmap.mmap(-1, 4096).madvise, 12)
        refused(errno.EPERM, mmap.mmap, -1, 4096, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | mmap.MAP_POPULATE)
        assert os.preadv(os.open({str(place / "open" / "file")!r}, os.O_RDONLY), [bytearray(4)], 0) == 4
        refused(errno.EPERM, resource.prlimit, os.getppid(), resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_NOFILE, (50, 50))
        die_with_parent()
        for option, value in ((1, 0), (1, signal.SIGTERM), (4, 1), (22, 1), (55, 0)):
            assert libc.prctl(option, value, 0, 0, 0) == -1 and ctypes.get_errno() == errno.EPERM
        assert libc.ptrace(16, os.getppid(), 0, 0) == -1 and ctypes.get_errno() == errno.EPERM
        assert libc.unshare(0x10000000) == -1 and ctypes.get_errno() == errno.EPERM
        os.kill(os.getpid(), 0)
        assert child(lambda: signal.raise_signal(signal.SIGTERM)) == -signal.SIGTERM
    """)


@needs_seccomp
def test_files_take_no_notes_and_signals_can_be_refused(place: Path) -> None:
    """A file's owner is sent signals; leases, locks and flags stay with the file."""
    holds(f"""
        file = os.open({str(place / "open" / "file")!r}, os.O_RDONLY)
        forbid_syscalls(signals=True)
        left, right = socket.socketpair()
        for descriptor in (left.fileno(), file):
            for command in (5, 6, 7, 8, 9, 10, 11, 15, 36, 37, 38, 1024, 1025, 1026, 1031, *range(1033, 1041)):
                refused(errno.EPERM, fcntl.fcntl, descriptor, command, bytes(32))
            for command in (2, 0x8901, 0x8902, 0x80086601, 0x40086602, 0xC020660B):
                refused(errno.EPERM, fcntl.ioctl, descriptor, command, bytes(32))
            refused(errno.EPERM, fcntl.flock, descriptor, fcntl.LOCK_SH)
        refused(errno.EPERM, os.kill, os.getpid(), 0)
        refused(errno.EPERM, os.killpg, 0, 0)
        refused(errno.EPERM, signal.pthread_kill, threading.get_ident(), 0)
        assert child(os.abort) < 0
    """)


@needs_seccomp
def test_who_maps_the_same_file_cannot_wake_each_other(user: str, place: Path) -> None:
    """Not even where both only read it: a library file would be a bell, and who is woken is counted."""
    futex = {"x86_64": 202, "aarch64": 98}[MACHINE]
    holds(f"""
        {user}
        wait, requeue = 0, 3
        libc.mmap.restype = ctypes.c_void_p
        file = os.open({str(place / "open" / "file")!r}, os.O_RDONLY)

        def bell():
            page = libc.mmap(None, ctypes.c_size_t(4096), 1, 2, file, ctypes.c_long(0))
            return page, ctypes.c_uint.from_address(page).value

        def woken():
            '''How many processes that wait at the file one that is no relative of theirs wakes.'''
            ready, tell = os.pipe()
            pid = os.fork()
            if pid == 0:
                page, value = bell()
                os.write(tell, b"x")
                syscall({futex}, page, wait, value, 0, 0, 0)
                os._exit(0)
            os.read(ready, 1)
            time.sleep(0.2)
            try:
                return syscall({futex}, bell()[0], requeue, 1, 0, bell()[0], 0)
            finally:
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)

        assert woken() == 1
        forbid_syscalls()
        refused(errno.EPERM, woken)
    """)


@needs_seccomp
def test_ordinary_programs_still_work() -> None:
    holds("""
        import asyncio
        forbid_syscalls(signals=True)
        assert child(lambda: None) == 0
        results = []
        threads = [threading.Thread(target=results.append, args=(k,)) for k in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(results) == [0, 1, 2, 3]
        async def answer():
            await asyncio.sleep(0.001)
            return 42
        assert asyncio.run(answer()) == 42
        callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda number: number + 1)
        assert callback(1) == 2
    """)


@needs_seccomp
def test_clone_is_looked_into() -> None:
    clone = {"x86_64": 56, "aarch64": 220}[MACHINE]
    holds(f"""
        forbid_syscalls()
        for bit in (0x8000, 0x20000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000):
            refused(errno.EPERM, syscall, {clone}, bit | signal.SIGCHLD, 0, 0, 0, 0)
        refused(errno.ENOSYS, syscall, 435, 0, 0)
        refused(errno.ENOSYS, syscall, 470, -1)
        pid = syscall({clone}, signal.SIGCHLD, 0, 0, 0, 0)
        if pid == 0:
            os._exit(5)
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 5
    """)


@pytest.mark.skipif(MACHINE != "x86_64", reason="other machines have one kind of system call")
def test_calls_of_other_machines_kill() -> None:
    assert run("forbid_syscalls(); syscall(0x40000000 + 39)").returncode == -signal.SIGSYS
    done = run("""
        forbid_syscalls()
        page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
        page.write(bytes.fromhex("b814000000cd80c3"))  # mov eax, 20 (getpid); int 0x80; ret
        address = ctypes.addressof(ctypes.c_char.from_buffer(page))
        print(ctypes.CFUNCTYPE(ctypes.c_int)(address)())
    """)
    assert done.returncode in (-signal.SIGSYS, -signal.SIGSEGV)  # a kernel may lack 32-bit calls altogether


TESTS = {seccomp.EQUAL: operator.eq, seccomp.AT_LEAST: operator.ge, seccomp.ANY_BIT: operator.and_}


def verdict(code: bytes, machine: int, number: int, *arguments: int) -> int:
    """Run a filter on a system call, as the kernel does."""
    data = struct.pack("<IIQ6Q", number, machine, 0, *arguments, *[0] * (6 - len(arguments)))
    at, word = 0, 0
    while True:
        instruction, then, otherwise, value = struct.unpack_from("<HBBI", code, 8 * at)
        at += 1
        if instruction == seccomp.RETURN:
            return value
        if instruction == seccomp.LOAD:
            (word,) = struct.unpack_from("<I", data, value)
        else:
            at += then if TESTS[instruction](word, value) else otherwise


@pytest.mark.parametrize(
    ("machine", "openat", "clone", "ptrace", "socketpair", "kill", "fcntl", "futex", "wait4", "pair"),
    [
        ("x86_64", 257, 56, 101, 53, 62, 72, 202, 61, (41, 42)),
        ("aarch64", 56, 220, 117, 199, 129, 25, 98, 260, (198, 203)),
    ],
)
def test_filters_of_both_machines(
    machine: str, openat: int, clone: int, ptrace: int, socketpair: int, kill: int, fcntl: int, futex: int, wait4: int,
    pair: tuple[int, int],
) -> None:  # fmt: skip
    identity = seccomp.MACHINES[machine][0]
    mild = functools.partial(verdict, seccomp._filter(machine, False), identity)
    strict = functools.partial(verdict, seccomp._filter(machine, True), identity)
    for judge in (mild, strict):
        for call in ((openat,), (clone, 0x003D0F00), (fcntl, 3, 2), (fcntl, 3, 1030), (socketpair, 1, 0x80801),
                     (futex, 0, 0x80 | 6), (futex, 0, 9), (futex, 0, 0x109), (wait4, 1, 2, 3, 0)):  # fmt: skip
            assert judge(*call) == seccomp.ALLOW, call
        for call in ((ptrace,), (clone, 0x10000011), (fcntl, 3, 8), (socketpair, 2, 1), (socketpair, 1, 2),
                     (futex, 0, 3), (futex, 0, 6), (wait4, 1, 2, 3, 1), (wait4, 1, 2, 3, 1 << 32),
                     *((each,) for each in pair)):  # fmt: skip
            assert judge(*call) == seccomp.REFUSE_EPERM, call
        assert judge(435) == judge(470) == judge(5000) == seccomp.REFUSE_ENOSYS
    assert mild(kill) == seccomp.ALLOW and strict(kill) == seccomp.REFUSE_EPERM
    assert verdict(seccomp._filter(machine, False), 0x40000003, openat) == seccomp.KILL_PROCESS


@pytest.mark.parametrize(
    ("column", "header"),
    [(0, "/usr/include/x86_64-linux-gnu/asm/unistd_64.h"), (1, "/usr/include/asm-generic/unistd.h")],
)
def test_the_numbers_are_the_kernels(column: int, header: str) -> None:
    if not os.path.exists(header):
        pytest.skip(f"{header} is not installed")
    kernel = dict(re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\n", Path(header).read_text()))
    tables = ";".join((seccomp.ALLOWED, seccomp.SIGNALS))
    for numbers, *_ in seccomp.INSPECTED:
        assert str(numbers[column]) in kernel.values()
    for name, *numbers in re.findall(r"(\w+) (\d+) (\d+|-)", tables):
        known = "-" if numbers[column] == "-" else kernel.get(name, numbers[column])  # headers may be older
        assert known == numbers[column] and (known != "-" or name not in kernel), name


def test_other_machines_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    if LINUX:
        uname = os.uname_result(("Linux", "here", "6.0", "#1", "riscv64"))
        monkeypatch.setattr(os, "uname", lambda: uname)
    with pytest.raises(ConfineError, match="seccomp: there is no filter"):
        seccomp.forbid_syscalls()


# --- all of it ----------------------------------------------------------------------------------------------


@needs_landlock()
@needs_seccomp
def test_all_layers_together(namespaces: None, user: str, place: Path) -> None:
    holds(f"""
        {user}
        sys.path.insert(0, {str(place / "open")!r})
        new_namespaces(inside_uid=1000, inside_gid=1000)
        def inside():
            die_with_parent()
            undumpable()
            limit(cpu_seconds=5, memory=1 << 31, processes=8, file_size=0, open_files=32)
            drop_capabilities()
            restrict_files([{str(place / "open")!r}])
            forbid_syscalls()
            assert open({str(place / "open" / "file")!r}).read() == "open"
            refused(errno.EACCES, open, {str(place / "closed" / "file")!r})
            refused(errno.EPERM, socket.socket)
            assert sum(range(1000)) == 499500
            assert child(lambda: forbid_syscalls(signals=True)) == 0
        assert child(inside) == 0
    """)


def test_the_module_imports_where_nothing_is_to_be_had() -> None:
    code = textwrap.dedent("""
        import sys
        sys.platform, sys.modules["resource"] = "win32", None
        from autograder.sandbox.kernel.calls import ConfineError
        from autograder.sandbox.kernel.landlock import landlock_abi
        from autograder.sandbox.kernel.limits import limit
        from autograder.sandbox.kernel.privileges import no_new_privs, undumpable
        from autograder.sandbox.kernel.seccomp import forbid_syscalls
        assert landlock_abi() == 0
        limit(memory=1)
        for layer in (undumpable, no_new_privs, forbid_syscalls):
            try:
                layer()
            except ConfineError as error:
                assert "win32" in str(error)
            else:
                raise AssertionError(layer)
    """)
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr


def test_errors_name_the_call_and_the_reason() -> None:
    error = ConfineError(errno.EPERM, "unshare: Operation not permitted")
    assert isinstance(error, OSError) and error.errno == errno.EPERM and "unshare" in str(error)
