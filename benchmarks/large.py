"""What a large class costs whoever has its results: grading it again unchanged, its exports, and its page.

    python -m benchmarks.large 20000

makes a class of that many synthetic students, whose reports are mixed from those of the sample class (no code is run),
and prints what the commands cost that an instructor types afterwards, and a browser that opens the page. What the
outlines of reports save shows beside the same without them: each report is read, as it was before there were any.
"""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from autograder.classroom.grade import grade_class, item_ids
from autograder.classroom.job import Job
from autograder.classroom.results import Results
from autograder.exam.mutants import copy_reference
from autograder.report import ItemResult, Report
from autograder.report.kept.outlines import FILE
from autograder.sandbox.layers import NO_SANDBOX
from autograder.scheme import OWN
from autograder.submissions.discovery import find_submissions
from autograder.submissions.submission import Submission
from benchmarks.timing import ROOT, progress, run

_GOLDEN = ROOT / "tests" / "golden"
_OWN = 0.3  # of wrong answers are like nobody else's
EXPORTS = ("csv", "canvas", "moodle", "markdown", "gradescope", "junit", "mail")


@dataclass(frozen=True)
class Synthetic(Job):
    """Grades without looking: each student gets each assignment from somebody of the sample class."""

    samples: tuple[Report, ...] = ()

    def unfit(self) -> str:
        return ""

    def grader(self) -> Any:
        return ExitStack()

    def grade(self, grader: Any, submission: Submission) -> Report:
        chance = random.Random(submission.student)
        items: list[ItemResult] = []
        for assignment in dict.fromkeys(item.assignment for item in self.samples[0].items):
            drawn = [item for item in chance.choice(self.samples).items if item.assignment == assignment]
            items += [_own(item, chance) for item in drawn]
        named = chance.getrandbits(64)
        who = {"name": f"Student Number {submission.student}", "email": f"{submission.student}@example.org",
               "participant": submission.student[1:]}  # fmt: skip
        return replace(self.samples[0], student=submission.student, submission=f"sha256:{named:064x}", items=items,
                       who=who)  # fmt: skip


def _own(item: ItemResult, chance: random.Random) -> ItemResult:
    if not item.counterexample or chance.random() > _OWN:
        return item
    got = chance.random()
    parts = tuple(replace(part, got=repr(got)) for part in item.explanation.parts)
    return replace(
        item, counterexample={**item.counterexample, "got": [got]}, explanation=replace(item.explanation, parts=parts)
    )


def job() -> Synthetic:
    """A job for which no exam has to be built."""
    texts = [path.read_text("ascii") for path in sorted(_GOLDEN.glob("*.json"))]
    found = [Report.from_dict({**json.loads(text), "sandbox": ["bwrap", "landlock"]}) for text in texts]
    exam: Any = SimpleNamespace(address="sha256:" + "0" * 64, mistakes="", course=SimpleNamespace(scheme=OWN))
    return Synthetic(exam, NO_SANDBOX, item_ids(()), code="", samples=tuple(report for report in found if report.items))


def generate(folder: Path, size: int) -> None:
    """Write a class of that many submissions, no two alike."""
    for number in range(size):
        copy_reference(folder / f"s{number:05}")
        with (folder / f"s{number:05}" / "micrograd" / "engine.py").open("a") as file:
            file.write(f"\n# submission {number}\n")


