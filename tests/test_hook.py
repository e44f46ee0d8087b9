"""Pushes to a bare repository: graded, never blocked, never lost, and telling no more than they should."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner
from conftest import SAMPLES
from forks import python
from nightly import WHOLE, nightly, only

from autograder.classroom.grade import grade_class, item_ids
from autograder.classroom.job import Job
from autograder.classroom.results import Results
from autograder.cli import main
from autograder.courses.micrograd import load_items
from autograder.exam.paper import PRACTICE_SEED, SAMPLE_SEED, Exam
from autograder.exam.regions import regions
from autograder.files import locked
from autograder.grading.exams import get
from autograder.report.files import schema
from autograder.sandbox.launcher import choose
from autograder.sandbox.layers import NO_SANDBOX
from autograder.submissions.sources.gittree import Commit, Repository
from autograder.submissions.submission import Submission
from autograder.submissions.unpacking import unpacked

INSTALL = ("hook", "install", "--seed", SAMPLE_SEED)
TRUSTED = ("--sandbox", "none")  # for what is ours: to try a sandbox takes longer than to grade it
BY_DAY = () if WHOLE else TRUSTED  # for what does no harm
WITHOUT_CONFIG = {
    **os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C",
    "GIT_AUTHOR_NAME": "s", "GIT_AUTHOR_EMAIL": "s@x", "GIT_COMMITTER_NAME": "s", "GIT_COMMITTER_EMAIL": "s@x",
}  # fmt: skip


def git(folder: Path, *arguments: object, feed: bytes | None = None, code: int = 0) -> str:
    command = ["git", "-C", str(folder), *map(str, arguments)]
    done = subprocess.run(command, input=feed, capture_output=True, env=WITHOUT_CONFIG, check=False, timeout=300)
    assert done.returncode == code, done.stderr.decode("utf-8", "replace")
    return (done.stdout + done.stderr).decode("utf-8", "replace")


def gradschool(folder: Path, *arguments: object, code: int = 0) -> str:
    with contextlib.chdir(folder):
        done = CliRunner().invoke(main, [*map(str, arguments)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code == code, done.output
    return done.stdout + done.stderr


def eventually(happens: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 120
    while not (found := happens()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.05)
    return found


@dataclass(frozen=True)
class Server:
    """A folder with bare repositories and their results, and clones of theirs."""

    folder: Path

    def repository(self, student: str, *options: object) -> Path:
        bare = self.folder / f"{student}.git"
        git(self.folder, "init", "-q", "--bare", "-b", "main", bare)
        gradschool(self.folder, *INSTALL, bare, *options)
        return bare

    def clone(self, student: str, sample: str | None = "ada", name: str = "") -> Path:
        """A clone with one commit, of what a student of the sample class handed in."""
        clone = self.folder / (name or f"{student}-clone")
        git(self.folder, "init", "-q", "-b", "main", clone)
        git(clone, "remote", "add", "origin", self.folder / f"{student}.git")
        if sample:
            shutil.copytree(SAMPLES / sample, clone, dirs_exist_ok=True)
            commit(clone)
        return clone

    @property
    def results(self) -> Path:
        return self.folder / "results"

    def report(self, student: str) -> dict[str, Any]:
        return dict(json.loads((self.results / student / "report.json").read_text()))

    def history(self, student: str) -> list[dict[str, Any]]:
        file = self.results / student / "history.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def queue(self, student: str) -> list[str]:
        return sorted(os.listdir(self.folder / f"{student}.git" / "gradschool" / "queue"))

    def grades(self) -> dict[str, str]:
        with (self.results / "grades.csv").open(newline="") as file:
            return {row["student"]: row["score"] for row in csv.DictReader(file)}


def commit(clone: Path, message: str = "work") -> str:
    git(clone, "add", "-A")
    git(clone, "commit", "-q", "--allow-empty", "-m", message)
    return git(clone, "rev-parse", "HEAD").strip()


def push(clone: Path, *refs: str) -> str:
    """What the server says, without `remote: ` and git's padding. Comes back when what was answered is written, and
    the grader gone."""
    said = git(clone, "push", "origin", *(refs or ("main",)))
    lines = [line.removeprefix("remote:").strip(" ") for line in said.split("\n") if line.startswith("remote:")]
    assert max(map(len, lines), default=0) <= 75
    bare = re.split("[:/]", git(clone, "remote", "get-url", "origin").strip())[-1]
    queue = clone.parent / bare / "gradschool" / "queue"
    if any(line.startswith("score ") for line in lines):
        eventually(lambda: not any(queue.iterdir()))
        idle(clone.parent / bare)
    return "\n".join(lines)


def idle(bare: Path) -> None:
    """Come back when no grader is at work on a repository: one answers before it looks for more, and then it ends."""
    with locked(bare / "gradschool" / "lock"):
        pass


@pytest.fixture
def server(tmp_path: Path) -> Server:
    for ready in (get, partial(get, PRACTICE_SEED), partial(choose, "auto")):
        ready()  # which forks need not find out
    return Server(tmp_path)


# --- what a push gives --------------------------------------------------------------------------------------


def test_a_push_is_graded(server: Server) -> None:
    bare = server.repository("jo")
    clone = server.clone("jo")
    said = push(clone)
    head = git(clone, "rev-parse", "HEAD").strip()
    assert f"grading {head[:10]}" in said
    assert re.search(r"^engine +26/26$", said, re.M) and re.search(r"^score +100/100, bonus 16$", said, re.M)
    assert re.search(r"^stretch +16/20  1 \w+  \(bonus\)$", said, re.M) and "stretch-edges 0/4" in said

    report = server.report("jo")
    jsonschema.Draft202012Validator(schema()).validate(report)
    assert (report["student"], report["score"], report["bonus"]) == ("jo", 100, 16) and report["sandbox"]
    assert server.grades() == {"jo": "100"}
    assert json.loads((server.results / "summary.json").read_text())["graded"] == 1
    (line,) = server.history("jo")
    assert (line["commit"], line["score"], line["bonus"], line["current"]) == (head, 100, 16, True)
    assert line["submission"] == report["submission"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", line["pushed"]) and line["pushed"] <= line["graded"]
    assert server.queue("jo") == []
    for path in [*server.results.rglob("*"), *(bare / "gradschool").rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
    status = gradschool(server.folder, "hook", "status", bare)
    assert re.search(r"^in the queue +0$", status, re.M) and f"{head[:10]}, score 100, bonus 16" in status


@nightly
def test_each_push_counts_and_the_last_one_is_the_result(server: Server) -> None:
    server.repository("jo")
    clone = server.clone("jo", "lena")
    assert "0/100" in push(clone)
    shutil.copytree(SAMPLES / "ada" / "micrograd", clone / "micrograd", dirs_exist_ok=True)
    commit(clone)
    assert "100/100" in push(clone)
    commit(clone, "nothing new")
    assert "100/100" in push(clone)
    assert [line["score"] for line in server.history("jo")] == [0, 100, 100]
    git(clone, "reset", "-q", "--hard", "HEAD~2")
    assert "0/100" in push(clone, "+main")
    assert [line["score"] for line in server.history("jo")] == [0, 100, 100, 0]
    assert server.report("jo")["score"] == 0 and server.grades() == {"jo": "0"}


@nightly
def test_two_repositories_at_once_share_results(server: Server) -> None:
    samples = {"jo": "ada", "kim": "lena", "lou": "chen"}
    clones = []
    for student, sample in samples.items():
        server.repository(student)
        clones.append(server.clone(student, sample))
    pushes = [
        subprocess.Popen(["git", "push", "origin", "main"], cwd=clone, env=WITHOUT_CONFIG, stderr=subprocess.PIPE)
        for clone in clones
    ]
    said = [process.communicate(timeout=300)[1].decode() for process in pushes]
    assert [re.findall(r"score +(\d+)/100", text) for text in said] == [["100"], ["0"], ["65"]]
    eventually(lambda: not any(map(server.queue, samples)))
    assert server.grades() == {"jo": "100", "kim": "0", "lou": "65"}
    assert set(json.loads((server.results / ".graded.json").read_text())) == set(samples)
    assert json.loads((server.results / "summary.json").read_text())["graded"] == 3


@nightly
def test_two_pushes_to_one_repository_at_once(server: Server) -> None:
    bare = server.repository("jo")
    clones = [server.clone("jo", sample, sample) for sample in ("ada", "chen")]
    pushes = [
        subprocess.Popen(["git", "push", "-f", "origin", "main"], cwd=clone, env=WITHOUT_CONFIG, stderr=subprocess.PIPE)
        for clone in clones
    ]
    said = [process.communicate(timeout=300)[1].decode() for process in pushes]
    arrived = [clone for clone, process in zip(clones, pushes, strict=True) if process.returncode == 0]
    assert arrived, said  # git lets only one of them in when they meet
    eventually(lambda: server.queue("jo") == [])
    heads = {git(clone, "rev-parse", "HEAD").strip(): {"ada": 100, "chen": 65}[clone.name] for clone in arrived}
    assert {line["commit"]: line["score"] for line in server.history("jo")} == heads
    assert server.report("jo")["score"] == heads[git(bare, "rev-parse", "main").strip()]
    for text, process in zip(said, pushes, strict=True):
        assert ("score" in text) == (process.returncode == 0)


def test_only_one_branch_is_graded(server: Server) -> None:
    server.repository("jo", *TRUSTED)
    clone = server.clone("jo", "lena")
    git(clone, "tag", "v1")
    said = push(clone, "main", "v1", "main:refs/heads/draft", "main:refs/notes/x")
    assert "tag v1 is not graded, only main is" in said and "branch draft is not graded" in said
    assert "refs/notes/x is not graded" in said and re.search("^score +0/100$", said, re.M)
    commit(clone)
    assert push(clone, "main:draft") == "gradschool: branch draft is not graded, only main is"
    git(server.folder / "jo.git", "config", "receive.denyDeleteCurrent", "ignore")
    assert push(clone, ":main") == "gradschool: branch main is gone; there is nothing to grade"
    assert len(server.history("jo")) == 1 and server.queue("jo") == []
    many = [f"main:t{number}" for number in range(30)]
    assert len(push(clone, *many).split("\n")) < 10


@nightly
def test_the_branch_can_be_chosen(server: Server) -> None:
    server.repository("jo", "--branch", "hand-in", "--student", "Jo Doe".replace(" ", "_"), "--quiet-feedback")
    clone = server.clone("jo", "emil")
    assert "only hand-in is" in push(clone)
    said = push(clone, "main:hand-in")
    assert re.search(r"^score +47/100", said, re.M) and "wrong" not in said and "failed" not in said
    assert server.report("Jo_Doe")["score"] == 47


@nightly
def test_processes_with_one_results_folder_keep_each_others_entries(tmp_path: Path, exam: Exam) -> None:
    """Even one that began before the other was done."""
    job = Job(exam, NO_SANDBOX, item_ids(["derivative"]))
    both = [Results(tmp_path, job, shared=True) for _ in range(2)]
    for results, student in zip(both, ("ada", "lena"), strict=True):
        grade_class([Submission(student, {"": SAMPLES / student}, student)], job, results)
    assert set(json.loads((tmp_path / ".graded.json").read_text())) == {"ada", "lena"}
    assert json.loads((tmp_path / "summary.json").read_text())["submissions"] == 2
    again = Results(tmp_path, job)
    (report,) = grade_class([Submission("ada", {"": SAMPLES / "ada"}, "ada")], job, again)
    assert report.score == 4 and json.loads((tmp_path / "summary.json").read_text())["submissions"] == 1
    assert Results(tmp_path, job).reusable(Submission("lena", {"": SAMPLES / "lena"}, "lena"))
    narrower = replace(job, only=job.only[1:])
    assert not Results(tmp_path, narrower).reusable(Submission("lena", {"": SAMPLES / "lena"}, "lena"))


# --- a grader that is down, slow or killed -------------------------------------------------------------------


def break_interpreter(bare: Path) -> None:
    script = bare / "hooks" / "post-receive"
    text = script.read_text()
    assert sys.executable in text
    script.write_text(text.replace(sys.executable, "/nowhere/python"))


def test_a_push_survives_a_grader_that_is_down(server: Server) -> None:
    bare = server.repository("jo", *TRUSTED)
    clone = server.clone("jo", "lena")
    break_interpreter(bare)
    assert "does not answer.\nYour push is safe and queued" in push(clone)
    shutil.copytree(SAMPLES / "ada" / "micrograd", clone / "micrograd", dirs_exist_ok=True)
    head = commit(clone)
    push(clone)
    assert git(bare, "rev-parse", "main").strip() == head
    assert len(server.queue("jo")) == 2 and not (server.results / "grades.csv").exists()
    assert "in the queue  2, since" in gradschool(server.folder, "hook", "status", bare)

    said = gradschool(server.folder, "hook", "drain", bare)
    assert said.count(" graded: ") == 2 and server.queue("jo") == []
    # What the branch stands at goes first, and is the result.
    assert [(line["score"], line["current"]) for line in server.history("jo")] == [(100, True), (0, False)]
    assert server.report("jo")["score"] == 100 and server.grades() == {"jo": "100"}
    assert gradschool(server.folder, "hook", "drain", bare) == ""


@nightly
def test_a_push_survives_a_grader_in_trouble(server: Server) -> None:
    bare = server.repository("jo")
    clone = server.clone("jo")
    exam = Path(json.loads((bare / "gradschool" / "hook.json").read_text())["exam"])
    exam.rename(exam.with_suffix(".away"))
    said = push(clone)
    assert "The grader is in trouble" in said and "Your push is safe and queued" in said
    assert str(server.folder) not in said
    assert "cannot read the exam" in (bare / "gradschool" / "log").read_text()
    idle(bare)
    assert "wait on" in gradschool(server.folder, "hook", "drain", bare, code=1)
    assert len(server.queue("jo")) == 1
    exam.with_suffix(".away").rename(exam)
    gradschool(server.folder, "hook", "drain", bare)
    assert server.grades() == {"jo": "100"}


@nightly
def test_a_push_that_was_never_queued_is_found(server: Server) -> None:
    bare = server.repository("jo")
    clone = server.clone("jo")
    script = (bare / "hooks" / "post-receive").read_text()
    (bare / "hooks" / "post-receive").write_text("#!/bin/sh\nexit 1\n")
    push(clone)
    (bare / "hooks" / "post-receive").write_text(script)
    assert server.queue("jo") == []
    gradschool(server.folder, "hook", "drain", bare)
    assert server.report("jo")["score"] == 100 and len(server.history("jo")) == 1


@nightly
def test_a_push_waits_no_longer_than_told(server: Server) -> None:
    server.repository("jo", "--timeout", "0")
    said = push(server.clone("jo"))
    assert "No result within 0 s." in said and "Your push is safe and queued" in said and "score" not in said
    (line,) = eventually(lambda: server.history("jo"))
    assert line["score"] == 100
    eventually(lambda: server.queue("jo") == [])


def test_a_grader_that_is_killed_is_replaced(server: Server) -> None:
    bare = server.repository("jo")
    clone = server.clone("jo")
    engine = clone / "micrograd" / "engine.py"
    engine.write_text("import time\ntime.sleep(0.7)\n" + engine.read_text())
    commit(clone)
    break_interpreter(bare)
    push(clone)
    code = "import sys; from autograder.cli import main; main(['hook', 'drain', *sys.argv[1:]])"
    grader = python(code, bare, cwd=server.folder)

    def is_free(turn: Path) -> bool:
        with locked(turn, wait=0) as free:
            return free

    def is_at_work() -> bool:
        return not all(map(is_free, (server.results / ".gradschool").glob("turn-*")))

    eventually(is_at_work)
    os.kill(grader.pid, signal.SIGKILL)
    grader.wait()
    assert len(server.queue("jo")) == 1 and server.history("jo") == []
    idle(bare)  # what it had begun ends a moment after it
    gradschool(server.folder, "hook", "drain", bare)
    assert server.report("jo")["score"] == 100 and server.queue("jo") == []


@nightly
def test_a_pusher_who_hangs_up_loses_nothing(server: Server) -> None:
    server.repository("jo")
    clone = server.clone("jo")
    engine = clone / "micrograd" / "engine.py"
    engine.write_text("import time\ntime.sleep(0.5)\n" + engine.read_text())
    commit(clone)
    command = ["git", "push", "origin", "main"]
    process = subprocess.Popen(command, cwd=clone, env=WITHOUT_CONFIG, stderr=subprocess.PIPE, start_new_session=True)
    assert process.stderr is not None
    while b"grading" not in (line := process.stderr.readline()):
        assert line
    for pid in [int(name) for name in os.listdir("/proc") if name.isdigit()]:  # all that the connection holds
        with suppress(ProcessLookupError):
            if os.getsid(pid) == process.pid:
                os.kill(pid, signal.SIGKILL)
    process.wait()
    process.stderr.close()
    (line,) = eventually(lambda: server.history("jo"))
    assert line["score"] == 100


@nightly
def test_a_server_without_an_environment(server: Server) -> None:
    bare = server.repository("jo")
    clone = server.clone("jo", "chen")
    git(clone, "push", "origin", "main:refs/heads/ignored")
    new = git(clone, "rev-parse", "HEAD").strip()
    git(bare, "update-ref", "refs/heads/main", new)
    done = subprocess.run(
        [bare / "hooks" / "post-receive"], input=f"{'0' * 40} {new} refs/heads/main\n".encode(), cwd=bare,
        env={"PATH": "/usr/bin:/bin", "GIT_DIR": ".", "GIT_QUARANTINE_PATH": "/nowhere", "GIT_WORK_TREE": "/etc",
             "PYTHONHOME": "/nowhere", "PYTHONPATH": "/nowhere"},
        capture_output=True, check=False, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0 and b"65/100" in done.stdout, done


def test_the_server_that_the_page_describes(server: Server) -> None:
    """By ssh, but for ssh: the key's forced command, run by git-shell, in the environment that sshd gives."""
    server.repository("ada")
    server.repository("bela")
    home = server.folder / "home"
    only = home / "git-shell-commands" / "only"
    only.parent.mkdir(parents=True)
    page = (SAMPLES.parents[1] / "docs" / "push.md").read_text("utf-8")
    script = textwrap.dedent(page.partition("```sh\n")[2].partition("```")[0])
    assert script.count("/srv/git") > 4
    only.write_text(script.replace("/srv/git", str(server.folder)))
    only.chmod(0o755)
    ssh = server.folder / "ssh"
    ssh.write_text(
        f"""#!/bin/sh\nfor last; do :; done\n"""
        f"""exec env -i HOME={home} PATH=/usr/bin:/bin SSH_ORIGINAL_COMMAND="$last" git-shell -c 'only ada.git'\n"""
    )
    ssh.chmod(0o755)
    clone = server.clone("ada", "chen")
    git(clone, "config", "core.sshCommand", ssh)
    git(clone, "remote", "set-url", "origin", "git@server:ada.git")
    assert re.search("^score +65/100, bonus 5$", push(clone), re.M)
    assert server.grades() == {"ada": "65"}
    for other in ("bela.git", "x/../ada.git", f"{server.folder}/bela.git"):
        git(clone, "remote", "set-url", "origin", f"git@server:{other}")
        assert "this key is for ada.git alone" in git(clone, "push", "origin", "main", code=128)


