"""Which names of a released notebook are modules, so that a test cell may use them.

Owns one pure function over the instructor's notebook. A free cell with ``import numpy as np``
runs only with the candidate; a test that says ``np`` still means the grader's own NumPy, because
the release says so and whatever the candidate made of the name does not matter.
"""

import ast

from nbformat import NotebookNode


def imported_names(notebook: NotebookNode) -> dict[str, str]:
    """Names bound by top-level import statements, as ``{"np": "numpy", "f": "pkg.mod:f"}``.

    Cells that are not plain Python (magics) are read as far as their lines allow.
    """
    names: dict[str, str] = {}
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        lines = [
            x if not x.lstrip().startswith(("%", "!")) else "" for x in cell.source.split("\n")
        ]
        try:
            tree = ast.parse("\n".join(lines))
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
