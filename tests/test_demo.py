"""The demo learns for real, draws what it learned, and says in one sentence what is in its way."""

from __future__ import annotations

import importlib
import os
import re
import runpy
import shlex
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from forks import said
from kits import command
from nightly import WHOLE, nightly, only

pytest.importorskip("matplotlib")

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "docs" / "demo.py"
PICTURES = ("moons.svg", "neuron-graph.svg")
SVG = "{http://www.w3.org/2000/svg}"
POINTS = 20
TINY = ("--points", str(POINTS), "--steps", "15")
SMALL = "\n\nclass MLP(MLP):\n    def __init__(self, inputs, _):\n        super().__init__(inputs, [6, 1])\n"

needs_dot = pytest.mark.skipif(not shutil.which("dot"), reason="graphviz's dot is not installed")


def demo(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """The script. By day in a fork, which has matplotlib, unless it is to find another."""
    words = [str(DEMO), *map(str, arguments)]
    if WHOLE or "PYTHONPATH" in environment:
        command = [sys.executable, "-B", *words]
        return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, timeout=120)
    importlib.import_module("matplotlib.figure")

    def run() -> None:
        sys.argv = words
        os.environ.update(environment)
        for name in [name for name in sys.modules if name.partition(".")[0] == "micrograd"]:
            del sys.modules[name]
        runpy.run_path(str(DEMO), run_name="__main__")

    return said(run, ROOT, words)


