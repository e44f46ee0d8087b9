"""Wherever gradschool is installed, and whoever runs it, the sandbox starts with all that students may use, or says why
it does not."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from conftest import ROOT, SAMPLES
from conftest import sandbox as chosen
from nightly import only

from autograder.cli import app as cli
from autograder.courses.micrograd.subject import SUBJECT
from autograder.errors import UserError
from autograder.exam.mutants import copy_reference
from autograder.exam.paper import Exam
from autograder.grading.grader import Grader
from autograder.sandbox import launcher, mounts, reasons
from autograder.sandbox.kernel import users, watch
from autograder.sandbox.launcher import choose
from autograder.sandbox.layers import BARE, NO_SANDBOX, Sandbox
from autograder.sandbox.protocol import Limits, SandboxError
from autograder.sandbox.reasons import advice, refusal
from autograder.sandbox.worker import Worker

pytestmark = [
    pytest.mark.xdist_group("sandbox"),
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux has sandboxes"),
]
KINDS = ["bwrap", "landlock", "none"]
IS_ROOT = users.is_root()
needs_root = pytest.mark.skipif(not IS_ROOT, reason="only root can become another user")
sandbox = cache(chosen)  # which starts one to see whether it can be had

# --- the same library in every sandbox ----------------------------------------------------------------------

# Not imported: what opens a browser or a window, prints a poem, or is Python's own tests.
SILENT = {"antigravity", "this", "idlelib", "turtledemo", "turtle", "tkinter", "test", "lib2to3"}
EVERYTHING = f"""
import importlib, sys
import numpy as np

missing = []
def need(what, function, *arguments):
    try:
        assert function(*arguments) is not False
    except BaseException as error:
        missing.append(f"{{what}}: {{type(error).__name__}}")

for name in sorted(sys.stdlib_module_names - {SILENT!r}):
    if not name.startswith("_"):
        need(name, importlib.import_module, name)
for name in ("random", "testing", "linalg", "fft", "polynomial", "ma"):
    need("numpy." + name, importlib.import_module, "numpy." + name)
import encodings.aliases, zoneinfo
for name in ("gbk", "big5", "shift_jis", "euc_kr", "koi8_r", "cp1252", "idna"):
    need(name, "a".encode, name)
need("a time zone", zoneinfo.ZoneInfo, "Europe/Berlin")
need("a random row", lambda: np.random.uniform(-1, 1, 3).shape == (3,))
need("a hash", lambda: len(__import__("hashlib").sha256(b"x").hexdigest()) == 64)
raise RuntimeError("out of reach: " + ", ".join(missing))
"""


Says = Callable[[str, str, str], str]


@pytest.fixture(scope="module")
def says(exam: Exam, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Says]:
    """What a submission with that source says after some words, in that kind of sandbox."""
    graders: dict[str, Grader] = {}
    folder = tmp_path_factory.mktemp("says")
    (folder / "micrograd").mkdir()

    def said(kind: str, source: str, words: str) -> str:
        if kind not in graders:
            graders[kind] = Grader(exam, sandbox(kind))
        (folder / "micrograd" / "derivative.py").write_text(source)
        (item,) = graders[kind].grade("ada", folder, ["derivative-central"]).items
        assert words in item.message, item
        return item.message.partition(words)[2].partition("\n")[0]

    yield said
    for grader in graders.values():
        grader.close()


@pytest.mark.parametrize("kind", only(KINDS[:2], KINDS[0].__eq__))
def test_all_of_pythons_library_and_numpy_is_in_every_sandbox(kind: str, says: Says) -> None:
    here, there = (says(each, EVERYTHING, "out of reach: ") for each in ("none", kind))
    assert there == here
    assert not [name for name in ("graphlib", "queue", "numpy", "gbk", "random row", "hash") if name in here]


# What students' programs do, beyond calculating: threads, files that are not there, programs that are not started.
ORDINARY_DEEDS = """
import asyncio, concurrent.futures, decimal, glob, hashlib, io, json, locale, logging, mmap, multiprocessing
import os, pathlib, pickle, platform, queue, random, select, shutil, signal, socket, sqlite3, sys, tempfile, threading
import time, tracemalloc, uuid, zlib
import numpy as np

