"""What candidates are given to read, asked by axe: headings, tables, pictures, names."""

import nbformat
import pytest
from nbconvert import HTMLExporter

from .conftest import ROOT, faults

NOTEBOOKS = sorted(ROOT.glob("labs/*/*.ipynb"))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_can_be_read_by_a_machine(page, notebook, tmp_path):
    """Headings in order, tables with headers, pictures with a text, of every lab."""
    markup, _ = HTMLExporter(template_name="lab").from_filename(str(notebook))
    place = tmp_path / "notebook.html"
    place.write_text(markup, encoding="utf-8")
    page.goto(place.as_uri())
    assert page.get_by_role("heading", level=1).count() == 1
    assert faults(page) == []


def test_faults_are_found(page, tmp_path):
    """A picture without a text, a table without headers and a heading left out are seen."""
    text = (
        "# Title\n\n#### Too deep\n\n![](data:image/png;base64,x)\n\n| | b |\n|---|---|\n| 1 | 2 |"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell(text)])
    markup, _ = HTMLExporter(template_name="lab").from_notebook_node(notebook)
    place = tmp_path / "notebook.html"
    place.write_text(markup, encoding="utf-8")
    page.goto(place.as_uri())
    found = {fault.partition(":")[0] for fault in faults(page)}
    assert found == {"heading-order", "image-alt", "empty-table-header"}
