"""One supervisor has all that is asked about a submission, and each request is answered as if it were the first."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from conftest import ROOT
from nightly import few, only
from test_endings import SANDBOXES, all_gone, sandbox, wait_for

from autograder.courses.micrograd.subject import SUBJECT
from autograder.exam.paper import Exam
from autograder.sandbox.kernel import watch
from autograder.sandbox.protocol import Limits, SandboxError
from autograder.sandbox.records import Answers
from autograder.sandbox.worker import Worker

pytestmark = [
    pytest.mark.xdist_group("sandbox"),
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux has sandboxes"),
]
RIGHT = (ROOT / "solutions" / "micrograd" / "derivative.py").read_text("utf-8")
SOURCES = {
    "a long one": "x = 1\n" * 600_000,
    "an open bracket": "x = (",
    "open brackets": "x = " + "(" * 3000,
    "a zero": "\0",
    "deep": "x = " + "-" * 100_000 + "1",
}
LARGE = "\n".join(f"x{i} = {i}.5" for i in range(20_000))
CENTRAL, CHECK = "derivative-central", "derivative-gradcheck"


@pytest.fixture(params=only(SANDBOXES, "bwrap".__eq__))
def worker(request: pytest.FixtureRequest, exam: Exam) -> Iterator[Worker]:
    limits = Limits(cpu=3.0, imports=0.5)
    with Worker(sandbox(request.param), SUBJECT, exam.questions(), limits) as worker:
        yield worker


def lay(worker: Worker, name: str, *, before: str = "", central: str = "", check: str = "") -> Path:
    """Make a submission in the worker's folder: the reference's numeric derivatives, with more lines at the beginning
    of the module and of its functions."""
    package = worker.folder / name / "micrograd"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    source = f"{before}\n{RIGHT}"
    for function, lines in (("central_difference", central), ("gradcheck", check)):
        begin = source.index('"""', source.index('"""', source.index(f"def {function}(")) + 3) + 3
        source = f"{source[:begin]}\n    {lines or 'pass'}{source[begin:]}"
    (package / "derivative.py").write_text(source, "utf-8")
    return package.parent


def kept(worker: Worker) -> list[watch.Process]:
    """The processes that are there when nothing is asked, below the one from which all are forked."""
    process = worker._process
    assert process
    template = process.watch._template if process.watch else process.id
    return watch.Family(template).descendants()


def pids(processes: list[watch.Process]) -> list[int]:
    return [process.pid for process in processes]


def asked(worker: Worker, root: Path, id: str, count: int | None = None, **how: bool) -> Answers:
    """What comes of an item, of so many of its questions."""
    questions = {} if count is None else {id: exam_questions(worker, id)[:count]}
    return worker.run(root, [id], questions, **how).items[id]


def exam_questions(worker: Worker, id: str) -> list[dict[str, object]]:
    assert worker._questions
    return worker._questions[id]


def test_who_supervises_a_submission_does_so_until_the_next_one(worker: Worker) -> None:
    first, second = lay(worker, "first"), lay(worker, "second")
    asked(worker, first, CENTRAL)
    there = kept(worker)
    for alone in (True, False):
        assert asked(worker, first, CHECK, alone=alone).kind == "answered"
        assert pids(kept(worker)) == pids(there) != []
    asked(worker, second, CENTRAL)
    now = kept(worker)
    assert len(now) == len(there) and not {*pids(now)} & {*pids(there)}
    assert all_gone(there)
    worker.close()
    assert wait_for(partial(all_gone, now), 5)


def test_who_died_meanwhile_is_missed_once(worker: Worker) -> None:
    root = lay(worker, "killed")
    for alone in (False, True):
        assert asked(worker, root, CENTRAL, alone=alone).kind == "answered"
        os.kill(kept(worker)[0].pid, signal.SIGKILL)
        with pytest.raises(SandboxError, match="the supervisor of the sandbox died"):
            asked(worker, root, CHECK, alone=alone)
        assert asked(worker, root, CHECK, alone=alone).kind == "answered"


def test_what_is_asked_once_is_not_asked_again(worker: Worker) -> None:
    root = lay(worker, "once")
    counts = [len(asked(worker, root, CENTRAL, count).answers or ()) for count in (1, None, 2, None)]
    whole = len(exam_questions(worker, CENTRAL))
    assert counts == [1, whole, 2, whole] and whole > 2


def test_the_time_that_one_request_gives_is_not_the_next_ones(worker: Worker) -> None:
    root = lay(worker, "slow", before="import time\ntime.sleep(1.0)")
    assert not worker.run(root, [CENTRAL], longer=4).lost
    worker._lost = None, {}
    assert worker.run(root, [CENTRAL]).lost == {"derivative": "slow"}


def test_cpu_time_of_before_is_no_fault_of_what_is_asked_next(worker: Worker) -> None:
    """Together the processes of a submission use no more than one core: since the request began."""
    burn = "import time\n    end = time.process_time() + 1.6\n    while time.process_time() < end: pass"
    root = lay(worker, "busy", central=burn, check="import time; time.sleep(0.03)")
    assert asked(worker, root, CENTRAL, 1).kind == "answered"
    assert asked(worker, root, CHECK).kind == "answered"
    process = worker._process
    assert process and process.used >= 1.5
    asked(worker, lay(worker, "other"), CENTRAL)
    assert process.used < 1.0


def test_a_module_is_compiled_once(worker: Worker) -> None:
    """By the first process in which it is imported, before anything of it runs."""
    wrong = "return 'what the file says now'"
    root = lay(worker, "once more")
    before = asked(worker, root, CENTRAL).answers
    file = root / "micrograd" / "derivative.py"
    changed = lay(worker, "changed", central=wrong) / "micrograd" / "derivative.py"
    file.write_bytes(changed.read_bytes())
    for alone in (True, False):
        assert asked(worker, root, CENTRAL, alone=alone).answers == before
    assert asked(worker, lay(worker, "next", central=wrong), CENTRAL).answers != before


TAMPER = """
import gc, marshal, os
code = compile("def central_difference(f, x, h=1e-6): return 'another'", __file__, "exec")
{}
def central_difference(f, x, h=1e-6): return 'as it is written'
"""
MEMORY = """
found = [each for each in gc.get_objects() if type(each) is dict and __file__ in each]
for each in found:
    each[__file__] = code
