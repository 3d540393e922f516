"""How a project says that it is tested, packed and run: workflows, Dockerfiles, worker settings.

Owns the reading of these files, which may be hostile, as plain records. Owns no rule about what is
good (:mod:`autograde.review`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import yaml

from autograde.project import Project

#: A file larger than this is nobody's configuration; PyYAML reads 100 kB in about a second.
TEXT = 100_000
WORKFLOWS = 30
#: Values in a YAML file once every alias is written out, and how deep they may lie.
YAML_VALUES, YAML_DEEP = 20_000, 50

_TESTS = re.compile(r"(?<![\w./-])(pytest|unittest|tox|nox|make (?:test|check))(?![\w-])")
_SCRIPT = re.compile(r"^(?:make|just|bash|sh)\b|^\./|\.sh\b")
_HEREDOC = re.compile(r"<<-?[\"']?([A-Za-z_]\w*)")
_SETTINGS = re.compile(
    r"--workers[\"',=\s]{1,9}(?:\$|[2-9]|1\d)|gunicorn[^\n]{0,200}\s-w\s?[2-9]"
    r"|^[ \t]*replicas:[ \t]*(?:[2-9]|1\d)|HorizontalPodAutoscaler|WEB_CONCURRENCY[=:]",
    re.MULTILINE,
)
_DOCKERFILES = ("dockerfile", "containerfile")
_OTHER_CI = (".gitlab-ci.yml", ".circleci/config.yml", "azure-pipelines.yml", "Jenkinsfile")


class Unreadable(ValueError):
    """A YAML file cannot be used; the message says why."""


@dataclass(frozen=True)
class Workflow:
    """A GitHub workflow.

    Attributes
    ----------
    path
        Where it is.
    triggers
        Which of ``push`` and ``pull_request`` start it.
    tests
        The test command that a step names, or "".
    scripts
        Whether a step calls a script, make or another workflow, which is not read.
    problem
        Why it cannot be read, or "".
    """

    path: str
    triggers: tuple[str, ...] = ()
    tests: str = ""
    scripts: bool = False
    problem: str = ""


@dataclass(frozen=True)
class Image:
    """The last stage of a Dockerfile: its base, its user and whether it starts something."""

    path: str
    base: str = ""
    user: str = ""
    starts: bool = False

    @property
    def pinned(self) -> bool | None:
        """Whether the base has a version or digest; None if a variable hides it."""
        if "$" in self.base:
            return None
        tag = self.base.rpartition("/")[2].partition(":")[2]
        return "@sha256:" in self.base or self.base == "scratch" or any(map(str.isdigit, tag))

    @property
    def unprivileged(self) -> bool:
        """Whether a user other than root is named."""
        return self.user.partition(":")[0] not in ("", "0", "root")


def load_yaml(text: str) -> Any:
    """Load YAML as text, lists and dictionaries of text.

    Even less than ``safe_load``: no dates, no numbers, no merging, and ``on`` stays ``on``.

    Raises
    ------
    Unreadable
        If it is no YAML, too large, too deep, or its aliases would make it so.
    """
    if len(text) > TEXT:
        raise Unreadable(f"longer than {TEXT} characters")
    sizes: dict[str, int] = {}
    begun: list[tuple[str | None, int]] = [(None, 0)]
    try:
        for event in yaml.parse(text, Loader=yaml.BaseLoader):
            if isinstance(event, yaml.CollectionStartEvent):
                begun.append((event.anchor, 1))
                if len(begun) > YAML_DEEP:
                    raise Unreadable("nested too deeply")
                continue
            if isinstance(event, yaml.AliasEvent):
                if event.anchor not in sizes:  # one that is inside itself has no size yet
                    raise Unreadable("an alias that stands for itself or for nothing")
                size = sizes[event.anchor]
            elif isinstance(event, yaml.CollectionEndEvent):
                anchor, size = begun.pop()
                sizes[anchor or ""] = size
            elif isinstance(event, yaml.ScalarEvent):
                size = 1
                sizes[event.anchor or ""] = size
            else:
                continue
            anchor, before = begun.pop()
            if before + size > YAML_VALUES:
                raise Unreadable("too many values, or aliases that make too many")
            begun.append((anchor, before + size))
        return yaml.load(text, Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        raise Unreadable("not valid YAML") from error


def workflows(project: Project) -> Iterator[Workflow]:
    """Yield the workflows under ``.github/workflows``, a bounded number."""
    paths = [
        path
        for path in sorted(project.files)
        if PurePosixPath(path).match(".github/workflows/*.y*ml") and path.count("/") == 2
    ]
    for path in paths[:WORKFLOWS]:
        try:
            tree = load_yaml(project.text(path))
        except Unreadable as error:
            yield Workflow(path, problem=str(error))
            continue
        started = _get(tree, "on")
        names = [started] if isinstance(started, str) else [*_strings(started)]
        commands = [*_commands(_get(tree, "jobs"))]
        named = [_TESTS.search(command) for command in commands if "install" not in command]
        yield Workflow(
            path,
            tuple(name for name in ("push", "pull_request") if name in names),
            next((found[1] for found in named if found), ""),
            any(map(_SCRIPT.search, commands)),
        )


def _commands(jobs: Any) -> Iterator[str]:
    """Yield every command that a job runs; a workflow or action of the project's is one as well."""
    for job in jobs.values() if isinstance(jobs, dict) else ():
        if _get(job, "if") == "false":
            continue
        steps = _get(job, "steps")
        for step in [job, *(steps if isinstance(steps, list) else ())]:
            if _get(step, "if") == "false":
                continue
            used, run = _get(step, "uses"), _get(step, "run")
            if isinstance(used, str) and used.startswith("./"):
                yield used
            if isinstance(run, str):
                parts = re.split(r"\n|&&|\|\||;", run)
                yield from (part.strip() for part in parts if not part.lstrip().startswith("#"))