# --- hostile commits ----------------------------------------------------------------------------------------


def written(clone: Path, content: bytes) -> str:
    return git(clone, "hash-object", "-w", "--stdin", feed=content).strip()


@nightly
def test_what_a_tree_holds_besides_the_package_is_left_alone(server: Server) -> None:
    bare = server.repository("jo")
    clone = server.clone("jo", "ada")
    (clone / ".gitattributes").write_text(
        "micrograd/engine.py export-ignore\n* filter=evil export-subst ident working-tree-encoding=UTF-16\n"
    )
    engine = clone / "micrograd" / "engine.py"
    engine.write_text(engine.read_text() + "\n# $Format:%H$ $Id$\n")
    git(clone, "-c", "core.attributesFile=/dev/null", "config", "filter.evil.clean", "cat")
    blob = written(clone, engine.read_bytes())
    link = written(clone, b"/etc/passwd")
    entries = [
        f"100644 {blob}\tmicrograd/engine.py",
        f"120000 {link}\tmicrograd/secrets.py",
        f"120000 {written(clone, b'../..')}\tdeep/up",
        f"160000 {'1' * 40}\tmicrograd/module",
        f"100644 {link}\tmicrograd/a\nb.py",
        f"100644 {link}\tmicrograd/\x1b[31mred.py",
    ]
    git(clone, "update-index", "--add", "-z", "--index-info", feed="\0".join(entries).encode() + b"\0")
    with (clone / "data.bin").open("wb") as file:
        file.truncate(100_000_000)
    large = git(clone, "hash-object", "-w", "--no-filters", "data.bin").strip()
    git(clone, "update-index", "--add", "--cacheinfo", f"100644,{large},data.bin")
    (clone / "data.bin").unlink()
    git(clone, "commit", "-q", "-m", "hostile")
    git(clone, "commit", "-q", "--allow-empty", "-m", "attributes")
    said = push(clone)
    assert re.search("^score +100/100, bonus 16$", said, re.M) and "left out" in said and "secrets.py" in said
    assert "\x1b" not in said.replace("\x1b[K", "") and "root:" not in said
    head = git(clone, "rev-parse", "HEAD").strip()
    with unpacked(Commit(Repository(bare), head)) as package:
        assert package.root is not None
        graded = package.root / "micrograd"
        assert (graded / "engine.py").read_bytes() == engine.read_bytes()
        assert not (graded / "secrets.py").exists() and not (graded / "module").exists()
        assert not (package.root / "data.bin").exists()


