"""nbgrader's configuration of this course: `nbgrader` and formgrader read it when they are started in this folder.

Names of gradschool's are given as text, so that nbgrader stops with an error where gradschool is not installed. It must
never fall back on its own way to grade, which is to run what students wrote, here and now.
"""

from pathlib import Path

c = get_config()  # noqa: F821 - nbgrader supplies it
c.CourseDirectory.root = str(Path(__file__).resolve().parent)

# Every item is graded in gradschool's sandbox. No cell is executed, and no module of a student's is imported.
c.Autograde.autograde_preprocessors = [
    "autograder.nbgrader.plugins.SandboxedGrading",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.sanitize_preprocessors = [
    "nbgrader.preprocessors.ClearOutput",
    "autograder.nbgrader.plugins.MarkedCells",
    "nbgrader.preprocessors.OverwriteKernelspec",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.Autograde.exporter_class = "autograder.nbgrader.plugins.Forgiving"
c.OverwriteCells.add_missing_cells = True

# What course.toml says, in this folder, holds here too: what is left out, points, and what being late costs.
c.GenerateAssignment.preprocessors = [
    "autograder.nbgrader.plugins.AsGiven",
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.InstantiateTests",
    "nbgrader.preprocessors.LockCells",
    "nbgrader.preprocessors.ClearSolutions",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.SaveCells",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.CheckCellMetadata",
]
c.AssignLatePenalties.plugin_class = "autograder.nbgrader.plugins.CoursePenalty"

# What students wrote is shown without anything in it that acts: in feedback, and in formgrader.
c.HTMLExporter.preprocessors = ["autograder.nbgrader.sanitizer.Harmless"]
c.HTMLExporter.filters = {
    "markdown2html": "autograder.nbgrader.sanitizer.markdown",
    "highlight_code": "autograder.nbgrader.sanitizer.highlighted",
    "clean_html": "autograder.nbgrader.sanitizer.clean",
}
c.HTMLExporter.sanitize_html = True
c.GenerateFeedback.exporter_class = "autograder.nbgrader.sanitizer.Feedback"
try:  # times of submissions are read with care
    from autograder.nbgrader.plain_files import install
except Exception:
    pass  # the names above stop nbgrader then, as an error in this file would not
else:
    install()

# `nbgrader zip_collect` takes what Canvas and Moodle let you download.
c.ZipCollectApp.collector_plugin = "autograder.nbgrader.plugins.Collector"

# A released notebook comes with the stubs and the practice exam, fresh from student/.
c.GenerateAssignment.exporter_class = "autograder.nbgrader.plugins.WithPackage"
