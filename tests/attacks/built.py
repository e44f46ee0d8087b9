"""Attacks that cannot lie in a repository as files: archives, links, devices and hostile names.

Each function writes one attack into the folder of a class; its docstring says what it tries. What is honest in it, a
copy of the reference or of its first module, earns its points.
"""

from __future__ import annotations

import gzip
import io
import os
import shutil
import stat
import tarfile
import textwrap
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

from attacks.arena import HERE, ITEMS, ROOT, Attack, Host, plant, reference, stubs

SOLUTION = ROOT / "solutions" / "micrograd"
MB = 10**6
DERIVATIVE = {path.name: path.read_bytes() for path in [SOLUTION / "derivative.py"]}
WHOLE = {path.name: path.read_bytes() for path in sorted(SOLUTION.glob("*.py"))}
ATTACKS: list[Attack] = []
Build = Callable[[Path, Host], None]


def attack(
    points: tuple[int, int], *signs: str, costs: Iterable[str] = ITEMS, tried: int = 0, students: int = 1
) -> Callable[[Build], Build]:
    """Add a function to the attacks: with its honest points, and with what its report must say."""

    def add(build: Build) -> Build:
        says = " ".join((build.__doc__ or "").split())
        lost = dict.fromkeys(costs, "")
        ATTACKS.append(Attack(build.__name__, says, points, build, lost, tried=tried, signs=signs, students=students))
        return build

    return add


def zipped(files: dict[str, bytes], extra: Iterable[tuple[zipfile.ZipInfo, bytes]] = ()) -> bytes:
    """A zip with micrograd/ and whatever else is given."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(f"micrograd/{name}", content)
        for info, content in extra:
            archive.writestr(info, content)
    return file.getvalue()


def tarred(files: dict[str, bytes], extra: Iterable[tuple[tarfile.TarInfo, bytes]] = ()) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz", compresslevel=1) as archive:
        members = [(tarfile.TarInfo(f"micrograd/{name}"), content) for name, content in files.items()]
        for info, content in [*members, *extra]:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info, b""


def zip_link(name: str, target: str) -> tuple[zipfile.ZipInfo, bytes]:
    info = zipfile.ZipInfo(name)
    info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
    return info, target.encode()


# --- bombs


@attack((0, 0), "is larger than 5 MB")
def zip_bomb(folder: Path, host: Host) -> None:
    """A zip of a few kilobytes that holds a module of sixty megabytes."""
    (folder / "mallory.zip").write_bytes(zipped({**DERIVATIVE, "big.py": bytes(60 * MB)}))


@attack((0, 0), "more than 20 MB")
def zip_bomb_of_many(folder: Path, host: Host) -> None:
    """A zip of many modules, each within its limit."""
    (folder / "mallory.zip").write_bytes(zipped({f"m{n}.py": bytes(4 * MB) for n in range(10)}))


@attack((0, 0), "mallory.zip is not a readable archive")
def zip_that_lies(folder: Path, host: Host) -> None:
    """A zip that declares a small size for what unpacks to a large one."""
    content = bytearray(zipped({"engine.py": bytes(3 * MB)}))
    for signature, offset in ((b"PK\3\4", 22), (b"PK\1\2", 24)):
        place = content.index(signature) + offset
        content[place : place + 4] = (100).to_bytes(4, "little")
    (folder / "mallory.zip").write_bytes(content)


@attack((0, 0), "no micrograd/ folder")
def zips_in_zips(folder: Path, host: Host) -> None:
    """Zips in zips in zips, deeper than anybody would look."""
    content = zipped(DERIVATIVE)
    for _ in range(12):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("inner.zip", content)
        content = file.getvalue()
    (folder / "mallory.zip").write_bytes(content)


@attack((0, 0), "too large or takes too long")
def tar_bomb(folder: Path, host: Host) -> None:
    """A hundred megabytes of zeros in a tar, beside the module."""
    big = tarfile.TarInfo("big.bin")
    (folder / "mallory.tar.gz").write_bytes(tarred(DERIVATIVE, [(big, bytes(100 * MB))]))


@attack((0, 0), "is not a readable archive")
def gzip_of_gzips(folder: Path, host: Host) -> None:
    """A gzip of gzips, which is no tar."""
    content = bytes(10 * MB)
    for _ in range(3):
        content = gzip.compress(content)
    (folder / "mallory.tgz").write_bytes(content)


@attack((0, 0), "folders nested more than 16 deep")
def deep_folders(folder: Path, host: Host) -> None:
    """A module three hundred folders down."""
    (folder / "mallory.zip").write_bytes(zipped({**DERIVATIVE, "a/" * 300 + "deep.py": b""}))


# --- paths

OUTSIDE = (
    "../mallory", "../../../../tmp/mallory", "/tmp/mallory", "micrograd/../../mallory", "./../mallory",
    "//tmp//mallory", "..\\..\\mallory", "C:\\mallory", "micrograd/..", "micrograd/.\x00./mallory",
    "\\\\host\\mallory", "~/mallory",
)  # fmt: skip


PAST = set(ITEMS) - {"derivative-central", "derivative-gradcheck"}


@attack((4, 0), "was not handed in", costs=PAST)
def traversal_in_a_zip(folder: Path, host: Host) -> None:
    """Members of a zip whose names lead outside."""
    extra = [(zipfile.ZipInfo(name), b"import os; os._exit(3)") for name in OUTSIDE]
    (folder / "mallory.zip").write_bytes(zipped(DERIVATIVE, extra))


@attack((4, 0), "was not handed in", costs=PAST)
def traversal_in_a_tar(folder: Path, host: Host) -> None:
    """Members of a tar whose names lead outside."""
    extra = [(tarfile.TarInfo(name), b"import os; os._exit(3)") for name in OUTSIDE]
    (folder / "mallory.tar.gz").write_bytes(tarred(DERIVATIVE, extra))


@attack((4, 0), "left out micrograd/../", costs=PAST)
def traversal_within_the_package(folder: Path, host: Host) -> None:
    """Names within micrograd/ that climb into the neighbours' folders."""
    names = [f"micrograd/{'../' * up}{student}/micrograd/engine.py" for up in range(1, 6) for student in ("ada", "zoe")]
    extra = [(zipfile.ZipInfo(name), b"import os; os._exit(3)") for name in names]
    (folder / "mallory.zip").write_bytes(zipped(DERIVATIVE, extra))


