"""The steps that take the place of nbgrader's own in ``nbgrader autograde``.

Owns the adapters between nbgrader's pipeline and :mod:`autograde.assemble` and
:mod:`autograde.execute`; ``nbgrader_config.py`` puts them in. nbgrader's pipeline reads the
submission twice: the *sanitising* pass writes a notebook to ``autograded/``, the *autograding* pass
reads that back, runs preprocessors and writes it again. Here the first pass assembles, the second
grades and saves. Owns no scores of its own.
"""

import re
from collections.abc import Callable
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Any

import nh3
from nbconvert.exporters import NotebookExporter
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from nbformat.v4 import new_output
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import NbGraderPreprocessor, SaveAutoGrades
from nbgrader.utils import compute_checksum, parse_utc
from traitlets import Bool

from autograde import assemble, catalog, collect, execute, gradebook, intake, results
from autograde.doctor import require_sandbox
from autograde.errors import GradingError, IntakeError, LabError
from autograde.source import HIDDEN
from autograde.verdict import Result

#: What Pygments writes for code in a text; other classes and every id are the page's own.
_CLASSES = re.compile(r"highlight|[a-z][a-z0-9]{0,2}")
_LINK = re.compile(r"(https?:|mailto:)", re.IGNORECASE)
_PICTURE = re.compile(r"data:image/(png|jpeg|gif);base64,")
#: What feedback says in place of outputs.
LEFT_OUT = (
    "From here on, outputs of cells are not shown: they ran after hidden tests and could hold what "
    "those tests asked with."
)
_TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "ul", "ol", "li"),
    *("b", "i", "em", "strong", "del", "sub", "sup", "code", "pre", "div", "span", "a", "img"),
    *("table", "thead", "tbody", "tfoot", "tr", "th", "td"),
}


def beginning(course: Path, db_url: str) -> Callable[..., None]:
    """nbgrader's ``pre_convert_hook``: runs first for each submission.

    It takes the old scores away, so that none stands for a run that then fails, and names the
    notebook as nbgrader expects it: what the folder really holds, a renamed file or two of them,
    is for :func:`autograde.intake.read` to say.
    """

    def begin(assignment: str, student: str, notebooks: list[str]) -> None:
        folder = Path(notebooks[0]).parent
        candidate = folder.parent.name
        gradebook.forget(db_url, assignment, candidate)
        results.forget(course, assignment, candidate)
        if _is_lab(course, assignment):
            notebooks[:] = [str(folder / f"{assignment}.ipynb")]

    return begin


class Course(CourseDirectory):
    """nbgrader's course folder, careful with what lies beside a submitted notebook.

    nbgrader copies every such file to ``autograded/``: through links, so that a grader's files end
    up there, never past a pipe, and formgrader serves a candidate's HTML page to the grader's
    browser. Grading reads the files from ``submitted/``, so none is copied.
    """

    def __init__(self, known: CourseDirectory) -> None:
        super().__init__(parent=known.parent, **known.trait_values(config=True))
        self.ignore = ["*"]

    def get_existing_timestamp(self, dest_path: str) -> datetime | None:
        """When it was handed in; None if the file does not say so in a way that can be read."""
        try:
            text = intake.load(Path(dest_path, "timestamp.txt"))
            found: datetime = parse_utc(text[:100].decode().strip())
        except (IntakeError, ValueError, OverflowError):
            return None
        return found


