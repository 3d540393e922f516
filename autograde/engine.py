"""The papermill engine: the same grading, headless.

Owns the adapter between papermill and :func:`autograde.execute.grade`. Registered as the entry
point ``autograde``, so ``papermill --engine autograde`` works on an assembled notebook too.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from papermill.engines import Engine, NotebookExecutionManager

from autograde import catalog, execute
from autograde.verdict import Result


class AutogradeEngine(Engine):
    """Grades instead of merely running; the notebook's metadata gets the result."""

    @classmethod
    def execute_managed_notebook(
        cls,
        nb_man: NotebookExecutionManager,
        kernel_name: str,
        *,
        release: catalog.Release | None = None,
        files: Mapping[str, bytes] | None = None,
        candidate: str = "unnamed",
        sandboxed: bool = True,
        collect: list[Result] | None = None,
        **_: Any,
    ) -> None:
        """Grade the notebook that papermill manages.

        Parameters
        ----------
        nb_man
            papermill's bookkeeping; told when each cell starts and ends.
        kernel_name
            Not used: the kernels of a grading are always its own.
        release
            The lab; by default the one that the notebook names, from the repository at hand.
        files
            The candidate's other files.
        candidate
            Whose notebook it is.
        sandboxed
            Whether its code is confined.
        collect
            Gets the result appended, with the details that are for graders only.
        """
        notebook = nb_man.nb
        if release is None:
            release = catalog.release(notebook.metadata["autograde"]["lab"], catalog.root(Path()))

        def progress(index: int, state: str) -> None:
            cell = notebook.cells[index]
            if state == "start":
                nb_man.cell_start(cell, index)
            else:
                nb_man.cell_complete(cell, index)

        result = execute.grade(
            notebook,
            release,
            files or {},
            candidate=candidate,
            sandboxed=sandboxed,
            progress=progress,
        )
        notebook.metadata["autograde"]["status"] = result.status
        if collect is not None:
            collect.append(result)
