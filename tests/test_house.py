"""docs/design.md is the map of the house as it stands: its arrows, its folders, and where one would change what."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from html import unescape
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGE = (DOCS / "design.md").read_text("utf-8")
PICTURE = (DOCS / "pictures" / "house.svg").read_text("utf-8")
PLACES = re.findall(r"^\| .+ \| `([^`]+)` \|$", PAGE.partition("## Where would you change")[2], re.M)

sys.path.insert(0, str(DOCS))
import house  # noqa: E402

sys.path.remove(str(DOCS))
house.needs = cache(house.needs)  # which reads the whole package


def test_arrows_point_down_and_there_are_no_circles() -> None:
    """The contracts are in pyproject.toml."""
    pytest.importorskip("importlinter")
    command = [shutil.which("lint-imports") or "lint-imports", "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_picture_shows_the_folders_and_their_arrows() -> None:
    titles = {unescape(title) for title in re.findall(r"<title>(.*?)</title>", PICTURE)}
    words = " ".join(unescape(text) for text in re.findall(r"<text [^>]*>(.*?)</text>", PICTURE))
    stale = "house.svg is stale: run python docs/house.py"
    assert {title for title in titles if "->" in title} == {"->".join(arrow) for arrow in house.arrows()}, stale
    rooms = [room for floor in house.floors()[:-1] for room in floor]
    assert [room for room in rooms if f"{room} {house.purpose(room)}" not in words] == [], stale
    assert ", ".join(house.floors()[-1]) in words, stale


def test_only_arrows_that_others_imply_are_left_out() -> None:
    arrows, needs = house.arrows(), house.needs()

    def reached(room: str) -> set[str]:
        return {far for one, other in arrows if one == room for far in (other, *reached(other))}

    assert {(room, far) for room, _ in needs for far in reached(room)} >= needs


def test_the_map_names_each_folder() -> None:
    folders = {path.parent.name for path in (ROOT / "autograder").glob("*/__init__.py")}
    named = re.findall(r"`(\w+)(?:\.py)?`", " ".join(re.findall(r"^\| (`.+?) \| ", PAGE, re.M)))
    assert folders - {*named} == set()
    assert [name for name in named if not list((ROOT / "autograder").glob(f"{name}*"))] == []


def test_the_map_says_where_one_would_change_twenty_things() -> None:
    assert len(PLACES) >= 20
    assert len(set(PLACES)) == len(PLACES)
    assert [place for place in PLACES if not (ROOT / place).exists()] == []
    assert [place for place in PLACES if (ROOT / place).is_dir() != place.endswith("/")] == []


def test_the_map_is_two_pages() -> None:
    lines = PAGE.splitlines()
    assert len(lines) <= 120
    assert [line for line in lines if len(line) > 120 and not line.startswith("![")] == []


_MICROGRADS = re.compile(
    r"\b(micrograd|Value|engine\.py|stretch|_prev|_backward|grad|gradients?|relu|tanh|neurons?|moons|PyTorch|torch)\b"
)


def _texts(tree: ast.Module) -> Iterator[str]:
    """The names and texts of a module, without what it says of itself."""
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value
        elif isinstance(node, ast.Name):
            yield node.id


def test_the_machine_knows_no_value() -> None:
    package = ROOT / "autograder"
    machine = [path for path in sorted(package.rglob("*.py")) if "courses" not in path.parts]
    assert [
        (path.relative_to(package).as_posix(), text)
        for path in machine
        for text in _texts(ast.parse(path.read_text("utf-8")))
        if _MICROGRADS.search(text)
    ] == []
