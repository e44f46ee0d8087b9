"""What the benchmarks share: a clock, commands in processes of their own, and how several measurements are shown."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

ROOT = Path(__file__).parent.parent
_FLOORS = 3  # processes: each is short


def timed(action: Callable[[], object]) -> float:
    """Seconds on the clock that `action` takes."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def run(*command: str, cwd: Path = ROOT, environment: Mapping[str, str] | None = None) -> str:
    """Run a command with this Python; returns what it prints."""
    variables = {**os.environ, **(environment or {})}
    done = subprocess.run(
        [sys.executable, *command], cwd=cwd, env=variables, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def floor(submission: Path, exam: Path) -> float:
    """The seconds that the submission itself takes to answer, the mean of a few processes."""
    taken = [run("-m", "benchmarks.floor", str(submission), str(exam)) for _ in range(_FLOORS)]
    return statistics.mean(map(float, taken))


def spread(values: list[float]) -> str:
    """The median, and the range."""
    return f"{statistics.median(values):8.2f}   ({min(values):.2f} to {max(values):.2f})"


def progress(text: str) -> None:
    """Say what is being done, apart from what is found."""
    print(text, file=sys.stderr, flush=True)
