"""A project against the seven criteria of the guide's checklist, with the evidence for each.

Owns the rules, one line each, and the words. What is read is :mod:`autograde.project`'s and
:mod:`autograde.delivery`'s, the run of the tests is :mod:`autograde.suite`'s. Where files cannot
tell, a criterion is "not measured"; nothing is guessed. Everything quoted is cleaned here, once.
"""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any, Literal, get_args

from autograde import delivery, project, suite
from autograde.outputs import clean_text
from autograde.project import Project

Status = Literal["met", "not met", "not measured"]
STATUSES: tuple[Status, ...] = get_args(Status)

MODULES, FUNCTION_LINES, MODULE_LINES = 3, 80, 800
README_CHARACTERS, DOCUMENTED = 400, 0.8
COVERED = 0.8
KINDS = 2
#: Characters of one piece of evidence, and examples that it names.
_LONG, _EXAMPLES = 300, 3

_LOGGERS = {"logging", "structlog", "loguru"}
_METRICS = {
    *("prometheus_client", "prometheus_fastapi_instrumentator", "starlette_exporter"),
    *("opentelemetry", "statsd", "datadog", "ddtrace", "sentry_sdk"),
}
_WATCHED = ("/metrics", "/health", "/healthz", "/livez", "/readyz")
_DISTRIBUTED = {"ray", "dask", "celery", "pyspark", "rq", "kafka", "aiokafka", "arq", "dramatiq"}


@dataclass(frozen=True)
class Criterion:
    """One line of the checklist: whether it is met, by which rule, and what was seen."""

    name: str
    status: Status
    rule: str
    evidence: tuple[str, ...]


@dataclass(frozen=True)
class Review:
    """All seven criteria of a project, and sentences on what was not read."""

    path: str
    criteria: tuple[Criterion, ...]
    remarks: tuple[str, ...]

    def count(self, status: Status) -> int:
        """How many criteria have that status."""
        return sum(criterion.status == status for criterion in self.criteria)

    def plain(self) -> dict[str, Any]:
        """The review as what JSON can hold."""
        return asdict(self)


def review(path: str, *, seconds: float) -> Review:
    """Review the project in a folder.

    Parameters
    ----------
    path
        The folder. Nothing in it is executed here; its tests run in the sandbox.
    seconds
        For the tests.

    Raises
    ------
    UsageError
        If the path is no folder that can be read.
    """
    found = project.read(path)
    criteria = []
    for name, rule, judge in _RULES:
        status, evidence = judge(found, seconds)
        criteria.append(Criterion(name, status, rule, tuple(map(_one_line, evidence))))
    remarks = [_some(f"not read, {why}", left) for why, left in sorted(found.left_out.items())]
    return Review(_one_line(path), tuple(criteria), tuple(map(_one_line, remarks)))


def _one_line(text: str) -> str:
    text = " ".join(clean_text(text).split())
    return text if len(text) <= _LONG else text[: _LONG - 1] + "…"


def _some(words: str, items: Iterable[str]) -> str:
    listed = list(items)
    more = "" if len(listed) <= _EXAMPLES else f" and {len(listed) - _EXAMPLES} more"
    return f"{words}: {', '.join(listed[:_EXAMPLES])}{more}" if listed else words


def _number(n: int, word: str) -> str:
    return f"{n} {word}" if n == 1 else f"{n} {word}s"


Judgement = tuple[Status, list[str]]


def _verdict(met: bool) -> Status:
    return "met" if met else "not met"


def _structure(found: Project, _: float) -> Judgement:
    modules = found.modules
    packages = {
        str(PurePosixPath(path).parent)
        for path in found.files
        if path.endswith("/__init__.py") and not project.is_test(path)
    }
    evidence = [f"{_number(len(modules), 'module')} in {_number(len(packages), 'package')}"]
    notebooks = sum(path.endswith(".ipynb") for path in found.files)
    if notebooks:
        evidence.append(f"{_number(notebooks, 'notebook')}, not read")
    lengths = [(d.lines, m.path, d.line) for m in modules for d in m.definitions if d.function]
    longest, path, line = max(lengths, default=(0, "", 0))
    if longest:
        evidence.append(f"longest function {longest} lines ({path}:{line})")
    largest = max(((m.lines, m.path) for m in modules), default=(0, ""))
    if largest[0]:
        evidence.append(f"longest module {largest[0]} lines ({largest[1]})")
    if not modules and any(path.endswith(".py") for path in found.files):
        return "not measured", [*evidence, "no Python outside tests could be parsed"]
    enough = len(modules) >= MODULES and bool(packages)
    return _verdict(enough and longest <= FUNCTION_LINES and largest[0] <= MODULE_LINES), evidence


def _documentation(found: Project, _: float) -> Judgement:
    readmes = [path for path in found.files if path.lower().partition(".")[0] == "readme"]
    evidence, told = [], 0
    for path in sorted(readmes):
        characters = len(found.text(path).strip())
        evidence.append(f"{path}: {_number(characters, 'character')}")
        told = max(told, characters)
    if not readmes:
        evidence.append("no README")
    public = [(m.path, d) for m in found.modules for d in m.definitions if d.public]
    bare = [f"{path}:{d.line}" for path, d in public if not d.documented]
    words = f"docstrings on {len(public) - len(bare)} of {len(public)} public functions and classes"
    evidence.append(_some(f"{words}; none", bare) if bare else words)
    enough = bool(public) and len(public) - len(bare) >= DOCUMENTED * len(public)
    return _verdict(told >= README_CHARACTERS and enough), evidence


