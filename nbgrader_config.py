"""Configuration of every ``nbgrader`` command that is run from the repository root.

Owns where nbgrader finds and leaves its files: the labs that candidates get are in ``labs/``, all
else is working data under ``course/``, which git ignores.
"""

import os
import sys
import warnings
from pathlib import Path

from sqlalchemy.exc import SAWarning

c = get_config()  # traitlets puts this name here; the function of traitlets.config is another

root = Path(__file__).resolve().parent
course = root / "course"
# nbgrader opens the gradebook before any step would create the folder that it lies in, and creates
# it with the command `alembic`, which is not found when the environment is used without activation.
course.mkdir(exist_ok=True)
programs = str(Path(sys.executable).parent)
if programs not in os.environ["PATH"].split(os.pathsep):
    os.environ["PATH"] = programs + os.pathsep + os.environ["PATH"]

# nbgrader's own use of its database warns at every new submission; nobody can act on it.
warnings.filterwarnings("ignore", category=SAWarning)

c.CourseDirectory.root = str(course)
c.CourseDirectory.release_directory = "../labs"

from autograde import gradebook  # noqa: E402

c.CourseDirectory.db_url = gradebook.url(course)

# What stands for a solution says what to do. (Of a foreign assignment, grading takes nbgrader's own
# words for it: catalog.NBGRADERS_STUB.)
from autograde.source import STUB  # noqa: E402

c.ClearSolutions.code_stub = {"python": "\n".join(STUB)}

# Grading: our steps stand where nbgrader's own would run the candidate's code and its tests in one
# process. ARCHITECTURE.md says why each of nbgrader's steps is replaced.
from autograde.nbgrader_steps import beginning  # noqa: E402

c.Autograde.pre_convert_hook = beginning(course, c.CourseDirectory.db_url)
c.Autograde.exporter_class = "autograde.nbgrader_steps.AssemblingExporter"
c.Autograde.sanitize_preprocessors = []
c.Autograde.autograde_preprocessors = [
    "autograde.nbgrader_steps.Grade",
    "autograde.nbgrader_steps.SaveVerdicts",
    "nbgrader.preprocessors.AssignLatePenalties",
    "autograde.nbgrader_steps.FailOnGraderError",
]

# Feedback is for candidates; what hidden tests asked with is not.
c.GenerateFeedback.preprocessors = [
    "autograde.nbgrader_steps.LeaveOutOutputs",
    "nbgrader.preprocessors.GetGrades",
    "nbconvert.preprocessors.CSSHTMLHeaderPreprocessor",
]

# Formgrader's pages and feedback show what candidates wrote, to a browser that is logged in.
c.HTMLExporter.filters = {"markdown2html": "autograde.nbgrader_steps.safe_markdown"}
# In formgrader alone: reference, rubric and anchors above each answer that a person reads.
c.HTMLExporter.preprocessors = ["autograde.formgrader.ForTheReader"]
c.ForTheReader.root = str(root)
