"""A report as JUnit XML, which Jenkins, GitLab and others show: a suite an assignment, a case an item.

The points are properties of the suite, since the format has none for a case. An item that was not passed is a failure,
also when it is still to be written; what went wrong with the grading itself is an error. That the whole came late, or
could not be read, is a property of a suite of its own; where there is nothing to grade its only case is an error, for
readers take what has no cases for a success.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence

from autograder.report import ItemResult, Report
from autograder.report.exports import ForStudent
from autograder.report.message import item_message
from autograder.report.text import by_assignment, nothing, quoted, standing

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ERRORS = ("error", "timeout", "crashed", "ungraded")


def junit(report: Report) -> str:
    """The text of junit.xml."""
    root = ET.Element("testsuites", {"name": _clean(report.student), **_counts(report.items)})
    if (said := standing(report)) and (report.unread or report.who.get("late") or report.late):
        lost = {"tests": "1", "errors": "1"} if report.unread else {}
        suite = ET.SubElement(root, "testsuite", {"name": "submission", **_counts([]), **lost})
        ET.SubElement(ET.SubElement(suite, "properties"), "property", name="standing", value=_clean(said))
        if report.unread:
            root.attrib.update(lost)
            case = ET.SubElement(suite, "testcase", name="submission", classname="submission", time="0.000")
            ET.SubElement(case, "error", type=report.status, message=_clean(said)).text = _clean(nothing(report))
    for assignment, items in by_assignment(report.items).items():
        suite = ET.SubElement(root, "testsuite", {"name": _clean(assignment), **_counts(items)})
        properties = ET.SubElement(suite, "properties")
        for item in items:
            for key, value in (("points", item.points), ("earned", item.earned), ("status", item.status)):
                ET.SubElement(properties, "property", name=_clean(f"{item.id}.{key}"), value=str(value))
        for item in items:
            _add(suite, item)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=False) + "\n"


def _add(suite: ET.Element, item: ItemResult) -> None:
    name, group = _clean(item.id), _clean(item.assignment)
    case = ET.SubElement(suite, "testcase", name=name, classname=group, time=f"{item.seconds:.3f}")
    if item.status != "passed":
        said = _clean(item_message(item, hint=True))
        kind = "error" if item.status in _ERRORS else "failure"
        ET.SubElement(case, kind, type=item.status, message=said.split("\n")[0]).text = said


def _counts(items: Sequence[ItemResult]) -> dict[str, str]:
    errors = sum(item.status in _ERRORS for item in items)
    failures = sum(item.status != "passed" for item in items) - errors
    seconds = sum(item.seconds for item in items)
    return {"tests": str(len(items)), "failures": str(failures), "errors": str(errors), "time": f"{seconds:.3f}"}


def _clean(text: str) -> str:
    """`text` without what XML cannot hold, and as harmless to print as in any other report."""
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", quoted(text))


EXPORT = ForStudent(junit, "junit.xml", whole=True)