said = []
def say(what, function, *arguments):
    try:
        answer = function(*arguments)
    except (PermissionError, FileNotFoundError) as error:
        answer = "no" if isinstance(error, PermissionError) or error.errno == 2 else error
    except BaseException as error:
        answer = type(error).__name__
    said.append(f"{what} {zlib.crc32(str(answer).encode()) % 1000}")  # a message has its length

def threads():
    found = []
    workers = [threading.Thread(target=found.append, args=(k,)) for k in range(8)]
    for worker in workers: worker.start()
    for worker in workers: worker.join()
    return sorted(found)
async def together():
    async def wait(k):
        await asyncio.sleep(0.001 * k)
        return k
    return await asyncio.gather(wait(1), wait(2)), await asyncio.to_thread(abs, -1)
def forked():
    outlet, inlet = os.pipe()
    pid = os.fork()
    if not pid:
        os.write(inlet, b"hello")
        os._exit(3)
    return os.read(outlet, 9), os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
def in_processes():
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe()
    process = context.Process(target=there.send, args=([1, 2],))
    process.start()
    answer = here.recv()
    process.join()
    return answer, process.exitcode
def alarm():
    before = signal.signal(signal.SIGALRM, lambda *_: None)
    signal.setitimer(signal.ITIMER_REAL, 0.002)
    time.sleep(0.01)
    signal.signal(signal.SIGALRM, before)
def mapped(size, **options):
    with mmap.mmap(-1 if size else os.open(os.__file__, os.O_RDONLY), size, **options) as memory:
        return memory[:3]
def waited():
    condition = threading.Condition()
    with condition:
        return condition.wait(0.001), threading.Event().wait(0.001), threading.Semaphore().acquire(timeout=0.01)
def traced():
    tracemalloc.start()
    tracemalloc.stop()
def row(size):
    return np.random.default_rng(3).normal(size=size)