def _testing(found: Project, seconds: float) -> Judgement:
    tests = [path for path in found.files if path.endswith(".py") and project.is_test(path)]
    evidence = [f"{_number(len(tests), 'Python file')} of tests"]
    if not tests:
        return "not met", evidence
    said = suite.measure(found.files, seconds)
    if said.problem:
        return "not measured", [*evidence, said.problem]
    if not said.passed:
        return "not met", [*evidence, "pytest found no test in them"]
    share = said.covered / said.statements
    passed = f"{_number(said.passed, 'test')} passed, {said.skipped} skipped"
    # Rounded down: 80.4 % is above 80 %, and 79.9 % must not be shown as 80.
    evidence.append(f"coverage {int(1000 * share) / 10:.1f} % of {said.statements} statements")
    evidence += [passed, "as measured in the sandbox: the project's own word"]
    return _verdict(share > COVERED), evidence


def _ci(found: Project, _: float) -> Judgement:
    evidence: list[str] = []
    met = unclear = False
    for flow in delivery.workflows(found):
        if flow.problem:
            evidence.append(f"{flow.path} is not read: {flow.problem}")
            unclear = True
            continue
        when = " and ".join(flow.triggers) or "neither push nor pull_request"
        what = flow.tests or ("a script that is not read" if flow.scripts else "no test command")
        evidence.append(f"{flow.path} runs {what} on {when}")
        met = met or bool(flow.tests and flow.triggers)
        unclear = unclear or bool(flow.scripts and flow.triggers)
    others = delivery.other_ci(found)
    if others:
        evidence.append(_some("another service's, not read", others))
    if met:
        return "met", evidence
    status: Status = "not measured" if unclear or others else "not met"
    return status, evidence or ["no workflow in .github/workflows"]


def _container(found: Project, _: float) -> Judgement:
    evidence: list[str] = []
    statuses: set[Status] = set()
    for image in delivery.images(found):
        if not image.base:
            evidence.append(f"{image.path}: no FROM")
            statuses.add("not met")
            continue
        pin = {True: "pinned base", False: "base without a version", None: "base in a variable"}
        user = f"USER {image.user}" if image.user else "no USER"
        starts = "starts something" if image.starts else "no CMD or ENTRYPOINT"
        evidence.append(f"{image.path}: {pin[image.pinned]} {image.base}, {user}, {starts}")
        good = image.unprivileged and image.starts
        if image.pinned is None and good:
            statuses.add("not measured")
        else:
            statuses.add(_verdict(bool(image.pinned) and good))
    order: tuple[Status, ...] = ("met", "not measured")
    status: Status = next((s for s in order if s in statuses), "not met")
    return status, evidence or ["no Dockerfile"]


def _monitoring(found: Project, _: float) -> Judgement:
    # A logger may be made in one module and used in others.
    made = any(_LOGGERS & {*m.imports} for m in found.modules)
    logging = [f"{m.path}:{m.logs}" for m in found.modules if m.logs and made]
    watched = []
    for module in found.modules:
        for name in sorted(_METRICS & {*module.imports}):
            watched.append(f"{name} in {module.path}:{module.imports[name]}")
        for route in module.routes:
            if route.path.rstrip("/") in _WATCHED:
                watched.append(f"{route.path} in {module.path}:{route.line}")
    evidence = [_some(f"logging in {_number(len(logging), 'module')}", logging)]
    evidence.append(_some("metrics or health", watched) if watched else "no metrics, no health")
    return _verdict(bool(logging and watched)), evidence


def _scalability(found: Project, _: float) -> Judgement:
    routes = [(m.path, route) for m in found.modules for route in m.routes]
    kinds = {
        "async handlers": [f"{path}:{r.line}" for path, r in routes if r.asynchronous],
        "batch endpoints": [
            f"{r.path} in {path}:{r.line}"
            for path, r in routes
            if {"batch", "bulk"} & {*r.path.lower().replace("-", "/").replace("_", "/").split("/")}
        ],
        "workers or replicas": delivery.worker_settings(found),
        "work on other machines": [
            f"{name} in {m.path}:{m.imports[name]}"
            for m in found.modules
            for name in sorted(_DISTRIBUTED & {*m.imports})
        ],
    }
    seen = [_some(f"{kind} {len(where)}", where) for kind, where in kinds.items() if where]
    state = [f"{m.path}:{m.changes_globals}" for m in found.modules if m.changes_globals]
    enough = len(seen) >= KINDS
    evidence = seen or ["no hint in the files"]
    if state:
        evidence.append(_some("state in a module, by a global statement", state))
    elif routes:
        evidence.append("no global statement beside the handlers")
    return "met" if enough else "not measured", [*evidence, "no load was put on it"]


_RULES: tuple[tuple[str, str, Callable[[Project, float], Judgement]], ...] = (
    (
        "structure",
        f"{MODULES} modules or more outside tests, a package, no function above {FUNCTION_LINES} "
        f"lines and no module above {MODULE_LINES}",
        _structure,
    ),
    (
        "documentation",
        f"a README of {README_CHARACTERS} characters or more, and docstrings on {DOCUMENTED:.0%} "
        "or more of public functions and classes outside tests",
        _documentation,
    ),
    (
        "testing",
        f"no test fails, and they cover more than {COVERED:.0%} of the statements outside tests",
        _testing,
    ),
    ("ci", "a GitHub workflow names a test command and starts on push or pull_request", _ci),
    (
        "container",
        "a Dockerfile whose base has a version or digest, with a USER other than root and a CMD or "
        "ENTRYPOINT",
        _container,
    ),
    (
        "monitoring",
        "a module outside tests logs, with a logging library, and one imports a metrics library or "
        "serves /metrics or a health route",
        _monitoring,
    ),
    (
        "scalability",
        f"hints of {KINDS} kinds or more: async handlers, batch endpoints, workers or replicas, "
        "work on other machines; fewer hints do not show that it does not scale",
        _scalability,
    ),
)
