"""What there is to say of a student's modules that could not be imported, or not to their end."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from autograder.exam.items import Item
from autograder.explanation import Explanation, Frame, Invalid
from autograder.grading.frames import exception, is_place, shown
from autograder.grading.judging import Verdict
from autograder.grading.source.exceptions import STOPPED, stop
from autograder.grading.source.import_lines import does_something, misnamed, misplaced
from autograder.grading.source.lines import LONG
from autograder.grading.source.not_python import invalid
from autograder.grading.source.sources import Sources
from autograder.phrase import N_, data
from autograder.project import PACKAGE
from autograder.sandbox.inside.absent import missing
from autograder.sandbox.records import Run
from autograder.submissions.unpacking import MODULES
from autograder.texts import _, phrase

BELOW_MAIN = N_('put what should run only when you start the file itself below `if __name__ == "__main__":`')


class Imports:
    """Judges the imports of one package, which lies below `root`; each may take so many `seconds`."""

    def __init__(self, root: Path, seconds: float):
        self._root = root
        self._sources = Sources(root)
        self._verdicts: dict[tuple[str, int], Verdict] = {}
        self._seconds = seconds

    def verdict(self, module: str, run: Run) -> Verdict:
        """The verdict on an item that a module did not live to define."""
        if (module, id(run)) not in self._verdicts:
            self._verdicts[module, id(run)] = self._verdict(module, run)
        return self._verdicts[module, id(run)]

    def _endless(self, name: str) -> str:
        return _(
            "importing {file} did not come to an end within {seconds:g} s: is it training? Then {advice}",
            file=name, seconds=self._seconds, advice=_(BELOW_MAIN),
        )  # fmt: skip

    def _verdict(self, module: str, run: Run) -> Verdict:
        if f"{module}.py" not in MODULES:
            return Verdict("error", Explanation(_("the answer makes no sense")))
        name = f"{PACKAGE}/{module}.py"
        given = run.imports.get(module, {})
        kinds, text, frames = exception(given)
        why = run.lost.get(module)
        todo = partial(Verdict, "todo", frames=frames, certain=True)
        if not self._has(f"{PACKAGE}.{module}"):
            return todo(Explanation(_("{file} was not handed in", file=name)))
        if given.get("empty") is True:
            return todo(Explanation(_("{file} is empty: it defines nothing", file=name)))
        if given.get("slow") is True or why == "timeout":
            at: tuple[Frame, ...] = ((name, _line(given), "<module>"),) if _line(given) else ()
            return Verdict("timeout", Explanation(self._endless(name)), frames=at)
        if why == "crashed":
            return Verdict(
                "crashed", Explanation(_("importing {file} ended the Python process", file=name)), frames=frames
            )
        if "NotImplementedError" in kinds:
            return todo(Explanation(_("{file} stops at a TODO while it is imported", file=name)))
        return self._error(name, given, kinds, text, frames)

    def _error(
        self, name: str, given: dict[str, Any], kinds: list[str], text: str, frames: tuple[Frame, ...]
    ) -> Verdict:
        """The verdict where an import raised an exception of these `kinds`."""
        file, line = frames[0][:2] if frames else (name, 0)
        if broken := invalid(self._root / file, file, line, _number(given.get("column")), kinds, text):
            said = Explanation(invalid=broken, unimported=True)
            frames = ((file, broken.line, "<module>"),) if broken.line else ()
            return Verdict("error", said, frames=frames, certain="SyntaxError" in kinds)
        if "NameError" in kinds and "get_ipython" in self._line(file, line):
            why = _("line {line} calls get_ipython(), which only a notebook has: delete that line", line=line)
            return _lost(_("{file} cannot be imported: {why}", file=file, why=why), frames)
        if circle := _circle(given):
            first, at = circle
            asked = file.rpartition("/")[2]
            problem = _(
                "{one} and {other} import each other, and so neither can be imported to its end", one=first, other=file
            )
            advice = _(
                "delete the import of {module} in line {line} of {file}: {module} is built on it, and not the other "
                "way round", module=asked, line=at, file=first,
            )  # fmt: skip
            return _lost(problem, ((first, at, "<module>"), *frames), advice)
        if stopped := stop(self._sources, kinds[0], file, line):
            does = _(STOPPED[kinds[0]])
            problem = _("{file} cannot be imported to its end, for it {does}", file=file, does=does)
            return _lost(problem, ((file, stopped.line, "<module>"),), stopped.advice)
        reason, wanted = shown(kinds, text), given.get("wanted")
        asked = wanted.rpartition(".")[2] if isinstance(wanted, str) else ""
        if "ImportError" in kinds and f"{asked}.py" in MODULES and wanted == asked:
            reason = misplaced(self._line(file, line), asked)
        elif isinstance(wanted, str) and wanted.startswith(f"{PACKAGE}.") and not self._has(wanted):
            reason = _("there is no {file} among what was handed in", file=f"{wanted[:80].replace('.', '/')}.py")
        remark = ""
        if "ImportError" not in kinds and _line(given) and does_something(self._line(name, _line(given))):
            remark = _(". If that line is a demonstration or a test of yours, {advice}", advice=_(BELOW_MAIN))
        problem = _("{file} cannot be imported: {why}", file=name, why=reason)
        return _lost(problem, frames, misnamed(self._sources, text), remark)

    def _has(self, module: str) -> bool:
        path = self._root.joinpath(*module.split("."))
        return path.is_dir() or path.with_suffix(".py").exists()

    def _line(self, file: str, line: int) -> str:
        return self._sources.line(file, line)[:LONG]

    def invalid(self, run: Run) -> list[Invalid]:
        """The files of the package that are not Python, whether or not an item needs them."""
        broken = [self.verdict(module, run).said.invalid for module in run.imports if f"{module}.py" in MODULES]
        return list({each.file: each for each in broken if each}.values())

    def remarks(self, run: Run, items: Iterable[Item]) -> list[str]:
        """What there is to say of the package as a whole: what was graded although something is wrong with it."""
        said = []
        if "__init__" in run.imports or run.lost.get("__init__"):
            said.append(self.verdict("__init__", run).said.sentence + _("; graded without it"))
        if "data" in run.imports:
            said.append(self.verdict("data", run).said.sentence)
        partly: dict[str, None] = {}
        for item in items:
            if item.id in run.items and run.items[item.id].kind != "import":
                partly.update(dict.fromkeys(item.uses))
        said += [self._partly(module, run) for module in partly if module in run.imports]
        for kind, file, line, library in run.notes:
            if not is_place(file, line):
                continue
            if kind == "absent":
                lacks = phrase(data(missing(library)))
                said.append(_("{lacks}: {place} was left out", lacks=lacks, place=f"{file}:{line}"))
            elif sentence := misplaced(self._line(file, line), ""):
                place = f"{file}:{line}"
                said.append(_("{sentence} ({place}): it was graded as if you had", sentence=sentence, place=place))
        return said

    def _partly(self, module: str, run: Run) -> str:
        """That only the beginning of a module counts, and why."""
        name = f"{PACKAGE}/{module}.py"
        given = run.imports[module]
        line = _line(given)
        place = _("line {line}", line=line) if line else _("a line of it")
        above = _("what stands above was graded")
        if given.get("slow") is True:
            return self._endless(name) + _("; what stands above {place} was graded", place=place)
        kinds, text, frames = exception(given)
        file, at = frames[0][:2] if frames else (name, line)
        if _circle(given):
            said = self.verdict(module, run).said
            return f"{said.sentence}: {said.advice}; {above}"
        if stopped := stop(self._sources, kinds[0], file, at):
            does = _(STOPPED[kinds[0]])
            return _("while it is imported, {file} {does}", file=name, does=does) + f": {stopped.advice}; {above}"
        advice = f"; {_(BELOW_MAIN)}" if line and does_something(self._line(name, line)) else ""
        why = shown(kinds, text)
        stops = _("{file} stops at {place} while it is imported ({why})", file=name, place=place, why=why)
        return f"{stops}: {above}{advice}"


def _lost(problem: str, frames: tuple[Frame, ...], advice: str = "", remark: str = "") -> Verdict:
    """The verdict on what stands in a module that cannot be imported."""
    said = Explanation(problem, advice=advice, remark=remark, unimported=True)
    return Verdict("error", said, frames=frames)


def _circle(given: dict[str, Any]) -> tuple[str, int] | None:
    """The file and line that a circle of imports goes back to, where one is told of."""
    circle = given.get("circle")
    if isinstance(circle, list) and len(circle) == 2 and is_place(*circle):
        return circle[0], circle[1]
    return None


def _line(given: dict[str, Any]) -> int:
    """The line at which a module stopped, or 0."""
    return _number(given.get("line"))


def _number(value: Any) -> int:
    """A line or column, or 0 where this is none."""
    return value if type(value) is int and 0 < value < 10**7 else 0
