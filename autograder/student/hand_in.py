"""Makes the one file that a student uploads, which is read the same whatever system it goes through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import UserError
from autograder.files import write_atomically
from autograder.project import PACKAGE
from autograder.report import ItemResult, Report
from autograder.report.exports import packed
from autograder.report.text import WRONG, number, plain, score, unimportable
from autograder.scratch import Scratch
from autograder.student.find_kit import from_here
from autograder.student.kit import Kit
from autograder.submissions.package_choice import is_untouched, texts_in
from autograder.submissions.sources.limits import is_noise
from autograder.submissions.sources.own_tests import FOLDER, own_tests
from autograder.texts import _, joined, some

ARCHIVE = f"{PACKAGE}.zip"
_NAMED = 6  # items that a line names


@dataclass(frozen=True)
class HandIn:
    """The archive, how many files are in it, and what the practice exam says of it."""

    path: Path
    files: int
    report: Report
    tests: str = ""  # the files of the student's own tests

    def lines(self, check: str) -> list[str]:
        """What to tell the student; `check` is the command that says more."""
        items = self.report.items
        bonus = _(", {points} bonus", points=number(self.report.bonus)) if self.report.bonus else ""
        what = {"archive": from_here(self.path), "package": PACKAGE, "count": self.files}
        said = [_("{archive} is what you hand in, as it is: {package}/ with {count} files.", **what)]
        said += [_("Tests of your own are in it: {files}.", files=self.tests)] if self.tests else []
        said.append(_("On the practice exam it gets {score} points{bonus}.", score=score(self.report), bonus=bonus))
        said += dict.fromkeys(plain(f"! {lost}") for item in items if (lost := unimportable(item)))
        said += [f"! {plain(self.report.message)}"] if self.report.message else []
        core = [item for item in items if not item.bonus]
        wrong = [item for item in core if item.status in WRONG]
        said += _named(_("Not begun"), [item for item in core if item.status == "todo"])
        said += _named(_("Not right yet (`{command}` says why)", command=check), wrong)
        return said


def hand_in(kit: Kit) -> HandIn:
    """Make the archive of the kit's package beside it, after a look at how it does. Raises UserError where there is
    nothing to hand in."""
    assert kit.root is not None, "the kit is opened for work"
    files = {path.relative_to(kit.root).as_posix(): path.read_bytes() for path in _files(kit.root)}
    if not any(name.endswith(".py") for name in files):
        raise UserError(_("there is nothing to hand in: {folder} holds no Python file", folder=kit.root / PACKAGE))
    content = packed(files)
    with Scratch() as folder:
        draft = Path(folder, ARCHIVE)
        draft.write_bytes(content)
        with kit.grader() as grader:
            report = grader.grade(kit.name, draft)
    begun = any(item.status not in ("todo", "blocked") for item in report.items)
    if not begun and is_untouched(texts_in(kit.root / PACKAGE)):
        said = _("there is nothing to hand in: everything in {package}/ is still to be written", package=PACKAGE)
        raise UserError(said)
    target = kit.root / ARCHIVE
    write_atomically(target, content)
    tests = [name for name in files if name.startswith(f"{FOLDER}/")]
    return HandIn(target, len(files) - len(tests), report, joined(tests) if tests else "")


def _files(root: Path) -> Iterator[Path]:
    """The files of the package, without caches and hidden ones, and tests of the student's own."""
    for path in sorted((root / PACKAGE).rglob("*")):
        if path.is_file() and not is_noise(path.relative_to(root).parts):
            yield path
    yield from own_tests(root)


def _named(what: str, items: Sequence[ItemResult]) -> list[str]:
    return [f"{what}: {some([item.id for item in items], _NAMED)}."] if items else []
