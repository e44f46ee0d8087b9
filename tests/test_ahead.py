"""What asks is started ahead: by `check` alone, once, and it goes with the command, whatever becomes of that."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, SAMPLES, SCRIPT
from nightly import few

from autograder import ahead
from autograder.exam.paper import PRACTICE_SEED
from autograder.grading import exams
from autograder.student import asker


@pytest.fixture(autouse=True)
def nothing_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asker, "_begun", [])


def test_a_worker_asks_in_the_process_that_was_started_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    started = ahead.asker()
    monkeypatch.setattr(ahead, "asker", lambda: started)
    asker.begin()
    with asker.asker() as worker:
        process = worker._process
        assert process is not None and process.lives and started is not None and process.id == started.process.pid
        worker.told({}, worker.limits)
        assert worker.run(worker._lay(worker.folder / "nothing"), []).items == {}
        assert worker._process is process
    assert not process.lives


def test_what_nobody_asks_for_is_begun_when_somebody_does() -> None:
    with asker.asker() as worker:
        assert worker._process is not None


def test_what_cannot_be_started_ahead_is_told_by_who_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OSError("no memory")

    monkeypatch.setattr(asker, "_new", broken)
    monkeypatch.setattr(ahead, "asker", lambda: None)
    asker.begin()
    with pytest.raises(OSError, match="no memory"):
        asker.asker()


def test_a_command_that_asks_nothing_leaves_nothing_behind(tmp_path: Path) -> None:
    """Neither a process nor a folder."""
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    for arguments, code in ((["--help"], 0), (["--no-such-option"], 2), (["no-such-folder"], 2)):
        done = subprocess.run(
            [sys.executable, "-m", "gradschool", "check", *arguments],
            cwd=ROOT, env=environment, capture_output=True, timeout=60,  # ends with the last that holds its pipes
        )  # fmt: skip
        assert done.returncode == code and b"Traceback" not in done.stderr
        assert [*tmp_path.iterdir()] == []


COUNTED = """
import runpy, subprocess, sys
class Counted(subprocess.Popen):
    def __init__(self, command, *rest, **options):
        if "inside.template" in str(command):
            print("begun", [name for name in ("click", "rich") if name in sys.modules], file=sys.stderr)
        super().__init__(command, *rest, **options)
subprocess.Popen = Counted
module, *words = sys.argv[1:]
sys.argv = ["", *words]
runpy.run_module(module, run_name="__main__")
"""


def counted(module: str, *words: str) -> subprocess.CompletedProcess[str]:
    """A command that says whenever it starts what asks, and what it had imported by then."""
    command = [sys.executable, "-c", COUNTED, module, *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("module", few(["gradschool", "autograder"], 1))
def test_a_check_starts_one_process_that_asks(module: str) -> None:
    """Before it has imported anything that takes long."""
    exams.get(PRACTICE_SEED)  # whoever builds one starts others
    done = counted(module, "check", str(SAMPLES / "emil"))
    assert done.returncode == 1 and "47/100" in done.stdout, done.stderr
    assert done.stderr == "begun []\n"


def test_who_watches_has_none_that_nobody_asks() -> None:
    done = counted("gradschool", "check", "--watch", "--all")
    assert done.returncode == 2 and "begun" not in done.stderr


@pytest.mark.parametrize(
    "begins", [["-m", "gradschool"], ["-m", "autograder"], *([[str(SCRIPT)]] if SCRIPT.exists() else [])]
)
def test_a_command_in_a_folder_that_is_gone_says_so(begins: list[str], tmp_path: Path) -> None:
    program = "import os, sys; os.chdir(sys.argv[1]); os.rmdir(sys.argv[1]); os.execv(sys.executable, sys.argv[2:])"
    (gone := tmp_path / "gone").mkdir()
    command = [sys.executable, "-c", program, str(gone), sys.executable, *begins, "check"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and done.stderr == "gradschool: No such file or directory; name another place\n"
