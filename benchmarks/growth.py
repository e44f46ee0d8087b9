"""What grading costs: `python -m benchmarks.growth [SIZE ...]` measures it, by default up to a class of 1000.

Writes docs/benchmarks.md and docs/pictures/growth.svg: one submission (`python -m benchmarks`), nbgrader's button
(`python -m benchmarks.course`), and a class as it grows, each run of it in a process of its own. The class is
generated: the reference with up to three classic mistakes, and the sample class's folders, each made different by a
comment. Whoever never comes to an end, or in time that doubles with each node, is left out, for that costs what the
time limit says.
"""

from __future__ import annotations

import json
import os
import platform
import random
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autograder.classroom.grade import grade_class, item_ids
from autograder.classroom.job import Job
from autograder.classroom.results import Results
from autograder.errors import UserError
from autograder.exam.mutants import copy_reference, load_mutations, mistaken
from autograder.grading.exams import get
from autograder.sandbox.launcher import choose
from autograder.submissions.discovery import find_submissions
from benchmarks.timing import ROOT, floor, progress, run, spread

SIZES = [10, 100, 1000]
SEVERAL = 3  # rounds of what is compared
MIDDLE = 40  # submissions in what is compared
LARGE = 160  # submissions of a class in which it counts less that each judge has to start
PAGE = ROOT / "docs" / "benchmarks.md"
TEXT = Path(__file__).with_name("page.md")  # with places for what is measured
PLOT = ROOT / "docs" / "pictures" / "growth.svg"
_ENDLESS = {"hana", "ivan", "karl"}
_EXPONENTIAL = {"no-visited-set", "root-alone-visited"}


def generate(folder: Path, size: int) -> None:
    """Write a class of that many different submissions, always the same ones."""
    chance = random.Random(2026)
    mutations = [each for each in load_mutations() if each.pitfall not in _EXPONENTIAL]
    samples = [
        path for path in sorted((ROOT / "assignments" / "submitted").iterdir())
        if (path / "micrograd" / "engine.py").is_file() and path.name not in _ENDLESS
    ]  # fmt: skip
    for number in range(size):
        student = folder / f"s{number:05}"
        if number % 10 == 9:
            shutil.copytree(chance.choice(samples), student, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            modules = mistaken()
            for mutation in chance.sample(mutations, chance.randrange(4)):
                try:
                    mutation.plant(modules)
                except ValueError:  # another mistake stands in its place
                    continue
            package = copy_reference(student)
            for name, source in modules.items():
                (package / name).write_text(source, "utf-8")
        with (student / "micrograd" / "engine.py").open("a") as file:
            file.write(f"\n# submission {number}\n")


def measured(folder: Path, out: Path, jobs: int, *, cluster: str = "") -> dict[str, float]:
    """One run over a class in a process of its own."""
    return dict(json.loads(run("-m", "benchmarks.growth", "--run", str(folder), str(out), str(jobs), cluster)))


def one_run(folder: str, out: str, jobs: str, cluster: str) -> None:
    """Grade a class; print seconds on the clock, and the main process's seconds of CPU and memory."""
    job = Job(get(), choose("auto"), item_ids(()))
    began, cpu = time.perf_counter(), sum(os.times()[:2])
    submissions = find_submissions([Path(folder)], [])
    reports = grade_class(submissions, job, Results(Path(out), job), jobs=int(jobs), cluster=cluster or None)
    if trouble := [report.student for report in reports if report.ungraded]:
        raise UserError(f"not graded: {trouble}")
    print(
        json.dumps(
            {
                "wall": time.perf_counter() - began,
                "cpu": sum(os.times()[:2]) - cpu,
                "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                "mean": statistics.fmean(report.score for report in reports),
            }
        )
    )


@contextmanager
def dask_cluster(workers: int) -> Iterator[str]:
    """A scheduler and worker processes on this machine."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:
        yield cluster.scheduler_address


def growth(sizes: list[int], folder: Path) -> list[dict[str, Any]]:
    """A row a size: the first run, and the second over the unchanged class."""
    rows = []
    for size in sizes:
        submissions, out = folder / str(size), folder / f"out{size}"
        progress(f"a class of {size}: making it")
        generate(submissions, size)
        progress(f"a class of {size}: grading it")
        first = measured(submissions, out, os.cpu_count() or 1)
        time.sleep(4)  # so that the files' times lie far enough back to prove something
        progress(f"a class of {size}: once more, unchanged")
        measured(submissions, out, 1)
        again = measured(submissions, out, 1)
        shutil.rmtree(submissions)  # ten thousand take a gigabyte
        shutil.rmtree(out)
        rows.append({"size": size, "first": first, "again": again})
        print(f"{size:6}: {first['wall'] / size:.3f} s each, main process {1000 * first['cpu'] / size:.1f} ms each and "
              f"{first['memory']:.0f} MB; unchanged {1000 * again['wall'] / size:.2f} s a thousand",
              flush=True)  # fmt: skip
    return rows


def compared(folder: Path) -> dict[str, list[float]]:
    """Ratios of times on the clock over the same class, side by side in rounds; and what the machine itself gives."""
    generate(folder / "middle", MIDDLE)
    generate(folder / "large", LARGE)
    for number in range(MIDDLE):
        package = copy_reference(folder / "right" / f"s{number:05}")
        (package / "engine.py").write_text(f"{(package / 'engine.py').read_text('utf-8')}\n# {number}\n", "utf-8")
    exam = folder / "exam.json"
    exam.write_text(get().to_json())
    ratios: dict[str, list[float]] = {
        "one core, of two": [], f"one core, of two, {LARGE} submissions": [],
        "two runs on one core, one after the other, of both at once": [],
        "two floors one after the other, of both at once": [],
        "Dask with two workers, of two judges": [], "the class, of the reference as often": [],
    }  # fmt: skip
    for number in range(SEVERAL):
        progress(f"ways to grade the same {MIDDLE} submissions, round {number + 1} of {SEVERAL}")

        def wall(name: str, jobs: int, number: int = number, **options: Any) -> float:
            kind = name.partition("-")[0] if "-" in name else "middle"
            return measured(folder / kind, folder / f"{name}{number}", jobs, **options)["wall"]

        two = wall("two", 2)
        one = wall("one", 1)
        ratios["one core, of two"].append(one / two)
        ratios["the class, of the reference as often"].append(one / wall("right-one", 1))
        large_two = wall("large-two", 2)
        ratios[f"one core, of two, {LARGE} submissions"].append(wall("large-one", 1) / large_two)
        with ThreadPoolExecutor(2) as pool:  # each waits for processes of its own, below too
            both = list(pool.map(lambda way: wall(way, 1), ("this", "that")))
        ratios["two runs on one core, one after the other, of both at once"].append(2 * one / max(both))
        alone = floor(ROOT / "solutions", exam)
        with ThreadPoolExecutor(2) as pool:
            both = list(pool.map(lambda _: floor(ROOT / "solutions", exam), range(2)))
        ratios["two floors one after the other, of both at once"].append(2 * alone / statistics.mean(both))
        with dask_cluster(2) as address:
            measured(folder / "middle", folder / f"warm{number}", 2, cluster=address)  # as a cluster that is there is
            ratios["Dask with two workers, of two judges"].append(wall("dask", 2, cluster=address) / two)
    return ratios


def plot(rows: list[dict[str, Any]]) -> None:
    """Seconds and memory by size."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "gradschool"
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(8, 3), layout="constrained")
    sizes = [row["size"] for row in rows]
    left.plot(sizes, [row["first"]["wall"] / row["size"] for row in rows], "o-", label="new")
    left.plot(sizes, [row["again"]["wall"] / row["size"] for row in rows], "o-", label="unchanged")
    left.set(xscale="log", yscale="log", xlabel="submissions", ylabel="seconds each")
    left.legend()
    right.plot(sizes, [row["first"]["memory"] for row in rows], "o-")
    right.set(xscale="log", ylim=(0, None), xlabel="submissions", ylabel="main process, MB")
    figure.savefig(PLOT, metadata={"Date": None})


