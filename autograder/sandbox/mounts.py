"""What a sandbox shows: this Python, the libraries of its subject, and the submissions; found anew on each machine.

Everything is inside where it is outside, so that nothing can be in the way of anything else, wherever gradschool, its
virtual environment and Python are installed; and so that student code finds the same paths in every sandbox.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from glob import glob
from importlib.machinery import PathFinder
from importlib.util import find_spec
from pathlib import Path

from autograder.sandbox.kernel.filesystem import DEVICE, HIDDEN, SHOWN
from autograder.sandbox.protocol import SandboxError
from autograder.sandbox.subject import ZONES, Subject

PACKAGE = Path(__file__).resolve().parent.parent
# Of our package, what any worker needs; its subject says what else.
INSIDE = (
    "__init__.py", "course.py", "phrase.py", "scheme.py", "sandbox",
    *(f"exam/{name}.py" for name in ("__init__", "domains", "items", "specimens")),
)  # fmt: skip
Libraries = tuple[str, ...]  # those of a subject, by their names
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")
# How shared libraries are found, and what C's library reads of languages.
_SYSTEM = ("/etc/ld.so.cache", "/usr/lib/locale")
# Asked of this Python outside of any virtual environment: the folders of its library, those of time zones, and the
# shared libraries that it and all extension modules need. Some of numpy's find theirs when they first compute.
_ASK = r"""
import ctypes, glob, sys, zoneinfo

def note(info, *_):
    print(ctypes.string_at(ctypes.c_void_p.from_address(info + ctypes.sizeof(ctypes.c_void_p)).value).decode())
    return 0

libraries, to_try = (filter(None, argument.split("\n")) for argument in sys.argv[1:])
print(*sys.path, "", *zoneinfo.TZPATH, "", sep="\n")
modules = [file for folder in sys.path for file in glob.glob(glob.escape(folder) + "/*.so")]
modules += [file for folder in libraries for file in glob.glob(glob.escape(folder) + "/**/*.so", recursive=True)]
for library in (*modules, "libgcc_s.so.1"):
    try:
        ctypes.CDLL(library)
    except OSError:
        pass
sys.path += to_try
try:
    import numpy
    numpy.ones((2, 2)) @ numpy.ones((2, 2))
except Exception:
    pass
word = ctypes.c_void_p
ctypes.CDLL(None).dl_iterate_phdr(ctypes.CFUNCTYPE(ctypes.c_int, word, ctypes.c_size_t, word)(note), None)
"""


class NotInstalled(SandboxError):
    """There is no bubblewrap here."""


def interpreter() -> str:
    """The file of this Python itself, beneath virtual environments and links."""
    return os.path.realpath(getattr(sys, "_base_executable", "") or sys.executable)


@cache
def _about_python(libraries: Libraries) -> tuple[list[str], list[str], list[str]]:
    """The folders of this Python's library, those of time zones, and the shared libraries that it needs: as it says
    itself."""
    parts = {part: folder for folder, part in _parts(libraries)}
    holding = [os.path.join(folder, part) for part, folder in parts.items() if part in libraries]
    to_try = [parts["numpy"]] if "numpy" in parts and "numpy.libs" not in parts else []  # where it computes with others
    command = [interpreter(), "-I", "-S", "-c", _ASK, "\n".join(holding), "\n".join(to_try)]
    environment = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "LANG": "C.UTF-8"}  # as it will be inside
    try:
        done = subprocess.run(command, capture_output=True, check=True, timeout=60, cwd="/", env=environment)
    except (OSError, subprocess.SubprocessError) as error:
        raise SandboxError(f"Python does not start without its virtual environment: {error}") from error
    library, zones, shared = os.fsdecode(done.stdout).rstrip("\n").split("\n\n")
    files = [os.path.normpath(path) for path in shared.split("\n") if os.path.isabs(path)]  # there are some without
    return library.split("\n"), zones.split("\n"), files


def library_folders(libraries: Libraries) -> list[str]:
    """The folders that hold these libraries here, in the order in which this Python looks into them."""
    places = {path: place for place, path in reversed([*enumerate(sys.path)])}
    return sorted(
        {folder for folder, _ in _parts(libraries)}, key=lambda folder: (places.get(folder, len(places)), folder)
    )


def _parts(libraries: Libraries) -> Iterator[tuple[str, str]]:
    """The parts of the libraries that are installed here, each with the folder that it lies in: modules, and what a
    wheel brings along for them."""
    for name in (*libraries, ZONES):
        spec = find_spec(name)
        if spec and spec.origin:
            folder = str(Path(spec.origin).parent.parent)
            parts = (name, f"{name}.libs")
            yield from ((folder, part) for part in parts if os.path.isdir(os.path.join(folder, part)))


def modules(libraries: Libraries) -> dict[str, str]:
    """The modules that are here to be imported, of the standard library and these; each with its file."""
    folders, _, _ = _about_python(libraries)
    found = {name: PathFinder.find_spec(name, folders) for name in sorted(sys.stdlib_module_names)}
    found |= {part: find_spec(part) for _, part in _parts(libraries) if part in (*libraries, ZONES)}
    return {name: spec.origin or "" for name, spec in found.items() if spec}


@cache
def interpreter_folders(libraries: Libraries) -> tuple[str, ...]:
    """What this Python needs to run: itself, its library, the shared libraries that it uses, and time zones; but not
    what lies beside them, which may be anything."""
    library, zones, shared = _about_python(libraries)
    musl = glob("/etc/ld-musl-*.path")
    there = {path for path in (interpreter(), *library, *_SYSTEM, *musl, *zones) if os.path.exists(path)}
    there |= {os.path.realpath(path) for path in there}
    folders = (*there, *(os.path.join(*part) for part in _parts(libraries)))
    there |= {path for path in shared if os.path.exists(path)}
    return tuple(sorted(path for path in there if not any(path.startswith(above + os.sep) for above in folders)))


def _shown(libraries: Libraries) -> list[str]:
    return [*interpreter_folders(libraries), *(os.path.join(*part) for part in _parts(libraries))]


def needed(folder: Path, libraries: Libraries) -> list[str]:
    """All that must be within a worker's reach, `folder` with the submissions included."""
    return [*_shown(libraries), str(folder)]