@nightly
def test_a_tree_that_cannot_be_graded(server: Server) -> None:
    server.repository("jo")
    clone = server.clone("jo", None)
    commit(clone)
    said = push(clone)
    assert "no micrograd/ folder in this submission" in said and re.search("^score +-/100$", said, re.M)

    (clone / "micrograd").mkdir()
    (clone / "micrograd" / "engine.py").write_bytes(b"#" * 6_000_000)
    commit(clone)
    assert "micrograd/engine.py is larger than 5 MB" in push(clone)

    shutil.rmtree(clone / "micrograd")
    (clone / "micrograd").symlink_to("/etc")
    commit(clone)
    assert "micrograd is a link or special file" in push(clone)

    tree = git(clone, "mktree", feed=f"100644 blob {written(clone, b'')}\tf\n".encode()).strip()
    for _ in range(9):  # a billion files
        lines = "".join(f"040000 tree {tree}\t{number}\n" for number in range(10))
        tree = git(clone, "mktree", feed=lines.encode()).strip()
    bomb = git(clone, "commit-tree", "-m", "bomb", tree).strip()
    said = push(clone, f"+{bomb}:refs/heads/main")
    assert "holds more than 50,000 files" in said
    assert server.queue("jo") == [] and len(server.history("jo")) == 4


