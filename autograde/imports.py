"""What can be read from a cell's Python without running it: its tree, and its modules' names.

Owns two pure functions over text. What of a tree matters to whom is said where it is asked.
"""

import ast

from nbformat import NotebookNode

#: How often a parse that another thread disturbed is done again.
_TRIES = 9


def parse(source: str) -> ast.Module:
    """Return ``ast.parse(source)``, whatever other threads parse meanwhile.

    CPython 3.11 counts the depth of the tree in one place for the whole process, so two threads
    that parse at once can make both end in ``SystemError: AST constructor recursion depth
    mismatch`` (gh-106905), of valid text. The count begins anew with each call: calling again is
    the whole remedy.
    """
    for _ in range(_TRIES):
        try:
            return ast.parse(source)
        except SystemError:
            continue
    return ast.parse(source)


def imported_names(notebook: NotebookNode) -> dict[str, str]:
    """Names bound by top-level import statements, as ``{"np": "numpy", "f": "pkg.mod:f"}``.

    A free cell with ``import numpy as np`` runs only with the candidate; a test that says ``np``
    still means the grader's own NumPy, because the release says so and whatever the candidate
    made of the name does not matter. So ``notebook`` is the instructor's.

    Cells that are not plain Python (magics) are read as far as their lines allow; a file that a
    cell writes is no part of the notebook's names.
    """
    names: dict[str, str] = {}
    for cell in notebook.cells:
        if cell.cell_type != "code" or cell.source.startswith("%%writefile"):
            continue
        lines = [
            x if not x.lstrip().startswith(("%", "!")) else "" for x in cell.source.split("\n")
        ]
        try:
            tree = parse("\n".join(lines))
        except SyntaxError:
            continue
        for node in tree.body:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    top = alias.name.partition(".")[0]
                    names[alias.asname or top] = alias.name if alias.asname else top
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                for alias in node.names:
                    names[alias.asname or alias.name] = f"{node.module}:{alias.name}"
    return names