def page(rows: list[dict[str, Any]], ratios: dict[str, list[float]], **printed: str) -> str:
    """The text of docs/benchmarks.md, with what the other benchmarks `printed`."""
    from benchmarks.ways import STUDENTS  # with nbgrader, which would count in the memory of a run

    table = "\n".join(
        f"| {row['size']:,} | {row['first']['wall'] / row['size']:.3f} | "
        f"{1000 * row['first']['cpu'] / row['size']:.1f} | {row['first']['memory']:.0f} | "
        f"{1000 * row['again']['wall'] / row['size']:.2f} |"
        for row in rows
    )
    lines = "\n".join(
        f"| {name} | {statistics.median(values):.2f} | {min(values):.2f} to {max(values):.2f} |"
        for name, values in ratios.items()
    )
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    return TEXT.read_text("utf-8").format(
        machine=machine, table=table, ratios=lines, middle=MIDDLE, students=STUDENTS, **printed,
    )  # fmt: skip


def printed(*command: str) -> str:
    """What a benchmark prints; shown as well."""
    progress(f"python -m {' '.join(command)}")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", *command], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.returncode)  # it has said why
    print(done.stdout, flush=True)
    return done.stdout.strip()


def main(arguments: list[str]) -> None:
    """Measure, print, and write the page and the plot."""
    if arguments[:1] == ["--run"]:
        return one_run(*arguments[1:])
    if not all(argument.isdecimal() and int(argument) for argument in arguments):
        raise SystemExit(f"sizes of classes are positive numbers, not {' '.join(arguments)!r}")
    sizes = sorted({int(argument) for argument in arguments}) or SIZES
    others = {
        "single": printed("benchmarks"), "button": printed("benchmarks.course"),
        "large": printed("benchmarks.large", str(sizes[-1])), "crowd": printed("benchmarks.crowd"),
        "desk": printed("benchmarks.desk"),
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as name:
        rows = growth(sizes, Path(name))
        ratios = compared(Path(name))
    for way, values in ratios.items():
        print(f"{way:44}{spread(values)}", flush=True)
    plot(rows)
    PAGE.write_text(page(rows, ratios, **others), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
