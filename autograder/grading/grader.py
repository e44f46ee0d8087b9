"""Grade a submission: ask its items in the sandbox, compare the answers with the exam's, say what was found."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from autograder.exam.paper import Exam, totals
from autograder.explanation import Explanation, Invalid
from autograder.grading.asking import Asking, Asks, Follow
from autograder.grading.explaining import clean, explained, result
from autograder.grading.judging import Judge, Verdict, block, unasked
from autograder.grading.shrinking import draw_graphs, shrink
from autograder.grading.source.sources import Sources
from autograder.grading.suites import try_suite
from autograder.phrase import N_
from autograder.report import ItemResult, Report
from autograder.sandbox.budget import Budget
from autograder.sandbox.layers import Sandbox
from autograder.sandbox.protocol import Limits, SandboxError
from autograder.sandbox.worker import Worker
from autograder.submissions.sources.own_tests import own_tests
from autograder.submissions.submission import Submission
from autograder.submissions.unpacking import Package, Packed, Source, unpacked, worth_grading
from autograder.texts import _, language

_LONG = 0.01  # seconds of an item that is waited for last
_SHARE = 0.08  # of the time of all items, which it takes at least
_OPEN = Verdict("ungraded", Explanation())
SoFar = Callable[[Report, Collection[str]], None]

_STOPPED = N_("you stopped this check: what was not checked by then is marked with a question mark")


class _Graded(NamedTuple):
    """What is known of a package: results by item, what else there is to say, and its files that are not Python."""

    results: dict[str, ItemResult]
    remarks: Sequence[str] = ()
    invalid: Sequence[Invalid] = ()


class Grader:
    """Grades submissions one after the other, on one exam, in one long-lived worker. Close it or use it in a `with`.

    Somebody may wait for it and `follow`: then each item that hangs is told at once, by its id and place, and
    KeyboardInterrupt makes a report of what was finished. Whoever would rather know most of it at once is given that,
    `so_far`, and the items that have no verdict yet: those that took long before, and those that ask for tests.
    A `worker` that is there already is asked, in place of one in a `sandbox` that keeps `limits`.
    """

    def __init__(
        self, exam: Exam, sandbox: Sandbox, *, limits: Limits | None = None, fork: bool | None = None,
        follow: Follow | None = None, so_far: SoFar | None = None, worker: Asks | None = None,
    ):  # fmt: skip
        options = {} if fork is None else {"fork": fork}
        self.exam = exam
        self.items = exam.course.items
        self._worker: Asks = worker or Worker(sandbox, exam.course.find("subject"), exam.questions(), limits, **options)
        self._judge = Judge(exam.sheets)
        self._budget = Budget(0.0, 0.0)  # of the submission at hand
        self._follow = follow
        self._so_far = so_far
        self._late: set[str] = set()  # items that took long the last time
        self._long: set[str] = set()  # and the time before
        self.stopped = False  # whether the last report holds only what was finished by then

    def __enter__(self) -> Grader:
        return self

    def __exit__(self, *raised: object) -> None:
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
        invalid: list[Invalid] = []
        for assignment, folder in submission.folders.items():
            ids = [id for id in wanted if assignment in ("", self.items[id].assignment)]
            if not ids:
                continue
            with unpacked(folder, self._worker.folder) as found:
                package = worth_grading(found)
                digests.append(package.digest)
                messages.append(package.problem)
                if package.root is None and not any(submission.folders):  # in an nbgrader tree it is still to do
                    unread = "empty" if package.missing else "unreadable"
                    out_of = float(totals([self.items[id] for id in wanted])[0])
                    return self._report(submission, digests, messages, unread=unread, out_of=out_of)
                for graded in self._grade_package(package, ids):
                    if self._so_far and (waiting := [id for id in ids if id not in graded.results]):
                        known = results | graded.results | {id: self._result(id, _OPEN) for id in waiting}
                        said = [*messages, *graded.remarks]
                        items = [known[id] for id in wanted if id in known]
                        some = self._report(submission, digests, said, items=items, invalid=list(graded.invalid))
                        self._so_far(some, waiting)
                results |= graded.results
                messages += graded.remarks
                invalid += graded.invalid
        absent = Verdict("todo", Explanation(_("was not handed in"), absent=True))
        items = [results.get(id) or self._result(id, absent) for id in wanted]
        return self._report(submission, digests, messages, items=items, invalid=list(dict.fromkeys(invalid)))

    def _report(self, submission: Submission, digests: Sequence[str], messages: Sequence[str], **rest: Any) -> Report:
        return Report(
            student=submission.student,
            exam=self.exam.address,
            submission=joined(digests),
            sandbox=list(self._worker.sandbox.layers),
            message=clean("; ".join(filter(None, dict.fromkeys(messages)))),
            who=dict(submission.who),
            language=language(),
            **rest,
        )

    # --- one package ---

    def _grade_package(self, package: Package, ids: Sequence[str]) -> Iterator[_Graded]:
        """The results of `ids`: of more of them each time, and of all at last."""
        if package.root is None:
            status = "todo" if package.missing else "error"
            verdict = Verdict(status, Explanation(package.problem, whole=True))
            yield _Graded({id: self._result(id, verdict) for id in ids})
            return
        asking = Asking(self.exam, self._worker, self._budget, package.root, self._judge, self._follow)
        suites = [id for id in ids if self.items[id].suite]
        results: dict[str, ItemResult] = {}
        illustrated: list[str] = []
        slow = bool(suites and own_tests(package.root))
        turns = self._turns([id for id in ids if id not in suites])
        for turn in turns:
            try:
                asking.ask_all([id for id in self.with_needs(turn) if id not in asking.verdicts])
            except SandboxError as error:
                verdict = asking.broken(error)
                yield _Graded({id: self._result(id, verdict) for id in ids} | results)
                return
            self.stopped = self.stopped or asking.stopped
            block(self.items, asking.verdicts, self.stopped)
            illustrated += [] if self.stopped else [self._illustrate(asking, turn)]
            sources = Sources(package.root)
            results |= {
                id: explained(self.exam, id, asking.verdicts[id], asking.answers.get(id), sources) for id in turn
            }
            if self._so_far and (slow or turn is not turns[-1]) and not self.stopped:
                yield _Graded(dict(results), [*asking.remarks, *illustrated], asking.invalid)
        if self._so_far:
            self._note_long(results.values())
        if suites:
            results |= self._try_suite(asking, package.root, suites)
        yield _Graded(results, [_(_STOPPED)] if self.stopped else [*asking.remarks, *illustrated], asking.invalid)

    def _note_long(self, results: Collection[ItemResult]) -> None:
        """Which items take long: twice in a row, for on a busy machine any may once."""
        least = max(_LONG, _SHARE * sum(each.seconds for each in results))
        before, self._late = self._late, {each.id for each in results if each.seconds > least}
        self._long = before & self._late

    def _turns(self, ids: Sequence[str]) -> list[list[str]]:
        """What is asked together: where somebody would rather know most of it at once, what takes long comes last."""
        turns = [id for id in ids if id not in self._long], [id for id in ids if id in self._long]
        return [turn for turn in turns if turn]

    def _try_suite(self, asking: Asking, root: Path, ids: Sequence[str]) -> dict[str, ItemResult]:
        """The results of the items that ask for tests of the student's own."""
        verdict = Verdict("ungraded", unasked())
        if not self.stopped:
            try:
                return try_suite(self.exam, self._worker, self._budget, root, ids)
            except SandboxError as error:
                verdict = asking.broken(error)
            except KeyboardInterrupt:
                if not self._follow:
                    raise
                self._worker.drop()
                self.stopped = True
        return {id: self._result(id, verdict) for id in ids}

    def _illustrate(self, asking: Asking, ids: Sequence[str]) -> str:
        """Find simpler examples, and graphs; returns a remark where these cannot be had."""
        try:
            shrink(asking, self.exam, ids)
            return draw_graphs(asking, self.exam, ids)
        except KeyboardInterrupt:  # all verdicts are there
            if not self._follow:
                raise
            self._worker.drop()
            return ""

    def with_needs(self, ids: Iterable[str]) -> list[str]:
        """`ids` and all that they need, in the rubric's order."""
        asked, waiting = set(), list(ids)
        while waiting:
            id = waiting.pop()
            if id not in asked:
                asked.add(id)
                waiting += self.items[id].needs
        return [id for id in self.items if id in asked]

    def _result(self, id: str, verdict: Verdict) -> ItemResult:
        """The result of an item that was never asked."""
        return explained(self.exam, id, verdict, None)


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
    items = exam.course.items.values()
    results = [result(item, status, said) for item in items if ids is None or item.id in ids]
    return Report(student, exam.address, "", [], results, reason, language=language())
