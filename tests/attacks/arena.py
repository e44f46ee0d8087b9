"""Where attacks are graded for real, and the claim that they must all meet: `Arena.holds`."""

from __future__ import annotations

import ast
import contextlib
import csv
import dataclasses
import hashlib
import io
import json
import os
import re
import secrets
import shutil
import socket
import stat
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import numpy
from brief import shortened
from rich.console import Console
from shared import once

from autograder.classroom.grade import grade_class, item_ids
from autograder.classroom.job import Job
from autograder.classroom.results import Results
from autograder.courses.micrograd import COURSE, load_items
from autograder.courses.micrograd.subject import SUBJECT
from autograder.exam.paper import Exam
from autograder.grading import exams
from autograder.grading.grader import Grader
from autograder.kit import stubs as release
from autograder.report import Report
from autograder.report import github as github_face
from autograder.report import terminal as terminal_face
from autograder.report.exports import markdown as markdown_face
from autograder.report.files import report_json, schema
from autograder.sandbox.layers import Sandbox
from autograder.sandbox.mounts import fetch
from autograder.sandbox.protocol import Limits
from autograder.submissions.discovery import find_submissions
from autograder.submissions.submission import Submission

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ITEMS = load_items()
_FORM = jsonschema.Draft202012Validator(schema())  # a right one: test_report
QUICK = Limits(wall=1.2, cpu=0.7, imports=1.2)
MARK = f"mallory{os.getpid()}"[:15]  # the name that hostile processes give themselves, for /proc/PID/comm
PRELUDE = (HERE / "prelude.py").read_text("utf-8")
HARNESS = PRELUDE[PRELUDE.index("def harness(") : PRELUDE.index("def rubric(")]
# The operation of each module that says what was noted while the module was imported.
LAST_WORDS = {
    "engine": "Value.__neg__ = telling(Value.__neg__)",
    "derivative": "central_difference = telling(central_difference)",
    "trace": "trace = telling(trace)",
    "nn": "Neuron.parameters = telling(Neuron.parameters)",
    "train": "linear_decay = telling(linear_decay)",
    "__init__": "",
}


# --- attacks ------------------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Attack:
    """A hostile submission.

    `points`, score and bonus, are what it may honestly earn: no more, no less. `costs` are the items that it may lose
    by its own fault, each with the verdict that it must get ("timeout|crashed" for either), or ""; all others pass, or
    are blocked by these.
    `tried`, `refused` and `signs` are what proves that it ran: how many things it said it tried, how many were
    refused, and what must stand in its report; of the former so many may be `unheard`, where those who would pass it
    on are killed at that moment. On the sandboxes of `open_on` it has success, as docs/security.md says.

    `build(folder, host)` writes the submission, or those of several `students`, into the folder of a class.
    """

    name: str
    says: str
    points: tuple[int, int]
    build: Callable[[Path, Host], None]
    costs: dict[str, str] = dataclasses.field(default_factory=dict)
    tried: int = 0
    unheard: int = 0
    refused: int = 0
    students: int = 1
    signs: tuple[str, ...] = ()
    open_on: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        assert self.says, f"{self.name} does not say what it tries"
        assert self.tried or self.refused or self.signs, f"nothing would show that {self.name} ran"
        assert set(self.costs) <= set(ITEMS), f"{self.name} costs items that do not exist"


def planted_attacks() -> list[Attack]:
    """The attacks of submissions/: each is planted in a module of the reference or the stubs, as its header says."""
    return [_read(path) for path in sorted((HERE / "submissions").glob("*.py"))]


