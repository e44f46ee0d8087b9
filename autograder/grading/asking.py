"""Ask a package's items in the sandbox: all together, and once more alone what is then in doubt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from autograder.exam.items import Item, Question
from autograder.exam.paper import Exam
from autograder.explanation import Explanation, Invalid
from autograder.grading.besides import Besides, Rung, needed, worth_asking
from autograder.grading.frames import is_place
from autograder.grading.imports import Imports
from autograder.grading.judging import Judge, Verdict, death, judge_answer, unasked, unmet
from autograder.grading.load import overloaded
from autograder.sandbox.budget import CPU, Budget
from autograder.sandbox.layers import Sandbox
from autograder.sandbox.protocol import Limits, SandboxError
from autograder.sandbox.records import Answers, Run
from autograder.texts import _

_LONGER = 3.0  # times the time on the clock, where the machine is overloaded

Follow = Callable[[str, str], None]


class Asks(Protocol):
    """What asks a student's package: see `Worker`, which does it in processes of their own."""

    @property
    def sandbox(self) -> Sandbox: ...

    @property
    def limits(self) -> Limits: ...

    @property
    def folder(self) -> Path: ...

    @property
    def forks(self) -> bool: ...

    def run(
        self, root: Path, items: Sequence[str], questions: dict[str, list[Question]] | None = None, *,
        alone: bool = False, hasty: bool = False, longer: float = 1.0, hung: int | None = None,
        budget: Budget | None = None,
    ) -> Run: ...  # fmt: skip

    def serves(self) -> bool: ...

    def drop(self) -> None: ...

    def interrupt(self) -> None: ...

    def resume(self) -> None: ...

    def close(self) -> None: ...


