"""How fast the service is, how it is built, and what its tests find.

Owns tasks 2 to 4 of the hidden checks. Times are compared with those of our own app, which runs
beside it in a command of its own and is asked in turns with it; no input is sent twice.
"""

import re
import secrets
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import variants
from asking import (
    HERE,
    Service,
    generator,
    many,
    one,
    package,
    right_many,
    right_one,
    serving,
    works,
)
from documents import typed
from load import Answer, Ask
from models import Model, flights

from autograde import commands, rubric
from autograde.checks import Earned, require

FULL_AT, ZERO_AT = 1.5, 4.0
BATCH_ROUNDS, CLIENT_ROUNDS = 30, 10
#: Clients, what each of them asks for one after the other (numbers of flights).
CLIENTS, REQUESTS = 16, (1, 1, 20, 1)
#: Seconds for all the requests of one round.
ROUND = 5.0
#: Seconds after which no round of a race is begun.
RACE = 15.0
RULES = "E,F,W,I,B,UP,C4,SIM,PIE,RET,ANN,T20,S110,C901"
#: Seconds for one run of a suite, and for all runs together.
RUN, RUNS = 20.0, 120.0
#: A test that fails on a right app costs as much as a fault that is not found, up to so many.
STRICT = 4

Judge = Callable[[list[list[Answer]]], None]


class _Race:
    """Two apps that are asked in turns."""

    def __init__(
        self, servers: Sequence[Service], load: Callable[[], tuple[list[list[Ask]], Judge]]
    ) -> None:
        self._servers, self._load = servers, load
        self._busy = 0.0

    def measure(self, rounds: int, seconds: Callable[[list[list[Answer]]], float]) -> rubric.Ratio:
        """How many times as long as ours the candidate's app takes.

        What is between the bounds is measured once more, and the better one counts.
        """
        for side in (0, 1):
            self._round(side, seconds)  # the first requests warm up what is made when first needed
        self._busy, begun = 0.0, time.monotonic()
        ours, theirs = (partial(self._round, side, seconds) for side in (0, 1))
        ratio = rubric.times_as_long(ours, theirs, rounds, seconds=RACE)
        if FULL_AT < ratio < ZERO_AT:
            ratio = min(ratio, rubric.times_as_long(ours, theirs, rounds, seconds=RACE))
        # Work while ours is asked would make ours slow; an app that is not asked has none.
        require(
            self._busy < 0.3 * (time.monotonic() - begun),
            "your app keeps the processor busy while it is not asked anything",
        )
        return ratio

    def _round(self, side: int, seconds: Callable[[list[list[Answer]]], float]) -> float:
        asks, judge = self._load()
        theirs = self._servers[1].command
        before = theirs.cpu()
        answers = self._servers[side].rush(asks, ROUND)
        if side == 0:
            self._busy += theirs.cpu() - before
        else:
            judge(answers)
        return seconds(answers)


def batch_speed(files: Mapping[str, bytes], points: float) -> Earned:
    """Batches of 256 flights, against our app."""
    own = package(files)
    rng = generator(6)
    model = Model(int(rng.integers(2**31)))

    def load() -> tuple[list[list[Ask]], Judge]:
        given = flights(rng, 256)
        kind = "256 flights"
        return [[many(given)]], lambda answers: right_many(answers[0][0], given, model, kind)

    with serving(variants.service(), model) as first, serving(own, model) as second:
        ratio = _Race([first, second], load).measure(
            BATCH_ROUNDS, lambda answers: answers[0][0].seconds
        )
    words = f"a batch of 256 flights takes {ratio:.1f} times as long as in our app"
    return rubric.measured(points, ratio, FULL_AT, ZERO_AT, words)


def concurrent(files: Mapping[str, bytes], points: float) -> Earned:
    """Sixteen clients at once, asking for one flight or for a few, against our app."""
    own = package(files)
    rng = generator(7)
    model = Model(int(rng.integers(2**31)), wait=0.03)

    def load() -> tuple[list[list[Ask]], Judge]:
        # Clients begin at different places of the list, so that batches are under way all the time.
        given = [
            [flights(rng, n) for n in (*REQUESTS[client % 4 :], *REQUESTS[: client % 4])]
            for client in range(CLIENTS)
        ]

        def judge(answers: list[list[Answer]]) -> None:
            for asked, got in zip(given, answers, strict=True):
                for some, answer in zip(asked, got, strict=True):
                    if len(some) == 1:
                        right_one(answer, some[0], model, "16 clients at once")
                    else:
                        right_many(answer, some, model, "16 clients at once")

        return [
            [one(some[0]) if len(some) == 1 else many(some) for some in asked] for asked in given
        ], judge

    def slow(answers: list[list[Answer]]) -> float:
        each = [answer.seconds for client in answers for answer in client]
        return statistics.quantiles(each, n=20)[-1]

    with serving(variants.service(), model) as first, serving(own, model) as second:
        ratio = _Race([first, second], load).measure(CLIENT_ROUNDS, slow)
    words = "with 16 clients, the time in which 95 % of the answers come is"
    return rubric.measured(
        points, ratio, FULL_AT, ZERO_AT, f"{words} {ratio:.1f} times that of our app"
    )


