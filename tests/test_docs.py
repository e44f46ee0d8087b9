"""The lecture in docs/micrograd.md says what is so: examples, errors, names, pictures; and it tells no solution."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from autograder.courses.micrograd import load_items
from autograder.exam.regions import regions

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
SOLUTIONS = ROOT / "solutions"
MODULES = ("engine", "derivative", "trace", "nn", "train", "data")
PAGE = (DOCS / "micrograd.md").read_text("utf-8")
FLOWING = " ".join(PAGE.split())
LECTURE, REFERENCE = PAGE.split("\n## API reference\n")
# What the page says about each module, under a heading of its name.
SECTIONS = dict(zip(*[iter(re.split(r"\n### (\w+)\n", REFERENCE)[1:])] * 2, strict=True))

EXAMPLES = re.findall(r"^```python\n(.*?)^```\n```text\n(.*?)^```$", LECTURE, re.S | re.M)
ERRORS = re.findall(r"^\| `(.+)` \| `(\w+Error)` \|", SECTIONS["errors"], re.M)
EMBEDDED = re.findall(r"!\[([^\]]*)\]\((pictures/[^)]+)\)", PAGE)

# How the page spells what Python calls by another name.
OPERATORS = {
    "__add__": "a + b",
    "__mul__": "a * b",
    "__pow__": "a ** n",
    "__neg__": "-a",
    "__sub__": "a - b",
    "__truediv__": "a / b",
    "__radd__": "2 + a",
    "__rsub__": "2 - a",
    "__rmul__": "2 * a",
    "__rtruediv__": "2 / a",
}
ATTRIBUTES = {
    "engine": (".data", ".grad", "._prev", "._op", "._backward()"),
    "nn": (".training", ".w", ".b", ".nonlin", ".dropout", ".neurons", ".layers"),
    "train": (".lr",),
}

needs_dot = pytest.mark.skipif(shutil.which("dot") is None, reason="graphviz's program dot is not installed")


def python(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python in a folder, with the reference on its path."""
    environment = {**os.environ, "PYTHONPATH": str(SOLUTIONS), "PYTHONIOENCODING": "utf-8", **environment}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False
    )


def texts(path: Path) -> list[str]:
    """All that is written in a picture, in no order; fails when it is no well-formed SVG."""
    root = ElementTree.parse(path).getroot()
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    return sorted(" ".join("".join(text.itertext()).split()) for text in root.iter("{http://www.w3.org/2000/svg}text"))


def definitions(module: str) -> set[str]:
    """The public functions, constructors and methods of a module of the reference, as one calls them."""

    def call(function: ast.FunctionDef, name: str, method: bool = True) -> str:
        arguments = function.args
        arguments.args = arguments.args[method:]
        return f"{name}({ast.unparse(arguments)})"

    calls = set()
    for node in ast.parse((SOLUTIONS / "micrograd" / f"{module}.py").read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef) and node.name[0] != "_":
            calls.add(call(node, node.name, method=False))
        for member in node.body if isinstance(node, ast.ClassDef) else ():
            if not isinstance(member, ast.FunctionDef):
                continue
            if member.name == "__init__":
                calls.add(call(member, node.name))
            elif member.name[0] != "_":
                calls.add(call(member, member.name))
            elif member.name not in ("_lift", "__repr__", "__call__"):
                calls.add(OPERATORS[member.name])
    return calls


def test_every_example_shows_what_it_prints() -> None:
    assert len(EXAMPLES) == PAGE.count("```python\n") >= 8


@pytest.mark.parametrize("code, printed", EXAMPLES)
def test_examples_print_what_the_page_says(code: str, printed: str, tmp_path: Path) -> None:
    done = python("-c", code, folder=tmp_path)
    assert done.stderr == ""
    assert done.stdout == printed


def test_errors_are_raised_as_the_page_says(tmp_path: Path) -> None:
    assert len(ERRORS) == SECTIONS["errors"].count("\n| `") >= 10
    names = "".join(f"from micrograd.{module} import *\n" for module in MODULES)
    for expression, error in ERRORS:
        done = python("-c", f"{names}\ntry:\n    {expression}\nexcept {error}:\n    print('raised')", folder=tmp_path)
        assert (expression, done.stdout, done.stderr) == (expression, "raised\n", "")


