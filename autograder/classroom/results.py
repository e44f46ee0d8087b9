"""The results folder of a class: its reports, and which of them still hold."""

from __future__ import annotations

import contextlib
import errno
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from autograder.classroom.job import Job, as_theirs, content
from autograder.classroom.ledger import Entry, Ledger
from autograder.course import in_use
from autograder.errors import UserError
from autograder.files import locked, write_atomically
from autograder.grading.grader import ungraded
from autograder.report import Report, Roll
from autograder.report.files import report_json, write_grades, write_report, write_summary
from autograder.report.html.drawings import Drawings
from autograder.report.html.pages import Pages
from autograder.report.html.ready import Ready
from autograder.report.kept.outlines import DAMAGE, Outlines
from autograder.report.needs import Need, needs, needs_csv
from autograder.report.text import points
from autograder.settings.roster import NO_ROSTER
from autograder.submissions.submission import Submission

_TWICE = "it was ungraded twice, and is not tried again unless you say --fresh"
_NO_USE = {errno.ENOSPC, errno.EROFS, errno.EDQUOT}


class Results:
    """The results folder. Reports are written as they come; those that still hold are taken from it.

    Several processes may write to one folder, each about other students. With `shared`, the class is everybody whose
    report is there; otherwise it is those who are graded now.
    """

    def __init__(self, folder: Path, job: Job, *, shared: bool = False):
        self.folder = folder
        self.shared = shared
        self.ignored: list[str] = []  # what was given, and is no student's
        self.roster = NO_ROSTER
        self.needs: list[Need] = []  # what to look at, once the class is finished
        self._job = job
        self.drawings = Drawings(folder, in_use().items)
        self.pages = Pages(folder)
        self.summary: Mapping[str, Any] | None = None  # how the class did, once it is finished
        self._outlines = Outlines(folder)
        self._ledger = Ledger(folder)

    def forget(self) -> None:
        """Take no report from the folder that is there now."""
        self._ledger.clear()

    def line(self, report: Report) -> bytes:
        """The line that a report has on the roll, which was just taken from here or added."""
        return self._outlines.line(report)

    def roll(self, lines: Mapping[str, bytes]) -> Roll:
        """The outlines of these lines, by student."""
        return self._outlines.roll(lines)

    def unchanged(self, submission: Submission, looks: str | None, *, whole: bool = True) -> Report | None:
        """The report that is there already, if the submission looks as it did and nothing else has changed. Its outline
        will do unless the `whole` is wanted."""
        entry = self._ledger.get(submission.student)
        if entry is None or not looks or not entry.holds or entry.looks != self._job.looks(looks):
            return None
        if not whole and (outline := self._stands(submission, entry)):
            return outline
        report = self._read(submission.student, entry)
        return self._theirs(submission, report, looks) if report else None

    def _stands(self, submission: Submission, entry: Entry) -> Report | None:
        """The outline of a report, if that is the one that the entry speaks of, all that it says of the student still
        holds, and its page and pictures are there."""
        kept = self._outlines.get(submission.student)
        if kept is None or kept.digest != entry.report or not self.drawings.are_there(submission.student, kept.drawn):
            return None
        theirs = self._with_before(as_theirs(submission, kept.report), kept.report)
        if theirs != kept.report or not self.pages.holds(kept.report, kept.drawn, entry.key):
            return None
        return kept.report

    def reusable(self, submission: Submission, looks: str | None = None) -> Report | None:
        """The report that is there already, on this submission or on an identical one of somebody else's."""
        key = self._job.key(submission)
        for student in (submission.student, self._ledger.owner(key)):
            entry = self._ledger.get(student)
            if entry and entry.holds and entry.key == key and (report := self._read(student, entry)):
                if student != submission.student:
                    return self._theirs(submission, report, looks)
                seen = self._job.looks(looks)
                if seen != entry.looks:
                    with contextlib.suppress(OSError):  # then it is copied again the next time
                        self._ledger.add(student, entry._replace(looks=seen))
                return self._theirs(submission, report, looks)
        return None

    def _theirs(self, submission: Submission, report: Report, looks: str | None) -> Report:
        """The report as that of this student, of whom more may be known now; written again where it was not."""
        theirs = self._with_before(as_theirs(submission, report))
        return report if theirs == report else self.add(submission, theirs, looks)

    def _with_before(self, report: Report, there: Report | None = None) -> Report:
        """The report, which says what an earlier one gave where nothing can be graded now; that one, which is `there`,
        is kept as earlier.json."""
        if not report.unread:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(f"{self.folder}/{report.student}/earlier.json")
        else:
            folder = self.folder / report.student
            with contextlib.suppress(*DAMAGE):
                there = there or Report.from_dict(json.loads((folder / "report.json").read_text("utf-8")))
                before = points(there) if there.status == "graded" else there.who.get("before", "")
                if there.status == "graded":
                    write_atomically(folder / "earlier.json", report_json(there))
                return replace(report, who={**report.who, **({"before": before} if before else {})})
        return report

    def _read(self, student: str, entry: Entry) -> Report | None:
        """A report in the folder, if it is the one that the entry speaks of."""
        try:
            report, outline = self._outlines.read(student)
        except DAMAGE:
            return None
        if outline.digest != entry.report:
            return None
        self.drawings.complete(report)
        self.pages.complete(report, entry.key)
        self._write_pages()
        return report

    def add(
        self, submission: Submission, report: Report, looks: str | None = None, made: Ready | None = None
    ) -> Report:
        """Write a report, and return it; where it cannot be written, one that says so, which counts as ungraded. What
        was `made` ready is written as it is, where it was made of the same report.

        What was tried and is ungraded is remembered too: at the second time the report says that it was the last one.
        (Of a shared folder it is not: a push has a queue of its own, which counts tries.)
        Raises UserError where no other could be written either.
        """
        report = self._with_before(report)
        student = report.student
        self._outlines.forget(student)
        before = self._ledger.get(student)
        self._ledger.forget(student)
        try:
            tried = not report.ungraded or (not self.shared and report.submission and content(submission))
            key = self._job.key(submission) if tried else ""
            times = ""
            if report.ungraded and key:
                times = "2" if before and before.key == key and before.ungraded else "1"
            if times == "2":
                report = replace(report, message="; ".join(filter(None, [report.message, _TWICE])))
            self.drawings.remove(student)
            made = made if made and made.report == report else None
            write_report(self.folder, report, made.text if made else "")
            self.pages.replace(report, "" if report.ungraded else key, made and replace(made, text=""))
            digest = self._outlines.just_written(report)
            if key:
                self._ledger.add(student, Entry(key, digest, self._job.looks(looks), times))
        except (OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno in _NO_USE:
                raise self._in_vain(error) from error
            return ungraded(student, self._job.exam, f"the report cannot be written ({error})", self._job.only)
        self.drawings.complete(report)
        self._write_pages()
        return report

    def _in_vain(self, error: OSError) -> UserError:
        return UserError(
            f"{self.folder} cannot be written ({error.strerror}); what is done is kept: mend that, and run the same "
            "command again", code=1,
        )  # fmt: skip

    def _write_pages(self) -> None:
        """Write the pages that wait, once their pictures are drawn."""
        if not self.drawings.waiting:
            self.pages.write()

    def finish(self, lines: Mapping[str, bytes]) -> None:
        """Write what is about the whole class, by the lines of its students. Raises UserError where that cannot be."""
        try:
            self._finish(lines)
        except OSError as error:
            raise self._in_vain(error) from error

    def _finish(self, lines: Mapping[str, bytes]) -> None:
        items: list[Any] = [item for id, item in in_use().items.items() if id in self._job.only]
        with locked(self.folder / ".lock"):  # what another process has found must not be missing
            everybody = {**self._there(), **lines} if self.shared else lines
            ordered = self.roll(everybody)
            write_grades(self.folder / "grades.csv", ordered, [item.id for item in items])
            sandbox = self._job.sandbox
            refused = [asdict(each) for each in sandbox.refused]
            self.summary = write_summary(self.folder / "summary.json", ordered, items, refused)
            keys = None if self.shared else [self._key(student) for student in sorted(everybody)]
            self.needs = needs(ordered, self.ignored, self.roster)
            write_atomically(self.folder / "needs-you.csv", needs_csv(self.needs))
            self.pages.write_class(ordered, items, keys, sandbox.weaker, self.needs, self.summary)
        self.drawings.draw()
        self.pages.write()
        self.save()

    def _key(self, student: str) -> str:
        entry = self._ledger.get(student)
        return entry.key if entry else ""

    def _there(self) -> dict[str, bytes]:
        """The lines of the reports in the folder that can be read."""
        lines = {}
        for path in self.folder.glob("*/report.json"):
            with contextlib.suppress(*DAMAGE):
                kept = self._outlines.get(path.parent.name) or self._outlines.read(path.parent.name)[1]
                lines[kept.report.student] = self._outlines.line(kept.report)
        return lines

    def save(self) -> None:
        """Make one file of what is known about the reports, and one of their outlines."""
        with locked(self.folder / ".lock"):
            self._ledger.save()
            self._outlines.save()
