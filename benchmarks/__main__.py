"""Time gradschool beside the floor and beside the usual ways, on the same submission and questions, one core each."""

from __future__ import annotations

import os
import platform
import statistics
import tempfile
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

from autograder.courses.micrograd import load_items
from autograder.grading.exams import get
from autograder.grading.grader import Grader
from autograder.kit.stubs import release
from autograder.report import Report
from autograder.sandbox.launcher import choose
from benchmarks.timing import ROOT, floor, progress, run, spread, timed
from benchmarks.ways import Nbgrader, Otter, Pytest

ROUNDS = 5
GRADINGS = 3  # of our own before and after whatever is compared with them: they are short


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


def measure(
    ours: Callable[[], float], ways: dict[str, Callable[[], float]]
) -> tuple[dict[str, list[float]], dict[str, list[float]]]:
    """Seconds of each way and of ours, and each way as a multiple of ours.

    In rounds, each way once a round, and ours right before and right after it, so that a busy moment hits both.
    """
    seconds: dict[str, list[float]] = {"gradschool": [], **{name: [] for name in ways}}
    ratios: dict[str, list[float]] = {name: [] for name in ways}
    for number in range(ROUNDS):
        progress(f"one submission, round {number + 1} of {ROUNDS}: {', '.join(ways)}")
        before = ours()
        for name, way in ways.items():
            taken, after = way(), ours()
            seconds[name].append(taken)
            seconds["gradschool"] += [after]
            ratios[name].append(2 * taken / (before + after))
            before = after
    return seconds, ratios


def main() -> None:
    """Print ratios, and below them seconds."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
    exam = get()
    submission = ROOT / "solutions"
    with tempfile.TemporaryDirectory() as name, Grader(exam, choose("auto")) as grader:
        folder = Path(name)
        file, kit = folder / "exam.json", folder / "kit"
        file.write_text(exam.to_json())
        release(submission, kit, list(load_items()), {"practice-exam.json": exam.to_json().encode()})
        environment = {
            "PYTHONPATH": str(ROOT),
            "EXAM": str(file),
            "HYPOTHESIS_STORAGE_DIRECTORY": str(folder / "hypothesis"),
            "JUPYTER_CONFIG_DIR": str(folder / "jupyter"),  # whoever measures may have set up nbgrader otherwise
            "IPYTHONDIR": str(folder / "ipython"),
        }
        reports: list[Report] = []

        def ours() -> float:
            return statistics.mean(
                timed(lambda: reports.append(grader.grade("reference", submission))) for _ in range(GRADINGS)
            )

        ways: dict[str, Callable[[], float]] = {
            "floor": lambda: floor(submission, file),
            "pytest": Pytest(submission, environment).seconds,
            "nbgrader": Nbgrader(folder / "nbgrader", submission, environment).seconds,
            "check": lambda: timed(lambda: run("-m", "autograder", "check", str(kit), "--min-score", "0")),
        }
        if Otter.is_installed():
            ways["otter"] = Otter(folder / "otter", submission, environment).seconds
        ours()
        reports.clear()
        seconds, ratios = measure(ours, ways)
    if wrong := [report.score for report in reports if report.score != report.max_score]:
        raise SystemExit(f"gradschool did not give the reference all points: {wrong}")
    packages = ["pytest", "hypothesis", "torch", "nbgrader", *(["otter-grader"] if Otter.is_installed() else [])]
    questions = sum(len(sheet.questions) for sheet in exam.sheets.values())
    print(f"{len(exam.sheets)} items, {questions} questions; sandbox {', '.join(grader._worker.sandbox.layers)}")
    print(f"{platform.machine()}, Python {platform.python_version()}, one core, {ROUNDS} rounds: median (range)")
    print(", ".join(f"{package} {version(package)}" for package in packages) + "\n")
    print(f"{'gradschool, of the floor':44}{spread([1 / ratio for ratio in ratios['floor']])}")
    for way, title in _TITLES.items():
        print(f"{title + ', of gradschool':44}{spread(ratios[way]) if way in ways else _MISSING}")
    print("\nseconds: " + ", ".join(f"{way} {statistics.median(taken):.3g}" for way, taken in seconds.items()))
    print_shares(reports)


_TITLES = {
    "pytest": "one pytest process",
    "nbgrader": "nbgrader autograde",
    "otter": "otter run",
    "check": "gradschool check on the kit",
}
_MISSING = "   otter-grader is not installed"


if __name__ == "__main__":
    main()