@nightly
def test_names_and_contents_that_cannot_be_text(server: Server) -> None:
    bare = server.repository("jo")
    clone = server.clone("jo", "lena")
    branch = "caf\u00e9-\u202egnp-$(touch${IFS}x)-`id`-;exit"
    said = push(clone, f"main:refs/heads/{branch}").replace("\n", " ")
    assert "is not graded, only main is" in said
    assert "\u202e" not in said and "$(touch${IFS}x)" in said
    blob = written(clone, b"x = 1\n").encode()
    git(clone, "update-index", "--add", "-z", "--index-info", feed=b"100644 " + blob + b"\tmicrograd/\xff.py\0")
    git(clone, "commit", "-q", "-m", "bytes")
    assert "0/100" in push(clone)
    assert server.queue("jo") == [] and not (bare / "x").exists()


@nightly
def test_an_archive_in_a_folder_of_a_commit_is_opened(server: Server) -> None:
    bare = server.repository("jo")
    clone = server.clone("jo", None)
    (clone / "hw").mkdir(exist_ok=True)
    shutil.make_archive(str(clone / "hw" / "mine"), "zip", SAMPLES / "lena")
    pushed = commit(clone)
    push(clone)
    with unpacked(Commit(Repository(bare), pushed)) as package, unpacked(SAMPLES / "lena") as original:
        assert package.digest == original.digest


