"""JUnit XML, as Jenkins, GitLab and others read it."""

from autograder.report.exports import ForStudent
from autograder.report.junit import junit

EXPORT = ForStudent(junit, "junit.xml", whole=True)