say("threads", threads)
say("pool", lambda: [*concurrent.futures.ThreadPoolExecutor(4).map(abs, range(-3, 0))])
say("asyncio", lambda: asyncio.run(together()))
say("impatience", lambda: asyncio.run(asyncio.wait_for(asyncio.sleep(1), 0.01)))
say("fork", forked)
say("processes", in_processes)
say("alarm", alarm)
say("conditions", waited)
say("timer", lambda: (lambda timer: (timer.start(), timer.join()))(threading.Timer(0.001, lambda: None)))
say("random", lambda: (random.Random(3).random(), len(os.urandom(8)), len(str(uuid.uuid4()))))
say("decimal", lambda: decimal.Decimal(1) / 3)
say("database", lambda: sqlite3.connect(":memory:").execute("select 1 + 1").fetchall())
say("hash", lambda: (hashlib.sha3_256(b"x").hexdigest()[:9], hashlib.scrypt(b"a", salt=b"b", n=16, r=8, p=1).hex()[:9]))
say("platform", lambda: (platform.system(), platform.machine(), os.cpu_count() > 0, len(os.sched_getaffinity(0)) > 0))
say("clocks", lambda: (time.process_time() >= 0, time.thread_time() >= 0, os.times().user >= 0, time.sleep(0)))
say("polls", lambda: (select.select([], [], [], 0.001), select.poll().poll(1), select.epoll().poll(0.001)))
say("pair", lambda: [end.close() for end in socket.socketpair()])
say("memory", lambda: (mapped(10), len(bytearray(1 << 25))))
say("mapped file", lambda: mapped(0, prot=mmap.PROT_READ))
say("read at", lambda: os.preadv(os.open(os.__file__, os.O_RDONLY), [bytearray(3)], 0))
say("nowhere", lambda: print("x", file=open(os.devnull, "w")))
say("terminal", lambda: (sys.stdout.isatty(), [*shutil.get_terminal_size((80, 24))]))
say("traced", traced)
say("logging", lambda: logging.getLogger("x").warning("x"))
say("locale", lambda: locale.setlocale(locale.LC_ALL, "C"))
say("missing file", open, "/missing/x")
say("missing to remove", os.remove, "/missing/graph.svg")
say("missing tree", lambda: shutil.rmtree("/missing/graphs", ignore_errors=True))
say("missing folder", lambda: (glob.glob("/missing/*"), pathlib.Path("/missing").exists(), os.path.exists("/missing")))
say("folder that is there", lambda: os.makedirs(os.path.dirname(os.__file__), exist_ok=True))
say("program that is not", lambda: os.execv("/missing/program", ["x"]))
say("matrices", lambda: (round(np.linalg.slogdet(row((300, 300)))[1], 6), np.zeros((2000, 2000)).sum()))
say("waves", lambda: round(abs(np.fft.fft(row(64))[3]), 9))
say("numpy files", lambda: (np.memmap(os.__file__, mode="r", dtype="u1")[:3].tolist(), np.save(io.BytesIO(), row(9))))
raise RuntimeError("deeds: " + "; ".join(said) + "; that is all")
"""


@pytest.mark.parametrize("kind", only(KINDS[:2], KINDS[0].__eq__))
def test_what_students_do_gives_the_same_in_every_sandbox(kind: str, says: Says) -> None:
    free, shut_in = (says(each, ORDINARY_DEEDS, "deeds: ").split("; ") for each in ("none", kind))
    assert shut_in == free
    assert free[-1].startswith("that is all") and len(free) > 30


def in_mounts(script: str, python: Path, *arguments: object, tmp_path: Path) -> subprocess.CompletedProcess[str]:
    """Run a script with the Python that `tmp_path`/closed/python is bound to, in a mount namespace of its own."""
    place = tmp_path / "closed" / "python"
    place.mkdir(parents=True)
    place.parent.chmod(0o700)
    binding = f'mount --bind "{python}" "{place}" && exec "$@"'
    program = place / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}"
    packages = [
        *dict.fromkeys([*mounts.library_folders(SUBJECT.libraries), *(p for p in sys.path if p.endswith("-packages"))]),
        ROOT,
    ]
    begin = f"import sys; sys.path += {[*map(str, packages)]!r}\n"
    command = ["unshare", "-m", "sh", "-c", binding, "sh", program, "-I", "-c", begin + script, *arguments]
    return subprocess.run([*map(str, command)], capture_output=True, text=True, cwd="/", timeout=100, check=False)


PROBE = """
from autograder.sandbox import launcher, layers, mounts
assert sys.base_prefix in sys.argv[1], sys.base_prefix
for kind in ("bwrap", "landlock"):
    try:
        launcher.probe(next(layers.candidates(kind)))
        print(kind, "starts")
    except Exception as error:
        print(kind, type(error).__name__, error)
"""


@needs_root
def test_a_python_in_a_folder_that_only_root_may_enter_is_as_good(tmp_path: Path) -> None:
    if subprocess.run(["unshare", "-m", "true"], check=False).returncode:
        pytest.skip("this root may not mount")
    where = f"{tmp_path}/closed/python"
    done = in_mounts(PROBE, Path(sys.base_prefix), where, tmp_path=tmp_path)
    if sys.base_prefix == "/usr":
        pytest.skip("a distribution's Python cannot be anywhere else")
    assert done.stdout.splitlines() == ["bwrap starts", "landlock starts"], done.stderr


@needs_root
@pytest.mark.parametrize("kind", only(KINDS[:2], KINDS[0].__eq__))
def test_what_the_worker_cannot_read_is_refused(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that is closed itself, however its folder lies."""
    sandbox(kind)
    library = tmp_path / "site" / "graphviz"
    shutil.copytree(Path(mounts.find_spec("graphviz").origin).parent, library)  # type: ignore[union-attr,arg-type]
    (library / "sources.py").chmod(0o600)
    monkeypatch.syspath_prepend(str(library.parent))
    monkeypatch.delitem(sys.modules, "graphviz", raising=False)
    with pytest.raises(UserError, match=f"could not read {library}/sources.py.*chmod -R o.rX {library}/sources.py"):
        choose(kind)


