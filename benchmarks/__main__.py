"""Time gradschool beside the floor and beside the usual way, on the same submission and questions, one core each."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from autograder.exam import get
from autograder.grading import Grader
from autograder.release import release
from autograder.report import Report
from autograder.rubric import load_items
from autograder.sandbox.launcher import choose

ROOT = Path(__file__).parent.parent
ROUNDS = 7


def timed(action: Callable[[], object]) -> float:
    """Seconds on the clock that `action` takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def run(*command: str, **environment: str) -> str:
    """Run a command with this Python; returns what it prints."""
    variables = {**os.environ, **environment}
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=variables, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def spread(values: list[float]) -> str:
    """The median, and the range."""
    return f"{statistics.median(values):8.2f}   ({min(values):.2f} to {max(values):.2f})"


def print_shares(reports: Sequence[Report]) -> None:
    """Which items the time goes to, of all that the student's code takes; those of a percent or less together."""
    seconds = {
        items[0].id: statistics.median(item.seconds for item in items)
        for items in zip(*(report.items for report in reports), strict=True)
    }
    shares = {id: each / sum(seconds.values()) for id, each in seconds.items()}
    large = sorted((id for id in shares if shares[id] > 0.01), key=lambda id: -shares[id])
    rest = sum(share for id, share in shares.items() if id not in large)
    print("\nshares: " + ", ".join(f"{id} {shares[id]:.0%}" for id in large) + f", {len(shares) - len(large)} others "
          f"{rest:.0%}")  # fmt: skip


def main() -> None:
    """Measure in rounds, each thing once a round, so that a busy moment hits them alike; print ratios."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
    exam = get()
    submission = ROOT / "solutions"
    with tempfile.TemporaryDirectory() as folder, Grader(exam, choose("auto")) as grader:
        file = Path(folder, "exam.json")
        file.write_text(exam.to_json())
        kit = Path(folder, "kit")
        release(submission, kit, list(load_items()), {"practice-exam.json": exam.to_json().encode()})
        grader.grade("warm-up", submission)
        ours, floor, peer, check = [], [], [], []
        reports: list[Report] = []
        for _ in range(ROUNDS):
            ours.append(timed(lambda: reports.append(grader.grade("reference", submission))))
            floor.append(float(run("-m", "benchmarks.floor", str(submission), str(file))))
            check.append(timed(lambda: run("-m", "autograder", "check", str(kit), "--min-score", "0")))
            peer.append(
                timed(lambda: run("-m", "pytest", "-q", "-p", "no:cacheprovider", "benchmarks/peer.py",
                                  SUBMISSION=str(submission), EXAM=str(file)))
            )  # fmt: skip
    questions = sum(len(sheet.questions) for sheet in exam.sheets.values())
    print(f"{len(exam.sheets)} items, {questions} questions; sandbox {', '.join(grader._worker.sandbox.layers)}")
    print(f"{platform.machine()}, Python {platform.python_version()}, one core, {ROUNDS} rounds: median (range)\n")
    rows = {
        "gradschool, of the floor": [a / b for a, b in zip(ours, floor, strict=True)],
        "one pytest process, of gradschool": [a / b for a, b in zip(peer, ours, strict=True)],
        "gradschool check on the kit, of gradschool": [a / b for a, b in zip(check, ours, strict=True)],
    }
    for name, values in rows.items():
        print(f"{name:44}{spread(values)}")
    print(f"\nseconds: floor {statistics.median(floor):.3f}, gradschool {statistics.median(ours):.3f}, "
          f"pytest {statistics.median(peer):.2f}, check {statistics.median(check):.2f}")  # fmt: skip
    print_shares(reports)


if __name__ == "__main__":
    main()
