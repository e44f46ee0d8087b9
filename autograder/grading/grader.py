"""Grade a submission: ask its items in the sandbox, compare the answers with the exam's, say what was found."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import tempfile
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from autograder.courses.micrograd import graph_diff as look
from autograder.courses.micrograd.arithmetic import in_words
from autograder.courses.micrograd.pitfalls import PITFALLS, Pitfall
from autograder.courses.micrograd.subject import subject
from autograder.courses.micrograd.transcript.lab import write_down
from autograder.exam.building import Exam, effort, totals
from autograder.exam.equality import agrees, same
from autograder.exam.fingerprints import fingerprint, telling
from autograder.exam.items import ATTRIBUTES, Item, Question, load_items
from autograder.grading.frames import at_fault, exception, given_first, is_place, short
from autograder.grading.imports import Imports
from autograder.grading.load import overloaded
from autograder.grading.places import STOPPED, Place, Sources
from autograder.report import ItemResult, Report
from autograder.report.explanation import Explanation, Frame, Invalid, Part
from autograder.sandbox.budget import CPU, Budget
from autograder.sandbox.layers import Sandbox
from autograder.sandbox.mounts import library_folders
from autograder.sandbox.protocol import Limits, SandboxError
from autograder.sandbox.records import Answers, Run
from autograder.sandbox.worker import Interrupted, Worker
from autograder.submissions.packages import Package, Packed, Source, unpacked, worth_grading
from autograder.submissions.submission import Submission

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}\b|\b0x[0-9a-fA-F]*\Z")  # the last one may be cut off
# Where submissions lie while they are graded, whole or cut off, and where Python and its libraries do.
_TEMPORARY = rf"(?:{re.escape(tempfile.gettempdir())}/|/[^\s'\"]{{0,300}}?)gradschool-"
_LIBRARY = "|".join(map(re.escape, sorted({*library_folders(), os.path.dirname(os.__file__)}, reverse=True)))
_UNPACKED = re.compile(
    rf"{_TEMPORARY}\w{{1,99}}/[^\s'\"/]{{1,99}}/(?=micrograd\b)|{_TEMPORARY}\w{{0,99}}[^\s'\"]{{0,200}}\Z"
    rf"|{re.escape(tempfile.gettempdir())}/\w{{0,12}}\Z|(?:{_LIBRARY})/(?:lib-dynload/)?(?=\w)"
)
_LONGER = 3.0  # times the time on the clock, where the machine is overloaded
_IDS = frozenset(load_items())
_NOTHING = Explanation()
_ABSENT = Explanation("was not handed in", absent=True)
_UNASKED = Explanation("was not checked: it was stopped before", whole=True)
_STOPPED = "you stopped this check: what was not checked by then is marked with a question mark"


@dataclass
class _Finding:
    """A verdict in the making. `question` is the one that it is about; `said` is what there is to say, but for the
    wrong parts of an answer and the name of a mistake; `frames` are the student's own, the last call first."""

    status: str
    said: Explanation = _NOTHING
    question: Question | None = None
    expected: Any = None
    got: Any = None
    frames: tuple[Frame, ...] = ()
    certain: bool = False  # whether it holds although other items ran in the same process
    sound: bool = False  # whether what rules use of it is right all the same
    lacks: str = ""  # an attribute that a Value does not have
    text: str = ""  # of an exception
    nothing: bool = False  # whether None came, as where a `return` is missing
    graph: dict[str, Any] | None = None


Follow = Callable[[str, str], None]


