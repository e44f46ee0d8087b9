"""Where namespaces may not be made, as in Docker's default profile, students get the points that they get anywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ROOT, SAMPLES, readable_by_others
from containers import KINDS, ORDINARY
from courses import golden_report
from nightly import WHOLE, few
from test_machines import distributions_python, install, sites

from autograder.exam.paper import Exam
from autograder.sandbox import reasons
from autograder.sandbox.kernel import users
from autograder.sandbox.layers import BARE

pytestmark = [
    pytest.mark.xdist_group("sandbox"),
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux has sandboxes"),
    pytest.mark.skipif(not users.is_root(), reason="containers are entered by root"),
]
# Wrong in many ways, two that harm whom they can, by memory and by signals, and at night one who has all of it right.
STUDENTS = ("bela", "ivan", "karl", *(("ada",) if WHOLE else ()))
GRADES = """
import json, sys
from pathlib import Path
from autograder.exam.paper import load
from autograder.submissions.discovery import find_submissions
from autograder.grading.grader import Grader
from autograder.courses.micrograd import COURSE
from autograder.sandbox.launcher import choose

chosen = choose("auto")
found = {}
with Grader(load(Path(sys.argv[1])), chosen) as grader:
    for submission in find_submissions([Path(sys.argv[2])], COURSE.assignments):
        if submission.student in sys.argv[4:]:
            items = grader.grade_submission(submission).items
            found[submission.student] = {item.id: [item.status, item.message] for item in items}
Path(sys.argv[3]).write_text(json.dumps({"layers": chosen.layers, "weaker": chosen.weaker, "found": found}))
"""


@pytest.mark.parametrize("kind", few(KINDS, 1))
def test_a_container_of_dockers_default_profile_gives_the_same_points(kind: str, exam: Exam, reachable: Path) -> None:
    closed = not all(map(readable_by_others, map(Path, sites())))
    if closed and kind == "ordinary":
        pytest.skip("the libraries are out of reach for other users")
    python = install(reachable / "x", distributions_python())
    (reachable / "exam.json").write_text(exam.to_json())
    os.chown(reachable, *((ORDINARY, ORDINARY) if kind == "ordinary" else (0, 0)))
    script = f"import sys; sys.path.insert(0, {str(reachable / 'x')!r})\n{GRADES}"
    command = [sys.executable, ROOT / "tests" / "containers.py", kind, python, "-c", script, reachable / "exam.json",
               SAMPLES, reachable / "found.json", *STUDENTS]  # fmt: skip
    environment = {**os.environ, "HOME": str(reachable), "TMPDIR": "/tmp"}
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, env=environment, cwd="/", timeout=300,
                          check=False)  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads((reachable / "found.json").read_text())
    assert told["layers"] == [*BARE.layers]
    for student in STUDENTS:  # what they get in the strongest sandbox, as test_samples has it
        for item in golden_report(student).items:
            found = told["found"][student][item.id]
            assert found[0] == item.status, (student, item.id, item.message, found)
    assert "without bwrap and namespaces here: this container forbids user namespaces" in told["weaker"]
    assert "Linux 5.13" not in told["weaker"], "Landlock is there"
    assert ("runs as root, without root's rights" in told["weaker"]) == (kind == "powerless" or closed)
    assert ("(sudo chmod o+x " in told["weaker"]) == (kind == "root" and closed)


def test_root_stays_root_where_only_root_may_enter(monkeypatch: pytest.MonkeyPatch, reachable: Path) -> None:
    """Without the right to mount there is no way to show others what lies there."""
    closed = reachable / "closed"
    (closed / "python").mkdir(parents=True)
    closed.chmod(0o700)
    monkeypatch.setattr(reasons, "needed", lambda folder, libraries: [str(closed / "python")])
    monkeypatch.setattr(users, "others", lambda: True)
    monkeypatch.setattr(users, "has", lambda *capabilities: False)
    assert f"sudo chmod o+x {closed})" in reasons.stays_root(BARE.layers)
    assert reasons.stays_root(("bwrap", *BARE.layers)) == ""
    monkeypatch.setattr(users, "has", lambda *capabilities: True)
    assert reasons.stays_root(BARE.layers) == ""


def test_root_without_the_right_is_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users, "has", lambda *capabilities: False)
    assert not users.others()
    assert "SETUID and SETGID" in reasons.stays_root(BARE.layers)
