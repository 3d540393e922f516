"""Run a project's tests under coverage and print what came of it as one line; in the sandbox only.

Owns the two commands and the line. It is run as a file by :mod:`autograde.suite`, inside, where the
project's code can change every number: all of it is the project's own word.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

#: In place of the project's own settings, so that the number means the same for every project.
SETTINGS = """\
[run]
source = .
omit =
    tests/*
    test/*
    */tests/*
    */test/*
    */test_*.py
    */*_test.py
    */conftest.py
    setup.py
disable_warnings = no-data-collected
[report]
include_namespace_packages = true
"""
#: pytest's status for options that it does not know, such as those of a plugin that is not here.
USAGE = 4


def main(mark: str) -> None:
    """Run the tests in the working directory and print ``mark`` and the numbers as JSON."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settings, report, totals = folder / "settings", folder / "tests", folder / "totals"
        settings.write_text(SETTINGS)
        coverage = [sys.executable, "-m", "coverage"]
        options = [f"--rcfile={settings}", f"--data-file={folder / 'data'}"]
        # Workers of xdist would be other processes, in which nothing is measured.
        tests = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
        tests += [f"--junitxml={report}"]
        run = [*coverage, "run", *options, *tests]
        status = subprocess.run(run, stdin=subprocess.DEVNULL).returncode
        if status == USAGE:
            again = [*run, "-o", "addopts="]
            status = subprocess.run(again, stdin=subprocess.DEVNULL).returncode
        said: dict[str, int] = {"status": status}
        if report.exists():
            counts = ElementTree.parse(report).getroot().find("testsuite")
            if counts is not None:
                for key in ("tests", "failures", "errors", "skipped"):
                    said[key] = int(counts.get(key, 0))
        # A file that is not Python has no statements, here as in the review.
        subprocess.run(
            [*coverage, "json", *options, "-q", "--ignore-errors", "-o", str(totals)],
            stdin=subprocess.DEVNULL,
        )
        if totals.exists():
            found = json.loads(totals.read_text())["totals"]
            said |= {"covered": found["covered_lines"], "statements": found["num_statements"]}
    print(f"\n{mark}{json.dumps(said)}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