class Grader:
    """Grades submissions one after the other, on one exam, in one long-lived worker. Close it or use it in a `with`.

    Somebody may wait for it and `follow`: then each item that hangs is told at once, by its id and place, and
    KeyboardInterrupt makes a report of what was finished.
    """

    def __init__(
        self, exam: Exam, sandbox: Sandbox, *, limits: Limits | None = None, fork: bool | None = None,
        follow: Follow | None = None,
    ):  # fmt: skip
        options = {} if fork is None else {"fork": fork}
        self.exam = exam
        self.items = load_items()
        self._worker = Worker(sandbox, subject(), exam.questions(), limits, **options)
        self._budget = Budget(0.0, 0.0)  # of the submission at hand
        self._follow = follow
        self.stopped = False  # whether the last report holds only what was finished by then

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

    def grade(self, student: str, source: Source, only: Collection[str] | None = None) -> Report:
        """The report on what `source`, a folder or an archive, holds. `only` restricts it to some item ids."""
        return self.grade_submission(Submission(student, {"": source}, student), only)

    def grade_submission(self, submission: Submission, only: Collection[str] | None = None) -> Report:
        """The report on a submission, joined from its assignments' folders where it has several."""
        wanted = [id for id in self.items if only is None or id in only]
        self.stopped = False
        copying = sum(source.seconds for source in submission.folders.values() if isinstance(source, Packed))
        self._budget = Budget(self._worker.limits.budget - copying, self._worker.limits.budget_cpu)
        results: dict[str, ItemResult] = {}
        digests: list[str] = []
        messages: list[str] = [submission.remark]
        unread: list[Package] = []
        invalid: list[Invalid] = []
        for assignment, folder in submission.folders.items():
            ids = [id for id in wanted if assignment in ("", self.items[id].assignment)]
            if not ids:
                continue
            with unpacked(folder, self._worker.folder) as found:
                package = worth_grading(found)
                digests.append(package.digest)
                unread += [package] if package.root is None else []
                graded, remarks, broken = self._grade_package(package, ids)
                invalid += broken
                messages += filter(None, [package.problem, *remarks])
                results.update(graded)
        if unread and not any(submission.folders):  # in an nbgrader tree what was not handed in is still to do
            return self._unread(submission, unread, digests, wanted)
        for id in wanted:
            if id not in results:
                results[id] = self._result(self.items[id], _Finding("todo", _ABSENT), None)
        return Report(
            student=submission.student,
            exam=self.exam.address,
            submission=joined(digests),
            sandbox=list(self._worker.sandbox.layers),
            items=[results[id] for id in wanted],
            message=_clean("; ".join(filter(None, dict.fromkeys(messages)))),
            who=dict(submission.who),
            invalid=list(dict.fromkeys(invalid)),
        )

    def _unread(
        self, submission: Submission, packages: Sequence[Package], digests: Sequence[str], ids: Sequence[str]
    ) -> Report:
        """The report on what cannot be opened, or holds nothing to grade: why, once, and no verdicts."""
        problems = dict.fromkeys([submission.remark, *(package.problem for package in packages)])
        return Report(
            student=submission.student,
            exam=self.exam.address,
            submission=joined(digests),
            sandbox=list(self._worker.sandbox.layers),
            message=_clean("; ".join(filter(None, problems))),
            who=dict(submission.who),
            unread="empty" if all(package.missing for package in packages) else "unreadable",
            out_of=float(totals([self.items[id] for id in ids])[0]),
        )

    # --- one package ---

    def _grade_package(
        self, package: Package, ids: Sequence[str]
    ) -> tuple[dict[str, ItemResult], list[str], list[Invalid]]:
        """The results of `ids`, what else there is to say about the package, and its files that are not Python."""
        if package.root is None:
            status = "todo" if package.missing else "error"
            finding = _Finding(status, Explanation(package.problem, whole=True))
            return {id: self._result(self.items[id], finding, None) for id in ids}, [], []
        asked = self._with_needs(ids)
        try:
            findings, answers, remarks, invalid = self._ask_all(package.root, asked)
        except SandboxError as error:
            finding = self._broken(error)
            return {id: self._result(self.items[id], finding, None) for id in ids}, [], []

        self._block(findings)
        sources = Sources(package.root)
        if self.stopped:
            results = {id: self._result(self.items[id], findings[id], answers.get(id), sources) for id in ids}
            return results, [_STOPPED], invalid
        undrawn = ""
        try:
            self._simplify(package.root, {id: findings[id] for id in ids})
            undrawn = self._look(package.root, {id: findings[id] for id in ids})
        except KeyboardInterrupt:  # all verdicts are there
            if not self._follow:
                raise
            self._worker.drop()
        results = {id: self._result(self.items[id], findings[id], answers.get(id), sources) for id in ids}
        return results, [*remarks, undrawn], invalid

    def _ask_all(
        self, root: Path, ids: Sequence[str]
    ) -> tuple[dict[str, _Finding], dict[str, Answers], list[str], list[Invalid]]:
        """Findings and answers for `ids`, remarks on the package as a whole, and its files that are not Python.

        All are asked together; what is neither right nor stops at a TODO of the rubric's is asked again, alone. So
        nearly everything is answered in one process, and yet nothing that happens in one item costs another.
        """
        findings: dict[str, _Finding] = {}
        answers: dict[str, Answers] = {}
        imports = Imports(root, self._worker.limits.imports)
        fallen = False

        def ask(wanted: Sequence[str], alone: bool = True, longer: float = 1.0, hung: int | None = None) -> Run:
            nonlocal fallen
            if fallen:  # and it would fall again: what was found before has to do
                return Run()
            try:
                run = self._run(root, wanted, alone=alone, hasty=not alone, longer=longer, hung=hung)
            except SandboxError as error:
                if not findings:
                    raise
                fallen = True
                broken = self._broken(error)  # which says nothing of what was answered before
                findings.update({id: replace(broken) for id in wanted})
                return Run()
            for id in wanted:
                found = run.items.get(id)
                if found is None and hung is not None:
                    continue  # its turn comes
                told = answers[id].kind == "timeout" if self._follow and id in answers else False
                if found and found.kind == "spent" and id in findings and (told or not _late(answers.get(id))):
                    continue  # what it was when it was asked with others
                findings[id] = self._judge(self.items[id], found, run, imports)
                answers.update({id: found} if found else {})
            return run

        try:
            return findings, answers, *self._ask(ids, ask, imports, findings, answers)
        except KeyboardInterrupt:
            if not self._follow:
                raise
            self._worker.drop()
            self.stopped = True
            return {**{id: _Finding("ungraded", _UNASKED) for id in ids}, **findings}, answers, [], []

    def _ask(
        self, ids: Sequence[str], ask: Callable[..., Run], imports: Imports, findings: dict[str, _Finding],
        answers: dict[str, Answers],
    ) -> tuple[list[str], list[Invalid]]:  # fmt: skip
        """The order in which items are asked, as often as that takes; returns remarks, and what is no Python."""
        together = ask if not self._follow else partial(self._step_by_step, ask, imports, findings, answers)
        run = together(ids, alone=False)
        remarks = imports.remarks(run, [self.items[id] for id in ids])
        doubtful = [id for id in ids if not findings[id].certain]
        late = [id for id in doubtful if _late(answers.get(id))]
        # What hung comes last, for it may use up the budget.
        for some in ([id for id in doubtful if id not in late], *([[id] for id in late] if self._follow else [late])):
            if some and not (self._follow and self._waits(some[0], answers)):
                ask(some)
        if any(findings[id].status == "passed" for id in doubtful):  # one item did harm another: trust none
            ask([id for id in ids if findings[id].status == "todo"])
        late = [] if self._follow else self._cut_short(findings, answers)
        if late and self._budget.spent() != CPU and overloaded():
            self._budget.lengthen((_LONGER - 1) * self._worker.limits.budget)
            ask(late, longer=_LONGER)
        return remarks, imports.invalid(run)

    def _step_by_step(
        self, ask: Callable[..., Run], imports: Imports, findings: dict[str, _Finding], answers: dict[str, Answers],
        ids: Sequence[str], alone: bool,
    ) -> Run:  # fmt: skip
        """Ask all together, and tell of each that hangs before the others are asked on."""
        assert self._follow
        whole, left = Run(), list(ids)
        while left:
            hung = [id for id in answers if answers[id].kind == "timeout"]
            run = ask(left, alone=alone, hung=len(hung))
            whole.items |= run.items
            whole.imports |= run.imports
            whole.lost |= run.lost
            whole.notes += [note for note in run.notes if note not in whole.notes]
            for id, found in run.items.items():
                if found.kind == "timeout":
                    file, line = found.where or ("", 0)
                    self._follow(id, f"{file}:{line}" if is_place(file, line) else "")
            for id in left:
                if id not in run.items and any(_hangs(answers.get(need)) for need in self.items[id].needs):
                    run.items[id] = answers[id] = Answers("waits")
                    findings[id] = self._judge(self.items[id], answers[id], run, imports)
            if not run.items:  # the sandbox failed: what is said of them then stands, if it does again
                ask(left)
                break
            left = [id for id in left if id not in run.items]
        return whole

    def _waits(self, id: str, answers: Mapping[str, Answers]) -> bool:
        """Whether an item needs one that hangs, if only because that waits itself."""
        return answers[id].kind == "waits" and any(_hangs(answers.get(need)) for need in self.items[id].needs)

    def _cut_short(self, findings: Mapping[str, _Finding], answers: Mapping[str, Answers]) -> list[str]:
        """The items that the clock ended, and not their use of the processor; and what waits for these alone."""
        found: list[str] = []
        for id in (id for id in self.items if id in answers):  # prerequisites first
            answer = answers[id]
            by_clock = answer.kind == "spent" or (answer.kind == "timeout" and answer.code == 0)
            importing = answer.kind == "import" and findings[id].status == "timeout"
            causes = [need for need in self.items[id].needs if _late(answers.get(need))]
            if by_clock or importing or (answer.kind == "waits" and set(causes) <= set(found)):
                found.append(id)
        return found

    def _with_needs(self, ids: Iterable[str]) -> list[str]:
        """`ids` and all that they need, in the rubric's order."""
        asked, waiting = set(), list(ids)
        while waiting:
            id = waiting.pop()
            if id not in asked:
                asked.add(id)
                waiting += self.items[id].needs
        return [id for id in self.items if id in asked]

    def _run(self, root: Path, ids: Sequence[str], **how: Any) -> Run:
        """Ask in the sandbox; once again in a fresh one when the sandbox fails while there is time."""
        try:
            return self._worker.run(root, ids, budget=self._budget, **how)
        except SandboxError:
            if not self._budget.patience():
                raise
            return self._worker.run(root, ids, budget=self._budget, **how)

    def _broken(self, error: SandboxError) -> _Finding:
        """The verdict where the sandbox failed again: the submission did that, if an honest one is served right
        after."""
        if self._worker.serves():
            return _Finding("crashed", Explanation(f"it brought down the sandbox that it ran in ({error})"))
        return _Finding("ungraded", Explanation(f"the grader could not run this: {error}; grade it again"))

    def _judge(self, item: Item, answers: Answers | None, run: Run, imports: Imports) -> _Finding:
        """The verdict on one item, prerequisites aside."""
        if answers is None:
            return _Finding("ungraded", Explanation("the sandbox gave no answer; grade it again"))
        if answers.kind == "spent":
            return _Finding("timeout", Explanation(self._over()))
        if answers.kind == "waits":
            return _Finding("timeout", Explanation("what it needs did not come to an end"))  # and so it is blocked
        questions = self.exam.sheets[item.id].questions
        if answers.kind == "import":
            status, said, frames = imports.verdict(answers.module, run)
            compiles = "SyntaxError" not in exception(run.imports.get(answers.module, {}))[0]
            return _Finding(status, said, frames=frames, certain=status == "todo" or not compiles)
        if answers.kind in ("timeout", "crashed"):
            at = answers.at if answers.at < len(questions) else 0
            question, expected = questions[at], self.exam.sheets[item.id].answers[at]
            ask = write_down(item, question).ask
            if answers.kind == "timeout":
                limits = self._worker.limits
                how = f"did not finish within {limits.cpu:g} s of CPU time, or {limits.wall:g} s on the clock"
                if self._follow:  # who waits is waited for less long
                    how = "did not come to an end"
                said = Explanation("is there an endless loop?", ask, how)
            else:
                said = Explanation("", ask, f"ended the Python process ({_death(answers.code)})")
            return _Finding(answers.kind, said, question, expected)
        return self._judge_answers(item, questions, answers.answers or [])

    def _over(self) -> str:
        limits = self._worker.limits
        what = f"{limits.budget_cpu:g} s of CPU time" if self._budget.spent() == CPU else f"{limits.budget:g} s"
        return f"the {what} that one submission may take were over before this was answered"

    def _judge_answers(self, item: Item, questions: Sequence[Question], answers: Sequence[Any]) -> _Finding:
        if len(answers) != len(questions):
            return _Finding("crashed", Explanation(f"{len(answers)} of {len(questions)} questions were answered"))
        wrong = []
        sound = item.basis
        expected = self.exam.sheets[item.id].answers
        for question, right, given in zip(questions, expected, answers, strict=True):
            finding = judge_answer(item, question, right, given)
            if finding.status == "todo":
                return finding
            if finding.status != "passed":
                wrong.append(finding)
                sound = sound and _has_basis(item, right, given)
        if not wrong:
            return _Finding("passed", certain=True)
        return replace(min(wrong, key=lambda finding: effort(item, finding.question or {})), sound=sound)

    def _block(self, findings: dict[str, _Finding]) -> None:
        """A failure proves nothing where a prerequisite has not passed; but a rule needs the operation's number alone,
        and not its name."""
        for id, finding in findings.items():
            item = self.items[id]
            unmet = [need for need in item.needs if findings[need].status != "passed"]
            if not item.end_to_end:
                unmet = [need for need in unmet if not findings[need].sound]
            own_todo = finding.status == "todo" and not item.end_to_end
            if unmet and not own_todo and finding.status not in ("passed", "ungraded"):
                trouble = [need for need in unmet if findings[need].status == "ungraded"]
                if trouble:
                    why = Explanation(f"{', '.join(trouble)} could not be graded; grade it again")
                    findings[id] = _Finding("ungraded", _UNASKED if self.stopped else why)
                else:
                    broken = next(filter(None, (findings[need].said.invalid for need in unmet)), None)
                    findings[id] = _Finding("blocked", Explanation(waits=tuple(unmet), invalid=broken))

    # --- smaller counterexamples ---

    def _simplify(self, root: Path, findings: Mapping[str, _Finding]) -> None:
        """Have each wrong answer be about the simplest question on the exam's ladder that is answered as wrongly."""
        rungs = {
            id: simpler
            for id, finding in findings.items()
            if finding.status in ("failed", "error") and (simpler := self._simpler(self.items[id], finding))
        }
        if not rungs or self._budget.spent():
            return
        with suppress(SandboxError):  # then the exam's own questions have to do
            asked = {id: [question for question, _ in simpler] for id, simpler in rungs.items()}
            run = self._run(root, list(asked), questions=asked, alone=True, hasty=True)
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

    def _look(self, root: Path, findings: Mapping[str, _Finding]) -> str:
        """Ask once more, for the graph of each question that a message is about. A graph decides nothing: returns a
        remark where one cannot be had."""
        questions = {
            id: [look.looking(finding.question)]
            for id, finding in findings.items()
            if self.items[id].look and finding.question is not None and finding.status in ("failed", "error")
        }
        if questions and not self._budget.spent():
            try:
                run = self._run(root, list(questions), questions=questions, alone=True, hasty=True)
                for id in questions:
                    findings[id].graph = look.graph(self.items[id], findings[id].question or {}, run.items.get(id))
            except Interrupted:
                raise
            except Exception as error:
                return f"some graphs are missing, which costs nothing ({type(error).__name__}: {error})"
        return ""

    # --- the result ---

    def _result(
        self, item: Item, finding: _Finding, answers: Answers | None, sources: Sources | None = None
    ) -> ItemResult:
        passed = finding.status == "passed"
        said, counterexample, reproduce = finding.said, None, None
        if finding.question is not None and not passed and finding.status != "todo":
            transcript = write_down(item, finding.question)
            wrong = transcript.wrong_parts(finding.expected, finding.got) if finding.status == "failed" else []
            if not (said.problem or said.did):
                said = replace(said, asked=transcript.ask)
                if item.explain:
                    close = partial(same, tolerance=item.tolerance)
                    said = replace(said, problem=item.explain(finding.question, finding.expected, finding.got, close))
                else:
                    said = replace(said, parts=tuple(wrong))
            if finding.status == "failed":
                said = replace(said, remark=item.remark, origin=_origin(item, finding, wrong))
            reproduce = transcript.reproduce(wrong, finding.lacks)
            counterexample = {
                "inputs": finding.question,
                "expected": _listed(finding.expected),
                "got": None if finding.status != "failed" else _in_short(_listed(finding.got)),
                **({"graph": finding.graph} if finding.graph else {}),
            }
        pitfall = self._named(item, finding, answers)
        place = self._place(item, finding, said, answers, sources) if sources else None
        if place:
            said = replace(said, advice=place.advice)
            if place.advice.startswith("remove "):
                said = replace(said, did=STOPPED[said.raised], frames=())
        said = _NOTHING if passed else replace(said.map(_clean), mistake=pitfall.does if pitfall else "")
        file, line = (place.file, place.line) if place else _where(finding, None if item.remark else answers)
        return ItemResult(
            id=item.id,
            assignment=item.assignment,
            title=item.title,
            points=item.points,
            earned=item.points if passed else 0,
            status=finding.status,
            message=said.text(),
            counterexample=counterexample,
            reproduce=reproduce,
            diagnosis=pitfall.id if pitfall else None,
            hint=pitfall.hints[0] if pitfall else None,
            file=file,
            line=line,
            stdout=_clean(answers.output) if answers else "",
            seconds=round(answers.seconds, 6) if answers else 0.0,
            explanation=said,
        )

    def _place(
        self, item: Item, finding: _Finding, said: Explanation, answers: Answers | None, sources: Sources
    ) -> Place | None:
        """The line at fault and what to do about it, as far as the student's files tell."""
        if finding.status == "todo" and finding.frames:
            return sources.unfinished(item.id, finding.frames)
        if said.raised and finding.frames:
            target = item.target.partition(":")[2]
            return sources.exception(item.id, said.raised, finding.text, finding.frames, target)
        where = answers.where if answers and answers.where and is_place(*answers.where) and not item.remark else None
        if said.raised == "TypeError" and "argument" in finding.text and where:
            return sources.call(finding.text, where)
        if finding.status == "timeout" and answers:
            return sources.hang(item.id, where)
        if where and finding.status == "failed":
            parts = [part.name for part in said.parts]
            rule = any(need.basis and need.target == item.target for need in map(self.items.__getitem__, item.needs))
            rule = rule and all(name.endswith(".grad") for name in parts)
            return sources.answer(item.id, where, rule, parts, finding.nothing)
        absent = finding.question is not None and not (where or item.remark or said.parts)
        if not absent or finding.status not in ("todo", "failed"):
            return None
        others = {name for each in self.items.values() for name in each.target.partition(":")[2].split(".")}
        return sources.renamed(item.target, others)

    def _named(self, item: Item, finding: _Finding, answers: Answers | None) -> Pitfall | None:
        """The classic mistake that gives all of these wrong answers, if one does."""
        if finding.status not in ("failed", "error") or answers is None or answers.answers is None:
            return None
        sheet = self.exam.sheets[item.id]
        name = sheet.pitfalls.get(fingerprint(item, telling(item, sheet, answers.answers)))
        return PITFALLS.get(name) if name else None