class Asking:
    """The items of the package in `root`, with the verdicts and the answers so far, remarks on the package as a whole,
    and its files that are not Python. Somebody may `follow`: then each item that hangs is told at once."""

    def __init__(
        self, exam: Exam, worker: Asks, budget: Budget, root: Path, judge: Judge | None = None,
        follow: Follow | None = None,
    ):  # fmt: skip
        self.verdicts: dict[str, Verdict] = {}
        self.answers: dict[str, Answers] = {}
        self.remarks: list[str] = []
        self.invalid: list[Invalid] = []
        self.stopped = False  # whether whoever follows had enough
        self.besides = Besides()
        self.budget = budget
        self._exam = exam
        self._items = exam.course.items
        self._judged = judge or Judge(exam.sheets)
        self._worker = worker
        self._root = root
        self._follow = follow
        self._imports = Imports(root, worker.limits.imports)
        self._fallen = False  # whether the sandbox failed, and would again

    def ask_all(self, ids: Sequence[str]) -> None:
        """Ask all together; what is neither right nor stops at a TODO of the rubric's is asked again, alone. So nearly
        everything is answered in one process, and yet nothing that happens in one item costs another. Raises
        SandboxError where the sandbox fails before there is any verdict."""
        if not ids:
            return
        if self.stopped:
            self.verdicts |= {id: Verdict("ungraded", unasked()) for id in ids}
            return
        try:
            self._ask_all(ids)
        except KeyboardInterrupt:
            if not self._follow:
                raise
            self._worker.drop()
            self.stopped = True
            self.verdicts = {**{id: Verdict("ungraded", unasked()) for id in ids}, **self.verdicts}

    def run(self, ids: Sequence[str], **how: Any) -> Run:
        """Ask in the sandbox; once again in a fresh one when the sandbox fails while there is time, and then nothing
        besides."""
        try:
            return self._worker.run(self._root, ids, budget=self.budget, **how)
        except SandboxError:
            if not self.budget.patience():
                raise
            return self._worker.run(self._root, needed(ids), budget=self.budget, **how)

    def broken(self, error: SandboxError) -> Verdict:
        """The verdict where the sandbox failed again: the submission did that, if an honest one is served right
        after."""
        if self._worker.serves():
            return Verdict(
                "crashed", Explanation(_("it brought down the sandbox that it ran in ({error})", error=error))
            )
        return Verdict(
            "ungraded", Explanation(_("the grader could not run this: {error}; grade it again", error=error))
        )

    def _ask_all(self, ids: Sequence[str]) -> None:
        """The order in which items are asked, as often as that takes."""
        verdicts, answers = self.verdicts, self.answers
        run = self._step_by_step(ids) if self._follow else self._ask(ids, alone=False)
        remarks = self._imports.remarks(run, [self._items[id] for id in ids])
        self.remarks = [*dict.fromkeys([*self.remarks, *remarks])]
        doubtful = [id for id in ids if not verdicts[id].certain]
        late = [id for id in doubtful if _late(answers.get(id))]
        # What hung comes last, for it may use up the budget.
        for some in ([id for id in doubtful if id not in late], *([[id] for id in late] if self._follow else [late])):
            if some and not (self._follow and self._waits(some[0])):
                self._ask_again(some)
        if any(verdicts[id].status == "passed" for id in doubtful):  # one item did harm another: trust none
            self._ask([id for id in ids if verdicts[id].status == "todo"])
        late = [] if self._follow else self._cut_short()
        if late and self.budget.spent() != CPU and overloaded():
            self.budget.lengthen((_LONGER - 1) * self._worker.limits.budget)
            self._ask(late, longer=_LONGER)
        self.invalid = [*dict.fromkeys([*self.invalid, *self._imports.invalid(run)])]

    def _ask_again(self, ids: Sequence[str]) -> None:
        """Ask items alone. Of one that waits for what is wrong nothing is said but that, unless it passes: so it is
        asked the first question that it got wrong, and all others only where it then answers that one."""
        brief: dict[str, Rung] = {}
        for id in ids:
            if unmet(self._items[id], self.verdicts) and (wrong := self._first_wrong(id)):
                brief[id] = wrong
        asked = {id: [question] for id, (question, _expected) in brief.items()}
        if self._worker.forks:  # else each of these would be a process all the same
            drawn = self._exam.course.find("graph")
            whole = [id for id in ids if id not in brief]
            asked |= worth_asking(self._exam, self.verdicts, whole, drawn and drawn.looking)
        run = self._ask(ids, questions=asked)
        self.besides.add(asked, run)
        while rest := [id for id, wrong in brief.items() if not self._is_blocked(id, wrong, run.items.get(id))]:
            self._ask(rest)
            for id in rest:
                del brief[id]

    def _first_wrong(self, id: str) -> Rung | None:
        """Of several questions that were all answered, the first one that was answered wrong, with the right answer."""
        sheet, given = self._exam.sheets[id], self.answers[id].answers if id in self.answers else None
        several = self.verdicts[id].is_wrong and given is not None and len(given) > 1
        asked = zip(sheet.questions, sheet.answers, given or (), strict=False) if several else ()
        judged = (judge_answer(self._items[id], sheet, *each) for each in asked)
        return next(((found.question or {}, found.expected) for found in judged if found.is_wrong), None)

    def _is_blocked(self, id: str, wrong: Rung, found: Answers | None) -> bool:
        """Whether an item still waits, and its one answer is not right, if there is one."""
        sheet, given = self._exam.sheets[id], found.answers if found else None
        return bool(unmet(self._items[id], self.verdicts)) and (
            given is None or judge_answer(self._items[id], sheet, *wrong, (*given, None)[0]).is_wrong
        )

    def _ask(
        self, ids: Sequence[str], alone: bool = True, longer: float = 1.0, hung: int | None = None,
        questions: Mapping[str, list[Question]] | None = None,
    ) -> Run:  # fmt: skip
        """Ask items once, and judge what they answer, but the answers to `questions` other than the exam's; some of
        which may be asked besides."""
        if self._fallen:  # what was found before has to do
            return Run()
        try:
            asked, given = dict.fromkeys((*ids, *(questions or ()))), dict(questions or {})
            run = self.run([*asked], questions=given, alone=alone, hasty=not alone, longer=longer, hung=hung)
        except SandboxError as error:
            if not self.verdicts:
                raise
            self._fallen = True
            self.verdicts.update(dict.fromkeys(ids, self.broken(error)))  # whatever was answered before
            return Run()
        for id in ids:
            found = run.items.get(id)
            if found is None and hung is not None:
                continue  # its turn comes
            before = self.answers.get(id)
            told = self._follow is not None and before is not None and before.kind == "timeout"
            if found and found.kind == "spent" and id in self.verdicts and (told or not _late(before)):
                continue  # what it was when it was asked with others
            if id in (questions or ()) and found and found.answers is not None:
                continue
            self.verdicts[id] = self._judge(self._items[id], found, run)
            self.answers.update({id: found} if found else {})
        return run

    def _step_by_step(self, ids: Sequence[str]) -> Run:
        """Ask all together, and tell of each that hangs before the others are asked on."""
        assert self._follow
        whole, left = Run(), list(ids)
        while left := [id for id in left if not self._set_aside(id, whole)]:
            hung = [id for id in self.answers if self.answers[id].kind == "timeout"]
            run = self._ask(left, alone=False, hung=len(hung))
            whole.items |= run.items
            whole.imports |= run.imports
            whole.lost |= run.lost
            whole.notes += [note for note in run.notes if note not in whole.notes]
            for id, found in run.items.items():
                if found.kind == "timeout":
                    file, line = found.where or ("", 0)
                    self._follow(id, f"{file}:{line}" if is_place(file, line) else "")
            if not run.items:  # the sandbox failed: what is said of them then stands, if it does again
                self._ask(left)
                break
            left = [id for id in left if id not in run.items]
        return whole

    def _set_aside(self, id: str, run: Run) -> bool:
        """Answer for an item that is not asked, since it needs one that hung; whether it is such a one."""
        if not self._needs_what_hangs(id):
            return False
        self.answers[id] = Answers("waits")
        self.verdicts[id] = self._judge(self._items[id], self.answers[id], run)
        return True

    def _needs_what_hangs(self, id: str) -> bool:
        """Whether an item needs one that hung, or that waits for one that did."""
        needed = (self.answers.get(need) for need in self._items[id].needs)
        return any(answers is not None and answers.kind in ("timeout", "waits") for answers in needed)

    def _waits(self, id: str) -> bool:
        """Whether an item needs one that hangs, if only because that waits itself."""
        return self.answers[id].kind == "waits" and self._needs_what_hangs(id)

    def _cut_short(self) -> list[str]:
        """The items that the clock ended, and not their use of the processor; and what waits for these alone."""
        found: list[str] = []
        for id in (id for id in self._items if id in self.answers):  # prerequisites first
            answer = self.answers[id]
            by_clock = answer.kind == "spent" or (answer.kind == "timeout" and answer.code == 0)
            importing = answer.kind == "import" and self.verdicts[id].status == "timeout"
            causes = [need for need in self._items[id].needs if _late(self.answers.get(need))]
            if by_clock or importing or (answer.kind == "waits" and set(causes) <= set(found)):
                found.append(id)
        return found

    def _judge(self, item: Item, answers: Answers | None, run: Run) -> Verdict:
        """The verdict on one item, prerequisites aside."""
        if answers is None:
            return Verdict("ungraded", Explanation(_("the sandbox gave no answer; grade it again")))
        if answers.kind == "spent":
            return Verdict("timeout", Explanation(self._over()))
        if answers.kind == "waits":
            return Verdict("timeout", Explanation(_("what it needs did not come to an end")))  # and so it is blocked
        if answers.kind == "import":
            return self._imports.verdict(answers.module, run)
        return self._judged(item, answers) or self._ended(item, answers)

    def _ended(self, item: Item, answers: Answers) -> Verdict:
        """The verdict on an item that was ended, or ended its process, before all its questions were answered."""
        sheet = self._exam.sheets[item.id]
        at = answers.at if answers.at < len(sheet.questions) else 0
        question, expected = sheet.questions[at], sheet.answers[at]
        limits, status, why = self._worker.limits, "crashed", ""
        if answers.kind != "timeout":
            did = _("ended the Python process ({how})", how=death(answers.code))
        else:
            status, did, why = "timeout", _("did not come to an end"), _("is there an endless loop?")
            if not self._follow:  # who waits is waited for less long
                did = _(
                    "did not finish within {cpu:g} s of CPU time, or {wall:g} s on the clock",
                    cpu=limits.cpu,
                    wall=limits.wall,
                )
        return Verdict(status, Explanation(why, sheet.asks(question), did), question, expected)

    def _over(self) -> str:
        limits = self._worker.limits
        if self.budget.spent() == CPU:
            cpu = limits.budget_cpu
            return _(
                "the {cpu:g} s of CPU time that one submission may take were over before this was answered", cpu=cpu
            )
        return _("the {wall:g} s that one submission may take were over before this was answered", wall=limits.budget)


def _late(answers: Answers | None) -> bool:
    """Whether an item was not answered for want of time, or waits for one that was not."""
    return answers is not None and answers.kind in ("timeout", "spent", "waits")