def grade(folder: str, out: str) -> None:
    """Grade the class; print seconds on the clock and megabytes."""
    made = job()
    submissions = find_submissions([Path(folder)], [])
    named = [replace(each, who=made.grade(None, each).who) for each in submissions]  # as a roster would
    began, cpu = time.perf_counter(), time.process_time()
    grade_class(named, made, Results(Path(out), made))
    found = {"wall": time.perf_counter() - began, "cpu": time.process_time() - cpu}
    print(json.dumps({**found, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def export(name: str, results: Path, out: Path) -> dict[str, float]:
    """One export, as it is typed."""
    began = time.perf_counter()
    code = (
        "import sys; from resource import *; from autograder.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "finally: u = getrusage(RUSAGE_SELF); print(u.ru_utime + u.ru_stime, u.ru_maxrss / 1024, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "export", name, str(results), "--out", str(out)],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SystemExit(done.stderr)
    *_, cpu, memory = done.stderr.split()
    return {"wall": time.perf_counter() - began, "cpu": float(cpu), "memory": float(memory)}


def opened(page: Path) -> dict[str, float]:
    """Seconds until a browser shows the page and takes input, its elements, its bytes, and the browser's memory."""
    sys.path.append(str(ROOT / "tests"))
    from browser import browser  # type: ignore[import-not-found]

    with browser() as chromium:
        tab = chromium.new_page()
        tab.goto("about:blank")
        blank = sum(_resident(pid) for pid in _renderers())
        began = time.perf_counter()
        tab.goto(page.as_uri())
        tab.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        wall = time.perf_counter() - began
        found = {"wall": wall, "elements": tab.evaluate("document.querySelectorAll('*').length")}
        found["memory"] = sum(_resident(pid) for pid in _renderers())
        began = time.perf_counter()
        tab.locator("#search").fill("s00199")
        tab.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        found["search"] = time.perf_counter() - began
        began = time.perf_counter()
        tab.locator("#search").fill("")
        tab.locator("#roll th button", has_text="score").click()
        tab.evaluate("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        found["sort"] = time.perf_counter() - began
    return {**found, "blank": blank, "bytes": page.stat().st_size}


def _renderers() -> list[int]:
    """The processes of pages that descend from this one."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()]
    above = {int(pid): int(ppid) for pid, ppid, _ in rows}

    def ours(pid: int) -> bool:
        return pid == os.getpid() or (pid in above and ours(above[pid]))

    return [int(pid) for pid, _, command in rows if "--type=renderer" in command and ours(int(pid))]


def _resident(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def measured(*arguments: str) -> dict[str, float]:
    return dict(json.loads(run("-m", "benchmarks.large", *arguments)))


def show(name: str, found: dict[str, float], before: dict[str, float] | None = None) -> None:
    """A line: seconds on the clock and of CPU, megabytes, and these by what they were before."""
    line = f"{name:28} {found['wall']:7.1f} s {found['cpu']:7.1f} s of CPU {found['memory']:6.0f} MB"
    if before:
        line += f"   {before['cpu'] / found['cpu']:4.1f} and {before['memory'] / found['memory']:4.1f} times less"
    print(line, flush=True)


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--grade"]:
        return grade(*arguments[1:])
    size = int(arguments[0]) if arguments else 2000
    with tempfile.TemporaryDirectory() as name:
        folder = Path(arguments[1] if arguments[1:] else name)  # one that is kept is made once
        results = folder / "results"
        again = ("--grade", str(folder / "class"), str(results))
        if not results.exists():
            progress(f"a class of {size:,}: making it")
            generate(folder / "class", size)
            show("new", measured(*again))
            time.sleep(4)  # so that the files' times lie far enough back to prove something
        measured(*again)
        (results / FILE).unlink()
        reading = export("csv", results, folder / "exported" / "read")
        show("csv, reports read", reading)
        before = measured(*again)
        show("unchanged, reports read", before)
        show("unchanged", measured(*again), before)
        for each in EXPORTS:
            show(each, export(each, results, folder / "exported" / each), reading if each == "csv" else None)
        shutil.rmtree(folder / "exported")
        page = opened(results / "index.html")
    print(f"page: {page['bytes'] / 1e6:.1f} MB of file, {page['elements']:,.0f} elements, "
          f"{page['wall']:.1f} s to open, "
          f"{page['memory']:.0f} MB in the browser, of them {page['blank']:.0f} without a page; "
          f"search {page['search']:.2f} s, sort {page['sort']:.2f} s")  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
