"""It starts: on every Python that it promises, in a folder that was moved, and after a first try that was cut short.

Environments are made here by a stand-in for Python that only leaves the files, for to install all takes minutes.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from nightly import only
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[1]
PYTHONS = ("3.11.0", "3.11.2", "3.12.0", "3.13.0", "3.14.0")
CI = (ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8")
NIGHT = (ROOT / ".github" / "workflows" / "nightly.yml").read_text("utf-8")
# What stands for an environment that is whole.
MAKEFILES = {
    "": ".venv/.grade",
    "student/": ".venv/.ready",
}

_PYTHON = """\
#!/bin/sh
case "$*" in
  -c*torch*) ;;
  -c*) exec '{python}' -c 'import sys; sys.version_info = ({version}, 7, "final", 0); exec(sys.argv[1])' "$2" ;;
  *pip*) echo "$PWD: pip" >>'{log}' ;;
  *"venv --clear .venv") echo "$PWD: venv" >>'{log}'
    rm -rf .venv && mkdir -p .venv/bin && cp "$0" .venv/bin/python && ln -s python .venv/bin/python3 && {end} ;;
esac
"""

needs_make = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")
both_makefiles = pytest.mark.parametrize("which", MAKEFILES)


class Checkout:
    """A folder with one of the Makefiles, and with a Python that sets nothing up."""

    def __init__(self, place: Path, which: str):
        self.target = MAKEFILES[which]
        self.log = place / "log"
        self.folder = place / "course's own"
        self.folder.mkdir()
        shutil.copy(ROOT / which / "Makefile", self.folder)
        for name in ("pyproject.toml", "constraints.txt", "requirements.txt"):
            (self.folder / name).touch()

    def make(self, *, version: str = "3, 11", end: str = "true", cwd: Path | None = None, code: int = 0) -> str:
        """What make says to one who asks for the environment."""
        python = self.log.with_name("python3")
        python.write_text(_PYTHON.format(python=sys.executable, version=version, log=self.log, end=end))
        python.chmod(0o755)
        # Without what a make has that runs these tests, and the Python that it was told.
        kept = {name: value for name, value in os.environ.items() if not re.match("MAKE|MFLAGS|PYTHON$", name)}
        done = subprocess.run(
            ["make", "--no-print-directory", "-C", str(self.folder), self.target], cwd=cwd or self.folder,
            env={**kept, "PATH": f"{python.parent}:{os.environ['PATH']}"}, capture_output=True, text=True,
        )  # fmt: skip
        assert (done.returncode != 0) == bool(code), done.stdout + done.stderr
        return done.stdout + done.stderr

    def done(self) -> list[str]:
        """What was done since the last time that somebody asked."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        self.log.unlink(missing_ok=True)
        return [line.rpartition(" ")[2] for line in lines]


@needs_make
@both_makefiles
def test_it_is_set_up_once_from_wherever_make_is_called(tmp_path: Path, which: str) -> None:
    checkout = Checkout(tmp_path, which)
    assert "setting up .venv, which takes" in checkout.make(cwd=Path("/"))
    assert checkout.done() == ["venv", "pip"]
    assert "setting up" not in checkout.make() + checkout.make(cwd=tmp_path)
    assert checkout.done() == []


@needs_make
@both_makefiles
@pytest.mark.parametrize("version", only(["2, 7", "3, 6", "3, 10"], "3, 10".__eq__))
def test_too_old_a_python_is_one_sentence_and_no_environment(tmp_path: Path, which: str, version: str) -> None:
    checkout = Checkout(tmp_path, which)
    first, *rest = checkout.make(version=version, code=2).splitlines()
    assert re.fullmatch(r"\w+ (needs|takes) Python 3.11 or later; PYTHON=python3 is ([\d.]+)", first)
    assert first.endswith(f" is {version.replace(', ', '.')}")
    assert len(rest) == 1 and rest[0].startswith("make: ***")
    assert checkout.done() == [] and not (checkout.folder / ".venv").exists()
    checkout.make(version="3, 14")
    assert checkout.done() == ["venv", "pip"]


