"""A report for a GitHub workflow: annotations on the lines of a push that need work, and the job's summary.

Annotations are workflow commands. The escaping is that of GitHub's own toolkit. A command is a line that starts with
`::`, and every text is in such a line, so that nothing a student prints can become a command.
"""

from autograder.report import ItemResult, Report
from autograder.report.exports.markdown import markdown
from autograder.report.message import item_message
from autograder.report.text import WRONG, in_view, is_quiet, plain, quoted

SUMMARY_LIMIT = 1_000_000  # GitHub drops a summary of more than a mebibyte
_LEVELS = {**dict.fromkeys(WRONG, "error"), "todo": "notice", "ungraded": "warning"}


def annotations(report: Report) -> str:
    """A line for the submission's own trouble, and one for each item that is wrong or still to do."""
    lines = [_command("warning", report.message, title="gradschool")] if report.message else []
    lines += [_annotation(item) for item in in_view(report) if item.status in _LEVELS]
    return "".join(f"{line}\n" for line in lines)


def add_summary(report: Report, file: str | None) -> None:
    """Append the report as Markdown to the file that GitHub names in GITHUB_STEP_SUMMARY; without one do nothing.

    Where it would be too long for GitHub, the details stay in the job's artefacts.
    """
    if not file:
        return
    page = markdown(report)
    if len(page.encode()) > SUMMARY_LIMIT:
        page = markdown(report, details=False)
    with open(file, "a", encoding="utf-8") as summary:
        summary.write(page)


def _annotation(item: ItemResult) -> str:
    place = {"file": item.file, "line": item.line} if item.file else {}
    title = f"{item.id} {item.earned}/{item.points} {item.title}"
    level = "notice" if is_quiet(item) else _LEVELS[item.status]
    return _command(level, item_message(item), **place, title=title)


def _command(level: str, text: str, **properties: str | int | None) -> str:
    given = [f"{key}={_property(str(value))}" for key, value in properties.items() if value is not None]
    return f"::{level} {','.join(given)}::{_data(quoted(text))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(plain(text)).replace(":", "%3A").replace(",", "%2C")
