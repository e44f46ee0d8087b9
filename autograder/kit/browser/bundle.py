"""The course as one page for a browser: what goes into it is gathered here, and Node bundles it.

Node is needed where a page is built and nowhere else; what is bundled comes from npm, in the versions that
package-lock.json names. A page depends on nothing but its sources, so it is built once and kept in the cache.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from importlib.metadata import distribution
from pathlib import Path

from autograder.course import Course, in_use
from autograder.errors import UserError
from autograder.files import locked, write_atomically, written
from autograder.kit.browser.sources import LIBRARIES, python_files
from autograder.kit.bundle import digest, lecture_files
from autograder.project import cache_folder
from autograder.report.exports import packed
from autograder.report.html.policy import policy, source
from autograder.scratch import Scratch

OFFLINE = "service-worker.js"  # what a site has beside its page
_META = b'<meta name="offline" content="%s">'
_WEB = Path(__file__).resolve().parent / "web"
_PACKAGES = ("package.json", "package-lock.json")
_OLDEST_NODE = 18
_GET_NODE = f"install Node {_OLDEST_NODE} or later with its npm (`apt install nodejs npm`, or from nodejs.org)"
_KEPT = 4  # pages in the cache


def build_page(target: Path) -> int:
    """Write the page into the file `target`. Returns its size; raises UserError where Node is missing, or fails."""
    with written(target) as file:  # what cannot be written is said at once
        page = _page(in_use())
        file.write(page)
    return len(page)


def build_site(folder: Path) -> int:
    """Write the page into `folder` as a static server hands it out: its first visit is kept for later ones without a
    network. Returns how many bytes the page has."""
    with written(folder / "index.html") as file:
        page = _page(in_use()).replace(_META % b"", _META % OFFLINE.encode(), 1)
        file.write(page)
    version = hashlib.sha256(page).hexdigest()[:16]
    worker = (_WEB / OFFLINE).read_text("utf-8").replace("{{version}}", version)
    write_atomically(folder / OFFLINE, worker)
    return len(page)


def _page(course: Course) -> bytes:
    """The page, built anew where something in it has changed."""
    inputs = _inputs(course)
    web = {path.relative_to(_WEB).as_posix(): path.read_bytes() for path in sorted(_WEB.rglob("*")) if path.is_file()}
    kept = cache_folder() / "browser"
    page = kept / f"page-{digest({**inputs, **{f'web/{name}': content for name, content in web.items()}})}.html"
    kept.mkdir(exist_ok=True)
    with locked(kept / "lock"):
        if not page.is_file():
            write_atomically(page, _built(_workshop(kept, web), web, inputs))
            for old in sorted(kept.glob("page-*.html"), key=lambda path: path.stat().st_mtime)[:-_KEPT]:
                old.unlink()
        return page.read_bytes()


def _inputs(course: Course) -> dict[str, bytes]:
    """What Node is handed, by name."""
    script = re.search(r"sha256-[\w+/=]+", policy(source("page.js")))
    assert script, "the policy of pages names the script that they run"
    about = {
        "title": course.title, "package": course.package, "lecture": course.lecture,
        "reportScript": script[0],
        "page": {
            "title": course.title, "package": course.package,
            "given": [f"{name}.py" for name in ("__init__", *course.given_modules)],
            "try": _first_lines(course),
        },
    }  # fmt: skip
    files = {name.removeprefix("docs/"): content for name, content in lecture_files().items()}
    return {
        **files,
        "course.json": json.dumps(about).encode(),
        "course.zip": packed(dict(sorted(python_files(course).items()))),
        "licences.json": json.dumps([_licence(name) for name in LIBRARIES]).encode(),
    }


def _first_lines(course: Course) -> str:
    """What stands at first where students try lines of their own."""
    imports = [f"from {course.package}.{module} import {name}" for name, module in course.names.items()]
    return "\n".join([*imports, "", "# Your own lines: run them with Ctrl+Enter.", ""])


def _licence(name: str) -> dict[str, str]:
    """What is to be said of a Python package that goes into the page."""
    found = distribution(name)
    texts = [path.read_text("utf-8") for path in found.files or () if re.match(r"licen[cs]e", path.name, re.I)]
    about = found.metadata.json
    return {
        "name": name, "version": found.version, "text": "\n\n".join(texts),
        "license": str(about.get("license_expression") or about.get("license") or "see its text"),
    }  # fmt: skip


def _workshop(kept: Path, web: Mapping[str, bytes]) -> Path:
    """A folder in which npm has installed what the page is built from: once for each package-lock.json."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise UserError(f"the page is bundled by Node, which is missing here: {_GET_NODE}")
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout.strip()
    if int((re.match(r"v(\d+)", version) or [0, 0])[1]) < _OLDEST_NODE:
        raise UserError(f"the page is bundled by Node, and {version or node} is too old: {_GET_NODE}")
    folder = kept / f"npm-{digest({name: web[name] for name in _PACKAGES})}"
    if not (folder / "node_modules").is_dir():
        with Scratch(inside=kept) as name:
            draft = Path(name, "made")
            for package in _PACKAGES:
                write_atomically(draft / package, web[package])
            _run(
                [npm, "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"],
                draft,
                "npm and its registry are needed once",
            )
            draft.rename(folder)
    return folder


def _built(workshop: Path, web: Mapping[str, bytes], inputs: Mapping[str, bytes]) -> bytes:
    """The page, as Node makes it."""
    with Scratch(inside=workshop) as name:
        folder = Path(name)
        for path, content in {**web, **{f"inputs/{name}": content for name, content in inputs.items()}}.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
        node = shutil.which("node") or "node"
        _run([node, "build.mjs", "inputs", "page.html"], folder, "this is a fault of gradschool's")
        return (folder / "page.html").read_bytes()


def _run(command: list[str], folder: Path, advice: str) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        said = next((line.strip() for line in done.stderr.splitlines() if "rror" in line), "it gave no reason")
        raise UserError(f"the page could not be built: {Path(command[0]).name} says {said!r}; {advice}", code=1)