@pytest.mark.parametrize("module", MODULES)
def test_the_reference_names_all_that_is_built(module: str) -> None:
    section = " ".join(SECTIONS[module].split())
    section = re.sub(r"\de-\d", lambda number: repr(float(number[0])), section)  # as ast.unparse writes it
    calls = definitions(module)
    assert calls
    assert {name for name in calls | set(ATTRIBUTES.get(module, ())) if f"`{name}`" not in section} == set()


def test_the_page_names_each_item_that_has_a_todo_and_no_item_that_is_none() -> None:
    sources = [(SOLUTIONS / "micrograd" / f"{module}.py").read_text("utf-8") for module in MODULES]
    todos = {region.id for source in sources for region in regions(source, "", list(load_items()))}
    kinds = "|".join({todo.split("-")[0] for todo in todos})
    named = set(re.findall(rf"`((?:{kinds})-[a-z0-9-]+)`", PAGE))
    assert len(todos) > 30
    assert todos - named == set()
    assert named - todos - set(load_items()) == set()


def test_links_within_the_page_lead_to_a_heading() -> None:
    headings = re.findall(r"^#+ (.+)$", PAGE, re.M)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    assert len(anchors) == len(headings)
    linked = set(re.findall(r"\]\(#([^)]+)\)", PAGE))
    assert len(linked) > 10
    assert linked - anchors == set()


def test_no_line_of_a_solution_stands_in_the_lecture_or_its_pictures() -> None:
    """Stricter than for the rest of the project: also short lines, and those within other lines."""
    hidden = set()
    for path in (SOLUTIONS / "micrograd").glob("*.py"):
        lines = path.read_text("utf-8").split("\n")
        for region in regions("\n".join(lines), path.name, list(load_items())):
            hidden |= {" ".join(line.split()) for line in lines[region.begin : region.end - 1]}
    telling = {line for line in hidden if len(line) > 11 and re.search(r"[=(+*/-]", line)}
    assert len(telling) > 60
    drawing = " ".join((DOCS / "pictures.py").read_text("utf-8").split())
    assert {line for line in telling if line in FLOWING or line in drawing} == set()


def test_pictures_have_a_place_and_a_description() -> None:
    assert len(EMBEDDED) >= 5
    assert [place for _, place in EMBEDDED if not (DOCS / place).is_file()] == []
    assert [place for description, place in EMBEDDED if len(description) < 40] == []


@needs_dot
def test_pictures_are_drawn_again_alike(tmp_path: Path) -> None:
    for name, seed in (("one", "1"), ("two", "2")):
        done = python(str(DOCS / "pictures.py"), str(tmp_path / name), folder=tmp_path, PYTHONHASHSEED=seed)
        assert (done.returncode, done.stderr) == (0, "")
    drawn = sorted((tmp_path / "one").iterdir())
    assert [f"pictures/{path.name}" for path in drawn] == sorted(place for _, place in EMBEDDED)
    for new in drawn:
        old = DOCS / "pictures" / new.name
        assert new.read_bytes() == (tmp_path / "two" / old.name).read_bytes()
        assert texts(new) == texts(old), f"{old.name} is stale: run python docs/pictures.py"


@pytest.mark.parametrize(
    "name, expected",
    [
        ("chain-rule", {"x = 3", "z = u·v = 36", "∂v/∂x = 2x = 6", "dz/dx = 9·1 + 4·6 = 33"}),
        ("expression", {"data 3.0000", "grad 33.0000", "data 36.0000", "grad 1.0000", "+", "*", "**2"}),
        ("neuron", {"w₁", "x₂", "b", "ReLU"}),
        ("one-node", {"forward", "backward", "a.data", "out.grad = ∂L/∂out", "∂L/∂out · ∂out/∂a"}),
        ("order", {"1: x = 3", "4: z = q + p", "24"}),
    ],
)
def test_pictures_show_what_they_should(name: str, expected: set[str]) -> None:
    path = DOCS / "pictures" / f"{name}.svg"
    assert expected - set(texts(path)) == set()
    assert re.findall(r"<title>|<!--|\d{9,}", path.read_text("utf-8")) == []
