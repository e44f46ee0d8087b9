"""The reference is what it promises, and what is hidden stays hidden."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from nightly import nightly

from autograder.courses.micrograd import load_items
from autograder.exam.paper import Exam
from autograder.exam.regions import regions

ROOT = Path(__file__).parent.parent

KARPATHYS_EXAMPLE = """
from micrograd.engine import Value

a = Value(-4.0)
b = Value(2.0)
c = a + b
d = a * b + b**3
c += c + 1
c += 1 + c + (-a)
d += d * 2 + (b + a).relu()
d += 3 * d + (b - a).relu()
e = c - d
f = e**2
g = f / 2.0
g += 10.0 / f
print(f'{g.data:.4f}') # prints 24.7041, the outcome of this forward pass
g.backward()
print(f'{a.grad:.4f}') # prints 138.8338, i.e. the numerical value of dg/da
print(f'{b.grad:.4f}') # prints 645.5773, i.e. the numerical value of dg/db
"""


def tracked_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_karpathys_example_runs_unchanged() -> None:
    done = subprocess.run(
        [sys.executable, "-c", KARPATHYS_EXAMPLE], cwd=ROOT / "solutions", capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["24.7041", "138.8338", "645.5773"]


def test_no_line_of_a_solution_stands_outside_solutions() -> None:
    """Nor outside the tests, which plant faults in the reference and reach no student."""
    hidden = set()
    for path in sorted((ROOT / "solutions" / "micrograd").glob("*.py")):
        lines = path.read_text().split("\n")
        for region in regions("\n".join(lines), str(path), list(load_items())):
            hidden |= {line.strip() for line in lines[region.begin : region.end - 1]}
    telling = {line for line in hidden if len(line) > 20 and re.search(r"\w+.*[=(+*/-].*\w", line)}
    assert len(telling) > 30
    found = []
    for path in tracked_files():
        if path.relative_to(ROOT).parts[0] in ("solutions", "tests") or path.suffix in (".zip", ".gz", ".svg", ".png"):
            continue
        text = path.read_text("utf-8", "replace")
        if path.suffix == ".ipynb":
            text = "\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
        lines = text.split("\n")
        found += [f"{path}:{n}: {line}" for n, line in enumerate(lines, 1) if line.strip() in telling]
    # The stub of draw_dot names this call itself.
    assert [place for place in found if not place.endswith("nodes, edges = trace(root)")] == []


def test_links_in_the_documents_lead_somewhere() -> None:
    broken = []
    for page in [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.name}: {target}")
    assert broken == []


def test_make_targets_of_the_documents_exist() -> None:
    kit = ROOT / "autograder" / "kit" / "files"
    makefiles = [(folder / "Makefile").read_text() for folder in (ROOT, kit)]
    for page, known in (
        ("README.md", makefiles),
        ("docs/course.md", makefiles),
        ("autograder/kit/files/README.md", makefiles[1:]),
    ):
        named = set(re.findall(r"(?:^|`)make ([a-z-]+)", (ROOT / page).read_text(), re.M))
        assert len(named) >= 2
        assert [x for x in named if not any(re.search(rf"^{x}:", makefile, re.M) for makefile in known)] == [], page


def test_measuring_anew_drops_no_sentence_about_what_grading_costs() -> None:
    """Of docs/benchmarks.md, what is not measured stands in the text from which `make bench` writes it."""
    text, page = (
        {section.partition("\n")[0]: section.strip() for section in path.read_text("utf-8").split("\n## ")}
        for path in (ROOT / "benchmarks" / "page.md", ROOT / "docs" / "benchmarks.md")
    )
    prose = {title: section for title, section in text.items() if "{" not in section}
    assert len(prose) > 1 and {title: page.get(title) for title in prose} == prose
    lines = set("\n".join(page.values()).split("\n"))
    assert [
        line for section in text.values() for line in section.split("\n") if "{" not in line and line not in lines
    ] == []


@nightly
def test_the_usual_way_that_benchmarks_compare_with_still_grades(exam: Exam, tmp_path: Path) -> None:
    (tmp_path / "exam.json").write_text(exam.to_json())
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment = {**kept, "EXAM": str(tmp_path / "exam.json"), "SUBMISSION": str(ROOT / "solutions")}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "benchmarks/peer.py"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert f"\n{len(load_items())} passed" in done.stdout, done.stdout
