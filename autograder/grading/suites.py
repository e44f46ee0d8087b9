"""Students' own tests, tried in the sandbox on right packages and on packages with a mistake, and scored by the
mistakes that they catch.

A test that fails on a right package is a false alarm, and one that comes out differently when it is run again proves
nothing: neither counts. What comes out of the sandbox is which test failed on which package, and no more.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from autograder.course import Course, in_use
from autograder.exam.items import Item
from autograder.exam.paper import Exam
from autograder.exam.specimens import Specimen
from autograder.explanation import Explanation
from autograder.grading.asking import Asking, Asks
from autograder.grading.explaining import clean, result
from autograder.phrase import N_
from autograder.report import ItemResult
from autograder.sandbox.budget import Budget
from autograder.sandbox.records import Answers
from autograder.scratch import Scratch
from autograder.submissions.sources.own_tests import FOLDER, own_tests
from autograder.texts import _, joined

_PATIENCE = 5.0  # times the time on the clock that one item may take: this is what a whole suite is run in
_WRONG = frozenset("FH")  # the letters of a test that fails, or does not come to an end
_NAMED = 3  # mistakes, or tests, that a message names


@dataclass(frozen=True)
class Trial:
    """What came of a suite: its `tests` by name, and by the place of each specimen the `letters` that they got there,
    round by round. `unreadable` are files of tests that cannot be run, each with the kind of reason, what it is about
    and the line (see `sandbox.suite.files`), and `said` is what a test raised that failed on a right package, where
    that is no secret."""

    specimens: Sequence[Specimen]
    tests: tuple[str, ...] = ()
    letters: tuple[tuple[str, ...], ...] = ()
    unreadable: Mapping[str, tuple[str, str, int]] = field(default_factory=dict)
    said: Mapping[str, str] = field(default_factory=dict)
    more: int = 0

    @classmethod
    def read(cls, specimens: Sequence[Specimen], rounds: int, data: Any) -> Trial:
        """From what the sandbox sent. Raises TypeError or ValueError where that is not what it sends."""
        tests = tuple(data["tests"])
        letters = tuple(tuple(data["outcomes"][str(place)]) for place in range(len(specimens)))
        for row in letters:
            if len(row) != rounds or any(type(each) is not str or len(each) != len(tests) for each in row):
                raise ValueError("these are the letters of other tests")
        unreadable = {name: (kind, what, int(line)) for name, (kind, what, line) in data["unreadable"].items()}
        said = dict(data.get("said", {}))
        texts = (*tests, *unreadable, *(text for why in unreadable.values() for text in why[:2]), *said, *said.values())
        if not all(type(each) is str for each in texts):
            raise TypeError("a text is none")
        return cls(specimens, tests, letters, unreadable, said, int(data.get("more", 0)))

    @cached_property
    def _outcomes(self) -> list[list[set[str]]]:
        """Of each test, by the place of each specimen, the letters that it got there."""
        return [[{each[test] for each in rounds} for rounds in self.letters] for test in range(len(self.tests))]

    @cached_property
    def alarms(self) -> dict[str, Specimen]:
        """Tests that fail on a right package, each with the first such."""
        found: dict[str, Specimen] = {}
        for test, outcomes in zip(self.tests, self._outcomes, strict=True):
            for specimen, got in zip(self.specimens, outcomes, strict=True):
                if not specimen.group and got & _WRONG:
                    found.setdefault(test, specimen)
        return found

    def hangs(self, test: str, specimen: Specimen) -> bool:
        """Whether a test does not come to an end on a specimen."""
        return "H" in self._outcomes[self.tests.index(test)][self.specimens.index(specimen)]

    @cached_property
    def unsteady(self) -> list[str]:
        """Tests that come out in two ways on one package."""
        found = zip(self.tests, self._outcomes, strict=True)
        return [test for test, outcomes in found if any(len(got) > 1 for got in outcomes)]

    @cached_property
    def fair(self) -> list[int]:
        """The places of the tests that count."""
        left_out = {*self.alarms, *self.unsteady}
        return [number for number, test in enumerate(self.tests) if test not in left_out]

    def caught(self, group: str) -> tuple[int, list[Specimen]]:
        """How many of a group's mistakes are caught, and those that are not."""
        those = [(place, each) for place, each in enumerate(self.specimens) if each.group == group]
        missed = [each for place, each in those if not any(self._outcomes[n][place] <= _WRONG for n in self.fair)]
        return len(those) - len(missed), missed


def try_suite(exam: Exam, worker: Asks, budget: Budget, root: Path, ids: Sequence[str]) -> dict[str, ItemResult]:
    """The results of the items `ids`, which ask for tests, of what lies below `root`. Raises SandboxError when the
    sandbox itself fails."""
    course = exam.course
    items = [course.items[id] for id in ids]
    names = [path.name for path in own_tests(root)]
    if not names:
        lacking = Explanation(
            _("no test of your own yet: write some in {files}, as functions whose names begin with test",
              files=joined(_paths(course)))
        )  # fmt: skip
        return {item.id: result(item, "todo", lacking) for item in items}
    answers = _answers(exam, worker, budget, root, names, items[0])
    status, why = _fate(answers)
    if answers and not status:
        with suppress(TypeError, ValueError, KeyError, AttributeError, IndexError):
            trial = Trial.read(exam.specimens.unpacked, worker.limits.rounds, (answers.answers or [[None]])[0][0])
            return _scored(items, trial)
        status, why = "ungraded", _("the grader could not run the tests; grade it again")
    return {item.id: result(item, status, Explanation(why)) for item in items}