def health(files: Mapping[str, bytes], points: float) -> Earned:
    """GET /health while one slow prediction runs, and while eight do."""
    own = package(files)
    rng = generator(8)
    model = Model(int(rng.integers(2**31)), slow_at=333.25, quick_to_load=True)

    with serving(own, model) as server:

        def answers_during(n: int, words: str) -> None:
            slow = [{**flight, "distance": 333.25} for flight in flights(rng, n)]
            quick: list[Answer] = []

            def meanwhile() -> None:
                time.sleep(0.3)  # until the predictions are under way
                quick.extend(server.ask(Ask("GET", "/health"), 1.0) for _ in range(3))

            # One prediction has to come, or nothing was under way; eight may take turns.
            late = server.rush([[one(each)] for each in slow], 6.0 if n == 1 else 0.0, meanwhile)
            # One of three may meet a moment in which something else has the processor.
            require(
                sum(each.status == 200 for each in quick) >= 2,
                f"GET /health does not answer 200 within a second while {words}",
            )
            if n == 1:
                kind = "a flight for which the model takes 3 seconds"
                right_one(late[0][0], slow[0], model, kind)

        parts = [
            (1.0, partial(answers_during, 1, "one prediction runs")),
            (1.0, partial(answers_during, 8, "eight predictions run")),
        ]
        return rubric.shares(points, parts)


# --- quality -------------------------------------------------------------------------------------


def lint(files: Mapping[str, bytes], points: float) -> Earned:
    """A point less for each kind of finding in ``service/``."""
    own = package(files)
    works(own)
    # What comes out of JSON is Any.
    options = ["--ignore", "ANN401", "--line-length", "100"]
    options += ["--config", "lint.mccabe.max-complexity=10"]
    texts = {**own, "delay_model.py": (HERE / "delay_model.py").read_bytes()}
    return _by_kinds(rubric.lint(texts, "service", RULES, options=options), points, "the linter")


def types(files: Mapping[str, bytes], points: float) -> Earned:
    """A point less for each kind of error that ``mypy --strict`` finds in ``service/``.

    Such as no-untyped-def, no-untyped-call, no-any-return, type-arg, arg-type, return-value,
    assignment, attr-defined, union-attr, misc, or a comment that has silenced them: a reason holds
    only words that stand in a file of the lab.
    """
    own = package(files)
    works(own)
    texts = {**own, "delay_model.py": (HERE / "delay_model.py").read_bytes()}
    return _by_kinds(rubric.types(texts, "service"), points, "the type checker")


def _by_kinds(found: Sequence[rubric.Finding], points: float, tool: str) -> Earned:
    kinds = sorted({each.code for each in found})
    words = f"{tool} finds {len(found)} places of {len(kinds)} kinds in service/"
    if found:
        words += f", such as {found[0].code} in line {found[0].line} of one of its files"
    return Earned(points * max(0.0, 1 - len(kinds) / points), words)


_PROBE = """\
import os, shutil, sys

word, work, opened = sys.argv[1], os.getcwd(), []


def hook(event, args):
    if event == "open" and isinstance(args[0], str | bytes):
        opened.append(os.path.abspath(os.fsdecode(args[0])))


sys.addaudithook(hook)
import service.app

code = (".py", ".pyc", ".so")
own = [p for p in opened if p.startswith(work) and "__pycache__" not in p]
other = [p for p in own if not p.endswith(code)]
print(word, "import", "dirty" if other else "clean", flush=True)
from fastapi.testclient import TestClient

a = service.app.create_app()
with TestClient(a, raise_server_exceptions=False) as first:
    shutil.copy("data/second.npz", "data/model.npz")
    b = service.app.create_app()
    with TestClient(b, raise_server_exceptions=False) as second:
        versions = [c.get("/health").json()["model_version"] for c in (first, second, first)]
    versions.append(first.get("/health").json()["model_version"])
print(word, "apps", a is not b, *versions, flush=True)
"""