def _read(path: Path) -> Attack:
    source = path.read_text("utf-8")
    says, _, header = (ast.get_docstring(ast.parse(source)) or "").rpartition("\n\n")
    lines = re.findall(r"(?m)^(\w+): (.*)$", header)
    fields = dict(lines)
    known = {"base", "module", "points", "costs", "costs_since_3_12", "tried", "unheard", "refused", "sign", "students",
             "open_on"}  # fmt: skip
    unknown = set(fields) - known
    assert not unknown, f"{path.name}: unknown {unknown}"
    score, bonus = map(int, fields["points"].split("+"))
    costly = fields.get("costs", "")
    if sys.version_info >= (3, 12):  # which ends what recurses in C
        costly = fields.get("costs_since_3_12", costly)
    costs = [word.split() for word in costly.split(",") if word.strip()]
    base = {"reference": reference, "stubs": stubs}[fields["base"]]

    students = int(fields.get("students", 1))

    def build(folder: Path, host: Host) -> None:
        for number in range(students):
            plant(base(folder / f"mallory{number or ''}"), fields["module"], source, host)

    return Attack(
        path.stem, says, (score, bonus), build,
        costs=dict.fromkeys(ITEMS, "") if fields["base"] == "stubs" else {id: " ".join(word) for id, *word in costs},
        tried=int(fields.get("tried", 0)), unheard=int(fields.get("unheard", 0)), refused=int(fields.get("refused", 0)),
        students=students,
        signs=tuple(value for key, value in lines if key == "sign"),
        open_on=tuple(fields.get("open_on", "").split()),
    )  # fmt: skip


def plant(package: Path, module: str, source: str, host: Host) -> Path:
    """Append an attack to a module of a package, with what it can use, and what it wants to know of the host."""
    told = {key: host.facts[key]() for key in host.facts if f'HOST["{key}"]' in source}
    return append(package, module, "\n".join([f"MARK, HOST = {MARK!r}, {told!r}", PRELUDE, source, LAST_WORDS[module]]))


def append(package: Path, module: str, source: str) -> Path:
    path = package / "micrograd" / f"{module}.py"
    path.write_text(f"{path.read_text('utf-8')}\n{source}\n", "utf-8")
    return package


def reference(into: Path) -> Path:
    """A copy of the reference."""
    shutil.copytree(ROOT / "solutions" / "micrograd", into / "micrograd", ignore=shutil.ignore_patterns("__pycache__"))
    return into


def stubs(into: Path) -> Path:
    """What students start from."""
    release.release(ROOT / "solutions", into, list(ITEMS))
    return into


# --- the host -----------------------------------------------------------------------------------------------


class Host:
    """What attacks are after on this machine. `facts` tells them where it is, and `secrets` must not get out."""

    def __init__(self, exam: Exam):
        self.secrets = {
            place: f"canary-{secrets.token_hex(8)}" for place in ("environment", "home", "tmp", "ada", "prefix")
        }
        self._closing = contextlib.ExitStack()
        home = self._canary_file(Path.home(), "home")
        tmp = self._canary_file(Path("/tmp"), "tmp")
        beside = Path(os.__file__).parent.parent  # where a container's image, or conda, may have everything
        prefix = self._canary_file(beside, "prefix") if os.access(beside, os.W_OK) else home
        # Temporary files of the grader go where it can be seen whether they go away again.
        self.temporary = Path(self._closing.enter_context(tempfile.TemporaryDirectory(prefix="arena-", dir="/tmp")))
        self.temporary.chmod(0o755)
        self._closing.callback(setattr, tempfile, "tempdir", tempfile.tempdir)
        tempfile.tempdir = str(self.temporary)
        self._before = os.environ.get("GRADSCHOOL_CANARY")
        os.environ["GRADSCHOOL_CANARY"] = self.secrets["environment"]
        self.listeners = self._listen()
        tcp, udp, unix, abstract = (listener.getsockname() for listener in self.listeners)
        self.class_folder = Path()
        self.facts: dict[str, Callable[[], Any]] = {
            "home canary": lambda: home,
            "tmp canary": lambda: tmp,
            "beside the library": lambda: prefix,
            "unread": _unread_files,
            "judge": os.getpid,
            "solution": lambda: str(ROOT / "solutions" / "micrograd" / "engine.py"),
            "project": lambda: str(ROOT),
            "exams": lambda: [str(path) for path in sorted((ROOT / ".cache").glob("exam-*.json"))],
            "class": lambda: str(self.class_folder),
            "packages": lambda: str(Path(jsonschema.__file__).parents[1]),
            "tcp": lambda: tcp[1],
            "udp": lambda: udp[1],
            "unix": lambda: unix,
            "abstract": lambda: abstract.decode(),
            "questions": lambda: _marks(asked_numbers(exam)),
            "answers": lambda: _marks(answer_numbers(exam)),
        }

    def _canary_file(self, folder: Path, place: str) -> str:
        descriptor, name = tempfile.mkstemp(prefix="canary-", dir=folder)
        self._closing.callback(os.unlink, name)
        with open(descriptor, "w") as file:
            file.write(self.secrets[place])
        os.chmod(name, 0o644)
        return name

    def _listen(self) -> list[socket.socket]:
        """Sockets of this machine that no attack must reach."""
        kinds = ((socket.AF_INET, socket.SOCK_STREAM), (socket.AF_INET, socket.SOCK_DGRAM),
                 (socket.AF_UNIX, socket.SOCK_STREAM), (socket.AF_UNIX, socket.SOCK_STREAM))  # fmt: skip
        found = [self._closing.enter_context(socket.socket(*kind)) for kind in kinds]
        folder = Path(self._closing.enter_context(tempfile.TemporaryDirectory(prefix="sockets-", dir="/tmp")))
        folder.chmod(0o755)
        for listener, address in zip(
            found,
            (("127.0.0.1", 0), ("127.0.0.1", 0), str(folder / "s"), f"\0{MARK}-{secrets.token_hex(4)}"),
            strict=True,
        ):
            listener.bind(address)
            listener.setblocking(False)
            if listener.type == socket.SOCK_STREAM:
                listener.listen()
        (folder / "s").chmod(0o777)
        return found

    def callers(self) -> list[str]:
        """Which of the sockets somebody reached."""
        found = []
        for listener in self.listeners:
            with contextlib.suppress(BlockingIOError):
                _ = listener.accept() if listener.type == socket.SOCK_STREAM else listener.recv(1)
                found.append(repr(listener.getsockname()))
        return found

    def close(self) -> None:
        del os.environ["GRADSCHOOL_CANARY"]
        if self._before is not None:
            os.environ["GRADSCHOOL_CANARY"] = self._before
        self._closing.close()