@nightly
def test_a_replaced_commit_is_graded_as_it_was(server: Server) -> None:
    bare = server.repository("jo")
    clone = server.clone("jo", "lena")
    lena = git(clone, "rev-parse", "HEAD").strip()
    git(clone, "checkout", "-q", "--orphan", "other")
    shutil.copytree(SAMPLES / "ada" / "micrograd", clone / "micrograd", dirs_exist_ok=True)
    ada = commit(clone)
    said = push(clone, f"{ada}:refs/replace/{lena}", f"{lena}:refs/heads/main")
    assert re.search("^score +0/100$", said, re.M)
    with unpacked(Commit(Repository(bare), lena)) as package, unpacked(SAMPLES / "lena") as original:
        assert package.digest == original.digest


# --- what pushers see ---------------------------------------------------------------------------------------


def test_what_students_print_and_raise_is_inert(server: Server) -> None:
    server.repository("jo", *BY_DAY)
    clone = server.clone("jo")
    engine = clone / "micrograd" / "engine.py"
    text = engine.read_text()
    evil = "\\x1b]0;owned\\x07\\x1b[2Jred\\r\\nscore 120/100\\u202e" + "long" * 100
    assert "    def relu(self):" in text
    engine.write_text(
        text.replace(
            "    def relu(self):", f"    def relu(self):\n        print('PRINTED')\n        raise Exception('{evil}')"
        )
    )
    commit(clone)
    said = push(clone)
    assert "engine-relu 0/2 error, micrograd/engine.py:" in said and "red" in said
    assert not re.search("[\x1b\x07\r\u202e]", said.replace("\x1b[K", "")) and "PRINTED" not in said
    assert not re.search(r"^score +120", said, re.M)