def _paths(course: Course) -> list[str]:
    return [f"{FOLDER}/{name}" for name in course.tests]


def _answers(exam: Exam, worker: Asks, budget: Budget, root: Path, names: Sequence[str], item: Item) -> Answers | None:
    """What comes of the tests. Where the specimens are a secret, nothing else of the student's is there."""
    secret = any(each.files for each in exam.specimens.unpacked)
    package = exam.course.package
    with Scratch(inside=worker.folder) as folder:
        apart = Path(folder)
        if secret:
            shutil.copytree(root / FOLDER, apart / FOLDER)
            for path in (apart, *apart.rglob("*")):
                path.chmod(0o755 if path.is_dir() else 0o644)
        at = apart if secret else root
        task = {"root": str(at), "names": list(names), "package": package, "secret": secret, "fork": worker.forks,
                "rounds": worker.limits.rounds, **exam.specimens.data}  # fmt: skip
        asking = Asking(exam, worker, budget, at)
        run = asking.run([item.id], questions={item.id: [{"task": task}]}, alone=True, longer=_PATIENCE)
    return run.items.get(item.id)


def _fate(answers: Answers | None) -> tuple[str, str]:
    """The status where no suite came to its end, and why."""
    if answers is None:
        return "ungraded", _("the sandbox gave no answer; grade it again")
    if answers.kind in ("timeout", "spent"):
        return "timeout", _("your tests did not come to an end in the time that a submission may take")
    if answers.answers is None:
        return "crashed", _("your tests ended the process that runs them")
    return "", ""


def _scored(items: Sequence[Item], trial: Trial) -> dict[str, ItemResult]:
    """The results of the items. What is to be said of the suite as a whole is said once."""
    results, aside = {}, _left_out(trial)
    for item in items:
        caught, missed = trial.caught(item.suite)
        of = caught + len(missed)
        if not of:
            results[item.id] = result(item, "ungraded", Explanation(_("the exam knows no mistakes of this kind")))
            continue
        if not missed:
            results[item.id] = result(item, "passed", Explanation(caught=caught, of=of))
            continue
        said = Explanation(_problem(trial, caught, missed), advice=aside, caught=caught, of=of).map(clean)
        results[item.id] = result(item, "failed", said, earned=item.points * caught // of)
        aside = ""
    return results


def _problem(trial: Trial, caught: int, missed: Sequence[Specimen]) -> str:
    """What is wrong where not all mistakes of a group are caught."""
    if trial.unreadable and not trial.tests:
        return _unreadable(trial)[0]
    if not trial.fair:
        return _("none of your tests counts: {why}", why=_why(trial))
    first, *others = (_(each.words) for each in missed)
    said = _("your tests catch {caught} of {of} mistakes: they miss an engine {words}", caught=caught,
             of=caught + len(missed), words=first)  # fmt: skip
    return _listed([said, *(_("one {words}", words=words) for words in others)])


def _why(trial: Trial) -> str:
    """Why tests do not count, in short."""
    alarms = trial.alarms
    said = [_alarm(trial, test, each) for test, each in alarms.items()]
    again = [test for test in trial.unsteady if test not in alarms]
    return _listed([*said, *(_("{test} comes out differently when it is run again", test=test) for test in again)])


def _listed(said: Sequence[str]) -> str:
    """Parts of a sentence: of many the first, and how many more there are."""
    more = [_("and {count} more", count=len(said) - _NAMED)] if len(said) > _NAMED else []
    return "; ".join([*said[:_NAMED], *more])


def _alarm(trial: Trial, test: str, right: Specimen) -> str:
    """That a test fails on an engine that is right, and what it raised."""
    words = _(right.words)
    if trial.hangs(test, right):
        said = _("{test} does not come to an end on a right engine that {words}", test=test, words=words)
    else:
        said = _("{test} fails on a right engine that {words}", test=test, words=words)
    return said + (f" ({trial.said[test]})" if trial.said.get(test) else "")


_WHY = {
    "syntax": N_("line {line} is not Python"),
    "raised": N_("it cannot be imported; `gradschool check` in your kit says why"),
    "absent": N_("it imports {what}, which is not here: write down the numbers that are right"),
    "refused": N_("it imports {what}, which tests cannot use: do without it"),
    "module": N_("it imports {what}, which is a module of {package}: write {package}.{what}"),
    "unittest": N_("{what} is a TestCase of unittest, which is not run here: write functions, or a plain class"),
    "endless": N_("it does not come to an end"),
    "ended": N_("it ends the process"),
}


def _unreadable(trial: Trial) -> list[str]:
    """A sentence about each file that cannot be run."""
    said = []
    for name, (kind, what, line) in trial.unreadable.items():
        if kind in ("syntax", "raised") and what:
            why = what
        elif kind == "syntax" and not line:
            why = _("it is not Python")
        else:
            why = _(_WHY[kind], what=what, line=line, package=in_use().package)
        place = f" ({name}:{line})" if line and (what or kind != "syntax") else ""
        said.append(_("{file} cannot be run: {why}", file=f"{FOLDER}/{name}", why=why + place))
    return said


def _left_out(trial: Trial) -> str:
    """What there is to say of tests that do not count, where others do."""
    said = _unreadable(trial) if trial.tests else []
    if trial.fair and len(trial.fair) < len(trial.tests):
        said.append(_("tests that do not count: {why}", why=_why(trial)))
    if trial.more:
        said.append(_("only the first {count} of your tests were run", count=len(trial.tests)))
    return "; ".join(said)
