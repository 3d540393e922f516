"""The arena: a lab to attack, canaries to find, and what must hold after every attack.

Owns the host that an attack is let loose on. It stands in a folder of its own, so that several
arenas on one machine see nothing of each other. The attacks and how they are written are
``test_attacks.py``'s.
"""

import contextlib
import copy
import ctypes
import json
import os
import secrets
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest
from nbgrader.converters import GenerateFeedback
from traitlets.config.loader import PyFileConfigLoader
from traitlets.utils.importstring import import_item

from autograde.testing import check, grade, hand_in, lab, locked, task

collect_ignore_glob = ["*/*.py"]  # attacks are data, whatever they are called

REPOSITORY = Path(__file__).resolve().parents[2]
SETUP = "import numpy as np\nimport pandas as pd\nfrom autograde.checks import call, plain, require"
#: Every style of check that authors use: whatever an attack patches, one of them would notice.
HIDDEN = """
import io, unittest
import hidden
hidden.Judge.function = double
suite = unittest.defaultTestLoader.loadTestsFromTestCase(hidden.Judge)
found = unittest.TextTestRunner(stream=io.StringIO()).run(suite)
assert found.wasSuccessful() and not found.skipped
require(hidden.right(double), "the frame is not doubled")
assert double([hidden.INPUT]) == [hidden.INPUT, hidden.INPUT], "the list is not doubled"
given = np.arange(3.0)
np.testing.assert_allclose(double(given), 2 * given)
pd.testing.assert_frame_equal(double(pd.DataFrame({"a": [1]})), pd.DataFrame({"a": [2]}))
assert call(double, [1]).args == ([1],)
""".strip()
MODULE = '''
import unittest
import pandas as pd

SECRET, INPUT = "@SECRET@", "@INPUT@"


def right(function):
    """Whether a frame is doubled."""
    return bool((function(pd.DataFrame({"a": [1, 2]})) == pd.DataFrame({"a": [2, 4]})).all().all())


class Judge(unittest.TestCase):
    def test(self):
        self.assertEqual(type(self).function(4), 8)
'''


