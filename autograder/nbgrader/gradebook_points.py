"""What cells of a gradebook are worth, where the course file has changed since they were made.

nbgrader neither adds nor removes a cell of an assignment that somebody handed in. So the cell of an item that was left
out later stays, and is worth nothing: no score of it counts any more, and it may come back.
"""

from __future__ import annotations

from typing import Any

from autograder.course import in_use
from autograder.report.text import number
from autograder.texts import _


def revalue(db: Any) -> None:
    """Give cells that are there the points that their items have by the course file."""
    from nbgrader.api import GradeCell

    course = in_use()
    whole = course.whole
    for cell in db.query(GradeCell).filter(GradeCell.name.in_(list(whole.items))):
        if cell.notebook.assignment.name != whole.items[cell.name].assignment:
            continue
        if cell.name in course.scheme.left_out:
            cell.max_score = 0.0
            for grade in cell.grades:
                _clear(db, grade)
        elif cell.name in course.scheme.points or not cell.max_score:
            cell.max_score = float(course.items[cell.name].points)
    db.commit()
    db.remove()


def _clear(db: Any, grade: Any) -> None:
    """Have a grade count nothing. What a human gave is kept in a comment."""
    from nbgrader.api import Comment

    if grade.manual_score is not None:
        comment = db.query(Comment).filter_by(cell_id=grade.cell_id, notebook_id=grade.notebook_id).one_or_none()
        if comment is None:
            comment = Comment(cell_id=grade.cell_id, notebook=grade.notebook)
            db.add(comment)
        had = number(grade.manual_score)
        comment.auto_comment = _("Left out of the course. A human had given it {points} points.", points=had)
    grade.auto_score, grade.manual_score, grade.needs_manual_grade = 0.0, None, False