# --- everything has its own place ---------------------------------------------------------------------------


def test_nothing_inside_is_anywhere_but_where_it_is_outside(tmp_path: Path) -> None:
    """So that no place inside can be in the way of one outside."""
    if not shutil.which("bwrap"):
        pytest.skip("bubblewrap is not installed")
    command = mounts.bwrap_command(tmp_path, SUBJECT, root=False)
    binds = [command[at + 1 : at + 3] for at, word in enumerate(command) if word in ("--ro-bind", "--dev-bind")]
    assert all(source == place for source, place in binds)
    places = [place for _, place in binds]
    assert [*places] == sorted(places)  # what lies around something never covers it
    assert str(tmp_path) in places and os.path.realpath(sys.executable) in places
    whole = {sys.base_prefix, sys.prefix, str(ROOT), str(ROOT / "autograder"), os.path.expanduser("~"), "/", "/usr"}
    assert not whole & {*places}


def install(folder: Path, python: str) -> Path:
    """A copy of the grader in `folder`, with a virtual environment that borrows the libraries; its Python."""
    shutil.copytree(ROOT / "autograder", folder / "autograder")  # and what is compiled, so as to start soon
    subprocess.run([python, "-m", "venv", "--without-pip", folder / ".venv"], check=True, capture_output=True)
    site = next((folder / ".venv" / "lib").glob("python*/site-packages"))
    (site / "borrowed.pth").write_text(
        "\n".join(dict.fromkeys([*mounts.library_folders(SUBJECT.libraries), *map(str, sites())]))
    )
    return folder / ".venv" / "bin" / "python"


def sites() -> list[str]:
    return [path for path in sys.path if path.endswith("-packages")]


START = "from autograder.sandbox.launcher import choose; print(*choose(sys.argv[1]).layers)"


