"""A student's desk in a browser: what the page asks of Python, in JSON both ways."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from autograder.course import adopt, taught
from autograder.exam.paper import load
from autograder.grading.grader import Grader, ungraded
from autograder.kit.browser.clock import Clock, Room
from autograder.kit.browser.marks import marks
from autograder.kit.browser.numbers import importing_numpy
from autograder.kit.browser.playing import play
from autograder.kit.browser.worker import HereWorker, Progress
from autograder.phrase import N_
from autograder.report import ItemResult, Report
from autograder.report import graph as graphs
from autograder.report.files import report_json
from autograder.report.text import left_to_do
from autograder.sandbox.layers import NO_SANDBOX
from autograder.sandbox.protocol import Limits
from autograder.scratch import Scratch
from autograder.submissions.unpacking import Own
from autograder.texts import _, ngettext
from autograder.todos import find_todos

# A browser's Python takes some three times as long for the same code.
LIMITS = Limits(wall=5.0, imports=5.0, patience=1.5, budget=60.0)

_STUDENT = "you"
_BROKEN = N_(
    "your code has changed Python itself, so that nothing could be checked: what does it do to builtins or modules?"
)
_LIKE_NUMPY = N_(
    "numpy is not here: where your code is handed numpy's numbers, it was handed numbers that behave like them; your "
    "instructor's grading takes numpy's own"
)


class Desk:
    """Checks what a student has written on the practice exam in the file `exam`; `stubs` is a folder that holds the
    package that they start from.
    """

    def __init__(self, exam: Path, *, stubs: Path | None = None, limits: Limits = LIMITS):
        self._exam = load(exam, taught())
        self._course = self._exam.course
        adopt(self._course.scheme)
        self._stubs = stubs
        self._clock = Clock()
        self._worker = HereWorker(
            self._course.find("subject"), self._exam.questions(), limits, folder=Path(), clock=self._clock
        )
        self._report: Report | None = None
        gc.collect()
        gc.freeze()  # what is here stays

    def attach(self, progress: Progress, room: Room) -> None:
        """Give it what it could not be made with, because it was made elsewhere, and kept: `progress` is told of what
        comes next, as `HereWorker` has it; `room` tells whether there is room on the stack."""
        self._worker.progress, self._clock.room = progress, room

    def check(self, files: str, lost: str = "{}") -> str:
        """The report on these files, with all that the page shows of it. What is `lost` is not asked, but given up."""
        self._worker.given_up = json.loads(lost)
        self._worker.stand_ins.clear()
        marked: list[dict[str, Any]] = []
        broken = False
        with self._laid(files) as root:
            self._worker.folder = root.parent
            try:
                grader = Grader(self._exam, NO_SANDBOX, worker=self._worker, follow=lambda id, place: None)
                report = grader.grade(_STUDENT, Own(root / self._course.package))
                marked = marks(report, root, self._course.items)
                notes = self._notes(root / self._course.package)
            except BaseException:  # nothing that is honest comes here: see tests/test_browser_desk.py
                report, notes, broken = ungraded(_STUDENT, self._exam, _(_BROKEN)), [_(_BROKEN)], True
        self._report = report
        return json.dumps({
            "report": json.loads(report_json(report)), "html": self.page("{}"), "marks": marked,
            "items": [_item(item) for item in report.items], "notes": notes, "broken": broken,
            "next": next((item.id for item in left_to_do(report) if item.status != "blocked"), None),
            "graphs": {id: graphs.dot(graph) for id, graph in self._graphs().items()},
        })  # fmt: skip

    def page(self, pictures: str) -> str:
        """The student's page on the last check, with the pictures of wrong graphs: by item, what was drawn of the
        `graphs` of that check."""
        from autograder.report.html.student_page import student_page  # slow to import

        found = self._graphs()
        drawn = {id: graphs.bare(text, found[id]) for id, text in json.loads(pictures).items() if id in found}
        return student_page(self._checked(), drawn)

    def stubs(self) -> str:
        """What a student starts from: the modules in the order in which they are met, then those that are given."""
        return json.dumps({path.name: path.read_text("utf-8") for path in self._stub_files()})

    def items(self) -> str:
        """What there is to do, in order, and where in the stubs."""
        todos = find_todos(self._stubs, self._course.items) if self._stubs else {}
        return json.dumps([
            {"id": item.id, "title": _(item.title), "assignment": item.assignment, "points": item.points,
             "bonus": item.bonus, "module": Path(self._course.file(item)).name,
             **({"line": todos[item.id].line} if item.id in todos else {})}
            for item in self._course.items.values()
        ])  # fmt: skip

    def hint(self, item: str, seen: int) -> str:
        """The hints for an item as it was when it was checked last, up to one more than was `seen`. For one that waits,
        those of what it waits for."""
        results = {each.id: each for each in self._checked().items}
        lines = []
        while results[item].status == "blocked":
            need = next(need for need in self._course.items[item].needs if results[need].status != "passed")
            lines.append(_("{item} waits for {need}: begin there.", item=item, need=need))
            item = need
        if results[item].status in ("passed", "ungraded"):
            said = _("{item} was not checked.", item=item)
            if results[item].status == "passed":
                said = _("{item} passes: there is nothing to hint at.", item=item)
            return json.dumps({"lines": [said], "more": False})
        hints: Any = self._course.find("hints")
        count = len(hints.ladder(results[item]).hints)
        if not count:
            return json.dumps({"lines": [*lines, _no_hints(results[item])], "more": False})
        shown = min(max(seen, 0) + 1, count)
        return json.dumps({"lines": lines + hints.hint_lines(results[item], shown), "more": shown < count})

    def run(self, files: str, code: str) -> str:
        """What comes of lines of the student's own that use these files: see `play`."""
        with self._laid(files) as root:
            return json.dumps(play(root, self._course.package, code, self._clock))

    @contextmanager
    def _laid(self, files: str) -> Iterator[Path]:
        """The files as a package, in a folder of their own."""
        with Scratch() as name:
            root = Path(name, _STUDENT)
            (root / self._course.package).mkdir(parents=True)
            for file, text in json.loads(files).items():
                path = root / self._course.package / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text, "utf-8", "surrogatepass", newline="")
            yield root
        gc.collect()

    def _checked(self) -> Report:
        if self._report is None:
            raise ValueError("nothing was checked yet")
        return self._report

    def _graphs(self) -> dict[str, Mapping[str, Any]]:
        found = {item.id: (item.counterexample or {}).get("graph") for item in self._checked().items}
        return {id: graph for id, graph in found.items() if graph}

    def _stub_files(self) -> list[Path]:
        if self._stubs is None:
            raise ValueError("this desk was made without stubs")
        met = [item.target.partition(":")[0] for item in self._course.items.values() if not item.suite]
        order = [f"{name}.py" for name in dict.fromkeys([*met, *self._course.modules, *self._course.given_modules])]
        paths = (self._stubs / self._course.package).glob("*.py")
        return sorted(paths, key=lambda path: (order.index(path.name) if path.name in order else len(order), path.name))

    def _notes(self, package: Path) -> list[str]:
        """What is otherwise here than where the instructor grades."""
        if self._worker.has_numpy:
            return []
        if own := importing_numpy(package):
            return [ngettext(
                "numpy is not here, and {files} imports it: what needs it fails here, and where your code is handed "
                "numpy's numbers, it was handed plain ones; your instructor's grading has numpy",
                "numpy is not here, and {files} import it: what needs it fails here, and where your code is handed "
                "numpy's numbers, it was handed plain ones; your instructor's grading has numpy",
                len(own), files=", ".join(own),
            )]  # fmt: skip
        return [_(_LIKE_NUMPY)] if self._worker.stand_ins else []


def _no_hints(item: ItemResult) -> str:
    if item.explanation.invalid:
        return _("Python cannot read this file, so nothing in it was checked: begin at the line that is shown.")
    return _("There are no hints for this.")


def _item(item: ItemResult) -> dict[str, Any]:
    return {
        "id": item.id, "status": item.status, "points": item.earned, "max_points": item.points, "prints": item.stdout,
        "paste": item.reproduce or "", "invalid": bool(item.explanation.invalid),
    }  # fmt: skip
