"""How many judges there are where nobody says so: as many as this process may use processors."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from conftest import ROOT

from autograder.cli.app import main
from autograder.sandbox.kernel import processors as cores
from autograder.sandbox.kernel.processors import processors


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs a process that may be bound to a processor")
def test_processors_that_this_process_may_not_use_do_not_count() -> None:
    before = os.sched_getaffinity(0)
    assert processors() == len(before)
    try:
        os.sched_setaffinity(0, {min(before)})
        assert processors() == 1
    finally:
        os.sched_setaffinity(0, before)


GROUPS = {  # what /proc/self/cgroup says, the files below /sys/fs/cgroup, and the processors that are paid for
    "a container, version 2": ("0::/", {"cpu.max": "200000 100000"}, 2),
    "half of one": ("0::/", {"cpu.max": "50000 100000"}, 1),
    "two and a half": ("0::/", {"cpu.max": "250000 100000"}, 3),
    "a group in a group": (
        "0::/user.slice/a:b.scope",
        {"user.slice/cpu.max": "300000 100000", "user.slice/a:b.scope/cpu.max": "max 100000"}, 3,
    ),
    "both versions": ("4:cpu,cpuacct:/docker/1\n0::/docker/1", {"unified/docker/1/cpu.max": "400000 100000"}, 4),
    "version 1": (
        "4:cpu,cpuacct:/docker/1\n0::/",
        {"cpu,cpuacct/docker/1/cpu.cfs_quota_us": "400000", "cpu,cpuacct/docker/1/cpu.cfs_period_us": "100000"}, 4,
    ),
    "a container, version 1": (
        "4:cpu,cpuacct:/docker/1\n",
        {"cpu/cpu.cfs_quota_us": "100000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 1,
    ),
    "no limit, version 1": ("1:cpu:/", {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 8),
    "no limit": ("0::/", {"cpu.max": "max 100000"}, 8),
    "more than there are": ("0::/", {"cpu.max": "6400000 100000"}, 8),
    "none of its own": ("0::/../other", {}, 8),
    "not as they should be": ("0::/\n::\nno line", {"cpu.max": "max"}, 8),
    "nonsense": ("1:cpu:/\n0::/", {"cpu.max": "1 0", "cpu/cpu.cfs_quota_us": "", "cpu/cpu.cfs_period_us": "1"}, 8),
    "nothing to be read": (None, {}, 8),
}  # fmt: skip


@pytest.mark.parametrize("where", GROUPS)
def test_processors_that_nobody_pays_for_do_not_count(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A container on a large machine sees all of its processors."""
    said, files, count = GROUPS[where]
    if said is not None:
        (tmp_path / "said").write_text(said)
    for name, text in files.items():
        (tmp_path / "top" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "top" / name).write_text(text)
    monkeypatch.setattr(cores, "_GROUPS", tmp_path / "said")
    monkeypatch.setattr(cores, "_TOP", tmp_path / "top")
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(8)), raising=False)
    assert processors() == count


_IN_A_GROUP = """
import os, sys
from autograder.sandbox.kernel.processors import bound, processors
open(sys.argv[1] + "/cgroup.procs", "w").write(str(os.getpid()))
print(processors(), bound())
"""
KERNEL = {
    "/sys/fs/cgroup/cpu": {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "50000"},
    "/sys/fs/cgroup": {"cpu.max": "50000 100000"},
}


@pytest.mark.parametrize("place", KERNEL)
def test_a_control_group_of_the_kernels_counts(place: str) -> None:
    group = Path(place, f"gradschool-{os.getpid()}")
    try:
        group.mkdir()
    except OSError:
        pytest.skip("no control group can be made here")
    try:
        for name, text in KERNEL[place].items():
            if not (group / name).exists():
                pytest.skip("such a group has no say about processors here")
            (group / name).write_text(text)
        command = [sys.executable, "-c", _IN_A_GROUP, str(group)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout == f"1 {len(os.sched_getaffinity(0))}\n"
    finally:
        group.rmdir()


def test_as_many_judges_as_processors_are_paid_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cores, "_quota", lambda group: 1.0)
    monkeypatch.setattr(cores, "_groups", lambda *_: [tmp_path])
    asked: list[Any] = []
    monkeypatch.setattr("autograder.classroom.grade.grade_class", lambda *_, jobs, **__: asked.append(jobs) or [])
    submission = ROOT / "assignments" / "submitted" / "lena"
    CliRunner().invoke(main, ["grade", str(submission), "--out", str(tmp_path / "out"), "--sandbox", "none"])
    assert asked == [1]