def _late(answers: Answers | None) -> bool:
    """Whether an item was not answered for want of time, or waits for one that was not."""
    return answers is not None and answers.kind in ("timeout", "spent", "waits")


def _hangs(answers: Answers | None) -> bool:
    """Whether an item hung, or waits for one that did."""
    return answers is not None and answers.kind in ("timeout", "waits")


def judge_answer(item: Item, question: Question, expected: Any, given: Any) -> _Finding:
    """The finding on one answer, as it came from the sandbox: nothing about its form is taken for granted."""
    if isinstance(given, list) and len(given) == 1:
        if agrees(item, question, expected, given[0]):
            return _Finding("passed")
        return _Finding("failed", _NOTHING, question, expected, given[0])
    if isinstance(given, dict) and isinstance(given.get("odd"), str):
        ask = write_down(item, question).ask
        lacks = given.get("lacks")
        lacks = lacks if lacks in ATTRIBUTES else ""
        if given.get("absent") is True:  # not written is still to be written
            return _Finding("todo", Explanation(given["odd"]), question)
        said, nothing = Explanation(given["odd"], ask), given.get("nothing") is True
        return _Finding("failed", said, question, expected, None, lacks=lacks, nothing=nothing)
    if isinstance(given, dict) and "raised" in given:
        return _judge_exception(item, question, expected, given)
    return _Finding("failed", Explanation("the answer makes no sense"), question, expected, None)