def _get(tree: Any, key: str) -> Any:
    return tree.get(key) if isinstance(tree, dict) else None


def _strings(tree: Any) -> Iterator[str]:
    yield from (item for item in tree or () if isinstance(item, str))


def other_ci(project: Project) -> list[str]:
    """Configurations of other services than GitHub's, which are not read."""
    return [path for path in _OTHER_CI if path in project.files]


def images(project: Project) -> Iterator[Image]:
    """Yield what each Dockerfile makes."""
    for path in sorted(project.files):
        name = PurePosixPath(path).name.lower()
        stem, _, rest = name.partition(".")
        if (stem in _DOCKERFILES or rest in _DOCKERFILES) and len(project.files[path]) <= TEXT:
            yield _image(path, project.text(path))


def _image(path: str, text: str) -> Image:
    stages: dict[str, Image] = {}
    arguments: dict[str, str] = {}
    stage, last = "", Image(path)
    for word, rest in _instructions(text):
        match word:
            case "ARG" | "ENV":
                name, _, value = rest.partition("=")
                arguments[name.strip()] = value.strip("\"' ")
            case "FROM":
                base, _, name = _filled(rest, arguments).partition(" ")
                last = stages.get(base.lower(), Image(path, base))
                stage = name.strip()[3:].strip().lower()  # after "AS"
            case "USER":
                last = Image(path, last.base, _filled(rest, arguments), last.starts)
            case "CMD" | "ENTRYPOINT":
                last = Image(path, last.base, last.user, True)
        if stage:
            stages[stage] = last
    return last


def _instructions(text: str) -> Iterator[tuple[str, str]]:
    """Yield the instructions of a Dockerfile: first word in capitals, and the rest of the line."""
    until, whole = "", ""
    for line in text.splitlines():
        if until:
            until = "" if line.strip() == until else until
            continue
        if line.lstrip().startswith("#"):
            continue
        whole += line.rstrip()
        if whole.endswith("\\"):
            whole = whole[:-1] + " "
            continue
        word, _, rest = whole.strip().partition(" ")
        word, whole = word.upper(), ""
        begun = _HEREDOC.search(rest) if word in ("RUN", "COPY", "ADD") else None
        until = begun[1] if begun else ""
        while word == "FROM" and rest.lstrip().startswith("--"):
            rest = rest.lstrip().partition(" ")[2]
        yield word, rest.strip()


def _filled(text: str, arguments: dict[str, str]) -> str:
    """Text with the variables that have a default here; others stay as they are."""

    def value(found: re.Match[str]) -> str:
        return arguments.get(found[1]) or found[2] or found[0]

    return re.sub(r"\$\{?(\w+)(?::-([^}]*))?\}?", value, text)


def worker_settings(project: Project) -> list[str]:
    """Where more than one worker or replica is set, as ``file:line``."""
    found = [f"{module.path}:{module.workers}" for module in project.modules if module.workers]
    for path, data in sorted(project.files.items()):
        name = PurePosixPath(path)
        file = name.suffix in (".yml", ".yaml", ".sh") or name.name.lower() in (
            *_DOCKERFILES,
            "procfile",
        )
        if file and len(data) <= TEXT:
            text = project.text(path)
            setting = _SETTINGS.search(text)
            if setting:
                line = text.count("\n", 0, setting.start()) + 1
                found.append(f"{path}:{line}")
    return found