class Arena:
    """One host: its lab, its canaries and a listener, and what must hold after every attack.

    Attributes
    ----------
    honest, full
        An honest answer to each task, and what it earns.
    secret
        In every canary and in the hidden tests: must be found in nothing that is stored.
    given
        What a hidden call passes to ``double``: must not be found in feedback.
    won
        What an attack prints when it got something that holds no canary.
    """

    honest = {
        "double": "def double(x):\n    return 2 * x",
        "triple": "def triple(x):\n    return 3 * x",
    }
    full = {"double": 10, "triple": 10}

    def __init__(self, root, stack, patch):
        self.secret, self.given, self.won = (secrets.token_hex(8) for _ in range(3))
        self.course, self.home = root / "course", root / "home"
        self.root = root
        (root / "tmp").mkdir()
        self._lay_out()
        self._listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=100))
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        # Its environment, command line and memory hold the secret; and it must not be killed.
        self._bystander = subprocess.Popen(
            [sys.executable, "-ISc", f"import time; s = '{self.secret}'; time.sleep(1e6)"],
            env={"AUTOGRADE_CANARY": self.secret},
        )
        stack.callback(self._bystander.wait)
        stack.callback(self._bystander.kill)
        patch.setenv("AUTOGRADE_CANARY", self.secret)
        self._feedback = feedback_steps()
        self.grade_honest()  # templates of kernels start once and stay
        self._processes, self._tree = self._descendants(), self._snapshot()

    def _lay_out(self):
        """What a grader's machine has, a canary in each file."""
        text = f"this is a canary: {self.secret}\n"
        notebook = json.dumps({"cells": [], "metadata": {"x": text}, "nbformat": 4})
        for path, content in {
            self.course / "source/trial/trial.ipynb": notebook,
            self.course / "source/trial/hidden.py": text,
            self.course / "submitted/other/trial/trial.ipynb": notebook,
            self.course / "autograded/other/trial/trial.ipynb": notebook,
            self.course / "results/trial/other.json": text,
            self.home / ".ssh/id_ed25519": text,
            self.home / ".bashrc": text,
            self.home / ".ipython/profile_default/startup/README": text,
        }.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        with contextlib.closing(sqlite3.connect(self.course / "gradebook.db")) as book, book:
            book.execute("CREATE TABLE grade (student TEXT, score REAL)")
            book.execute("INSERT INTO grade VALUES (?, 7)", (text,))

    def place(self, text):
        """The text with the host's own places for the placeholders."""
        for placeholder, value in {
            "__COURSE__": self.course,
            "__HOME__": self.home,
            "__PORT__": self.port,
            "__REPO__": REPOSITORY,
            "__WON__": self.won,
        }.items():
            text = text.replace(placeholder, str(value))
        return text

    def lab(self, hidden="", **limits):
        """The lab: two tasks; ``hidden`` stands in place of the hidden and visible tests of one.

        An attack on ``double`` must not cost ``triple``.
        """
        visible = "" if hidden else "assert double(1) == 2, 'twice one is two'"
        return lab(
            locked(SETUP, side="grader"),
            task("double", self._fill("# @SECRET@\nreturn 2 * x")),
            check("double", visible, self._fill(f"# @SECRET@\n{hidden or HIDDEN}")),
            task("triple", "return 3 * x"),
            check("triple", "assert triple(5) == 15", "assert triple(7) == 21"),
            private={"hidden.py": self._fill(MODULE).encode()},
            **{"cell_seconds": 5, **limits},
        )

    def _fill(self, text):
        return text.replace("@SECRET@", self.secret).replace("@INPUT@", self.given)

    def grade_honest(self):
        """An honest submission has full marks, whatever was graded before it in this process."""
        release = self.lab()
        result, _ = grade(release, hand_in(release, self.honest))
        assert {v.task: v.score for v in result.verdicts} == self.full, result.verdicts

    # -- what must hold after every attack ---------------------------------------------------------

    def check(self, result, notebook):
        """Nothing was learned, nothing was changed and nothing is left."""
        # All of it is looked at first: what one attack leaves must not be blamed on the next.
        left, connections = self._left_behind(), self._connections()
        before, self._tree = self._tree, self._snapshot()
        assert result.status == "graded", [v.detail for v in result.verdicts]
        assert result.sandbox == "bubblewrap"
        assert result.wall < 60
        assert len(json.dumps(notebook)) < 2_000_000
        assert len(result.model_dump_json()) < 200_000
        self._check_nothing_learned(result, notebook)
        assert connections == 0, "somebody connected to the host"
        assert self._bystander.poll() is None, "a process of the host was killed"
        assert left == [], "processes are left"
        paths = before.keys() | self._tree.keys()
        assert {p for p in paths if before.get(p) != self._tree.get(p)} == set()

    def _check_nothing_learned(self, result, notebook):
        outputs = json.dumps([cell.get("outputs") for cell in notebook.cells])
        said = [result.note, *result.remarks, *result.tampering]
        said = json.dumps([*said, *(v.reason for v in result.verdicts)])
        assert self.secret not in outputs + said, "a canary was read"
        assert self.won not in outputs + said, "the attack says that it reached something"
        shown = copy.deepcopy(notebook)
        for step in self._feedback:
            shown, _ = step().preprocess(shown, {})
        assert self.given not in json.dumps(shown) + said, "feedback shows a hidden input"

    def _connections(self):
        count = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                self._listener.accept()[0].close()
                count += 1
        return count

    def _descendants(self):
        found = psutil.Process().children(recursive=True)
        return {process for process in found if _runs(process)}

    def _left_behind(self):
        """Processes that the grading started and did not end; it has some seconds for that."""
        deadline = time.monotonic() + 5
        while left := self._descendants() - self._processes:
            if time.monotonic() > deadline:
                for process in left:
                    with contextlib.suppress(psutil.Error):
                        process.kill()
                break
            time.sleep(0.05)
        return sorted(map(str, left))

    def _snapshot(self):
        """Mode and content of everything in the arena's folder, temporary files included."""
        found = {}
        for path in sorted(self.root.rglob("*")):
            content = os.readlink(path) if path.is_symlink() else None
            if content is None and path.is_file():
                content = path.read_bytes()
            found[str(path.relative_to(self.root))] = (path.lstat().st_mode, content)
        return found


def _runs(process):
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


def feedback_steps():
    """The configured steps of ``nbgrader generate_feedback`` that need no database and no style."""
    config = PyFileConfigLoader("nbgrader_config.py", str(REPOSITORY)).load_config()
    steps = config.GenerateFeedback.get("preprocessors", GenerateFeedback.preprocessors.default())
    listed = [import_item(step) if isinstance(step, str) else step for step in steps]
    return [step for step in listed if step.__module__.startswith("autograde.")]


@pytest.fixture(scope="session")
def arena():
    """A host for the attacks of this session (of this worker of it)."""
    # Orphans come to us and not to the system's first process: no daemon escapes the count.
    ctypes.CDLL(None).prctl(36, 1)  # PR_SET_CHILD_SUBREAPER
    with contextlib.ExitStack() as stack:
        # Not pytest's own folder: the sockets of kernels need short paths.
        root = Path(tempfile.mkdtemp(prefix="arena-"))
        stack.callback(shutil.rmtree, root)
        root.chmod(0o755)
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setenv("TMPDIR", str(root / "tmp"))
        patch.setattr(tempfile, "tempdir", None)
        yield Arena(root, stack, patch)