class AssemblingExporter(NotebookExporter):
    """Reads a submission as :mod:`autograde.intake` does and hands on the assembled notebook."""

    parent: Any

    def __init__(self, **kw: Any) -> None:
        super().__init__(**kw)
        if not Grade(parent=self.parent).unsafe_no_sandbox:
            require_sandbox()  # before anything is touched
        course = self.parent.coursedir = Course(self.parent.coursedir)
        if _is_lab(Path(course.root), course.assignment_id):
            # A folder without any notebook is a submission too: one that cannot be read.
            pattern = course.format_path(
                course.submitted_directory, course.student_id, course.assignment_id
            )
            for folder in Path("/").glob(pattern.lstrip("/")):
                expected = str(folder / f"{course.assignment_id}.ipynb")
                self.parent.assignments.setdefault(str(folder), [expected])

    def from_filename(
        self, filename: str, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[Any, dict[str, Any]]:
        """Assemble in the first pass; read back what was assembled in the second."""
        if not self.parent._sanitizing:
            return super().from_filename(filename, resources, **kw)
        keys = (resources or {})["nbgrader"]
        # Again: nbgrader gives 0 for a notebook that it does not find under the expected name.
        gradebook.forget(keys["db_url"], keys["assignment"], keys["student"])
        release = _release(self.parent.coursedir, keys["assignment"], keys["notebook"])
        submission = intake.read(Path(filename).parent, keys["notebook"])
        notebook = assemble.assemble(release, submission)
        _mark_unanswered(notebook, release)
        _copy_timestamp(
            Path(filename).parent,
            Path(self.parent._format_dest(keys["assignment"], keys["student"])),
        )
        made: tuple[Any, dict[str, Any]] = self.from_notebook_node(notebook, resources, **kw)
        return made


class Grade(NbGraderPreprocessor):
    """Stands where nbgrader's ``Execute`` stands: runs the cells and decides every score."""

    unsafe_no_sandbox = Bool(
        False, help="Run candidates' code with the rights of this account; results say so."
    ).tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Grade the assembled notebook in place and record the result."""
        keys = resources["nbgrader"]
        coursedir = self.parent.parent.coursedir
        course = Path(coursedir.root)
        release = _release(coursedir, keys["assignment"], keys["notebook"])
        if _is_lab(course, keys["assignment"]):
            release = collect.own(release, course, keys["student"])
        nb.metadata["autograde"]["hidden"] = [
            name for name, source in assemble.sources(release).tests.items() if HIDDEN in source
        ]
        submitted = coursedir.format_path(
            coursedir.submitted_directory, keys["student"], keys["assignment"]
        )
        files = intake.read(Path(submitted), keys["notebook"]).files
        result = execute.grade(
            nb,
            release,
            files,
            candidate=keys["student"],
            sandboxed=not self.unsafe_no_sandbox,
        )
        nb.metadata["autograde"]["status"] = result.status
        if _is_lab(course, keys["assignment"]):
            results.save(course, result)
        resources["autograde"] = result
        return nb, resources


class SaveVerdicts(SaveAutoGrades):
    """nbgrader's ``SaveAutoGrades``, plus what it cannot read off a cell: the open scores."""

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Save the scores; one that a person has to decide is left open, never 0."""
        nb, resources = super().preprocess(nb, resources)
        keys = resources["nbgrader"]
        gradebook.commit(keys["db_url"], resources["autograde"], assignment=keys["assignment"])
        return nb, resources


class LeaveOutOutputs(NbGraderPreprocessor):
    """First step of ``generate_feedback``: nothing that hidden tests asked with reaches a page.

    A function of the candidate's may remember what hidden tests gave it, and any later cell may
    print it. So from the first check with hidden tests on, only the checks' own outputs are shown,
    and one sentence says so. Whether a later cell printed anything at all would tell, too. Graders
    see every output in formgrader.
    """

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Empty the later cells, in the copy that becomes the page."""
        # Without a word on which checks have hidden tests, each of them may.
        hidden = nb.metadata.get("autograde", {}).get("hidden")
        after = told = False
        for cell in nb.cells:
            if assemble.is_test(cell):
                after = after or hidden is None or assemble.marks(cell)["grade_id"] in hidden
            elif after and cell.cell_type == "code":
                said = [] if told else [new_output("stream", text=LEFT_OUT)]
                cell.outputs, told = said, True
        return nb, resources


class FailOnGraderError(NbGraderPreprocessor):
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
                f"grader error in {names} of {result.lab}, submission of {result.candidate}: the "
                "points are left open and the candidate has lost none. Correct the check in "
                f"solutions/{result.lab}/, run `autograde build {result.lab}` and then `nbgrader "
                f"autograde {result.lab} --student={result.candidate} --force`. What happened:\n"
                f"{faulty[0].detail}"
            )
        return nb, resources


def _is_lab(course: Path, name: str) -> bool:
    return (course.parent / "solutions" / name / "lab.yaml").is_file()


def _release(coursedir: Any, assignment: str, notebook: str) -> catalog.Release:
    """The lab's release, or one made from the instructor's notebook of a foreign assignment."""
    if _is_lab(Path(coursedir.root), assignment):
        try:
            return catalog.release(assignment, Path(coursedir.root).parent)
        except LabError as error:
            raise GradingError(
                f"{error}\nNothing was graded and no old score stands. Put the lab in order with "
                f"`autograde build {assignment}`, then `nbgrader autograde {assignment} --force`."
            ) from error
    folder = Path(coursedir.format_path(coursedir.source_directory, ".", assignment))
    return catalog.release_from_notebook(notebook, (folder / f"{notebook}.ipynb").read_bytes())


def _copy_timestamp(submitted: Path, autograded: Path) -> None:
    """Keep the time of handing in, by which nbgrader knows a newer submission."""
    try:
        text = intake.load(submitted / "timestamp.txt")
    except IntakeError:
        return
    autograded.mkdir(parents=True, exist_ok=True)
    (autograded / "timestamp.txt").write_bytes(text[:100])


def safe_markdown(source: str) -> str:
    """Markdown as HTML that is safe in a grader's page; markup in it is shown as text.

    Stands where nbconvert's ``markdown2html`` stands in formgrader and feedback, which put raw
    HTML of a candidate's text into a page that can change scores.
    """
    renderer = IPythonRenderer(
        escape=True, allow_harmful_protocols=False, exclude_anchor_links=True
    )
    try:
        markup = MarkdownWithMath(renderer=renderer).render(source)
    except Exception:  # an attachment that is missing, nesting that ends the parser
        return f"<pre>{escape(source)}</pre>"
    return nh3.clean(
        markup,
        tags=_TAGS,
        clean_content_tags={"script", "style"},
        attributes={
            "a": {"href"},
            "img": {"src", "alt"},
            **{tag: {"class"} for tag in ("div", "span", "pre", "code")},
        },
        attribute_filter=_attribute,
        url_schemes={"http", "https", "mailto", "data"},
    )


def _attribute(tag: str, name: str, value: str) -> str | None:
    pattern = {"class": _CLASSES, "href": _LINK, "src": _PICTURE}.get(name)
    if pattern is None:
        return value
    found = pattern.fullmatch(value) if name == "class" else pattern.match(value)
    return value if found else None


def _mark_unanswered(notebook: NotebookNode, release: catalog.Release) -> None:
    """Set the checksum by which nbgrader knows an answer that was never written."""
    stubs = assemble.sources(release).stubs
    for cell in notebook.cells:
        if assemble.is_solution(cell):
            stub = NotebookNode({**cell, "source": stubs[cell.metadata.nbgrader.grade_id]})
            cell.metadata.nbgrader["checksum"] = compute_checksum(stub)
