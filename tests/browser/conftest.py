"""Chromium, driven through JupyterLab as candidates and graders use it.

Chromium comes from the system, never by a download; where there is none these tests are left out. A
picture of the page is kept in ``build/screenshots/`` when a test fails. Where the environment has
``PICTURES``, a folder, the tests put there the pictures that README.md shows.
"""

import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright

from autograde import assignment, build
from autograde.source import read_cells

ROOT = Path(__file__).parent.parent.parent
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
FAILURES = ROOT / "build" / "screenshots"
#: Milliseconds; no more than a guard, since a page may be slow where other tests run beside.
PATIENCE = 120_000
expect.set_options(timeout=PATIENCE)


def pytest_collection_modifyitems(items):
    """All of them are slow, and are left out with a reason where there is no Chromium."""
    here = [item for item in items if Path(__file__).parent in item.path.parents]
    for item in here:
        item.add_marker(pytest.mark.slow)
        # The tests of a file share servers and a course, so one process runs them.
        item.add_marker(pytest.mark.xdist_group(item.path.stem))
        if not CHROMIUM:
            item.add_marker(
                pytest.mark.skip(reason="no Chromium here: apt-get install chromium, and run again")
            )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Keep a picture of the page that a test failed on."""
    report = yield
    page = getattr(item, "funcargs", {}).get("page")
    if page is not None and report.when == "call" and report.failed:
        FAILURES.mkdir(parents=True, exist_ok=True)
        picture = FAILURES / f"{item.name}.png"
        page.screenshot(path=picture)
        report.sections.append(("picture of the page", str(picture)))
    return report


def answer(grade_id):
    """The reference's text of a task cell: what a candidate who knows it all would type."""
    root = ROOT / "solutions" / "junior-eda"
    (cell,) = (
        c for c in read_cells(root / "lab.py", ROOT) if c.grade_id == grade_id and "task" in c.keys
    )
    return re.sub(r"^\s*### (BEGIN|END) SOLUTION$", "", cell.source, flags=re.MULTILINE)


def picture(page, name):
    """Keep a picture for README.md, if pictures are wanted."""
    if folder := os.environ.get("PICTURES"):
        page.screenshot(path=ROOT / folder / f"{name}.png")


def faults(page, within=None):
    """What axe finds wrong for people who do not see, or do not use a mouse: rule and element.

    ``within`` is a selector, for pages whose frame is JupyterLab's. Contrast is left to the theme.
    """
    left_out = {"rules": {"color-contrast": {"enabled": False}}}
    found = Axe().run(page, context=within, options=left_out).response
    assert found["passes"], "axe has looked at nothing"
    # To axe a picture without a text is an ornament; here every picture says something.
    bare = page.locator(f"{within or 'body'} img[alt='']").count()
    return bare * ["image-alt: a picture without a text"] + [
        f"{rule['id']}: {node['html'][:200]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


class Lab:
    """A JupyterLab server that can be killed and started again at the same address."""

    def __init__(self, folder: Path, command: list[str]):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.token = secrets.token_hex(8)
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        self.command = [
            *(sys.executable, *command, "--no-browser", f"--port={self.port}"),
            *("--ServerApp.port_retries=0", f"--ServerApp.token={self.token}"),
        ]
        self.start()

    def start(self):
        """Start it, and wait until it answers."""
        programs = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        own = self.folder / ".jupyter"  # nothing of whoever runs the tests, and nothing left there
        with open(self.folder / ".server.log", "ab") as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
                env={
                    **os.environ,
                    "PATH": programs,
                    "JUPYTER_DATA_DIR": str(own),
                    "JUPYTER_CONFIG_DIR": str(own),
                },
            )
        for _ in range(600):
            try:
                if httpx.get(f"{self.url}/api", params={"token": self.token}).status_code == 200:
                    return
            except httpx.TransportError:
                assert self.process.poll() is None, (self.folder / ".server.log").read_text()
            time.sleep(0.1)
        pytest.fail("JupyterLab did not answer within a minute")

    def stop(self):
        """Kill it, with every kernel of it."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@pytest.fixture(scope="session")
def browser():
    """One Chromium for all tests."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=CHROMIUM,
            # Run as root, as in a container, Chromium has no sandbox of its own.
            args=["--no-sandbox"] if os.geteuid() == 0 else [],
        )
        yield launched
        launched.close()


@pytest.fixture
def page(browser):
    """A fresh window, whose page has had no uncaught error when the test ends."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE)
    page = context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    # Formgrader takes MathJax from a server outside, and says this where there is none.
    assert {*errors} <= {"MathJax is not defined"}


@pytest.fixture(scope="session")
def course(tmp_path_factory):
    """A repository with junior-eda as it is, built."""
    root = tmp_path_factory.mktemp("course") / "repository"
    lab = root / "solutions" / "junior-eda"
    shutil.copytree(ROOT / "solutions" / "junior-eda", lab)
    for name in ("pyproject.toml", "nbgrader_config.py"):
        shutil.copy(ROOT / name, root)
    build.build_lab("junior-eda", root)
    return root


@pytest.fixture(scope="session")
def desk(course, tmp_path_factory):
    """What kim finds at a machine of ours: the unpacked bundle, and an exchange to hand in to."""
    home = tmp_path_factory.mktemp("desk")
    _, bundle = assignment.assign("kim", ["junior-eda"], course, seed=3, exchange=home / "exchange")
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(home)
    return home / "kim"