@pytest.mark.parametrize("sample", only(["dara", "emil", "farah"], "emil".__eq__))
def test_no_answer_of_the_exam_is_told(server: Server, exam: Exam, sample: str) -> None:
    """But for those to questions of the practice exam, which students have."""
    server.repository("jo", *BY_DAY)
    said = push(server.clone("jo", sample))
    assert "more that are wrong" in said and "failed" in said
    practice = get(PRACTICE_SEED)
    known = json.dumps([sheet.answers for sheet in practice.sheets.values()])
    told = set(re.findall(r"-?\d+\.\d{3,}", said))
    answers = set()
    for item in server.report("jo")["items"]:
        sheet = exam.sheets[item["id"]]
        if item["status"] == "failed" and item["counterexample"]["inputs"] not in practice.sheets[item["id"]].questions:
            assert item["message"].split("\n")[0][:60] not in said.replace("\n", " ") or "a wrong answer" in said
        answers |= set(re.findall(r"-?\d+\.\d{3,}", json.dumps(sheet.answers)))
    questions = json.dumps([sheet.questions for sheet in exam.sheets.values()])
    assert {number for number in told & answers if number not in known and number not in questions} == set()


@nightly
def test_no_line_of_a_solution_is_told(server: Server) -> None:
    server.repository("jo")
    said = push(server.clone("jo", "farah"))
    hidden = set()
    for path in (SAMPLES.parents[1] / "solutions" / "micrograd").glob("*.py"):
        lines = path.read_text().split("\n")
        for region in regions("\n".join(lines), path.name, list(load_items())):
            hidden |= {line.strip() for line in lines[region.begin : region.end - 1] if len(line.strip()) > 15}
    assert len(hidden) > 30 and not [line for line in hidden if line in said]