# --- links and devices


@attack((4, 0), "left out micrograd/all, micrograd/engine.py, micrograd/shadow", costs=PAST)
def links_in_a_folder(folder: Path, host: Host) -> None:
    """Links to the reference, to the host's root and to its files, in a folder."""
    package = folder / "mallory" / "micrograd"
    package.mkdir(parents=True)
    (package / "derivative.py").write_bytes(DERIVATIVE["derivative.py"])
    (package / "engine.py").symlink_to(SOLUTION / "engine.py")
    (package / "shadow").symlink_to("/etc/shadow")
    (package / "all").symlink_to("/")


@attack((0, 0), "micrograd is a link or special file")
def link_to_the_solution(folder: Path, host: Host) -> None:
    """A folder micrograd that is a link to the reference."""
    (folder / "mallory").mkdir()
    (folder / "mallory" / "micrograd").symlink_to(SOLUTION)


@attack((4, 0), "left out micrograd/engine.py", costs=PAST)
def links_in_a_tar(folder: Path, host: Host) -> None:
    """Links in a tar: to the reference, and a folder through which later members would be written elsewhere."""
    extra = [
        link("micrograd/engine.py", str(SOLUTION / "engine.py")),
        link("micrograd/nn.py", "/etc/passwd", tarfile.LNKTYPE),
        link("micrograd/out", "/tmp"),
        (tarfile.TarInfo("micrograd/out/mallory"), b"escaped"),
        link("micrograd/train.py", "derivative.py", tarfile.LNKTYPE),
    ]
    (folder / "mallory.tar.gz").write_bytes(tarred(DERIVATIVE, extra))


@attack((4, 0), "left out micrograd/engine.py", costs=PAST)
def links_in_a_zip(folder: Path, host: Host) -> None:
    """Links in a zip: to the reference, and a folder through which later members would be written elsewhere."""
    extra = [
        zip_link("micrograd/engine.py", str(SOLUTION / "engine.py")),
        zip_link("micrograd/out", "/tmp"),
        (zipfile.ZipInfo("micrograd/out/mallory"), b"escaped"),
    ]
    (folder / "mallory.zip").write_bytes(zipped(DERIVATIVE, extra))


