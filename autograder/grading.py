"""Grade a submission: ask its items in the sandbox, compare the answers with the exam's, say what was found."""

from __future__ import annotations

import json
import os
import re
import signal
import tempfile
from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder import look
from autograder.diagnosis import fingerprint
from autograder.exam import Exam, agrees, effort
from autograder.packages import Package, unpacked
from autograder.pitfalls import PITFALLS, Pitfall
from autograder.report import NOT_HANDED_IN, ItemResult, Report
from autograder.rubric import Item, Question, load_items
from autograder.sandbox.launcher import Sandbox, Worker
from autograder.sandbox.mounts import library_folders
from autograder.sandbox.protocol import Limits, SandboxError
from autograder.sandbox.records import Answers, Run
from autograder.scribe import write_down
from autograder.submissions import Submission

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b|\b0x[0-9a-fA-F]*\Z")  # the last one may be cut off
# Where submissions lie while they are graded, whole or cut off, and where Python and its libraries do.
_TEMPORARY = rf"(?:{re.escape(tempfile.gettempdir())}/|/[^\s'\"]{{0,300}}?)gradschool-"
_LIBRARY = "|".join(map(re.escape, sorted({*library_folders(), os.path.dirname(os.__file__)}, reverse=True)))
_UNPACKED = re.compile(
    rf"{_TEMPORARY}\w{{1,99}}/[^\s'\"/]{{1,99}}/(?=micrograd\b)|{_TEMPORARY}\w{{0,99}}[^\s'\"]{{0,200}}\Z"
    rf"|(?:{_LIBRARY})/(?:lib-dynload/)?(?=\w)"
)
_IDS = frozenset(load_items())


@dataclass
class _Finding:
    """A verdict in the making. `question` is the one that the message is about."""

    status: str
    message: str = ""
    question: Question | None = None
    expected: Any = None
    got: Any = None
    frames: list[tuple[str, int, str]] = field(default_factory=list)
    certain: bool = False  # whether it holds although other items ran in the same process
    graph: dict[str, Any] | None = None