def _unread_files() -> list[str]:
    """Files of the libraries that nobody had read for a long time before grading began, as their access times say."""
    files = [zipfile.__file__, numpy.__file__, numpy.testing.__file__, os.path.dirname(zipfile.__file__)]

    def begin(folder: Path) -> None:
        for path in files:
            with contextlib.suppress(PermissionError):  # not ours to say: then it is what it is
                os.utime(path, (0, os.stat(path).st_mtime))
        fetch.__wrapped__(SUBJECT.libraries)  # as it is when grading begins
        folder.mkdir()

    once("unread", begin)  # another process that tests may be at the same attack
    return files


def numbers_in(value: Any) -> set[str]:
    """All floats in a value, as they are written."""
    if isinstance(value, dict):
        return numbers_in(list(value.values()))
    if isinstance(value, list):
        return {number for part in value for number in numbers_in(part)}
    return {repr(value)} if isinstance(value, float) else set()


def asked_numbers(exam: Exam) -> set[str]:
    return numbers_in(list(exam.questions().values()))


def answer_numbers(exam: Exam) -> set[str]:
    """The numbers of the expected answers that nobody comes upon by chance."""
    found = numbers_in([sheet.answers for sheet in exam.sheets.values()]) - asked_numbers(exam)
    telling = {number for number in found if len(number) > 12}
    assert len(telling) > 50
    return telling


def _marks(numbers: set[str]) -> list[int]:
    """Numbers in a form in which they can be recognized and not read."""
    return sorted(int.from_bytes(number.encode(), "big") % (2**61 - 1) for number in numbers)


@cache
def telling_lines() -> frozenset[str]:
    """The lines of the solution that give something away."""
    found = set()
    for path in sorted((ROOT / "solutions" / "micrograd").glob("*.py")):
        lines = path.read_text("utf-8").split("\n")
        for region in release.regions("\n".join(lines), str(path), list(ITEMS)):
            found |= {line.strip() for line in lines[region.begin : region.end - 1]}
    return frozenset(line for line in found if len(line) > 20 and re.search(r"\w+.*[=(+*/-].*\w", line))