# --- installing ---------------------------------------------------------------------------------------------


def test_installing_is_refused_where_it_would_do_harm(server: Server) -> None:
    folder = server.folder
    (folder / "plain").mkdir()
    git(folder, "init", "-q", folder / "work")
    for path, reason in (("plain", "no git repository"), ("nowhere", "no git repository"), ("work", "is not bare")):
        assert reason in gradschool(folder, *INSTALL, *TRUSTED, path, code=2)
    for command in ("status", "uninstall", "drain"):
        assert "has no hook of gradschool's" in gradschool(folder, "hook", command, "plain", code=2)

    git(folder, "init", "-q", "--bare", "jo.git")
    foreign = folder / "jo.git" / "hooks" / "post-receive"
    foreign.write_text("#!/bin/sh\necho theirs; cat >seen\n")
    foreign.chmod(0o755)
    said = gradschool(folder, *INSTALL, *TRUSTED, "jo.git", code=2)
    assert "--chain" in said and foreign.read_text().startswith("#!/bin/sh\necho theirs")

    git(folder / "jo.git", "config", "core.hooksPath", "/etc/hooks")
    assert "lies outside" in gradschool(folder, *INSTALL, *TRUSTED, "jo.git", code=2)
    git(folder / "jo.git", "config", "--unset", "core.hooksPath")

    git(folder, "init", "-q", "--bare", "kim.git")
    gradschool(folder, *INSTALL, *TRUSTED, "kim.git")
    (folder / "other").mkdir()
    git(folder, "init", "-q", "--bare", "other/kim.git")
    assert "the results of kim are those of" in gradschool(folder, *INSTALL, *TRUSTED, "other/kim.git", code=2)
    assert not (folder / "other" / "kim.git" / "hooks" / "post-receive").exists()
    assert "cannot name a folder" in gradschool(folder, *INSTALL, *TRUSTED, "kim.git", "--student", "../x", code=2)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_the_hook_is_installed_by_whom_it_runs_as(server: Server) -> None:
    git(server.folder, "init", "-q", "--bare", "jo.git")
    os.chown(server.folder / "jo.git", 65534, 65534)
    assert "belongs to another user" in gradschool(server.folder, *INSTALL, "jo.git", code=2)