class Grader:
    """Grades submissions one after the other, on one exam, in one long-lived worker. Close it or use it in a `with`."""

    def __init__(self, exam: Exam, sandbox: Sandbox, *, limits: Limits | None = None, fork: bool | None = None):
        options = {} if fork is None else {"fork": fork}
        self.exam = exam
        self.items = load_items()
        self._worker = Worker(sandbox, exam.questions(), limits, **options)

    def __enter__(self) -> Grader:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._worker.close()

    def interrupt(self) -> None:
        """End the grading that another thread does, which then raises Interrupted; until `resume` none begins."""
        self._worker.interrupt()

    def resume(self) -> None:
        """Let grading begin again."""
        self._worker.resume()

    def grade(self, student: str, source: Path, only: Collection[str] | None = None) -> Report:
        """The report on what `source`, a folder or an archive, holds. `only` restricts it to some item ids."""
        return self.grade_submission(Submission(student, {"": source}, student), only)

    def grade_submission(self, submission: Submission, only: Collection[str] | None = None) -> Report:
        """The report on a submission, joined from its assignments' folders where it has several."""
        wanted = [id for id in self.items if only is None or id in only]
        results: dict[str, ItemResult] = {}
        digests: list[str] = []
        messages: list[str] = []
        for assignment, folder in submission.folders.items():
            ids = [id for id in wanted if assignment in ("", self.items[id].assignment)]
            if not ids:
                continue
            with unpacked(folder, self._worker.folder) as package:
                digests.append(package.digest)
                graded, remark = self._grade_package(package, ids)
                messages += filter(None, [package.problem, remark])
                results.update(graded)
        for id in wanted:
            if id not in results:
                results[id] = self._result(self.items[id], _Finding("todo", NOT_HANDED_IN), None)
        return Report(
            student=submission.student,
            exam=self.exam.address,
            submission=digests[0] if len(digests) == 1 else _joined(digests),
            sandbox=list(self._worker.sandbox.layers),
            items=[results[id] for id in wanted],
            message=_clean("; ".join(dict.fromkeys(messages))),
        )

    # --- one package ---

    def _grade_package(self, package: Package, ids: Sequence[str]) -> tuple[dict[str, ItemResult], str]:
        """The results of `ids`, and what else there is to say about the package."""
        if package.root is None:
            finding = _Finding("todo" if package.problem.startswith("no micrograd") else "error", package.problem)
            return {id: self._result(self.items[id], finding, None) for id in ids}, ""
        asked = self._with_needs(ids)
        try:
            findings, answers, remark = self._ask_all(package.root, asked)
        except SandboxError as error:
            finding = _Finding("ungraded", f"the grader could not run this: {error}; grade it again")
            return {id: self._result(self.items[id], finding, None) for id in ids}, ""

        self._block(findings)
        self._simplify(package.root, {id: findings[id] for id in ids})
        self._look(package.root, {id: findings[id] for id in ids})
        return {id: self._result(self.items[id], findings[id], answers.get(id)) for id in ids}, remark

    def _ask_all(self, root: Path, ids: Sequence[str]) -> tuple[dict[str, _Finding], dict[str, Answers], str]:
        """Findings and answers for `ids`, and a remark on the package as a whole.

        All are asked together; what is neither right nor stops at a TODO of the rubric's is asked again, alone. So
        nearly everything is answered in one process, and yet nothing that happens in one item costs another.
        """
        findings: dict[str, _Finding] = {}
        answers: dict[str, Answers] = {}

        def ask(wanted: Sequence[str], alone: bool) -> Run:
            run = self._run(root, wanted, alone=alone)
            answers.update(run.items)
            findings.update({id: self._judge(self.items[id], run.items.get(id), run) for id in wanted})
            return run

        run = ask(ids, alone=False)
        remark = ""
        if "__init__" in run.lost or "__init__" in run.imports:
            remark = _judge_import("__init__", run).message.partition("\n")[0] + "; graded without it"
        doubtful = [id for id in ids if not findings[id].certain]
        if doubtful:
            ask(doubtful, alone=True)
        if any(findings[id].status == "passed" for id in doubtful):  # one item did harm another: trust none
            ask([id for id in ids if findings[id].status == "todo"], alone=True)
        return findings, answers, remark

    def _with_needs(self, ids: Iterable[str]) -> list[str]:
        """`ids` and all that they need, in the rubric's order."""
        asked, waiting = set(), list(ids)
        while waiting:
            id = waiting.pop()
            if id not in asked:
                asked.add(id)
                waiting += self.items[id].needs
        return [id for id in self.items if id in asked]

    def _run(
        self, root: Path, ids: Sequence[str], questions: dict[str, list[Question]] | None = None, *, alone: bool = False
    ) -> Run:
        """Ask in the sandbox; once again in a fresh one when the sandbox fails."""
        try:
            return self._worker.run(root, ids, questions, alone=alone)
        except SandboxError:
            return self._worker.run(root, ids, questions, alone=alone)

    def _judge(self, item: Item, answers: Answers | None, run: Run) -> _Finding:
        """The verdict on one item, prerequisites aside."""
        if answers is None:
            return _Finding("ungraded", "the sandbox gave no answer; grade it again")
        questions = self.exam.sheets[item.id].questions
        if answers.kind == "import":
            return _judge_import(answers.module, run)
        if answers.kind in ("timeout", "crashed"):
            at = answers.at if answers.at < len(questions) else 0
            question, expected = questions[at], self.exam.sheets[item.id].answers[at]
            ask = write_down(item, question).ask
            if answers.kind == "timeout":
                limits = self._worker.limits
                how = f"did not finish within {limits.cpu:g} s of CPU time, or {limits.wall:g} s on the clock"
                return _Finding("timeout", f"{ask} {how}: is there an endless loop?", question, expected)
            how = f"ended the Python process ({_death(answers.code)})"
            return _Finding("crashed", f"{ask} {how}", question, expected)
        return self._judge_answers(item, questions, answers.answers or [])

    def _judge_answers(self, item: Item, questions: Sequence[Question], answers: Sequence[Any]) -> _Finding:
        if len(answers) != len(questions):
            return _Finding("crashed", f"{len(answers)} of {len(questions)} questions were answered")
        wrong = []
        expected = self.exam.sheets[item.id].answers
        for question, right, given in zip(questions, expected, answers, strict=True):
            finding = judge_answer(item, question, right, given)
            if finding.status == "todo":
                return finding
            if finding.status != "passed":
                wrong.append(finding)
        if not wrong:
            return _Finding("passed", certain=True)
        return min(wrong, key=lambda finding: effort(item, finding.question or {}))

    def _block(self, findings: dict[str, _Finding]) -> None:
        """A failure proves nothing where a prerequisite has not passed."""
        for id, finding in findings.items():
            item = self.items[id]
            unmet = [need for need in item.needs if findings[need].status != "passed"]
            own_todo = finding.status == "todo" and not item.end_to_end
            if unmet and not own_todo and finding.status not in ("passed", "ungraded"):
                trouble = [need for need in unmet if findings[need].status == "ungraded"]
                if trouble:
                    findings[id] = _Finding("ungraded", f"{', '.join(trouble)} could not be graded; grade it again")
                else:
                    findings[id] = _Finding("blocked", f"waits for {', '.join(unmet)}")

    # --- smaller counterexamples ---

    def _simplify(self, root: Path, findings: Mapping[str, _Finding]) -> None:
        """Have each wrong answer be about the simplest question on the exam's ladder that is answered as wrongly."""
        rungs = {
            id: simpler
            for id, finding in findings.items()
            if finding.status in ("failed", "error") and (simpler := self._simpler(self.items[id], finding))
        }
        if not rungs:
            return
        with suppress(SandboxError):  # then the exam's own questions have to do
            asked = {id: [question for question, _ in simpler] for id, simpler in rungs.items()}
            run = self._worker.run(root, list(asked), asked, alone=True)
            for id, simpler in rungs.items():
                given = run.items[id].answers if id in run.items else None
                for (question, expected), each in zip(simpler, given or (), strict=False):
                    found = judge_answer(self.items[id], question, expected, each)
                    if found.status == findings[id].status:
                        findings[id].__dict__.update(found.__dict__)
                        break

    def _simpler(self, item: Item, finding: _Finding) -> list[tuple[Question, Any]]:
        """What stands on an item's ladder below the question that a finding is about."""
        if finding.question is None:
            return []
        ladder = self.exam.sheets[item.id].ladder
        return ladder[: bisect_left(ladder, effort(item, finding.question), key=lambda rung: effort(item, rung[0]))]

    def _look(self, root: Path, findings: Mapping[str, _Finding]) -> None:
        """Ask once more, for the graph of each question that a message is about."""
        questions = {
            id: [look.looking(finding.question)]
            for id, finding in findings.items()
            if self.items[id].look and finding.question is not None and finding.status in ("failed", "error")
        }
        if questions:
            with suppress(SandboxError):  # then the messages have to do
                run = self._worker.run(root, list(questions), questions, alone=True)
                for id in questions:
                    findings[id].graph = look.graph(self.items[id], findings[id].question or {}, run.items.get(id))

    # --- the result ---

    def _result(self, item: Item, finding: _Finding, answers: Answers | None) -> ItemResult:
        passed = finding.status == "passed"
        message, counterexample, reproduce = finding.message, None, None
        if finding.question is not None and not passed and finding.status != "todo":
            transcript = write_down(item, finding.question)
            wrong = transcript.wrong_parts(finding.expected, finding.got) if finding.status == "failed" else []
            if item.explain and finding.status == "failed" and not message:
                message = f"{transcript.ask}: {item.explain(finding.question, finding.expected, finding.got)}"
            message = message or transcript.sentence(wrong)
            reproduce = transcript.reproduce(wrong)
            counterexample = {
                "inputs": finding.question,
                "expected": _listed(finding.expected),
                "got": None if finding.status != "failed" else _in_short(_listed(finding.got)),
                **({"graph": finding.graph} if finding.graph else {}),
            }
        pitfall = self._named(item, finding, answers)
        if pitfall:
            message += f"\nAll your answers are those of code in which {pitfall.does}."
        file, line = _where(finding, answers)
        return ItemResult(
            id=item.id,
            assignment=item.assignment,
            title=item.title,
            points=item.points,
            earned=item.points if passed else 0,
            status=finding.status,
            message="" if passed else _clean(message),
            counterexample=counterexample,
            reproduce=reproduce,
            diagnosis=pitfall.id if pitfall else None,
            hint=pitfall.hints[0] if pitfall else None,
            file=file,
            line=line,
            stdout=_clean(answers.output) if answers else "",
            seconds=round(answers.seconds, 6) if answers else 0.0,
        )

    def _named(self, item: Item, finding: _Finding, answers: Answers | None) -> Pitfall | None:
        """The classic mistake that gives all of these wrong answers, if one does."""
        if finding.status not in ("failed", "error") or answers is None or answers.answers is None:
            return None
        name = self.exam.sheets[item.id].pitfalls.get(fingerprint(item, answers.answers))
        return PITFALLS.get(name) if name else None