@needs_make
@both_makefiles
def test_what_is_half_made_is_made_anew(tmp_path: Path, which: str) -> None:
    """Killed, or by a Debian without python3-venv, which leaves a Python without pip."""
    checkout = Checkout(tmp_path, which)
    checkout.make(end="false", code=2)
    assert (checkout.folder / ".venv" / "bin" / "python").exists() and checkout.done() == ["venv"]
    assert "setting up .venv, which takes" in checkout.make()
    assert checkout.done() == ["venv", "pip"]


@needs_make
@both_makefiles
def test_what_was_moved_is_made_anew(tmp_path: Path, which: str) -> None:
    checkout = Checkout(tmp_path, which)
    checkout.make()
    checkout.folder = checkout.folder.rename(tmp_path / "elsewhere")
    checkout.done()
    assert checkout.make().startswith("this folder was moved: setting up .venv again, which takes")
    assert checkout.done() == ["venv", "pip"]
    assert "setting up" not in checkout.make()


@needs_make
def test_an_environment_without_its_python_is_made_anew(tmp_path: Path) -> None:
    """It was a link, and the system has another one now."""
    checkout = Checkout(tmp_path, "")
    checkout.make()
    (checkout.folder / ".venv" / "bin" / "python").unlink()
    checkout.done()
    checkout.make()
    assert checkout.done() == ["venv", "pip"]


@needs_make
def test_the_python_of_an_old_environment_makes_no_new_one(tmp_path: Path) -> None:
    """Recipes find what is in .venv first."""
    checkout = Checkout(tmp_path, "")
    checkout.make(version="3, 10", code=2)
    programs = checkout.folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    shutil.copy(tmp_path / "python3", programs)
    checkout.make(version="3, 12")
    assert checkout.done() == ["venv", "pip"]


def _pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    return dict(line.split("==") for line in lines if line and not line.startswith("#"))


def test_every_pin_takes_every_python_that_is_promised() -> None:
    """As far as they are installed here; that they are is `make test`'s work."""
    refused, seen = [], 0
    for name, pin in _pins().items():
        with suppress(PackageNotFoundError):
            found = distribution(name)
            if found.version.split("+")[0] == pin:
                seen += 1
                takes = SpecifierSet(found.metadata.get("Requires-Python") or "")
                refused += [f"{name} {pin} takes {takes}, not {each}" for each in PYTHONS if each not in takes]
    assert refused == []
    assert seen > 100


def test_the_versions_of_python_are_the_same_everywhere() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    (least,) = re.findall(r'^requires-python = ">=(.+)"$', project, re.M)
    assert PYTHONS[0] == f"{least}.0" and f'python: ["{least}"' in CI
    for page in ("README.md", "autograder/kit/files/README.md", "Makefile", "autograder/kit/files/Makefile"):
        assert f"Python {least} or later" in (ROOT / page).read_text("utf-8"), page


def test_every_test_is_run_each_night() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    (recipe,) = re.findall(r"^test-all:.*\n((?:\t.*\n)+)", makefile, re.M)
    assert "NIGHTLY=all " in recipe and "--sandboxes all" in recipe
    assert "schedule:\n    - cron: " in NIGHT and "run: make test-all\n" in NIGHT


def test_nobody_is_told_to_install_what_no_index_has() -> None:
    """gradschool comes from a checkout, or as a kit's wheel."""
    told = []
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.*"), *(ROOT / "autograder").rglob("*")]:
        if path.suffix in (".py", ".md", ".toml", ".yml", ".html", ".txt") and path.is_file():
            text = path.read_text("utf-8")
            told += [(path.name, line) for line in re.findall(r"pip install[^\n]*\bgradschool\b(?!/)[^\n]*", text)]
    assert told == []