def _has_basis(item: Item, right: Any, given: Any) -> bool:
    """Whether the first part of an answer from the sandbox is right, whatever the others are."""
    answer = given[0] if isinstance(given, list) and len(given) == 1 else None
    return isinstance(answer, list) and len(answer) > 0 and same(right[0], answer[0], item.tolerance)


def _judge_exception(item: Item, question: Question, expected: Any, given: dict[str, Any]) -> _Finding:
    kinds, text, frames = exception(given)
    if "NotImplementedError" in kinds:
        certain = text in _IDS and (text == item.id or not item.apart)  # it may be made of one that is still to do
        return _Finding("todo", Explanation("is still to be written"), question, frames=frames, certain=certain)
    ask = write_down(item, question).ask
    if "MemoryError" in kinds:
        said = Explanation("", ask, "needed more memory than there is")
        return _Finding("crashed", said, question, expected, frames=frames)
    did = f"raised {kinds[0]}" + (f": {text}" if text else "")
    said = Explanation("", ask, did, frames=short(frames), raised=kinds[0], given=given_first(frames))
    return _Finding("error", said, question, expected, [kinds[0]], frames, text=text)


def _death(code: int) -> str:
    if code < 0:
        try:
            return f"killed by {signal.Signals(-code).name}"
        except ValueError:
            return f"killed by signal {-code}"
    return f"exit code {code}" if code else "without an answer"