@attack((4, 0), "left out micrograd/block", costs=PAST)
def devices_in_a_tar(folder: Path, host: Host) -> None:
    """Devices and pipes in a tar."""
    kinds = {"block": tarfile.BLKTYPE, "char": tarfile.CHRTYPE, "pipe": tarfile.FIFOTYPE}
    extra = [link(f"micrograd/{name}", "", kind) for name, kind in kinds.items()]
    (folder / "mallory.tar.gz").write_bytes(tarred(DERIVATIVE, extra))


@attack((4, 0), "left out micrograd/engine.py", costs=PAST)
def pipes_in_a_folder(folder: Path, host: Host) -> None:
    """A pipe in place of a module, on which a reader would wait for ever."""
    package = folder / "mallory" / "micrograd"
    package.mkdir(parents=True)
    (package / "derivative.py").write_bytes(DERIVATIVE["derivative.py"])
    os.mkfifo(package / "engine.py")
    os.mkfifo(package / "pipe")


# --- what Python finds by itself


DEADLY = "import os\nos._exit(3)\n"
SHADOWED = [
    "json",
    "sitecustomize",
    "usercustomize",
    "conftest",
    "numpy",
    "math",
    "random",
    "numbers",
    "graphviz",
    "autograder",
    "ctypes",
    "torch",
    "typing",
    "builtins",
    "encodings",
    "abc",
    "collections",
]
# It looks for what should not be found from within, so that it is seen to have run.
LOOK = """

def central_difference(f, x, h=1e-6, right=central_difference):
    import sys
    for name in [] if "looked" in vars(sys) else {names!r}:
        try:
            found = getattr(__import__(name), "__file__", None) or ""
        except ImportError:
            continue
        print("BREACH" if "mallory" in found or "/micrograd/" in found else "tried", name)
    sys.looked = True
    return right(f, x, h)
"""


@attack((100, 20), "tried json", "tried numpy", tried=12, costs=())
def shadowed_modules(folder: Path, host: Host) -> None:
    """Modules that are called like those that Python, pytest and the grader import, beside micrograd/ and in it."""
    package = reference(folder / "mallory")
    for place in (package, package / "micrograd"):
        for name in SHADOWED:
            (place / f"{name}.py").write_text(DEADLY)
        for name in ("autograder", "graphviz", "numpy"):
            (place / name / "sandbox").mkdir(parents=True)
            (place / name / "__init__.py").write_text(DEADLY)
            (place / name / "sandbox" / "__init__.py").write_text(DEADLY)
        (place / "evil.pth").write_text("import os; os._exit(3)\n")
        (place / "pytest.ini").write_text("[pytest]\naddopts = --collect-only\n")
        (place / "pyproject.toml").write_text("[tool.pytest.ini_options]\naddopts = '--collect-only'\n")
        (place / "pyvenv.cfg").write_text("home = /tmp\n")
    with open(package / "micrograd" / "derivative.py", "a") as file:
        file.write(LOOK.format(names=SHADOWED))


@attack((4, 0), "was not handed in", costs=PAST)
def compiled_modules(folder: Path, host: Host) -> None:
    """Modules that are there in machine code and in bytecode alone."""
    package = folder / "mallory" / "micrograd"
    (package / "__pycache__").mkdir(parents=True)
    (package / "derivative.py").write_bytes(DERIVATIVE["derivative.py"])
    (package / "__pycache__" / "engine.cpython-311.pyc").write_bytes(b"\xa7\r\r\n" + bytes(100))
    for name in ("engine.pyc", "engine.so", "engine.cpython-311-x86_64-linux-gnu.so", "nn.abi3.so", "train.pyd"):
        (package / name).write_bytes(b"\x7fELF" + bytes(1000))


# --- names

EVIL_NAMES = (
    "=cmd|' calc'!A0", "+1+1", "-rf", "@SUM(1)", "\t=1", "<script>alert(1)<", "\x1b[31mred\x1b]0;title\x07", "a\nb",
    "::error file=x::evil", "##[error]evil", "grades.csv", "summary.json", "report.json", "index.html", "con",
    "results", "x\r\n=1", "\u202egnp.exe", " ada", "-ada", "zoe.", "ada ", "_zoe", "[link](x)", "$(touch mallory)",
    "`touch mallory`", "ada\u200b", "%s%n", "{0.__class__}", "x" * 200, "'; drop table grades; --",
    "_12345_assignsubmission_file",
    "ada_12345_assignsubmission_file", "ada_101_202_micrograd",
)  # fmt: skip