@nightly
def test_a_hook_that_was_there_runs_first_and_comes_back(server: Server) -> None:
    folder = server.folder
    git(folder, "init", "-q", "--bare", "-b", "main", "jo.git")
    foreign = folder / "jo.git" / "hooks" / "post-receive"
    foreign.write_text("#!/bin/sh\necho theirs; cat >seen; exit 3\n")
    foreign.chmod(0o755)
    for _ in range(2):  # the second time changes nothing
        gradschool(folder, *INSTALL, "jo.git", "--chain")
        text = foreign.read_text()
        assert "Written by" in text
    clone = server.clone("jo", "chen")
    said = push(clone)
    assert said.startswith("theirs\ngradschool: grading") and "65/100" in said
    seen = (folder / "jo.git" / "seen").read_text()
    assert seen == f"{'0' * 40} {git(clone, 'rev-parse', 'HEAD').strip()} refs/heads/main\n"
    assert "removed" in gradschool(folder, "hook", "uninstall", "jo.git")
    assert foreign.read_text().startswith("#!/bin/sh\necho theirs")
    assert not (folder / "jo.git" / "gradschool").exists() and server.report("jo")["score"] == 65
    commit(clone)
    assert push(clone) == "theirs"


@nightly
def test_installing_again_changes_the_settings(server: Server) -> None:
    bare = server.repository("jo")
    script = (bare / "hooks" / "post-receive").read_bytes()
    gradschool(server.folder, *INSTALL, "jo.git")
    assert (bare / "hooks" / "post-receive").read_bytes() == script
    gradschool(server.folder, *INSTALL, "jo.git", "--branch", "x", "--at", "hooks/post-receive")
    assert re.search("^branch +x$", gradschool(server.folder, "hook", "status", bare), re.M)
    words = re.findall(r"/\S+", (bare / "gradschool" / "hook.json").read_text())
    assert len(words) >= 5 and str(server.folder) in words[0]


@nightly
def test_repositories_called_micrograd_are_their_owners(server: Server) -> None:
    (server.folder / "jo").mkdir()
    git(server.folder, "init", "-q", "--bare", "jo/micrograd.git")
    assert "results/jo" in gradschool(server.folder, *INSTALL, "jo/micrograd.git")


def test_the_command_leaves_the_umask_as_it_was() -> None:
    before = os.umask(0o022)
    try:
        from click.testing import CliRunner

        assert CliRunner().invoke(main, ["hook", "status", "nowhere.git"]).exit_code == 2
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)