def _where(finding: _Finding, answers: Answers | None) -> tuple[str | None, int | None]:
    """Where to look: the line that raised, or that called what was given and raised, else the function that the item is
    about."""
    if finding.frames:
        return (finding.frames[0] if finding.status == "todo" else at_fault(finding.frames))[:2]
    if answers and answers.where and is_place(*answers.where) and finding.status not in ("passed", "blocked"):
        return answers.where
    return None, None


def _origin(item: Item, finding: _Finding, wrong: Sequence[Part]) -> str:
    """Where a right gradient comes from: of the node that goes wrong first, else of one that the answer has; nothing
    where a number is wrong before any gradient."""
    names = [part.name for part in wrong]
    if finding.graph:
        first = finding.graph["nodes"][finding.graph["wrong"]]
        if first["got"] is None or first["got"].get("data") != first["expected"].get("data"):
            return ""
        names.insert(0, f"{first['name']}.grad")
    return in_words(item, finding.question or {}, names)


def _in_short(answer: list[Any]) -> list[Any]:
    """A wrong answer, or the beginning of its text where it is out of all proportion."""
    text = json.dumps(answer)
    return answer if len(text) <= 10_000 else [{"object": text[:1000]}]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _clean(text: str) -> str:
    """Without memory addresses and names of folders of ours, which differ from run to run and machine to machine."""
    return _ADDRESS.sub("0x…", _UNPACKED.sub("", text))


def joined(digests: Sequence[str]) -> str:
    """One content address for several."""
    if len(digests) == 1:
        return digests[0]
    return "sha256:" + hashlib.sha256("\n".join(digests).encode()).hexdigest()


def ungraded(
    student: str, exam: Exam, reason: str, ids: Collection[str] | None = None, status: str = "ungraded"
) -> Report:
    """The report of a submission that the grader failed to grade: no verdicts, and never a zero; or, with another
    `status`, of one that nobody could grade."""
    said = Explanation(reason, whole=True)
    results = [
        ItemResult(item.id, item.assignment, item.title, item.points, 0, status, said.text(), explanation=said)
        for item in load_items().values()
        if ids is None or item.id in ids
    ]
    return Report(student, exam.address, "", [], results, reason)
