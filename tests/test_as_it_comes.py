"""The tests are about the course as it comes, whatever an instructor's course file in this checkout says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import AS_IT_COMES, ROOT

from autograder.settings import in_force


@pytest.mark.parametrize("folder", [".", "assignments"])
def test_commands_of_tests_do_not_read_the_checkouts_course_file(folder: str, tmp_path: Path) -> None:
    """In a copy, which an instructor's file lies in."""
    for name in ("autograder", "solutions", "tests/as_it_comes", "tests/engines"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    (tmp_path / "assignments").mkdir()
    (tmp_path / folder / "course.toml").write_text('title = "Nets"\n')

    def titles(path: str, *named: str) -> bool:
        done = subprocess.run(
            [sys.executable, "-m", "autograder", "course", "show", *named], cwd=tmp_path, capture_output=True,
            text=True, check=True, env={**os.environ, "PYTHONPATH": path},
        )  # fmt: skip
        return "\nNets\n" in done.stdout

    copy = str(tmp_path)
    assert titles(copy)
    assert not titles(os.pathsep.join([copy, str(tmp_path / AS_IT_COMES.relative_to(ROOT))]))
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "course.toml").write_text('title = "Nets"\n')
    assert titles(os.pathsep.join([copy, str(tmp_path / AS_IT_COMES.relative_to(ROOT))]), "--course", "mine")


def test_nor_do_tests_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    reads: list[Path] = []
    monkeypatch.setattr(in_force, "read_settings", lambda file, course: reads.append(file))
    monkeypatch.setattr("autograder.project.SETTINGS", "nbgrader_config.py")  # a file that is there
    in_force.take(None)
    in_force.drop()
    assert reads == []
