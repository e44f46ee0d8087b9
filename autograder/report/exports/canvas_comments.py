"""Canvas' comments: the archive that *Re-Upload Submissions* of an assignment takes.

Canvas attaches each file as a comment to the submission whose user and attachment its name says, as it was downloaded,
and calls it what the student called theirs. So what is in it is of the kind that its name says: an archive with the
student's page in it for an archive, the page for a web page, and the report in Markdown for any other file.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping, Sequence
from functools import partial

from autograder.report import Report
from autograder.report.exports import File, ForPeople, packed
from autograder.report.exports.markdown import markdown
from autograder.report.kept.shelf import Shelf
from autograder.report.text import file_name

_TAR = {".tar": "w", ".tar.gz": "w:gz", ".tgz": "w:gz"}


def _comments(reports: Sequence[Report]) -> Mapping[str, File]:
    return {file_name(report.who["upload"], report.student): partial(_comment, report) for report in reports}


def _comment(report: Report, shelf: Shelf) -> bytes:
    name = report.who["upload"].lower()
    if name.endswith(".zip"):
        return packed({"feedback.html": shelf.page(report)})
    for suffix, mode in _TAR.items():
        if name.endswith(suffix):
            return _tar(mode, shelf.page(report))
    if name.endswith((".html", ".htm")):
        return shelf.page(report)
    text = markdown(shelf.told(report))
    if name.endswith(".py"):
        text = "".join(f"# {line}".rstrip() + "\n" for line in text.split("\n"))
    return text.encode("utf-8", "backslashreplace")


def _tar(mode: str, content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode=mode) as archive:  # type: ignore[call-overload]
        member = tarfile.TarInfo("feedback.html")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


EXPORT = ForPeople(
    _comments,
    packed=True,
    ids=("upload",),
    lack="no file of theirs is called as in a download, so nothing says whose it is",
)