def gradschool(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command, as a student calls it in the folder that holds micrograd/ and the practice exam."""
    shutil.copy(ROOT / "student" / "practice-exam.json", folder)
    return subprocess.run(
        command(*arguments), cwd=folder, env=os.environ | environment, capture_output=True, text=True, timeout=120
    )


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder with both pictures, and what was printed."""
    folder = tmp_path_factory.mktemp("demo") / "not" / "there" / "yet"
    done = demo(*TINY, "--out", folder, PYTHONHASHSEED="1")
    assert (done.returncode, done.stderr) == (0, "")
    return folder, done.stdout


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A folder that holds a micrograd to break."""
    shutil.copytree(ROOT / "solutions", tmp_path / "mine", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "mine"


def complaint(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence on stderr of a run that failed."""
    assert done.returncode != 0
    assert done.stderr.startswith("Error: ") and done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def texts(picture: Path) -> list[str]:
    return [element.text or "" for element in ElementTree.parse(picture).iter(f"{SVG}text")]


@nightly
@needs_dot
def test_it_learns_all_points_and_says_so(drawn: tuple[Path, str]) -> None:
    folder, said = drawn
    assert sorted(path.name for path in folder.iterdir()) == sorted(PICTURES)
    told = re.match(rf"{POINTS} points, 15 steps, .* s: loss (\S+) -> (\S+), accuracy \S+ % -> 100 %\n", said)
    assert told and float(told[2]) < float(told[1]) / 10
    assert all(str(folder / name) in said for name in PICTURES)


@nightly
@needs_dot
def test_the_moons_show_points_boundary_and_accuracy(drawn: tuple[Path, str]) -> None:
    picture = drawn[0] / "moons.svg"
    groups = {group.get("id"): group for group in ElementTree.parse(picture).iter(f"{SVG}g")}
    for moon in ("upper-moon", "lower-moon"):
        assert len(list(groups[moon].iter(f"{SVG}use"))) == POINTS / 2
    assert groups["boundary"].find(f"{SVG}path") is not None
    assert f"{POINTS} points, 100 % on the right side" in texts(picture)


@nightly
@needs_dot
def test_the_neuron_shows_data_and_gradients(drawn: tuple[Path, str]) -> None:
    words = texts(drawn[0] / "neuron-graph.svg")
    assert [words.count(op) for op in ("*", "+", "ReLU")] == [2, 2, 1]
    data = [word.removeprefix("data ") for word in words if word.startswith("data ")]
    grads = [word.removeprefix("grad ") for word in words if word.startswith("grad ")]
    assert len(data) == len(grads) == 10
    boxes = set(zip(data, grads, strict=True))
    # The neuron fires, so each input's gradient is its weight, and the other way round; all else passes on 1.
    assert len({(its, slope) for its, slope in boxes if (slope, its) in boxes and its != slope}) == 4
    assert sum(slope == "1.0000" for slope in grads) >= 6


@nightly
@needs_dot
def test_the_same_run_draws_the_same_bytes(drawn: tuple[Path, str], tmp_path: Path) -> None:
    assert demo(*TINY, "--out", tmp_path, PYTHONHASHSEED="2").returncode == 0
    for name in PICTURES:
        assert (tmp_path / name).read_bytes() == (drawn[0] / name).read_bytes()


@nightly
@needs_dot
def test_a_net_that_does_not_get_there_is_no_success(tmp_path: Path) -> None:
    said = complaint(demo("--points", POINTS, "--steps", "1", "--out", tmp_path))
    assert "did not get all points right" in said and "100 %" not in said
    assert (tmp_path / "moons.svg").exists(), "what it did learn should be drawn all the same"


@needs_dot
@pytest.mark.parametrize(
    ("module", "ending", "says"),
    [
        ("train", "def hinge_loss(*_):\n    raise NotImplementedError('training-hinge')", "training-hinge is still to"),
        ("nn", "class MLP:\n    def __init__(self, *_):\n        1 / 0", "ZeroDivisionError"),
        *only(
            [
                ("train", "def accuracy(*_):\n    return float('nan').no", "AttributeError"),
                ("train", "def hinge_loss(scores, labels):\n    return sum(scores) * float('inf')", "the loss became "),
                ("data", "import sys\nsys.exit()", "SystemExit"),
                ("engine", "def class", "SyntaxError"),
            ],
            lambda case: False,
        ),
    ],
)
def test_a_package_that_is_not_ready(package: Path, module: str, ending: str, says: str) -> None:
    file = package / "micrograd" / f"{module}.py"
    before = file.read_text(encoding="utf-8")
    file.write_text(f"{before}\n\n{ending}\n", encoding="utf-8")
    said = complaint(demo(*TINY, "--package", package, "--out", package / "out"))
    assert says in said and "`gradschool check`" in said
    if says.endswith("Error"):
        assert f"{module}.py" in said


@needs_dot
def test_a_folder_without_micrograd(package: Path) -> None:
    assert "name the folder that holds" in complaint(demo("--package", package.parent))
    (package / "micrograd" / "nn.py").unlink()
    assert "micrograd/nn.py" in complaint(demo("--package", package))


@needs_dot
def test_a_place_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "--out" in complaint(demo("--out", tmp_path / "file"))


def test_without_matplotlib(tmp_path: Path) -> None:
    (tmp_path / "matplotlib.py").write_text("raise ImportError('gone')")
    said = complaint(demo(PYTHONPATH=str(tmp_path), PATH=str(tmp_path)))
    (named,) = re.findall(r"matplotlib cannot be imported \(gone\): `(.*) -m pip install matplotlib`", said)
    assert Path(*shlex.split(named)).samefile(sys.executable)  # not what else is called python


def test_students_see_their_own_net_learn(package: Path) -> None:
    """By a command in a process of its own, on whatever they wrote, with the boundary and the loss in one picture: of
    few neurons, which are asked on which side each part of the picture lies."""
    (package / "micrograd" / "engine.py").open("a").write("\nprint('mine')\n")
    (package / "micrograd" / "nn.py").open("a").write(SMALL)
    done = gradschool(package, "demo", "--points", "8", "--steps", "15", "--no-open")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("mine\n") and done.stdout.endswith("-> 100 %\ndrawn: moons.svg\n")
    groups = {group.get("id"): group for group in ElementTree.parse(package / "moons.svg").iter(f"{SVG}g")}
    for name in ("upper-moon", "lower-moon", "boundary", "loss"):
        assert list(groups[name]), name
    assert {"8 points, 100 % on the right side", "The loss, step by step"} <= set(texts(package / "moons.svg"))


@nightly
def test_students_are_told_what_is_in_the_way(package: Path, tmp_path: Path) -> None:
    (tmp_path / "away").mkdir()
    (tmp_path / "away" / "matplotlib.py").write_text("raise ImportError('gone')")
    away = str(tmp_path / "away")
    said = complaint(gradschool(package, "demo", "--no-open", PYTHONPATH=f"{away}{os.pathsep}{ROOT}"))
    assert "matplotlib cannot be imported (gone)" in said and "-m pip install matplotlib`" in said
    (package / "micrograd" / "train.py").open("a").write(
        "\ndef hinge_loss(*_): raise NotImplementedError('training-hinge')\n"
    )
    assert "training-hinge is still to be written" in complaint(gradschool(package, "demo", "--no-open"))
    assert not (package / "moons.svg").exists()
    (package / "moons.svg").write_text("mine")
    done = gradschool(package, "demo", "--no-open")
    assert done.returncode == 2 and "is no drawing of gradschool's" in done.stderr
    assert (package / "moons.svg").read_text() == "mine"


def test_without_dot(tmp_path: Path) -> None:
    assert "install graphviz" in complaint(demo(PATH=str(tmp_path)))


def test_the_readme_shows_the_pictures() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in PICTURES:
        assert f"(docs/pictures/{name})" in readme
        assert texts(ROOT / "docs" / "pictures" / name)
    assert "100 % on the right side" in " ".join(texts(ROOT / "docs" / "pictures" / "moons.svg"))


@pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
def test_make_demo_installs_what_it_needs_and_runs_the_script() -> None:
    alone = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    planned = subprocess.run(
        ["make", "-nB", "demo"], cwd=ROOT, env=alone, capture_output=True, text=True, check=True
    ).stdout
    assert "'.[demo]'" in planned and planned.rstrip().endswith("docs/demo.py")
