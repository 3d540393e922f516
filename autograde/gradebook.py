"""Scores in nbgrader's gradebook.

Owns writing a :class:`~autograde.verdict.Result` into the database through nbgrader's own API, and
taking scores out before a grading begins. A grader's manual scores and comments are never touched.
"""

import os
from collections.abc import Iterable
from pathlib import Path

from nbgrader.api import Gradebook, MissingEntry
from sqlalchemy.orm import scoped_session, sessionmaker

from autograde.verdict import Result, Status

#: Names a gradebook elsewhere, such as one in PostgreSQL, by its SQLAlchemy URL.
VARIABLE = "AUTOGRADE_GRADEBOOK"


def url(course: Path) -> str:
    """The gradebook's URL: of the variable, or a SQLite file in the course's folder."""
    return os.environ.get(VARIABLE) or f"sqlite:///{course / 'gradebook.db'}"


def forget(db_url: str, lab: str, candidate: str) -> None:
    """Take the automatic scores of a submission away, so that none outlives the next run."""
    with Gradebook(db_url) as gradebook:
        try:
            submission = gradebook.find_submission(lab, candidate)
        except MissingEntry:
            return
        for notebook in submission.notebooks:
            for grade in notebook.grades:
                grade.auto_score = None
                grade.needs_manual_grade = True
        gradebook.db.commit()


def commit(db_url: str, result: Result, assignment: str | None = None) -> None:
    """Write a submission's scores.

    A grader error and a text that a person has to read are left open ("needs manual grade"). The
    reasons become nbgrader's automatic comments on the task's solution cell. ``assignment`` is for
    notebooks of other courses, where it has a name of its own.
    """
    with Gradebook(db_url) as gradebook:
        _write(gradebook, result, assignment or result.lab)
        gradebook.db.commit()


def commit_all(db_url: str, results: Iterable[Result]) -> None:
    """Write many submissions' scores in one transaction: all of them, or none after an error."""
    with Gradebook(db_url) as gradebook, gradebook.engine.begin() as transaction:
        # nbgrader's methods commit; on a connection that is in a transaction already, and in this
        # mode, a session's commit writes what it holds and leaves the end to the connection.
        gradebook.db.remove()
        gradebook.db = scoped_session(
            sessionmaker(bind=transaction, join_transaction_mode="rollback_only")
        )
        for result in results:
            _write(gradebook, result, result.lab)
            gradebook.db.commit()


def _write(gradebook: Gradebook, result: Result, assignment: str) -> None:
    gradebook.update_or_create_student(result.candidate)
    with gradebook.db.no_autoflush:  # SQLAlchemy warns of what nbgrader has half made
        gradebook.update_or_create_submission(assignment, result.candidate)
    key = (result.lab, assignment, result.candidate)
    for verdict in result.verdicts:
        grade = gradebook.find_grade(verdict.cell, *key)
        grade.auto_score = verdict.score
        grade.needs_manual_grade = verdict.score is None or grade.manual_score is not None
    for reading in result.readings:
        grade = gradebook.find_grade(reading.cell, *key)
        grade.auto_score = None if reading.attempted else 0.0
        grade.needs_manual_grade = reading.attempted or grade.manual_score is not None
    for comment in gradebook.find_submission_notebook(*key[:2], result.candidate).comments:
        comment.auto_comment = comment_for(result, comment.name)


def comment_for(result: Result, cell: str) -> str | None:
    """What feedback says under a solution cell: the verdicts of its task, in words."""
    for reading in result.readings:
        if reading.cell == cell:
            return None if reading.attempted else "No response."
    verdicts = result.by_task().get(cell, ())
    lines = [
        f"{v.status}: {v.reason}" if v.reason else str(v.status)
        for v in verdicts
        if v.status is not Status.PASSED
    ]
    return "\n\n".join(lines) or None  # feedback reads it as Markdown: a paragraph each


def readers_scores(db_url: str, lab: str) -> tuple[set[str], dict[str, dict[str, float | None]]]:
    """Who has a submission in the gradebook, and the scores that people gave.

    Returns
    -------
    tuple
        Candidate ids, and for each of them the manual score by cell id (None: not given yet).
    """
    with Gradebook(db_url) as gradebook:
        try:
            submissions = gradebook.assignment_submissions(lab)
        except MissingEntry:
            return set(), {}
        scores = {
            submission.student_id: {
                grade.name: grade.manual_score
                for notebook in submission.notebooks
                for grade in notebook.grades
            }
            for submission in submissions
        }
    return set(scores), scores
