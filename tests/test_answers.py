"""Answers are the reference with changes, and are refused when it has moved away."""

import pytest

from autograde import answers
from autograde.errors import LabError
from autograde.testing import check, lab, task

TEXT = """\
import math

def area(r):
    return math.pi * r * r

def border(r):
    return 2 * math.pi * r
"""


@pytest.mark.parametrize(
    ("edit", "was", "becomes"),
    [
        ("-    return math.pi * r * r\n+    return r * r", "math.pi * r * r", "r * r"),
        (" def border(r):\n-    return 2 * math.pi * r\n+    return r", "2 * math.pi * r\n", "r\n"),
        ("+import os\n import math", "import math", "import os\nimport math"),
        ("-import math\n+import cmath as math\n@@\n-def area(r):\n+def area(r, /):",
         "import math\n\ndef area(r):", "import cmath as math\n\ndef area(r, /):"),
        ("-import math\n-\n def area(r):", "import math\n\n", ""),
    ],
)  # fmt: skip
def test_an_edit_changes_what_it_names(edit, was, becomes):
    """Lines with - give way to those with +, others stay; several changes are apart by @@."""
    assert answers.edited(TEXT, edit) == TEXT.replace(was, becomes)


@pytest.mark.parametrize(
    "edit",
    [
        "-    return math.tau * r\n+    return r",  # stands nowhere
        "-def\n+class",  # is no whole line
        "-\n+pass",  # stands twice, and says nothing
        "+pass",  # says no place
    ],
)
def test_an_edit_that_fits_no_one_place_is_refused(edit):
    """An answer cannot silently become the reference when the lab changes."""
    with pytest.raises(ValueError, match="not exactly one place"):
        answers.edited(TEXT, edit)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ('# %% edit="double"\n-    return 3 * x\n+    return x', "not exactly one place"),
        ('# %% edit="triple"\n-    return 2 * x\n+    return x', "triple"),
    ],
)
def test_a_stale_answer_names_its_file_and_cell(tmp_path, cell, message):
    """What an author reads says which answer to mend."""
    release = lab(task("double", "return 2 * x"), check("double", "double(1)", "assert True"))
    path = tmp_path / "solutions" / release.name / "answers" / "trial.py"
    path.parent.mkdir(parents=True)
    path.write_text(f"# kind: wrong\n# about: a trial\n# loses: [double]\n\n{cell}\n")
    with pytest.raises(LabError, match=message) as caught:
        answers.load(release.name, tmp_path, release)
    assert "trial.py" in str(caught.value)


def test_an_edited_cell_is_handed_in(tmp_path):
    """The notebook of such an answer holds the changed cell."""
    release = lab(task("double", "return 2 * x"), check("double", "double(1)", "assert True"))
    path = tmp_path / "solutions" / release.name / "answers" / "trial.py"
    path.parent.mkdir(parents=True)
    path.write_text(
        "# kind: right\n# about: a trial\n\n"
        '# %% edit="double"\n-    return 2 * x\n+    return x + x\n'
    )
    (answer,) = answers.load(release.name, tmp_path, release)
    assert b"return x + x" in answers.notebook(release, answer)