def survivors(mark: str = MARK) -> list[int]:
    """Hostile processes that run on this machine under their name, wherever they hide: /proc shows all namespaces below
    ours."""
    found = []
    for name in os.listdir("/proc"):
        with contextlib.suppress(OSError):
            if name.isdigit() and Path("/proc", name, "comm").read_text().strip() == mark:
                found.append(int(name))
    return found


def fingerprint(folder: Path) -> dict[str, Any]:
    """All that could be changed in a folder."""
    found = {}
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        content = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
        found[str(path)] = (status.st_mode, status.st_uid, status.st_mtime_ns, hashlib.sha256(content).hexdigest())
    return found


def strays() -> list[str]:
    """What hostile code left behind on the host."""
    places = (Path.cwd(), ROOT, Path("/"), Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), Path("/run"), Path.home())
    return [str(path) for place in dict.fromkeys(places) if place.is_dir() for path in place.glob("*mallory*")]


# --- the claim ----------------------------------------------------------------------------------------------


class _Shared(Grader):
    """A grader that stays when a class is done, so that all attacks meet the same worker."""

    def __exit__(self, *_: object) -> None:
        pass


@dataclasses.dataclass(frozen=True)
class _Again(Job):
    """A job whose classes are all graded by one grader."""

    shared: Grader | None = None

    def grader(self) -> Grader:
        assert self.shared is not None
        return self.shared


