"""What a reader finds in formgrader beside nbgrader's own page.

Owns the cells that are put into a page while it is shown: at its top what was odd about the
submission, above each written answer the author's reference, rubric and anchors. They are in no
file, so feedback, which candidates get, cannot have them. Owns no score.
"""

from pathlib import Path
from typing import Any

from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from traitlets import Unicode

from autograde import assemble, assignment, catalog, collect
from autograde.errors import AutogradeError
from autograde.outputs import printable


class ForTheReader(Preprocessor):
    """Adds to formgrader's page of a submission what its reader should know."""

    enabled = True
    root = Unicode(help="The repository, in which the labs are built.").tag(config=True)

    def preprocess(
        self, nb: NotebookNode, resources: dict[str, Any]
    ) -> tuple[NotebookNode, dict[str, Any]]:
        """Add the cells, to what formgrader shows alone.

        nbgrader makes feedback with the same exporter; there the names that formgrader gives it are
        missing, and nothing is added.
        """
        about = nb.metadata.get("autograde", {})
        if "submission_id" not in resources or "lab" not in about:
            return nb, resources
        *_, candidate, lab, _ = resources["notebook_path"].split("/")
        root = Path(self.root)
        references = _references(root, lab)
        data = _data(root, lab, candidate)
        cells = []
        if odd := _odd(about):
            cells.append(new_markdown_cell(_quoted("About this submission", odd)))
        for cell in nb.cells:
            name = assemble.marks(cell).get("grade_id")
            if name in references:
                text = f"{references[name]}\n\n{data}"
                cells.append(new_markdown_cell(_quoted("For the reader alone", text)))
            cells.append(cell)
        nb.cells = cells
        return nb, resources


def _references(root: Path, lab: str) -> dict[str, str]:
    """What the author wrote into the cells that a person reads, by grade id."""
    try:
        notebook = assemble.sources(catalog.release(lab, root)).notebook
    except AutogradeError:  # the lab is being changed; the submission can be read all the same
        return {}
    return {
        assemble.marks(cell)["grade_id"]: cell.source
        for cell in notebook.cells
        if assemble.is_solution(cell) and cell.cell_type == "markdown"
    }


def _data(root: Path, lab: str, candidate: str) -> str:
    """Where the numbers of a reference come from, if the candidate's are others."""
    attempt = collect.standing(root / "course", candidate, lab)
    given = assignment.given(
        root / "course", candidate, lab, attempt.assignment if attempt else None
    )
    if given is None or not given.variant:
        return ""
    return (
        f"*Numbers in the reference are of the data in `labs/{lab}/`. {candidate} had variant "
        f"{given.variant}: `course/variants/{lab}/{given.variant}/`.*"
    )


def _odd(about: dict[str, Any]) -> str:
    """What was found when the submission was read, a point each."""
    sentences = [*about["tampering"], *about["remarks"]]
    if about["problem"]:
        words = "it could not be read, so what follows is the lab as it was handed out: "
        sentences.insert(0, words + about["problem"])
    # They quote the submission, which must not end its line and begin a heading.
    return "\n".join(f"- {printable(sentence)}" for sentence in sentences)


def _quoted(title: str, text: str) -> str:
    lines = [f"**{title}**", "", *text.strip().split("\n")]
    return "\n".join(f"> {line}" for line in lines)