def design(files: Mapping[str, bytes], points: float) -> Earned:
    """What an import does, two apps of one factory, how often the model is loaded, schemas."""
    own = package(files)
    works(own)
    rng = generator(9)
    loaded, word = secrets.token_hex(8), secrets.token_hex(8)
    first, second = (Model(int(rng.integers(2**31)), loaded, quick_to_load=True) for _ in range(2))
    probe = {"probe.py": _PROBE.encode(), "data/second.npz": second.files["data/model.npz"]}
    ended = commands.run(["python", "probe.py", word], {**own, **first.files, **probe}, seconds=20)
    said = [line.split()[1:] for line in ended.output.splitlines() if line.startswith(word)]
    before = ended.output.partition(word)[0]

    def quiet_import() -> None:
        require(
            ["import", "clean"] in said and loaded not in before,
            "'nothing heavy at import': importing service.app opens a file or loads the model",
        )

    def apps_apart() -> None:
        a, b = first.version, second.version
        require(
            ["apps", "True", a, b, a, a] in said,
            "create_app() called twice does not make two apps, each with a model of its own",
        )

    with serving(own, first) as server:

        def loaded_once() -> None:
            words = "the model is not 'loaded once, at startup'"
            require(server.output.count(loaded) == 1, f"{words}: not so before the first request")
            (flight,) = flights(rng, 1)
            for asked in (one(flight), many([flight]), Ask("GET", "/health"), one(flight)):
                server.ask(asked)
            require(server.output.count(loaded) == 1, f"{words}: it is loaded again for a request")

        described = server.ask(Ask("GET", "/openapi.json")).object()
        parts: list[tuple[float, Callable[[], object]]] = [
            (1, quiet_import),
            (1, apps_apart),
            (1, loaded_once),
            (1, lambda: typed(described)),
        ]
        return rubric.shares(points, parts)


# --- tests ---------------------------------------------------------------------------------------

_ENDS: dict[rubric.Outcome, str] = {
    "fails": "fails",
    "no tests": "has no tests",
    "broken": "cannot be collected or run",
    "too slow": "does not end within 20 seconds",
    "stopped": "ends in a limit of memory or time, or by a signal",
}


def suite(files: Mapping[str, bytes], points: float) -> Earned:
    """The candidate's tests on our app, on an equivalent one, and on twelve that are wrong.

    Everything that is heard is the suite's own word. At first, on the two right apps, it can only
    lose tests by that. Then all fourteen are run alike and in no order, so that a suite cannot tell
    which of them it has to fail on; and on the two it has to pass.
    """
    tests = package(files, "tests")
    require(
        any(re.fullmatch(r"tests/(.*/)?(test_[^/]*|[^/]*_test)\.py", path) for path in tests),
        "there is no file tests/test_….py",
    )
    until = time.monotonic() + RUNS
    strict: set[str] = set()

    def run(app: Mapping[str, bytes], *, whole: bool = False) -> rubric.Run:
        left = min(RUN, until - time.monotonic())
        if left < 1:
            return rubric.Run("too slow")
        return rubric.suite({**tests, **app}, "tests", seconds=left, whole=whole, without=strict)

    def leave_out(ended: rubric.Run, which: str) -> None:
        """Leave out the tests that fail on a right app; without their names nothing is left."""
        require(
            ended.outcome == "passes"
            or bool(ended.failed - strict)
            or (ended.outcome == "no tests" and bool(strict)),
            f"your suite {_ENDS.get(ended.outcome, '')} on {which}",
        )
        strict.update(ended.failed)

    right = {
        "our app, which does what the text says": variants.reference(),
        "another app that does what the text says, in other words": variants.equivalent(),
    }
    for which, app in right.items():
        leave_out(run(app, whole=True), which)
    wrong = {fault.about: variants.mutant(fault) for fault in variants.MUTANTS}
    apps = right | wrong
    order = [list(apps)[place] for place in generator(10).permutation(len(apps))]
    while True:
        with ThreadPoolExecutor(2) as pool:
            ends = dict(zip(order, pool.map(run, map(apps.get, order)), strict=True))
        known = len(strict)
        for which in right:
            leave_out(ends[which], which)
        if len(strict) == known:
            break
    outcomes = [ends[about].outcome for about in wrong]
    found = sum(outcome in ("fails", "broken") for outcome in outcomes)
    late = outcomes.count("too slow")
    words = f"your suite fails on {found} of {len(wrong)} apps that are wrong"
    if strict:
        words += f"; {len(strict)} of its tests fail on apps that do what the text says"
    if late:
        words += f"; {late} runs were not over in time (20 seconds for one, 120 for all)"
    counted = max(0, found - min(len(strict), STRICT))
    return Earned(points * counted / len(wrong), words)