class Arena:
    """A grader, honest students around whom attacks are graded, and a host with secrets."""

    def __init__(self, sandbox: Sandbox, folder: Path, exam: Exam):
        self.exam = exam
        self.host = Host(self.exam)
        self._answers = answer_numbers(self.exam)
        self.folder = folder
        self.sandbox = sandbox
        self.grader = _Shared(self.exam, sandbox, limits=QUICK)
        try:
            self._prepare(sandbox)
        except BaseException:  # whoever is tested next must not find this arena's surroundings
            self.grader.close()
            self.host.close()
            raise

    def _prepare(self, sandbox: Sandbox) -> None:
        """Grade the honest ones alone, to know what they get where nobody attacks."""
        self._job = _Again(self.exam, sandbox, item_ids(()), shared=self.grader)
        self._honest = {student: self._neighbour(student) for student in ("ada", "zoe")}
        graded = self._grade(self.folder / "before", [])
        self._fair = {student: untimed(graded[student]) for student in self._honest}
        assert (graded["ada"].score, graded["ada"].bonus) == (100, 20)
        assert (graded["zoe"].score, graded["zoe"].bonus) == (98, 20)

    def close(self) -> None:
        self.grader.close()
        left = os.listdir(self.host.temporary)
        self.host.close()
        assert left == [], "the worker left something behind"

    def _neighbour(self, student: str) -> Path:
        """Ada has everything right; zoe makes a mistake, and prints. Both have something to hide in their files."""
        package = reference(self.folder / "honest" / student)
        append(package, "engine", f"# {self.host.secrets['ada']}")
        if student == "zoe":
            mistake = "def central_difference(f, x, h=1e-6):\n    print('my slope at', x)\n    return f(x + h)"
            append(package, "derivative", mistake)
        return package

    def holds(self, *attacks: Attack) -> dict[str, Report]:
        """Grade attacks, one after the other, between two honest submissions, and check all that must be so.

        Each earns exactly its points, and says that it was tried; no secret is in any report; no file, process or
        message is left behind; and the honest reports are the same to the byte, but for times.
        """
        place = Path(tempfile.mkdtemp(prefix="class-", dir=self.folder))
        self.host.class_folder = place / "class"
        for student, package in self._honest.items():
            shutil.copytree(package, self.host.class_folder / student)
        whose = {name: attack for number, attack in enumerate(attacks) for name in self._build(attack, number)}
        submissions = find_submissions([self.host.class_folder], COURSE.assignments)
        before = fingerprint(self.host.class_folder)
        reports = self._grade(place, submissions)
        assert fingerprint(self.host.class_folder) == before, "something was changed in the class's folder"
        self._leaves_nothing()

        for student, fair in self._fair.items():
            assert untimed(reports[student]) == fair, f"{student}'s report is not what it was"
        hostile = {student: report for student, report in reports.items() if student not in self._fair}
        expected = sum(attack.students for attack in attacks)
        assert len(hostile) == expected, f"of {expected} hostile students {len(hostile)} are left"
        for attack in attacks:
            its = [report for name, report in hostile.items() if len(attacks) == 1 or whose[name] is attack]
            for report in its:
                self._is_just(attack, report)
                self._tells_nothing(report)
                faces_are_harmless(report)
            self._was_tried(attack, "\n".join(map(evidence, its)))
        shutil.rmtree(place)
        return hostile

    def _build(self, attack: Attack, number: int) -> list[str]:
        """Write an attack into the folder of the class, the first as it is, others as of students with a number; who
        they are."""
        into = self.host.class_folder
        if not number:
            before = {*into.iterdir()}
            attack.build(into, self.host)
            return [path.name.partition(".")[0] for path in {*into.iterdir()} - before]
        with tempfile.TemporaryDirectory(dir=self.folder) as folder:
            attack.build(Path(folder), self.host)
            names = [path.name for path in Path(folder).iterdir()]
            for name in names:
                shutil.move(Path(folder, name), into / name.replace("mallory", f"mallory{number}"))
        return [name.replace("mallory", f"mallory{number}").partition(".")[0] for name in names]

    def _grade(self, place: Path, submissions: Sequence[Submission]) -> dict[str, Report]:
        """The reports on a class: ada's, then the others', then zoe's, each as it stands in the results folder."""
        found = {each.student: each for each in submissions}
        honest = {student: Submission(student, {"": folder}, student) for student, folder in self._honest.items()}
        if submissions:
            honest = {student: found.pop(student) for student in honest}
        ordered = [honest["ada"], *found.values(), honest["zoe"]]
        found = {}
        grade_class(ordered, self._job, Results(place / "results", self._job), progress=found.__setitem__)
        reports = [found[student] for student in sorted(found)]
        assert [report.student for report in reports] == sorted(each.student for each in ordered)
        expected = {
            ".graded.json",
            ".outlines.json",
            ".lock",
            "grades.csv",
            "index.html",
            "needs-you.csv",
            "summary.json",
            *(report.student for report in reports),
        }
        assert {path.name for path in (place / "results").iterdir()} == expected, "the results folder was taken over"
        for report in reports:
            text = (place / "results" / report.student / "report.json").read_text("ascii")
            assert text == report_json(report)
            check_form(report)
        check_grades(place / "results" / "grades.csv", reports)
        return {report.student: report for report in reports}

    def _leaves_nothing(self) -> None:
        assert survivors() == [], "hostile processes outlive the run"
        assert strays() == []
        assert self.host.callers() == [], "somebody was called"
        assert list(self.grader._worker.folder.iterdir()) == [], "something stays where submissions are unpacked"
        assert list(self.host.temporary.iterdir()) == [self.grader._worker.folder], "something stays in /tmp"

    @staticmethod
    def _is_just(attack: Attack, report: Report) -> None:
        """The points are exactly the honest ones, and every item that was lost is one that the attack cost."""
        found = dict.fromkeys(ITEMS, "unread") if report.unread else {item.id: item.status for item in report.items}
        assert "ungraded" not in found.values(), next(i.message for i in report.items if i.status == "ungraded")
        lost = {id: status for id, status in found.items() if status != "passed" and not ITEMS[id].suite}
        strangers = {id: status for id, status in lost.items() if id not in attack.costs and status != "blocked"}
        assert strangers == {}, f"the attack cost other items: {strangers}"
        earned = (int(report.score), int(report.bonus))
        assert earned == attack.points, f"{earned[0]} + {earned[1]} points: {lost}"
        for id, status in attack.costs.items():
            just = found[id] in status.split("|") if status else found[id] != "passed"
            assert just, (id, found[id], message(report, id))

    def _tells_nothing(self, report: Report) -> None:
        """No secret of the host, line of the solution, or answer beyond those that the report is to give."""
        text = report_json(report)
        assert len(text) < 300_000, "the report is flooded"
        for place, secret in self.host.secrets.items():
            assert secret not in text, f"the secret in {place} leaked"
        for item in report.items:
            assert len(item.stdout) <= QUICK.output
            assert item.file is None or re.fullmatch(r"micrograd/\w+\.py", item.file), f"it points to {item.file}"
        words = json.dumps([[item.message, item.stdout] for item in report.items])
        assert [line for line in telling_lines() if json.dumps(line)[1:-1] in words] == []
        told = numbers_in([item.counterexample or {} for item in report.items])
        shown = set(re.findall(r"-?\d+\.\d+(?:e[+-]\d+)?", words)) - told
        assert shown & self._answers == set(), "expected answers leaked"

    @staticmethod
    def _was_tried(attack: Attack, text: str) -> None:
        lines = set(text.split("\n"))
        breaches = [line for line in lines if line.startswith("BREACH")]
        assert breaches == [], breaches
        refused = {int(line.split()[1]) for line in lines if re.fullmatch(r"refused \d+", line)}
        assert refused == ({attack.refused} if attack.refused else set()), f"{refused} attempts were refused: {text}"
        tried = {line for line in lines if line.startswith("tried ")}
        assert attack.tried - attack.unheard <= len(tried) <= attack.tried, f"{len(tried)} things were tried: {text}"
        for sign in attack.signs:
            assert sign in text, f"{sign!r} is missing in: {text}"