def places(folder: Path, libraries: Libraries) -> dict[str, str]:
    """What a file system of a worker's own holds, and as what."""
    found = dict.fromkeys(_package_folders(libraries), HIDDEN)
    return {**found, **dict.fromkeys(needed(folder, libraries), SHOWN), **dict.fromkeys(_DEVICES, DEVICE)}


def readable(own: bool, libraries: Libraries) -> list[str]:
    """What Landlock shows besides the submission. Directories of installed packages are left out, if they are there:
    in a file system of its `own` a worker does not see them."""
    shown = list(interpreter_folders(libraries))
    if not own:
        hidden = _package_folders(libraries)
        shown = [part for folder in shown for part in _without_packages(folder, hidden)]
    return [*shown, *(os.path.join(*part) for part in _parts(libraries)), *_DEVICES]


@cache
def fetch(libraries: Libraries) -> None:
    """Have all that submissions can read of the libraries in memory, and read today, once for all: which pages are
    there is a note to others when it is up to a submission, and who looks at the clock can tell; so is an access time,
    which the kernel writes where the last one is a day old or older than the file."""
    for path in readable(False, libraries):
        if not os.path.isdir(path):
            _fetch(path)
            continue
        for place, _, names in os.walk(path):  # ten thousand files
            for name in names:
                _fetch(f"{place}{os.sep}{name}")


def _fetch(path: str) -> None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_WILLNEED)
            os.read(descriptor, 1)
        finally:
            os.close(descriptor)
    except OSError:
        pass


def _without_packages(folder: str, hidden: Sequence[str]) -> list[str]:
    """`folder`, or its parts when it holds a directory of installed packages, which Landlock could not hide again."""
    if not os.path.isdir(folder):
        return [folder]
    packages = [p for p in hidden if p.startswith(folder + os.sep)]
    if not packages:
        return [folder]
    parts = []
    for entry in sorted(os.listdir(folder)):
        path = os.path.join(folder, entry)
        if path in packages:
            continue
        parts += _without_packages(path, hidden) if any(p.startswith(path + os.sep) for p in packages) else [path]
    return parts


@cache
def _package_folders(libraries: Libraries) -> tuple[str, ...]:
    """Directories of installed packages below what the sandbox shows."""
    return tuple(
        str(path)
        for folder in interpreter_folders(libraries)
        for path in Path(folder).glob("*-packages")
        if path.is_dir()
    )


def bwrap_command(folder: Path, subject: Subject, root: bool) -> list[str]:
    """The bubblewrap command line before the program: fresh namespaces, and a file system of what is needed alone.

    Of our package and of what is installed it shows what its `subject` needs. `root` says that the worker will become
    another user, for which it needs root's rights at first.
    """
    program = shutil.which("bwrap")
    if not program:
        raise NotInstalled("bubblewrap is not installed")
    command = [program, "--die-with-parent", "--new-session", "--unshare-pid", "--unshare-net", "--unshare-ipc",
               "--unshare-uts", "--unshare-cgroup-try", "--tmpfs", "/"]  # fmt: skip
    if not root:
        command.append("--unshare-user")
    found = {
        **dict.fromkeys((str(PACKAGE / name) for name in (*INSIDE, *subject.shown)), SHOWN),
        **places(folder, subject.libraries),
    }
    options = {HIDDEN: "--tmpfs", SHOWN: "--ro-bind", DEVICE: "--dev-bind"}
    mounts = {path: [options[kind], path, *[path] * (kind != HIDDEN)] for path, kind in found.items()}
    for parent in {str(parent) for path in mounts for parent in Path(path).parents} - {"/"}:
        mounts.setdefault(parent, ["--perms", "0755", "--dir", parent])  # bwrap would make it for its owner alone
    for path in sorted(mounts):  # what lies around comes before what lies in it
        command += mounts[path]
    for path in ("/", *(path for path, kind in found.items() if kind == HIDDEN)):
        command += ["--remount-ro", path]
    command += ["--cap-drop", "ALL"]
    if root:
        command += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    return [*command, "--chdir", "/", "--"]
