"""What a student waits for, and an author: `python -m benchmarks.desk`.

The kit with the reference in it is checked by the command, from its start to its end, and by a grader that is warm, as
`watch` does at each save, which tells most of it before all; each is held against the floor (`benchmarks.floor`), what
the code itself takes to answer the practice exam. An exam is built anew, with what answers it on the same cores: the
first of its sources, and another.
"""

from __future__ import annotations

import shutil
import statistics
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from autograder.course import in_use
from autograder.exam.paper import PRACTICE_SEED
from autograder.grading.exams import get
from autograder.grading.grader import Grader
from autograder.kit.stubs import release
from autograder.project import PRACTICE
from autograder.student.kit import Kit, open_kit
from benchmarks.timing import ROOT, floor, progress, run, spread, timed

ROUNDS = 7
BUILDS = 3
_BUILD = """
import resource, time
from autograder.exam import store
from autograder.grading.exams import build
if {first}:
    store.proved = lambda what, course, prove: prove()
began = time.perf_counter()
build({seed})
used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
print(time.perf_counter() - began, *(each.ru_utime + each.ru_stime for each in used))
"""


def kit_in(folder: Path) -> Path:
    """A kit with the reference in it, and no tests of a student's own."""
    exam = get(PRACTICE_SEED)
    release(ROOT / "solutions", folder, list(in_use().items), {PRACTICE: exam.to_json().encode()})
    shutil.copytree(ROOT / "solutions" / "micrograd", folder / "micrograd", dirs_exist_ok=True)
    return folder


def answer(grader: Grader, kit: Kit, told: list[float]) -> tuple[float, float]:
    """Seconds in which a grader that is warm tells most of the verdict on a kit, when it notes the time, and has all
    of it."""
    told.clear()
    began = time.perf_counter()
    report = grader.grade(kit.name, kit.source)
    ended = time.perf_counter()
    if report.score != report.max_score:
        raise SystemExit(f"the reference did not get all points: {report.score:g}")
    return min([*told, ended]) - began, ended - began


def main() -> None:
    """Measure in rounds, each once a round; print seconds and ratios."""
    with ExitStack() as stack:
        name = stack.enter_context(tempfile.TemporaryDirectory())
        folder = kit_in(Path(name, "kit"))
        kit = open_kit(folder)
        told: list[float] = []
        follows = kit.grader(lambda id, place: None, lambda report, waiting: told.append(time.perf_counter()))
        grader = stack.enter_context(follows)
        for _ in range(2):  # then it knows what takes long
            answer(grader, kit, told)
        seconds: dict[str, list[float]] = {"floor": [], "most": [], "watch": [], "check": []}
        for number in range(ROUNDS):
            progress(f"a check, round {number + 1} of {ROUNDS}")
            seconds["floor"].append(floor(ROOT / "solutions", folder / PRACTICE))
            for way, taken in zip(("most", "watch"), answer(grader, kit, told), strict=True):
                seconds[way].append(taken)
            seconds["check"].append(timed(lambda: run("-m", "autograder", "check", str(folder))))
    builds: dict[bool, list[list[float]]] = {True: [], False: []}
    for number in range(BUILDS):
        progress(f"an exam, {number + 1} of {BUILDS}")
        for first, those in builds.items():
            those.append([float(each) for each in run("-c", _BUILD.format(seed=7000 + number, first=first)).split()])
    print(f"{ROUNDS} rounds: median (range)\n")
    for way, title in _TITLES.items():
        ratios = [a / b for a, b in zip(seconds[way], seconds["floor"], strict=True)]
        print(f"{title + ', of the floor':56}{spread(ratios)}")
    print("\nseconds: " + ", ".join(f"{way} {statistics.median(taken):.3f}" for way, taken in seconds.items()))
    for first, those in builds.items():
        wall, own, others = (statistics.median(each) for each in zip(*those, strict=True))
        which = "an exam, the first of its sources" if first else "another exam"
        print(f"{which}: {wall:.1f} s on the clock; of CPU {own:.1f} s to answer it, {others:.1f} s for all else")


_TITLES = {
    "most": "a warm grader, as at a save, until most is told",
    "watch": "until all is",
    "check": "gradschool check, from start to end",
}


if __name__ == "__main__":
    main()