def layers(python: Path, *wrapper: str, wanted: str = "bwrap") -> list[str]:
    """The layers that start with that installation."""
    begin = f"import sys; sys.path.insert(0, {str(python.parents[2])!r})\n"
    command = [*wrapper, str(python), "-c", begin + START, wanted]
    done = subprocess.run(command, capture_output=True, text=True, cwd="/", timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


DISTRIBUTIONS = f"/usr/bin/python{sys.version_info[0]}.{sys.version_info[1]}"
ODD = "Übung-☃"  # where that one is tried by day


@pytest.mark.parametrize(
    "place",
    only(
        ["a folder with spaces", ODD, "work/x", "linked"],
        lambda place: place == ODD and not Path(DISTRIBUTIONS).exists(),
    ),
)
def test_it_starts_wherever_it_is_installed(place: str, reachable: Path) -> None:
    sandbox("bwrap")
    folder = reachable / place
    python = install(reachable / "real" if place == "linked" else folder, sys.executable)
    if place == "linked":
        folder.symlink_to(reachable / "real")
        (reachable / "elsewhere").mkdir()
        shutil.move(reachable / "real" / ".venv", reachable / "elsewhere")
        (reachable / "real" / ".venv").symlink_to(reachable / "elsewhere" / ".venv")
        python = folder / ".venv" / "bin" / "python"
    for wanted in ("bwrap", "landlock"):
        assert wanted in layers(python, wanted=wanted)


def distributions_python() -> str:
    """A Python of the system's own that gradschool runs on, and that numpy was built for."""
    exists = os.path.exists(DISTRIBUTIONS)
    if not exists or subprocess.run([DISTRIBUTIONS, "-c", "import ensurepip"], check=False).returncode:
        pytest.skip("there is no distribution's Python here with which to make a virtual environment")
    return DISTRIBUTIONS


@pytest.fixture(scope="module")
def distributions() -> Iterator[Path]:
    """The Python of an installation that every user can reach, made with a distribution's."""
    with tempfile.TemporaryDirectory(prefix="reachable-") as folder:
        os.chmod(folder, 0o755)
        yield install(Path(folder).resolve() / ODD, distributions_python())


def test_it_starts_with_a_distributions_python(distributions: Path) -> None:
    sandbox("bwrap")
    assert layers(distributions)[0] == "bwrap"
    assert "landlock" in layers(distributions, wanted="landlock")


def test_what_a_submission_can_read_is_in_memory_before_it_runs() -> None:
    """So that none can put it there, as a note to the next, who would look at the clock."""
    parts = [Path(json.__file__), Path(os.__file__).parent / "pydoc_data" / "topics.py", Path(np.__file__)]
    files = [os.open(path, os.O_RDONLY) for path in parts]
    for file in files:
        os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    mounts.fetch.__wrapped__(SUBJECT.libraries)
    time.sleep(0.5)  # the kernel reads when it likes
    for file in files:
        assert os.preadv(file, [bytearray(9)], os.fstat(file).st_size - 9, os.RWF_NOWAIT) == 9
        os.close(file)


# --- users --------------------------------------------------------------------------------------------------

ORDINARY = ("setpriv", "--reuid", "54321", "--regid", "54321", "--clear-groups")


@needs_root
@pytest.mark.parametrize("wanted", only(KINDS[:2], KINDS[0].__eq__))
def test_it_starts_in_a_user_namespace_of_one_user(wanted: str, distributions: Path) -> None:
    """As in containers of ordinary users, where root is one of them."""
    alone = (*ORDINARY, "unshare", "--map-root-user")
    if subprocess.run([*alone, "true"], check=False).returncode:
        pytest.skip("this machine refuses user namespaces")
    assert layers(distributions, *alone, wanted=wanted) == layers(distributions, wanted=wanted)


@needs_root
def test_where_root_is_alone_and_the_machines_root_it_starts_too(tmp_path: Path) -> None:
    """The kernel does not limit that one's processes; who looks at them does."""
    if subprocess.run(["unshare", "--map-root-user", "true"], check=False).returncode:
        pytest.skip("this machine refuses user namespaces")
    command = ["unshare", "--map-root-user", sys.executable, "-c", "import sys\n" + START, "auto"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=100, check=False)
    assert "landlock" in done.stdout.split(), done.stderr


def test_processes_that_nobody_counts_or_sees_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where /proc hides them."""
    sandbox("landlock")
    monkeypatch.setattr(reasons, "stays_root", lambda layers: "alone")  # or else the kernel counts
    monkeypatch.setattr(watch, "memory", lambda pid: 0)
    if users.is_root():
        with pytest.raises(SandboxError, match=r"processes without end, .* /proc does not show them"):
            launcher.probe(BARE)
    monkeypatch.undo()
    launcher.probe(BARE)


@pytest.mark.parametrize("mapped", [
    [range(2**32 - 1)], [range(65_536)], [range(1), range(1000, 1010)], [range(65_530, 65_540)],
])  # fmt: skip
def test_workers_become_users_that_exist_and_are_nobody_elses(
    mapped: list[range], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(users, "_mapped", lambda kind: mapped)
    claimed = [users.claim() for _ in range(4)]
    ids = [user.id for user in claimed]
    for user in claimed:
        user.close()
    assert len({*ids}) == len(ids)
    for id in ids:
        assert any(id in part for part in mapped)
        assert id >= 1000 and id not in (65_534, 65_535) and not users.has_account(id)


@pytest.mark.parametrize("mapped", [[range(1)], [range(1000)], [range(65_534, 65_536)]])
def test_where_there_is_nobody_else_root_stays_who_it_is(mapped: list[range], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users, "is_root", lambda: True)
    monkeypatch.setattr(users, "_mapped", lambda kind: mapped)
    assert not users.others()


def test_live_workers_never_share_a_user(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many there are, in whichever process: a claim ends with its holder alone."""
    monkeypatch.setattr(users, "_mapped", lambda kind: [range(70_000, 70_008)])
    found: list[users.User] = []
    threads = [threading.Thread(target=lambda: found.append(users.claim())) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    script = (
        "import sys; from autograder.sandbox.kernel import users\n"
        "users._mapped = lambda kind: [range(70_000, 70_008)]\n"
        "mine = [users.claim(), users.claim()]; print(*(user.id for user in mine), flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        theirs = [int(id) for id in other.stdout.readline().split()]
        assert sorted([*theirs, *(user.id for user in found)]) == [*range(70_000, 70_008)]
        with pytest.raises(SandboxError, match="every user id"):
            users.claim()
        other.kill()
        other.wait()
    again = [users.claim(), users.claim()]
    assert {user.id for user in again} == {*theirs}
    for user in (*again, *found):
        user.close()


@needs_root
def test_a_worker_has_its_user_until_it_is_closed() -> None:
    if not users.others():
        pytest.skip("this root is alone")
    with Worker(sandbox("auto"), SUBJECT, {}) as one, Worker(sandbox("auto"), SUBJECT, {}) as other:
        for worker in (one, other):
            worker.probe()
        assert one._user and other._user and one._user.id != other._user.id
    assert one._user._claim.fileno() == -1


@pytest.mark.parametrize("kind", only(KINDS, {"bwrap", "none"}.__contains__))
def test_submissions_lie_where_nobody_else_can_look(kind: str) -> None:
    """Whatever the machine's other users may read: the folder is the worker's alone, or the judge's where it is no
    root."""
    with Worker(sandbox(kind), SUBJECT, {}) as worker:
        assert stat.S_IMODE(worker.folder.stat().st_mode) == 0o700
        worker.probe()
        found = worker.folder.stat()
        assert stat.S_IMODE(found.st_mode) == 0o700
        assert found.st_uid == (worker._user.id if worker._user else os.geteuid())
        if worker._user:
            command = ["setpriv", "--reuid", "54321", "--clear-groups", "ls", str(worker.folder)]
            assert subprocess.run(command, capture_output=True, check=False).returncode == 2


@needs_root
def test_a_root_that_may_not_give_a_folder_away_grades_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "chown", refuse)
    with Worker(sandbox("auto"), SUBJECT, {}) as worker:
        worker.probe()


# --- a worker that begins before it is known what to ask ----------------------------------------------------


def test_a_worker_may_begin_before_it_knows_what_to_ask() -> None:
    with Worker(NO_SANDBOX, SUBJECT, None) as worker:
        worker.begin()
        began = worker._process
        worker.told({"training-decay": [{"k": 0, "steps": 10, "ends": []}]}, Limits(budget_cpu=7.0))
        root = copy_reference(worker.folder).parent
        assert worker.run(root, ["training-decay"]).items["training-decay"].answers == [[[1.0]]]
        assert worker._process is began
        worker.drop()  # and what starts after that knows it from the start
        assert worker.run(root, ["training-decay"]).items["training-decay"].answers == [[[1.0]]]


def test_a_worker_that_nobody_asks_leaves_nothing() -> None:
    with Worker(NO_SANDBOX, SUBJECT, None) as worker:
        worker.begin()
        began = worker._process
        assert began is not None
    assert not began.lives
    assert not worker.folder.exists()
    assert began.said == "it ended without a word"


# --- nothing gets weaker in silence -------------------------------------------------------------------------

FULL = ("bwrap", "namespaces", "landlock", "seccomp", "rlimits")
NEW_NAMESPACE = (
    "bwrap: No permissions to create new namespace, likely because the kernel does not allow non-privileged user "
    "namespaces. On e.g. debian this can be enabled with 'sysctl kernel.unprivileged_userns_clone=1'."
)
SWITCHES = {
    "AppArmor, by the map": (
        "bwrap: setting up uid map: Permission denied", {"kernel/apparmor_restrict_unprivileged_userns": "1"},
        "AppArmor", "sysctl kernel.apparmor_restrict_unprivileged_userns=0",
    ),
    "AppArmor, by the loopback": (
        "bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted",
        {"kernel/apparmor_restrict_unprivileged_userns": "1"}, "Ubuntu", "profile",
    ),
    "AppArmor, inside": (
        "ConfineError: [Errno 13] unshare: Permission denied", {"kernel/apparmor_restrict_unprivileged_userns": "1"},
        "AppArmor", "sysctl",
    ),
    "Debian's switch": (
        NEW_NAMESPACE, {"kernel/unprivileged_userns_clone": "0"}, "unprivileged_userns_clone is 0",
        "sysctl kernel.unprivileged_userns_clone=1",
    ),
    "no namespaces left": (
        "bwrap: Creating new namespace failed: nesting depth or /proc/sys/user/max_*_namespaces exceeded (ENOSPC)", {},
        "user.max_user_namespaces", "sysctl user.max_user_namespaces",
    ),
    "no namespaces at all": (
        "bwrap: Creating new namespace failed: No space left on device", {"user/max_user_namespaces": "0"},
        "no more user namespaces", "sysctl user.max_user_namespaces",
    ),
    "a container's profile": (NEW_NAMESPACE, {"container": "1"}, "this container forbids", "seccomp=unconfined"),
    "a container without mounts": (
        "bwrap: Failed to make / slave: Permission denied", {"container": "1"}, "container forbids mounts", "apparmor=",
    ),
    "no /proc": ("bwrap: Can't open /proc: No such file or directory", {}, "/proc is masked", "unmask"),
    "an unknown prohibition": (NEW_NAMESPACE, {}, "forbids user namespaces", "another machine"),
    "a Python that nobody may read": (
        f"bwrap: execvp {mounts.interpreter()}: Permission denied", {}, "does not start in the sandbox", "Python",
    ),
    "no Landlock": (
        "ConfineError: [Errno 95] landlock_create_ruleset: Landlock is missing or switched off", {}, "no Landlock",
        "lsm=",
    ),
    "a container without Landlock": (
        "ConfineError: [Errno 1] landlock_create_ruleset: Operation not permitted", {}, "container forbids Landlock",
        "newer Docker",
    ),
    "no way to become another": (
        "ConfineError: [Errno 1] setresuid to 66000:66000: Operation not permitted", {}, "may not become", "SETUID",
    ),
    "something new": ("bwrap: Moon in the seventh house", {}, "Moon in the seventh house", "tried"),
}  # fmt: skip


@pytest.mark.parametrize("name", SWITCHES)
def test_a_bwrap_that_does_not_start_is_explained(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said, settings, why, remedy = SWITCHES[name]
    fake_bwrap(tmp_path, monkeypatch, said)
    monkeypatch.setattr(reasons, "setting", lambda name: settings.get(name, ""))
    monkeypatch.setattr(reasons, "_in_container", lambda: "container" in settings)
    with pytest.raises(UserError) as caught:
        choose("bwrap")
    text = str(caught.value)
    assert why in text and remedy in text and said in text
    assert "tried and did not start: bwrap, namespaces, landlock, seccomp, rlimits; " in text
    assert "\n" not in text


def fake_bwrap(folder: Path, monkeypatch: pytest.MonkeyPatch, said: str) -> None:
    (folder / "said").write_text(said + "\n")
    (folder / "bwrap").write_text(f"#!/bin/sh\ncat '{folder}/said' >&2\nexit 1\n")
    (folder / "bwrap").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_whoever_grades_is_told_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exam: Exam) -> None:
    """In the terminal, in summary.json and on the page of the class."""
    sandbox("landlock")
    (tmp_path / "bin").mkdir()
    fake_bwrap(tmp_path / "bin", monkeypatch, "bwrap: setting up uid map: Permission denied")
    monkeypatch.setattr(
        reasons, "setting", lambda name: "1" if name == "kernel/apparmor_restrict_unprivileged_userns" else ""
    )
    out = tmp_path / "out"
    done = CliRunner().invoke(
        cli.main, ["grade", str(SAMPLES / "lena"), "--out", str(out), "--jobs", "1", "--assignment", "derivative"]
    )
    assert done.exit_code == 0, done.output
    page = (out / "index.html").read_text()
    assert "The sandbox is weaker than it could be" in page
    for text in (done.output, page):
        assert "tudent code runs without bwrap here: AppArmor" in " ".join(text.split())
        assert "kernel.apparmor_restrict_unprivileged_userns=0" in text
    refused = json.loads((out / "summary.json").read_text())["refused_sandboxes"]
    assert refused[0]["layers"] == [*FULL]
    assert refused[0]["said"].endswith("bwrap: setting up uid map: Permission denied")
    assert "AppArmor" in refused[0]["why"] and "sysctl" in refused[0]["remedy"]


def test_fewer_layers_within_bwrap_are_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def probe(chosen: Sandbox) -> None:
        if "namespaces" in chosen.layers:
            raise SandboxError("ConfineError: [Errno 1] unshare: Operation not permitted")

    monkeypatch.setattr(launcher, "probe", probe)
    chosen = choose("auto")
    assert chosen.layers == ("bwrap", "seccomp", "rlimits")
    assert chosen == Sandbox(True, chosen.layers), "why it is the best must not make a report another one"
    assert chosen.weaker.startswith("student code runs without namespaces and landlock here: ")


def test_without_a_file_system_of_its_own_is_told_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def probe(chosen: Sandbox) -> None:
        if "mounts" in chosen.layers:
            raise SandboxError("ConfineError: [Errno 1] mount: Operation not permitted")

    monkeypatch.setattr(launcher, "probe", probe)
    chosen = choose("landlock")
    assert chosen.layers == ("namespaces", "landlock", "seccomp", "rlimits")
    assert chosen.weaker.startswith("student code runs without mounts here: ") and "forbids mounts" in chosen.weaker


def test_where_the_strongest_starts_nothing_is_said(tmp_path: Path) -> None:
    sandbox("bwrap")
    chosen = choose("auto")
    assert chosen.layers[0] == "bwrap" and (chosen.layers == FULL) == (chosen.weaker == "")
    assert choose("none").weaker == ""


def test_namespaces_that_run_out_are_told_by_this_kernel(request: pytest.FixtureRequest, reachable: Path) -> None:
    """Not what a message is thought to be: what it is, where an ordinary user may make none."""
    limit = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
    wrapper = (*(ORDINARY if IS_ROOT else ()), "unshare", "--map-root-user", "sh", "-c", limit, "sh")
    if subprocess.run([*wrapper, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine has no such switch")
    python = request.getfixturevalue("distributions") if IS_ROOT else install(reachable / "x", sys.executable)
    script = f"import sys; sys.path.insert(0, {str(python.parents[2])!r})\n{START}"
    done = subprocess.run([*wrapper, str(python), "-c", script, "bwrap"], capture_output=True, text=True, cwd="/",
                          timeout=100, check=False)  # fmt: skip
    assert "sudo sysctl user.max_user_namespaces=10000" in done.stderr


def test_what_is_told_is_the_line_that_says_why() -> None:
    assert reasons.told("warning\nbwrap: no\n\n") == "bwrap: no"
    fatal = (
        "Fatal Python error: init_fs_encoding: no encoding\nPython runtime state: core\n\nCurrent thread 0x1:\n  <no>"
    )
    assert reasons.told(fatal) == "Fatal Python error: init_fs_encoding: no encoding"
    assert reasons.told("Traceback\nValueError: 3\n") == "ValueError: 3"
    assert reasons.told("") == "it ended without a word"


def test_advice_without_any_sandbox_names_every_way() -> None:
    ways = [refusal(FULL, SandboxError("one")), refusal(FULL[1:], SandboxError("other"))]
    text = advice((), ways)
    assert text == f"one; other (tried and did not start: {', '.join(FULL)}; {', '.join(FULL[1:])})"


@pytest.mark.parametrize("kind", only(KINDS[:2], KINDS[0].__eq__))
def test_a_sandbox_starts_whatever_the_umask(kind: str) -> None:
    usual = sandbox(kind).layers
    before = os.umask(0o077)
    try:
        assert choose(kind).layers == usual
    finally:
        os.umask(before)
