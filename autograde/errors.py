"""Every exception this package raises on purpose, and who is to blame for it.

Owns the tree below; owns no handling. Errors of the check language (``Wrong``) live in
:mod:`autograde.checks`, errors of the link in :mod:`autograde.remote`, because those two are read
by authors of hidden tests.

::

    AutogradeError
    ├── LabError            an author's file is wrong: says file, line and cell
    ├── IntakeError         a submission cannot be read: becomes a sentence on its scorecard
    ├── GradingError        the grading machinery failed: never the candidate's loss
    ├── SandboxError        this host cannot confine a candidate's code: nothing is graded
    └── UsageError          a command was called with something that does not exist
"""

from pathlib import Path


class AutogradeError(Exception):
    """Root of all errors that this package raises on purpose."""


class LabError(AutogradeError):
    """A file under ``solutions/`` is wrong.

    Parameters
    ----------
    message
        What was observed and what to do.
    path, line, cell
        Where: file, 1-based line and the cell's name, as far as known.
    """

    def __init__(
        self,
        message: str,
        *,
        path: Path | str | None = None,
        line: int | None = None,
        cell: str | None = None,
    ) -> None:
        where = "" if path is None else str(path)
        if line is not None:
            where += f":{line}"
        if cell is not None:
            where += f" (cell {cell!r})"
        super().__init__(f"{where}: {message}" if where else message)
        self.message = message
        self.path = path
        self.line = line
        self.cell = cell


class IntakeError(AutogradeError):
    """A submission cannot be read at all; the message is a sentence for its scorecard."""


class GradingError(AutogradeError):
    """The machinery failed (a kernel did not start, an instructor's cell raised)."""


class SandboxError(AutogradeError):
    """No sandbox can be made here; the message is what was tried and what came of it."""


class UsageError(AutogradeError):
    """A command named a lab, candidate, run or store that is not there, or a GPU where none is."""