def judge_answer(item: Item, question: Question, expected: Any, given: Any) -> _Finding:
    """The finding on one answer, as it came from the sandbox: nothing about its form is taken for granted."""
    if isinstance(given, list) and len(given) == 1:
        if agrees(item, question, expected, given[0]):
            return _Finding("passed")
        return _Finding("failed", "", question, expected, given[0])
    if isinstance(given, dict) and isinstance(given.get("odd"), str):
        ask = write_down(item, question).ask
        return _Finding("failed", f"{ask}: {given['odd']}", question, expected, None)
    if isinstance(given, dict) and "raised" in given:
        return _judge_exception(item, question, expected, given)
    return _Finding("failed", "the answer makes no sense", question, expected, None)


def _judge_exception(item: Item, question: Question, expected: Any, given: dict[str, Any]) -> _Finding:
    kinds, text, frames = _exception(given)
    if "NotImplementedError" in kinds:
        return _Finding("todo", "is still to be written", question, frames=frames, certain=text in _IDS)
    ask = write_down(item, question).ask
    if "MemoryError" in kinds:
        return _Finding("crashed", f"{ask} needed more memory than there is", question, expected, frames=frames)
    said = f"{ask} raised {kinds[0]}" + (f": {text}" if text else "")
    return _Finding("error", said + _trail(frames), question, expected, [kinds[0]], frames)


