"""A project's own tests, run in the sandbox, and how much of its code they cover.

Owns the command, its limits and the sentence that says why nothing was measured. The numbers come
out of the sandbox as a line of output (:mod:`autograde.measure`) and are the project's own word;
whoever shows them has to say so.
"""

import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autograde import commands, doctor
from autograde.errors import GradingError, SandboxError
from autograde.outputs import clean_text
from autograde.warden import WORK

#: What a count may be at most; more is no count.
_MOST = 10_000_000
#: pytest's status when it found no test.
_NO_TESTS = 5
#: As pytest says it of a test or conftest.py, and the interpreter of ``-m``.
_MISSING = re.compile(
    r"^(?:E\s{1,8}ModuleNotFoundError|\S{1,200}python[\d.]*): No module named '?([\w.]{1,80})",
    re.MULTILINE,
)
_KEYS = ("tests", "failures", "errors", "skipped", "covered", "statements")


@dataclass(frozen=True)
class Measured:
    """What a suite says of itself, or why it says nothing.

    Attributes
    ----------
    passed, skipped
        Numbers of tests; none failed.
    covered, statements
        Statements of the project outside tests: those that ran, and all.
    problem
        A sentence if nothing was measured, else "".
    """

    passed: int = 0
    skipped: int = 0
    covered: int = 0
    statements: int = 0
    problem: str = ""


def measure(files: Mapping[str, bytes], seconds: float) -> Measured:
    """Run the tests among these files, for so many seconds at most."""
    mark = f"measured-{secrets.token_hex(8)}:"
    # As if the project were installed: what lies in src/ is found too.
    environment = {"PYTHONPATH": f"{WORK}:{WORK}/src"}
    # Another name than "python": an interpreter of its own, not a fork that has imported pytest,
    # for which "warnings are errors" would begin with a warning of ours.
    program = ["python3", "-I", str(Path(__file__).with_name("measure.py")), mark]
    try:
        doctor.require_sandbox()
        ended = commands.run(
            program,
            files,
            seconds=seconds,
            libraries=(),
            limits={"processes": 128},
            environment=environment,
        )
    except SandboxError:
        return Measured(problem="there is no sandbox here; `autograde doctor` says why")
    except GradingError:
        return Measured(problem="the sandbox was lost")
    match ended.why:
        case "time":
            return Measured(problem=f"the tests were still running after {seconds:g} s")
        case "memory" | "cpu":
            return Measured(problem=f"the tests passed the limit of {ended.why}")
    lines = [line for line in ended.output.splitlines() if line.startswith(mark)]
    return _read(lines[-1].removeprefix(mark) if lines else "", clean_text(ended.output))


def _read(line: str, output: str) -> Measured:
    """What the line says, if it can be true."""
    try:
        said = json.loads(line)
    except (ValueError, RecursionError):
        return Measured(problem="the tests ended the process that measures them")
    status = said.get("status") if isinstance(said, dict) else None
    if status == _NO_TESTS:
        return Measured()
    missing = _MISSING.search(output)
    if missing and status != 0:
        return Measured(problem=f"the sandbox has no module {missing[1]!r}, which the tests need")
    numbers = [said.get(key) if isinstance(said, dict) else None for key in _KEYS]
    counts = [n for n in numbers if type(n) is int and 0 <= n <= _MOST]
    if len(counts) < len(_KEYS):
        return Measured(problem=f"the tests ended without a report (exit status {status!r:.20})")
    tests, failures, errors, skipped, covered, statements = counts
    if failures or errors or status != 0:
        return Measured(problem=f"of {tests} tests, {failures} failed and {errors} had errors")
    if skipped >= tests:
        return Measured(problem=f"no test passed; skipped: {skipped}")
    if not statements or covered > statements:
        return Measured(problem="no statement outside the tests was measured")
    return Measured(tests - skipped, skipped, covered, statements)
