"""What is read from a cell's text without running it."""

import ast
import gc

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from autograde.imports import imported_names, parse

LONG = "x = [" + ", ".join(f"f({i})" for i in range(2000)) + "]"


class _Interruption:
    """Garbage whose end, in the middle of one parse, is another: what a second thread does."""

    def __init__(self) -> None:
        self.me = self
        self.parsed: ast.Module | None = None

    def __del__(self) -> None:
        self.parsed = ast.parse("y = 1")


def test_a_parse_that_another_one_interrupts_still_gives_the_tree() -> None:
    """Text is read rightly while another is read, though CPython 3.11 says SystemError."""
    expected = ast.dump(ast.parse(LONG))
    gc.collect()
    _Interruption()
    assert ast.dump(parse(LONG)) == expected


def test_text_that_is_no_python_is_said_to_be_so() -> None:
    """What does not parse is the text's fault, at the first try."""
    with pytest.raises(SyntaxError):
        parse("def :")


def test_a_written_file_gives_the_notebook_no_names() -> None:
    """What a file imports that a cell writes is no name of the notebook; a timed cell's is."""
    cells = [
        new_code_cell("%%writefile service/app.py\nfrom service.logs import log\nimport json"),
        new_code_cell("%%time\nimport numpy as np"),
    ]
    assert imported_names(new_notebook(cells=cells)) == {"np": "numpy"}