def _judge_import(module: str, run: Run) -> _Finding:
    """The verdict on an item whose module did not import."""
    name = f"micrograd/{module}.py"
    lost = run.lost.get(module)
    if lost == "timeout":
        return _Finding("timeout", f"importing {name} did not come to an end")
    if lost:
        return _Finding("crashed", f"importing {name} ended the Python process")
    kinds, text, frames = _exception(run.imports.get(module, {}))
    if kinds[0] == "ModuleNotFoundError" and f"'micrograd.{module}'" in text and not frames:
        return _Finding("todo", f"{name} was not handed in")
    if "NotImplementedError" in kinds:
        return _Finding("todo", f"{name} stops at a TODO while it is imported", frames=frames)
    return _Finding("error", f"{name} cannot be imported: {kinds[0]}: {text}" + _trail(frames), frames=frames)


def _exception(given: dict[str, Any]) -> tuple[list[str], str, list[tuple[str, int, str]]]:
    """Types, text and frames of an exception that came from the sandbox; whatever is not of the right form is left
    out."""
    kinds = [kind[:80] for kind in _list(given.get("raised")) if isinstance(kind, str)] or ["an exception"]
    text = given.get("text")
    frames = []
    for frame in _list(given.get("frames"))[-6:]:
        if isinstance(frame, list) and len(frame) == 3 and _is_place(frame[0], frame[1]) and isinstance(frame[2], str):
            frames.append((frame[0], frame[1], frame[2][:80]))
    return kinds, text[:500] if isinstance(text, str) else "", frames


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _is_place(file: Any, line: Any) -> bool:
    """Whether this is a line of a file in the submission."""
    inside = isinstance(file, str) and re.fullmatch(r"micrograd/[\w./ -]{1,200}", file) and ".." not in file
    return bool(inside) and type(line) is int and line > 0


def _trail(frames: Sequence[tuple[str, int, str]]) -> str:
    """The student's own frames, the last call first."""
    return "".join(f"\n  at {file}:{line} in {function}" for file, line, function in reversed(frames))


def _death(code: int) -> str:
    if code < 0:
        try:
            return f"killed by {signal.Signals(-code).name}"
        except ValueError:
            return f"killed by signal {-code}"
    return f"exit code {code}" if code else "without an answer"


def _where(finding: _Finding, answers: Answers | None) -> tuple[str | None, int | None]:
    """Where to look: the line that raised, else the function that the item is about."""
    if finding.frames:
        return finding.frames[-1][:2]
    if answers and answers.where and _is_place(*answers.where) and finding.status not in ("passed", "blocked"):
        return answers.where
    return None, None


def _in_short(answer: list[Any]) -> list[Any]:
    """A wrong answer, or the beginning of its text where it is out of all proportion."""
    text = json.dumps(answer)
    return answer if len(text) <= 10_000 else [{"object": text[:1000]}]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _clean(text: str) -> str:
    """Without memory addresses and names of folders of ours, which differ from run to run and machine to machine."""
    return _ADDRESS.sub("0x…", _UNPACKED.sub("", text))


def _joined(digests: Sequence[str]) -> str:
    import hashlib

    return "sha256:" + hashlib.sha256("\n".join(digests).encode()).hexdigest()


def ungraded(student: str, exam: Exam, reason: str, ids: Collection[str] | None = None) -> Report:
    """The report of a submission that the grader failed to grade: no verdicts, and never a zero."""
    results = [
        ItemResult(item.id, item.assignment, item.title, item.points, 0, "ungraded", reason)
        for item in load_items().values()
        if ids is None or item.id in ids
    ]
    return Report(student, exam.address, "", [], results, reason)
