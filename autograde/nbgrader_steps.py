"""The steps that take the place of nbgrader's own in ``nbgrader autograde``.

Owns the adapters between nbgrader's pipeline and :mod:`autograde.assemble` and
:mod:`autograde.execute`; ``nbgrader_config.py`` puts them in. nbgrader's pipeline reads the
submission twice: the *sanitising* pass writes a notebook to ``autograded/``, the *autograding* pass
reads that back, runs preprocessors and writes it again. Here the first pass assembles, the second
grades and saves. Owns no scores of its own.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades
from nbgrader.utils import compute_checksum

from autograde import assemble, catalog, execute, gradebook, intake, results
from autograde.errors import GradingError
from autograde.verdict import Result


def beginning(course: Path, db_url: str) -> Callable[..., None]:
    """nbgrader's ``pre_convert_hook``: runs first for each submission.

    It takes the old scores away, so that none stands for a run that then fails, and names the
    notebook as nbgrader expects it: a renamed file is found again by :func:`autograde.intake.read`.
    """

    def begin(assignment: str, student: str, notebooks: list[str]) -> None:
        folder = Path(notebooks[0]).parent
        candidate = folder.parent.name
        gradebook.forget(db_url, assignment, candidate)
        results.forget(course, assignment, candidate)
        expected = folder / f"{assignment}.ipynb"
        if len(notebooks) == 1 and _is_lab(course, assignment):
            notebooks[:] = [str(expected)]

    return begin


class AssemblingExporter(NotebookExporter):
    """Reads a submission as :mod:`autograde.intake` does and hands on the assembled notebook."""

    parent: Any

    def from_filename(
        self, filename: str, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[Any, dict[str, Any]]:
        """Assemble in the first pass; read back what was assembled in the second."""
        if not self.parent._sanitizing:
            return super().from_filename(filename, resources, **kw)
        keys = (resources or {})["nbgrader"]
        release = _release(self.parent.coursedir, keys["assignment"], keys["notebook"])
        submission = intake.read(Path(filename).parent, keys["notebook"])
        notebook = assemble.assemble(release, submission)
        _mark_unanswered(notebook, release)
        made: tuple[Any, dict[str, Any]] = self.from_notebook_node(notebook, resources, **kw)
        return made


class Grade(NbGraderPreprocessor):  # type: ignore[misc]
    """Stands where nbgrader's ``Execute`` stands: runs the cells and decides every score."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Grade the assembled notebook in place and record the result."""
        keys = resources["nbgrader"]
        coursedir = self.parent.parent.coursedir
        course = Path(coursedir.root)
        release = _release(coursedir, keys["assignment"], keys["notebook"])
        submitted = coursedir.format_path(
            coursedir.submitted_directory, keys["student"], keys["assignment"]
        )
        files = intake.read(Path(submitted), keys["notebook"]).files
        result = execute.grade(nb, release, files, candidate=keys["student"])
        nb.metadata["autograde"]["status"] = result.status
        results.save(course, result)
        resources["autograde"] = result
        return nb, resources


class SaveVerdicts(SaveAutoGrades):  # type: ignore[misc]
    """nbgrader's ``SaveAutoGrades``, plus what it cannot read off a cell: the open scores."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Save the scores; one that a person has to decide is left open, never 0."""
        nb, resources = super().preprocess(nb, resources)
        result: Result = resources["autograde"]
        if result.lab == resources["nbgrader"]["notebook"]:
            gradebook.commit(resources["nbgrader"]["db_url"], result)
        return nb, resources


class FailOnGraderError(NbGraderPreprocessor):  # type: ignore[misc]
    """Last step: a fault of ours fails the run, after everything honest was saved."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Raise if any check was faulty.

        Raises
        ------
        GradingError
            Naming the checks.
        """
        result: Result = resources["autograde"]
        faulty = [v for v in result.verdicts if v.score is None]
        if faulty:
            names = ", ".join(v.cell for v in faulty)
            raise GradingError(
                f"grader error in {names} of {result.lab}, submission of {result.candidate}; "
                f"the points are left open. {faulty[0].detail}"
            )
        return nb, resources


def _is_lab(course: Path, name: str) -> bool:
    return (course.parent / "solutions" / name / "lab.yaml").is_file()


def _release(coursedir: Any, assignment: str, notebook: str) -> catalog.Release:
    """The lab's release, or one made from the instructor's notebook of a foreign assignment."""
    if _is_lab(Path(coursedir.root), assignment):
        return catalog.release(assignment, Path(coursedir.root).parent)
    folder = Path(coursedir.format_path(coursedir.source_directory, ".", assignment))
    return catalog.release_from_notebook(notebook, (folder / f"{notebook}.ipynb").read_bytes())


def _mark_unanswered(notebook: NotebookNode, release: catalog.Release) -> None:
    """Set the checksum by which nbgrader knows an answer that was never written."""
    stubs = assemble.sources(release).stubs
    for cell in notebook.cells:
        if assemble.is_solution(cell):
            stub = NotebookNode({**cell, "source": stubs[cell.metadata.nbgrader.grade_id]})
            cell.metadata.nbgrader["checksum"] = compute_checksum(stub)