def evidence(report: Report) -> str:
    """All that a report says in the attack's own words or about it."""
    parts = [report.message]
    for item in report.items:
        parts += [item.message, item.stdout]
    return "\n".join(dict.fromkeys(parts))


def message(report: Report, id: str) -> str:
    return next(item.message for item in report.items if item.id == id)


def untimed(report: Report) -> str:
    items = [dataclasses.replace(item, seconds=0.0) for item in report.items]
    return report_json(dataclasses.replace(report, items=items))


def check_form(report: Report) -> None:
    """A report is what its schema says, and its points add up."""
    data = json.loads(report_json(report))
    _FORM.validate(data)
    assert [item["id"] for item in data["items"]] == ([] if report.unread else list(ITEMS))
    for item in report.items:
        assert item.earned == (item.points if item.status == "passed" else 0)
    core = [item.earned for item in report.items if not item.bonus]
    assert data["score"] == sum(core) <= data["max_score"] == 100


def check_grades(path: Path, reports: Sequence[Report]) -> None:
    """grades.csv has a line a student, and no cell in it is a formula."""
    rows = list(csv.reader(path.read_text("utf-8-sig").split("\n")))[1:-1]
    assert [row[1] for row in rows] == ["" if report.unread else format(report.score, "g") for report in reports]
    assert not any(cell.lstrip().startswith(tuple("=+-@\t")) for row in rows for cell in row)


def faces_are_harmless(report: Report) -> None:
    """No escape sequence, markup, workflow command or mention of the student's gets through."""
    screen = io.StringIO()
    terminal_face.print_report(report, Console(file=screen, width=200))
    items = list(ITEMS.values())
    terminal_face.print_class([report], Console(file=screen, width=200), items)
    shown = screen.getvalue()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]", shown)
    assert not re.search(r"(?m)^\s*::", shown)

    commands = github_face.annotations(report).splitlines()
    assert all(re.match(r"::(error|notice|warning) [^:]*::", line) for line in commands)
    core = [item for item in report.items if not item.bonus]  # the bonus is for who has all of it
    concern = report.items if all(item.status == "passed" for item in core) else core
    named = [item for item in concern if item.status not in ("passed", "blocked")]
    assert len(commands) == len(named) + bool(report.message)
    assert not any("##[" in line or "\x1b" in line for line in commands)

    text = markdown_face.markdown(report)
    outside = re.sub(r"(?ms)^(`{3,})\w*\n.*?^\1$", "", text)  # what is in code blocks is inert
    assert not re.search(r"<\w|(?<!\\)\[\w|@\w|\x1b", outside)


@contextlib.contextmanager
def opened(sandbox: Sandbox, *, brief: bool = False) -> Iterator[Arena]:
    """An arena, in a folder that every user can reach, as the submissions of a class are. It may be a `brief` one, of
    a shortened exam."""
    assert sys.platform == "linux"
    with tempfile.TemporaryDirectory(prefix="arena-", dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        arena = Arena(sandbox, Path(folder), shortened(exams.get()) if brief else exams.get())
        try:
            yield arena
        finally:
            arena.close()
