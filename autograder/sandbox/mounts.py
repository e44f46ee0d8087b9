"""What a sandbox shows: this Python, numpy, graphviz, and the submissions; found anew on each machine."""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from importlib.util import find_spec
from pathlib import Path

from autograder.sandbox.protocol import SandboxError

PACKAGE = Path(__file__).resolve().parent.parent
_INSIDE = ("__init__.py", "domains.py", "rubric", "sandbox")  # of our package, what a worker needs
_LIBRARIES = ("numpy", "numpy.libs", "graphviz")


def library_folders() -> list[str]:
    """The folders that hold numpy and graphviz here."""
    folders = []
    for name in ("numpy", "graphviz"):
        spec = find_spec(name)
        if spec and spec.origin:
            folders.append(str(Path(spec.origin).parent.parent))
    return list(dict.fromkeys(folders))


def interpreter_folders() -> list[str]:
    """What this Python needs to run: its own tree, and the system's shared libraries."""
    own = [sys.base_prefix] if sys.base_prefix != "/usr" else []
    own += [sysconfig.get_paths()["stdlib"], sysconfig.get_paths()["platstdlib"]]
    system = [p for p in ("/usr/lib", "/usr/lib64", "/lib", "/lib64", "/usr/local/lib") if os.path.isdir(p)]
    files = ["/etc/ld.so.cache", "/usr/share/zoneinfo"]
    return list(dict.fromkeys([*own, *system, *(f for f in files if os.path.exists(f))]))


def readable(bwrap: bool) -> list[str]:
    """What Landlock shows besides the submission. Directories of installed packages are left out."""
    devices = ["/dev/null", "/dev/zero", "/dev/urandom"]
    if bwrap:
        return [*interpreter_folders(), "/packages", *devices]
    shown = []
    for folder in interpreter_folders():
        shown += _without_packages(folder)
    for folder in library_folders():
        shown += [os.path.join(folder, name) for name in _LIBRARIES]
    return [*shown, *devices]


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


def _package_folders() -> list[str]:
    """Directories of installed packages below what the sandbox shows."""
    found = []
    for folder in interpreter_folders():
        base = Path(folder)
        for pattern in ("*-packages", "python*/*-packages", "lib/python*/*-packages", "lib/*-packages"):
            found += [str(path) for path in base.glob(pattern) if path.is_dir()]
    return list(dict.fromkeys(found))


def bwrap_command(folder: Path, root: bool) -> list[str]:
    """The bubblewrap command line before the program: fresh namespaces, and a file system of what is needed alone."""
    program = shutil.which("bwrap")
    if not program:
        raise SandboxError("bwrap is not installed")
    command = [program, "--die-with-parent", "--new-session", "--unshare-pid", "--unshare-net", "--unshare-ipc",
               "--unshare-uts", "--unshare-cgroup-try", "--tmpfs", "/"]  # fmt: skip
    if not root:
        command.append("--unshare-user")
    shown = [("--ro-bind", path, path) for path in interpreter_folders()]
    shown += [("--ro-bind", str(PACKAGE / name), f"/harness/autograder/{name}") for name in _INSIDE]
    for library in library_folders():
        found = [name for name in _LIBRARIES if os.path.isdir(os.path.join(library, name))]
        shown += [("--ro-bind", os.path.join(library, name), f"/packages/{name}") for name in found]
    shown += [("--dev-bind", device, device) for device in ("/dev/null", "/dev/zero", "/dev/urandom")]
    shown += [("--ro-bind", str(folder), "/work")]

    parents = {str(parent) for _, _, place in shown for parent in Path(place).parents}
    for parent in sorted(parents - {"/"} - {place for _, _, place in shown}):
        if not any(parent.startswith(place + "/") for _, _, place in shown):
            command += ["--perms", "0755", "--dir", parent]  # bwrap would make them for its owner alone
    command += [argument for bind in shown for argument in bind]
    for path in _package_folders():
        command += ["--tmpfs", path]
    command += ["--remount-ro", "/", "--cap-drop", "ALL"]
    if root:
        command += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    return [*command, "--chdir", "/", "--"]
