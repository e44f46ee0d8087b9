"""GitHub-flavoured Markdown, for issues, merge requests and messages."""

from autograder.report.exports import ForStudent
from autograder.report.markdown import markdown

EXPORT = ForStudent(lambda report: markdown(report, hints=True), "summary.md", whole=True)
