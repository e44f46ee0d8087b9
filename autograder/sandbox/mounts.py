"""What a sandbox shows: this Python, numpy, graphviz, and the submissions; found anew on each machine.

Everything is inside where it is outside, so that nothing can be in the way of anything else, wherever gradschool, its
virtual environment and Python are installed; and so that student code finds the same paths in every sandbox.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path

from autograder.sandbox.protocol import SandboxError

PACKAGE = Path(__file__).resolve().parent.parent
_INSIDE = ("__init__.py", "domains.py", "rubric", "sandbox")  # of our package, what a worker needs
# What each library has beside its modules; tzdata is there for zoneinfo, where the system has no time zones.
_LIBRARIES = {"numpy": ("numpy", "numpy.libs"), "graphviz": ("graphviz",), "tzdata": ("tzdata",)}
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")
# Shared libraries, how they are found, and where whole systems keep them apart from each other.
_SYSTEM = ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/local/lib", "/etc/ld.so.cache", "/etc/alternatives",
           "/nix/store", "/gnu/store")  # fmt: skip
_ASK = "import sys, zoneinfo; print(*sys.path, '', *zoneinfo.TZPATH, '', sys.base_prefix, sep='\\n')"


class NotInstalled(SandboxError):
    """There is no bubblewrap here."""


def interpreter() -> str:
    """The file of this Python itself, beneath virtual environments and links."""
    return os.path.realpath(getattr(sys, "_base_executable", "") or sys.executable)


@cache
def _about_python() -> tuple[list[str], list[str], str]:
    """The folders of this Python's library, those of time zones, and its prefix: as it says itself."""
    try:
        done = subprocess.run([interpreter(), "-I", "-S", "-c", _ASK], capture_output=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        raise SandboxError(f"Python does not start without its virtual environment: {error}") from error
    library, zones, prefix = os.fsdecode(done.stdout).rstrip("\n").split("\n\n")
    return library.split("\n"), zones.split("\n"), prefix


def library_folders() -> list[str]:
    """The folders that hold numpy and graphviz here, in the order in which this Python looks into them."""
    places = {path: place for place, path in reversed([*enumerate(sys.path)])}
    return sorted({folder for folder, _ in _libraries()}, key=lambda folder: (places.get(folder, len(places)), folder))


def _libraries() -> Iterator[tuple[str, str]]:
    """The parts of the libraries that are installed here, each with the folder that it lies in."""
    for name, parts in _LIBRARIES.items():
        spec = find_spec(name)
        if spec and spec.origin:
            folder = str(Path(spec.origin).parent.parent)
            yield from ((folder, part) for part in parts if os.path.isdir(os.path.join(folder, part)))


def modules() -> dict[str, str]:
    """The modules that are here to be imported, of the standard library, numpy, graphviz and tzdata; each with its
    file."""
    folders, _, _ = _about_python()
    found = {name: PathFinder.find_spec(name, folders) for name in sorted(sys.stdlib_module_names)}
    found |= {part: find_spec(part) for _, part in _libraries() if part in _LIBRARIES}
    return {name: spec.origin or "" for name, spec in found.items() if spec}


@cache
def interpreter_folders() -> tuple[str, ...]:
    """What this Python needs to run: itself, its library, the system's shared libraries, and time zones."""
    library, zones, prefix = _about_python()
    own = [interpreter(), *library, *(os.path.join(prefix, name) for name in ("lib", "lib64"))]
    there = {path for path in (*own, *_SYSTEM, *zones) if os.path.exists(path)}
    there |= {os.path.realpath(path) for path in there}
    return tuple(sorted(path for path in there if not any(path.startswith(above + os.sep) for above in there)))


def needed(folder: Path) -> list[str]:
    """All that must be within a worker's reach, `folder` with the submissions included."""
    return [*interpreter_folders(), *(os.path.join(*library) for library in _libraries()), str(folder)]


def readable(bwrap: bool) -> list[str]:
    """What Landlock shows besides the submission. Directories of installed packages are left out, if they are there."""
    shown = list(interpreter_folders())
    if not bwrap:
        shown = [part for folder in shown for part in _without_packages(folder)]
    return [*shown, *(os.path.join(*library) for library in _libraries()), *_DEVICES]


def _without_packages(folder: str) -> list[str]:
    """`folder`, or its parts when it holds a directory of installed packages, which Landlock could not hide again."""
    if not os.path.isdir(folder):
        return [folder]
    packages = [p for p in _package_folders() if p.startswith(folder + os.sep)]
    if not packages:
        return [folder]
    parts = []
    for entry in sorted(os.listdir(folder)):
        path = os.path.join(folder, entry)
        if path in packages:
            continue
        parts += _without_packages(path) if any(p.startswith(path + os.sep) for p in packages) else [path]
    return parts


@cache
def _package_folders() -> tuple[str, ...]:
    """Directories of installed packages below what the sandbox shows."""
    found = []
    for folder in interpreter_folders():
        base = Path(folder)
        for pattern in ("*-packages", "python*/*-packages", "lib/python*/*-packages", "lib/*-packages"):
            found += [str(path) for path in base.glob(pattern) if path.is_dir()]
    return tuple(dict.fromkeys(found))


def bwrap_command(folder: Path, root: bool) -> list[str]:
    """The bubblewrap command line before the program: fresh namespaces, and a file system of what is needed alone.

    `root` says that the worker will become another user, for which it needs root's rights at first.
    """
    program = shutil.which("bwrap")
    if not program:
        raise NotInstalled("bubblewrap is not installed")
    command = [program, "--die-with-parent", "--new-session", "--unshare-pid", "--unshare-net", "--unshare-ipc",
               "--unshare-uts", "--unshare-cgroup-try", "--tmpfs", "/"]  # fmt: skip
    if not root:
        command.append("--unshare-user")
    mounts = {path: ["--tmpfs", path] for path in _package_folders()}
    shown = [*needed(folder), *(str(PACKAGE / name) for name in _INSIDE)]
    mounts |= {path: ["--ro-bind", path, path] for path in shown}
    mounts |= {path: ["--dev-bind", path, path] for path in _DEVICES}
    for parent in {str(parent) for path in mounts for parent in Path(path).parents} - {"/"}:
        mounts.setdefault(parent, ["--perms", "0755", "--dir", parent])  # bwrap would make it for its owner alone
    for path in sorted(mounts):  # what lies around comes before what lies in it
        command += mounts[path]
    for path in ("/", *_package_folders()):
        command += ["--remount-ro", path]
    command += ["--cap-drop", "ALL"]
    if root:
        command += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    return [*command, "--chdir", "/", "--"]