@attack((4, 0), "was not handed in", costs=PAST, students=12)
def evil_student_names(folder: Path, host: Host) -> None:
    """Students who are called like formulas, markup, commands, escape sequences, files of the results, and ada."""
    for name in EVIL_NAMES[::3]:
        package = folder / name / "micrograd"
        package.mkdir(parents=True)
        (package / "derivative.py").write_bytes(DERIVATIVE["derivative.py"])


@attack((4, 0), "left out", costs=PAST)
def evil_file_names(folder: Path, host: Host) -> None:
    """Files in micrograd/ that are called like formulas, markup, commands and escape sequences, each a link."""
    package = folder / "mallory" / "micrograd"
    package.mkdir(parents=True)
    (package / "derivative.py").write_bytes(DERIVATIVE["derivative.py"])
    for name in EVIL_NAMES:
        (package / name).symlink_to("/etc/passwd")


@attack((0, 0), "no micrograd/ folder", students=len(EVIL_NAMES) - 3)
def evil_archive_names(folder: Path, host: Host) -> None:
    """Archives that hold no package, with evil names, which messages repeat."""
    for name in EVIL_NAMES[:-3]:
        (folder / f"{name}.zip").write_bytes(zipped({}, [(zipfile.ZipInfo("\x1b[31m::error::.txt"), b"")]))


@attack((4, 0), "was not handed in", costs=PAST, students=8)
def somebody_elses_name(folder: Path, host: Host) -> None:
    """Submissions that are called like ada's, in other forms and formats: hers must stay hers."""
    for name in (" ada", "-ada", "ada.zip", "ada.tar.gz", "ada.tgz", "ada_1", "ada-2", "\uff41da"):
        if "." in name:
            content = zipped(DERIVATIVE) if name.lower().endswith("zip") else tarred(DERIVATIVE)
            (folder / name).write_bytes(content)
        else:
            (folder / name / "micrograd").mkdir(parents=True)
            shutil.copy(SOLUTION / "derivative.py", folder / name / "micrograd")


# --- borrowers: stubs that look for all answers in the grader's own code ------------------------------------------

BORROWER = (HERE / "borrower.py").read_text("utf-8")
FRAMES = """
frame = sys._getframe()
while frame:
    yield frame
    frame = frame.f_back
"""
SUBCLASSES = """
waiting = [object]
for kind in waiting:
    theirs = str(getattr(kind, "__module__", "")).startswith(("autograder", "micrograd", "__main__"))
    yield from [kind] if theirs else []
    waiting += type.__subclasses__(kind) if kind is not type else []
"""
COLLECTED = """
for thing in gc.get_objects():
    if isinstance(thing, types.FunctionType) and "autograder" in thing.__code__.co_filename:
        yield thing
"""
HANDED = """
for kind in (Value, *type.__subclasses__(Value), Neuron, *type.__subclasses__(Neuron), Layer, MLP, Module):
    yield kind
yield from [dict(vars(each)) for name, each in sys.modules.items() if name.startswith("micrograd.")]
"""


def borrower(name: str, says: str, *ways: str) -> None:
    everything = "def everything():\n" + "".join(textwrap.indent(way, "    ") for way in ways)

    def build(folder: Path, host: Host) -> None:
        plant(stubs(folder / "mallory"), "train", f"{everything}\n{BORROWER}", host)

    ATTACKS.append(Attack(name, says, (0, 0), build, dict.fromkeys(ITEMS, ""), tried=1))


MODULES = "yield from [each for name, each in sys.modules.items() if name.startswith(('autograder', '__main__'))]\n"
borrower("borrows_from_modules", "Looks for answers in the grader's modules.", MODULES)
borrower("borrows_from_frames", "Looks for answers in the frames around it.", FRAMES)
borrower("borrows_from_subclasses", "Looks for answers in all classes that there are.", SUBCLASSES)
borrower("borrows_what_is_collected", "Looks for answers among all objects that the collector knows.", COLLECTED)
borrower("borrows_what_is_handed_in", "Looks for answers in what is put into its classes and modules.", HANDED)
borrower("borrows_everywhere", "Looks for answers everywhere.", MODULES, FRAMES, SUBCLASSES, COLLECTED, HANDED)
