"""How a class is graded, whoever does it: a process of this machine, or a worker of a cluster."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path

from autograder.classroom.lateness import reckoned
from autograder.course import adopt, in_use
from autograder.exam.paper import Exam
from autograder.grading.grader import Grader, joined, ungraded
from autograder.report import Report
from autograder.report.html.ready import Ready, ready
from autograder.sandbox.launcher import Sandbox
from autograder.sandbox.protocol import Limits
from autograder.settings.in_force import hold, in_force
from autograder.settings.reading import Settings
from autograder.submissions.submission import Submission, packed
from autograder.submissions.unpacking import Packed


@cache
def _grader_digest() -> str:
    """The content address of the grader's own code and words."""
    digest = hashlib.sha256()
    folder = Path(__file__).parent.parent
    for path in sorted(each for kind in ("*.py", "*.toml", "*.mo") for each in folder.rglob(kind)):
        digest.update(str(path.relative_to(folder)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def limits(budget: float | None = None) -> Limits:
    """What a submission and an item may take: as the course file says, unless a `budget` is named."""
    settings = in_force()
    budget = budget or settings.budget or Limits().budget
    made = Limits(budget=budget, budget_cpu=budget / 3)
    seconds = settings.scheme.seconds or in_use().scheme.seconds
    return replace(made, cpu=seconds, wall=3 * seconds) if seconds else made


@dataclass(frozen=True)
class Job:
    """How to grade: with which exam and sandbox, which items, and within which limits."""

    exam: Exam
    sandbox: Sandbox
    only: tuple[str, ...]
    code: str = field(default_factory=_grader_digest)  # content address of the grader's own
    limits: Limits = field(default_factory=Limits)
    settings: Settings = field(default_factory=in_force)  # what pages are made by

    def unfit(self) -> str:
        """Why this machine's gradschool cannot do the job, if it cannot."""
        if self.code != _grader_digest():
            return "a worker runs another version of gradschool"
        return ""

    def settle(self) -> None:
        """Have the instructor's settings in force in a process of its own, or on another machine."""
        hold(self.settings)

    def grader(self) -> Grader:
        adopt(self.exam.course.scheme)  # this may be a process of its own, or another machine
        return Grader(self.exam, self.sandbox, limits=self.limits)

    def grade(self, grader: Grader, submission: Submission) -> Report:
        """A report, whatever happens: trouble of the grader's own makes it an ungraded one."""
        try:
            return grader.grade_submission(submission, self.only)
        except Exception as error:  # a fault of ours must cost no student a point, and no other their grading
            reason = f"the grader failed ({type(error).__name__}: {error}); grade it again"
            return replace(ungraded(submission.student, self.exam, reason, self.only), submission=content(submission))

    def finish(self, grader: Grader, submission: Submission) -> Ready:
        """The student's report, with what is written of it."""
        report = as_theirs(submission, self.grade(grader, submission))
        return ready(report, "" if report.ungraded else self.key(submission))

    @cached_property
    def _name(self) -> str:
        marks = self.exam.course.scheme.marks
        return f"{self.exam.address} {self.exam.mistakes} {self.sandbox} {self.only} {self.code} {self.limits}{marks}"

    def key(self, submission: Submission) -> str:
        """Names everything that the report on a submission depends on, but for who the student is."""
        digest = hashlib.sha256(self._name.encode())
        digest.update(f" {submission.remark}".encode())
        for assignment, copy in sorted(packed(submission).folders.items()):
            assert isinstance(copy, Packed)
            digest.update(f" {assignment} {copy.digest} {copy.problem}".encode())
        return digest.hexdigest()

    def looks(self, seen: str | None) -> str:
        """Names the same by how the submission looks from outside; empty where that is not known."""
        return hashlib.sha256(f"{self._name} {seen}".encode()).hexdigest() if seen else ""


def content(submission: Submission) -> str:
    """The content address of a copy in memory; empty for what is none."""
    digests = [copy.digest for copy in submission.folders.values() if isinstance(copy, Packed)]
    return joined(digests) if len(digests) == len(submission.folders) > 0 else ""


def as_theirs(submission: Submission, report: Report) -> Report:
    """The report on this student's submission, which is like that of the report."""
    if report.student != submission.student or report.who != submission.who:
        report = replace(report, student=submission.student, who=dict(submission.who))
    return reckoned(submission, report)