"""
FRAMES = """
for pipe in range(3, 64):
    try:
        for told in (marshal.dumps({__file__: marshal.dumps(code)}), b""):
            os.write(pipe, (1 + len(told)).to_bytes(4, "big") + b"c" + told)
    except OSError:
        pass
"""


@pytest.mark.parametrize("way", [MEMORY, FRAMES], ids=["memory", "frames"])
def test_nobody_has_another_process_import_something_else(worker: Worker, way: str) -> None:
    """By what is found in memory; or by frames like that in which the code comes, for which a process is ended."""
    root = lay(worker, "tampering")
    (root / "micrograd" / "derivative.py").write_text(TAMPER.format(way), "utf-8")
    said = [asked(worker, root, CENTRAL, 1, alone=alone).answers for alone in (False, True, False, True)]
    assert said == [[[["as it is written"]]] if way == MEMORY else None] * 4


@pytest.mark.parametrize("name", few(SOURCES, 2))
def test_who_cannot_compile_a_module_loses_no_other(worker: Worker, name: str) -> None:
    """For it takes too long, or is no Python."""
    root = lay(worker, "long")
    package = root / "micrograd"
    shutil.copy(ROOT / "solutions" / "micrograd" / "engine.py", package)
    (package / "derivative.py").write_text(SOURCES[name], "utf-8")
    for alone in (False, True):
        run = worker.run(root, [CENTRAL, "engine-add"], alone=alone)
        assert run.items["engine-add"].kind == "answered"
        assert run.items[CENTRAL].kind == "import"


def test_what_is_too_large_when_it_is_compiled_is_compiled_each_time(worker: Worker) -> None:
    root = lay(worker, "large", before=LARGE)
    assert all(asked(worker, root, CENTRAL, alone=alone).kind == "answered" for alone in (False, True, False))


def test_a_fork_finds_all_as_it_was(worker: Worker) -> None:
    """Nothing is registered for forks but what a submission registers itself, and no module draws by chance."""
    before = """
import os, random, threading
drawn, forks = random.random(), []
os.register_at_fork(after_in_child=lambda: forks.append(1))
"""
    central = """print(drawn, len(forks), threading.active_count(), threading.current_thread().name)
    told = []
    thread = threading.Thread(target=lambda: told.append(threading.current_thread() is not threading.main_thread()))
    thread.start()
    thread.join()
    print(told)"""
    root = lay(worker, "forks", before=before, central=central)
    said = [asked(worker, root, CENTRAL, 1, alone=alone).output.split() for alone in (False, True, False, True)]
    assert [words[1:] for words in said] == [[forks, "1", "MainThread", "[True]"] for forks in ("0", "1") * 2]
    assert len({words[0] for words in said}) == 1
