"""The hidden checks of senior-distributed-training: one function for each check cell.

Owns what is required and what it is worth. A run is compared with one process or with another run
of the same program; what travelled is judged by what the hub, which is here, has seen
(:mod:`running`).
"""

import itertools
import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import job
import numpy as np
import torch
from network import Call
from running import (
    Config,
    Files,
    Ran,
    batches,
    config,
    ends_of_steps,
    gradient_bytes,
    gradients,
    launch,
    made_trainer,
    on_network,
    package,
    quick,
    ray_job,
    reference,
    require_same,
    seconds_of_rows,
    seconds_of_step,
    seconds_of_steps,
    seeds,
    steps,
    sums,
    truth,
)

from autograde import rubric
from autograde.checks import Earned, Wrong, require
from autograde.errors import GradingError, SandboxError

Part = tuple[float, Callable[[], object]]
#: Measured: right answers 0.97 to 1.07 (beside two other gradings on two cores), one bucket 1.48, a
#: blocking call for each weight 1.63.
FULL_AT, ZERO_AT = 1.2, 1.45
#: A network on which one exchange of the model below takes about as long as its backward pass.
SLOW_MODEL = {"width": 120, "depth": 8, "slow": 0.0015}
SLOW_NETWORK = {"latency": 0.002, "bandwidth": 6_000_000.0}
#: MB that a row holds, and MB that two ranks may have together. Two pieces of two rows each on both
#: are 192; a whole batch of 64 rows is 1536.
HEAVY, ROOM = 24, 700


def _same(files: Files, of: Config, ranks: int, what: str) -> Ran:
    """Require the result of one process, made by all ranks together.

    A program in which one rank trains alone, or each rank all rows, has the right weights, too. So
    it is run over our network: every step's gradient has to be the sum of what the ranks hand in,
    and no two ranks may hand in the same.
    """
    of = {**of, "backend": "network"}
    right = truth(of)
    ran = on_network(files, of, ranks)
    require_same(ran.result(what), right, what)
    if ranks > 1:
        handed, wanted = _handed(ran.calls, of), gradients(of)
        require(
            len(handed) == len(wanted)
            and all(_is_sum(one, two) for one, two in zip(handed, wanted, strict=True)),
            f"{what}: what is summed up on the network is not the gradient of each step",
        )
        for parts, batch in zip(handed, batches(of), strict=True):
            require(
                all(part.any() for part in parts) or batch < ranks,
                f"{what}: a rank hands in nothing, so it has no rows",
            )
            require(
                not any(_parallel(one, two) for one, two in itertools.combinations(parts, 2)),
                f"{what}: two ranks hand in the same gradient, so they have the same rows",
            )
    return ran


def _parallel(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two parts of a gradient are the same, or one is a multiple of the other."""
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    return lengths > 0 and abs(float(a @ b)) > (1 - 1e-9) * lengths


def _is_sum(parts: Sequence[np.ndarray], right: np.ndarray) -> bool:
    """Whether the ranks' parts add up to a gradient, whatever its order and its scale."""
    seen = np.sort(np.abs(np.sum(parts, axis=0)))[-len(right) :]
    right = np.sort(np.abs(right))
    return seen[-1] > 0 and bool(
        np.allclose(seen / seen[-1], right / right[-1], rtol=1e-6, atol=1e-9)
    )


def equal(files: Mapping[str, bytes], points: float) -> Earned:
    """One, two and three ranks, by launch.py and by torchrun."""
    own = package(files)
    parts: list[Part] = [
        (1, partial(_same, own, config(0), 1, "on one rank")),
        (2, partial(_by_torchrun, own)),
        (4, partial(_same, own, config(2, rows=36), 3, "on three ranks")),
        (3, partial(_shared, own)),
    ]
    return rubric.shares(points, parts)


def _shared(files: Files) -> None:
    """Two ranks take about half of the time of one, in which nearly all time is that of rows."""
    of = config(21, rows=48, model={"slow": 0.004})
    what = "on two ranks, with rows that take time"
    # A busy machine makes a run longer now and then, but never shorter.
    took = min(seconds_of_step(_same(files, of, 2, what).calls, of) for _ in range(2))
    require(
        took < 0.8 * seconds_of_rows(of),
        f"{what}: a step takes nearly as long as on one rank, so the work is not divided",
    )
    _require_time_of_rows(took, of, what)


def _require_time_of_rows(took: float, of: Config, what: str) -> None:
    """Require what half of the rows take at least, in layers that only wait."""
    require(
        took > 0.9 * seconds_of_rows(of) / 2,
        f"{what}: a step takes less time than its rows, so the model is another one",
    )


def _by_torchrun(files: Files) -> None:
    """Two ranks as torchrun starts them, each an interpreter that also ends.

    At that end torch aborts now and then on a busy machine, plain DDP in 6 of 24 runs (torch 2.13,
    three runs at a time on two cores). So the result counts and not the status, and since an
    abort of one rank stops the others, perhaps before there is a result, it may be tried again.
    """
    of, what = config(1), "on two ranks, by torchrun"
    ran = launch(files, of, 2, torchrun=True)
    if "result.json" not in (ran.files or {}):
        ran = launch(files, of, 2, torchrun=True)
    require_same(ran.result(what, any_status=True), truth(of), what)


def models(files: Mapping[str, bytes], points: float) -> Earned:
    """Frozen and tied weights, and the norm that is limited."""
    own = package(files)
    odd = config(3, model={"frozen": True, "tied": True})
    clipped = config(4)
    clipped["clip"] = 0.5 * _norm(clipped)
    parts: list[Part] = [
        (3, partial(_same, own, odd, 2, "with frozen and tied weights")),
        (3, partial(_same, own, clipped, 2, "with a limit for the norm of the gradient")),
    ]
    return rubric.shares(points, parts)


def _norm(of: Config) -> float:
    """Norm of the gradient of the first step."""
    return float(np.linalg.norm(gradients(of)[0]))


def masks(files: Mapping[str, bytes], points: float) -> Earned:
    """What two ranks hand in for equal rows, and one rank in two steps with a rate of 0."""
    own = package(files)
    of = config(5, backend="network", alike=True, lr=0.0, batch=4, rows=16, model={"dropout": 0.5})
    ran = on_network(own, of)
    ran.result("with dropout")
    handed = _handed(ran.calls, of)

    def ranks() -> None:
        require(
            all(not _alike(first, second) for first, second in handed),
            "two ranks with equal rows hand in equal gradients: their dropout masks are the same",
        )

    def later() -> None:
        pairs = itertools.pairwise(handed)
        require(
            all(not _alike(one[0], two[0]) for one, two in pairs),
            "a rank hands in the same gradient in two steps at a rate of 0: its dropout masks are "
            "the same",
        )

    require(len(handed) == steps(of), "with dropout: not every step exchanges a whole gradient")
    return rubric.shares(points, [(3, ranks), (1, later)])


def _handed(calls: Sequence[Call], of: Config) -> list[list[np.ndarray]]:
    """What each rank handed in for each step's gradient, in an order that is the same for all."""
    whole = gradient_bytes(of) // 8
    found: list[list[np.ndarray]] = []
    parts: list[Sequence[np.ndarray]] = []
    for call in sums(calls):
        if len(found) == steps(of):
            break
        parts.append([part.astype(float) for part in call.sent])
        if sum(len(part[0]) for part in parts) >= whole:
            found.append([np.concatenate(one) for one in zip(*parts, strict=True)])
            parts = []
    return found


def _alike(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two parts of gradients hold the same numbers."""
    return len(a) == len(b) and bool(np.allclose(a, b, rtol=1e-9, atol=1e-15))


def accumulated(files: Mapping[str, bytes], points: float, device: str) -> Earned:
    """Pieces of unequal size, different numbers of them, with a limit for the norm, on a GPU."""
    own = package(files)
    clipped = config(8, rows=42, batch=14, micro=3)
    clipped["clip"] = 0.05 * _norm(clipped)  # less than one piece alone has
    uneven = config(7, rows=40, batch=10, micro=3)
    parts: list[Part] = [
        (3, partial(_same, own, config(6, rows=42, batch=14, micro=3), 2, "in pieces")),
        (2, partial(_same, own, uneven, 3, "with more pieces on one of three ranks")),
        (2, partial(_same, own, clipped, 2, "in pieces, with a limit for the norm")),
    ]
    earned = rubric.shares(points, parts)
    words = [earned.reason] if earned.reason else []
    return Earned(earned, "; ".join([*words, on_gpu(own, device)]))


def on_gpu(own: Files, device: str) -> str:
    """The same with NCCL in bfloat16, on up to two GPUs; it is told and worth no points."""
    cards = 0 if device == "cpu" else torch.cuda.device_count()
    if not cards:
        return "not run: no GPU"
    ranks = min(cards, 2)
    of = config(6, rows=42, batch=14, micro=3, backend="nccl", device="cuda", model={"bf16": True})
    words = f"on {ranks} GPU, in bfloat16"
    try:
        right = truth(of)
        # Products of eight bits in another order: on two CPU ranks three steps left 6e-4.
        require_same(launch(own, of, ranks, gpu=True).result(words), right, words, 0.02)
    except Wrong as wrong:
        return f"no points are lost, but {wrong}"
    except (GradingError, SandboxError) as error:  # whose GPU this is, is no affair of the score
        return f"not run: no sandbox with a GPU ({type(error).__name__})"
    return f"{words} the same"


def quiet(files: Mapping[str, bytes], points: float) -> Earned:
    """How much travels when a step has several pieces, and that it is the gradient."""
    own = package(files)
    of = config(9, micro=2, backend="network", rows=60)
    ran = on_network(own, of)
    ran.result("on the network, in pieces")
    handed = _handed(ran.calls, of)
    total = sum(call.bytes for call in sums(ran.calls)) / gradient_bytes(of) / steps(of)
    words = (
        f"in pieces, the gradients on the network have {total:.1f} times the bytes of one gradient "
        "a step"
    )
    require(total < 1.1, words)
    require(
        len(handed) == steps(of) and _is_sum(handed[0], gradients(of)[0]),
        "on the network, in pieces: what is summed up in a step is not its gradient",
    )
    return Earned(points, words)


def memory(files: Mapping[str, bytes], points: float) -> Earned:
    """Rows that hold memory until their backward pass, within the sandbox's own limit."""
    own = package(files)
    of = config(10, rows=64, batch=64, micro=2, model={"heavy": HEAVY})
    ran = launch(own, of, 2, limits={"memory_mb": ROOM})
    assert ran.ended is not None
    require(
        ran.ended.why != "memory",
        "the ranks hold more memory than pieces of `micro` rows need (two rows a rank, and two "
        "pieces at once are fine)",
    )
    ran.result("with rows that hold memory")
    return Earned(points, "memory stays that of a piece")


def rows(files: Mapping[str, bytes], points: float) -> Earned:
    """Steps that do not divide evenly, and ranks without rows."""
    own = package(files)
    parts: list[Part] = [
        (3, partial(_same, own, config(11, rows=23, batch=8), 2, "23 rows in steps of 8, 2 ranks")),
        (3, partial(_same, own, config(12, rows=25, batch=8), 3, "25 rows in steps of 8, 3 ranks")),
    ]
    return rubric.shares(points, parts)


def epochs(files: Mapping[str, bytes], points: float) -> Earned:
    """Three epochs, each in its order."""
    own = package(files)
    _same(own, config(13, rows=24, epochs=3), 2, "in three epochs")
    return Earned(points, "three epochs are those of one process")


def profile(files: Mapping[str, bytes], points: float) -> Earned:
    """What the program says of its communication, against what the hub has seen."""
    own = package(files)
    of = config(
        14,
        backend="network",
        profile=True,
        rows=60,
        model={**SLOW_MODEL, "width": 80, "slow": 0.001},
    )
    right = truth(of)

    def told() -> tuple[Ran, dict[str, float]]:
        ran = on_network(own, of, latency=0.002, bandwidth=2_200_000.0)
        found = ran.result("with a profile")
        require_same(found, right, "with a profile")
        return ran, found["profile"]

    slow, said = told()
    whole, n = gradient_bytes(of), steps(of)
    during = _during(slow.calls, of)
    seen = len(during) / n

    def counts() -> None:
        calls, size = said.get("calls", math.nan), said.get("bytes", math.nan)
        require(
            0.8 * seen - 1 <= calls <= 1.2 * seen + 1,
            f"the profile says {calls:.1f} calls a step; that is not what the network has seen",
        )
        require(
            abs(size * n / sum(call.bytes for call in during) - 1) < 0.1,
            f"the profile says {size / whole:.2f} times the bytes of a gradient a step; that is "
            "not what the network has seen",
        )

    def share() -> None:
        quick = on_network(own, {**of, "profile": False})
        require_same(quick.result("on the network"), right, "on the network")
        for again in (False, True):  # a busy machine can disturb one of the two, or its own
            ran, found = told() if again else (slow, said)
            share = found.get("share", math.nan)
            measured = 1 - seconds_of_step(quick.calls, of) / seconds_of_step(ran.calls, of)
            if abs(share - measured) < 0.15:
                return
        raise Wrong(
            f"the profile says that communication is {share:.2f} of a step's time; that is more "
            "than 0.15 off"
        )

    return rubric.shares(points, [(2, counts), (3, share)])


def _during(calls: Sequence[Call], of: Config) -> list[Call]:
    """The sums up to the end of the last step."""
    ends = ends_of_steps(calls, of)
    require(len(ends) == steps(of), "on the network: not every step exchanges a whole gradient")
    return [call for call in sums(calls) if call.ended <= ends[-1]]


def overlap(files: Mapping[str, bytes], points: float) -> Earned:
    """Seconds a step on a slow network, against ours; measured once more if it is not quick."""
    own = package(files)
    of = config(15, backend="network", rows=60, model=SLOW_MODEL)
    right = truth(of)

    def seconds(program: Files) -> list[float]:
        what = "on a slow network"
        ran = on_network(program, of, **SLOW_NETWORK)
        require_same(ran.result(what), right, what)
        took = seconds_of_steps(ran.calls, of)
        _require_time_of_rows(float(np.median(took or math.inf)), of, what)
        return took

    def of_medians(steps: Sequence[tuple[float, float]]) -> float:
        ours, theirs = np.median(steps, axis=0)
        return float(theirs / ours)

    ratio = rubric.Ratio(math.inf, math.inf, math.inf)
    for _ in range(2):
        try:
            ours = seconds(reference())
        except Wrong as wrong:
            raise GradingError(f"our own program fails: {wrong}") from wrong
        if not ours:
            raise GradingError("our own program fails: its steps cannot be told apart")
        if steps := list(zip(ours, seconds(own), strict=False)):
            ratio = min(ratio, rubric.noisy(steps, of_medians))
        if ratio <= FULL_AT:
            break
    require(math.isfinite(ratio), "on a slow network: not every step exchanges a whole gradient")
    words = f"on a slow network a step takes {ratio:.2f} times as long as ours"
    return rubric.measured(points, ratio, FULL_AT, ZERO_AT, words)


def halved(files: Mapping[str, bytes], points: float) -> Earned:
    """Bytes on the network with float32, and weights that are hardly others."""
    own = package(files)
    of = config(16, backend="network", wire="float32")
    right = truth(of)
    ran = on_network(own, of)
    found = ran.result("with gradients in float32")
    total = sum(call.bytes for call in sums(ran.calls)) / gradient_bytes(of) / steps(of)
    require(
        0.4 < total < 0.6,
        f"with gradients in float32 the network sees {total:.2f} times the bytes of float64",
    )
    require_same(found, right, "with gradients in float32, to 5 decimal places", 1e-5)
    return Earned(points, f"the network sees {total:.2f} times the bytes of float64")


# --- checkpoints ---------------------------------------------------------------------------------

FOLDER = "checkpoints/"


class _Interrupted:
    """A run that was killed in the middle of a step, and the same without interruption."""

    def __init__(self, files: Files, number: int) -> None:
        self.files = files
        chance = np.random.default_rng(seeds(number + 1)[number])
        self.of = config(
            number, rows=24, batch=6, epochs=3, backend="network", every=2,
            model={"width": 64, "dropout": 0.2},
        )  # fmt: skip
        self.steps = steps(self.of)
        run = on_network(files, self.of)
        whole = run.result("without checkpoints")
        self.right = (whole["weights"], whole["history"])
        begun = {
            name: value.numpy() for name, value in job.build_model(self.of).state_dict().items()
        }
        moved = [
            np.any(np.abs(whole["weights"][name] - begun[name].ravel()) > 1e-6)
            for name in begun
            if name != "scale" and whole["weights"].get(name, np.empty(0)).size == begun[name].size
        ]
        handed = _handed(run.calls, self.of)
        require(
            len(moved) == len(begun) - 1
            and all(moved)
            and len(handed) == len(whole["history"]) == self.steps
            and all(part.any() for parts in handed for part in parts),
            "without checkpoints: with dropout, the model is not trained in each step",
        )
        self.of["checkpoints"] = "out/checkpoints"
        #: Whole steps before the one in which it is killed: enough for two checkpoints on disk, and
        #: a third that is still being written.
        self.done = int(chance.integers(7, self.steps - 1))
        before = self.done * gradient_bytes(self.of)
        self.killed = on_network(files, self.of, stop=lambda calls: _sent(calls) >= before)
        self.kept = checkpoints_of(self.killed)

    def again(
        self, kept: Files, what: str, options: Sequence[str] = (), *, whole: bool = True
    ) -> tuple[Ran, int]:
        """Start with these checkpoints; the run, and how many steps it takes."""
        given = {f"out/{path}": content for path, content in kept.items()}
        ran = on_network({**self.files, **given}, self.of, options=options)
        if whole:
            require_same(ran.result(what), self.right, what)
        return ran, round(_sent(ran.calls) / gradient_bytes(self.of))

    def require_resumed(self, taken: int, checkpoint: int, what: str) -> None:
        """Require that it has taken the steps after that checkpoint, or after the one before."""
        right = self.steps - checkpoint
        require(
            right <= taken <= right + self.of["every"],
            f"{what}: of {self.steps} steps it takes {taken} when it goes on",
        )


def _sent(calls: Sequence[Call]) -> int:
    return sum(call.bytes for call in sums(calls))


def checkpoints_of(ran: Ran) -> dict[str, bytes]:
    """The files of checkpoints that a run has left, with their paths below ``out/``."""
    files = ran.files
    require(files is not None, "checkpoints have more than 64 MB for a model of 100 KB")
    return {path: data for path, data in (files or {}).items() if path.startswith(FOLDER)}


def _by_step(kept: Files) -> dict[int, list[str]]:
    """Paths of the checkpoints, by their step."""
    found: dict[int, list[str]] = {}
    for path in kept:
        if named := re.match(r"step-(\d{8})", path.removeprefix(FOLDER), re.ASCII):
            found.setdefault(int(named[1]), []).append(path)
    return found


def resume(files: Mapping[str, bytes], points: float) -> Earned:
    """Killed in the middle of a step, it goes on from its newest checkpoint; and what these are."""
    run = _Interrupted(package(files), 17)
    every = run.of["every"]
    newest = run.done // every * every
    found = _by_step(run.kept)
    require(
        len(found) > 0,
        "a run that was killed has left nothing named step-… in the folder of checkpoints",
    )

    def goes_on() -> None:
        what = "a run that was killed and goes on"
        _, taken = run.again(run.kept, what)
        run.require_resumed(taken, newest, what)

    def kept() -> None:
        require(
            newest - every in found,
            f"killed in step {run.done + 1}, it has left no checkpoint of step {newest - every}",
        )
        weights = sum(8 * w.numel() for w in job.build_model(run.of).state_dict().values())
        size = sum(len(run.kept[path]) for path in found[max(found)])
        require(
            size <= 1.5 * 2 * weights + 64 * 1024,
            "a checkpoint is larger than the state of model and optimizer",
        )

    return rubric.shares(points, [(6, goes_on), (1, kept)])


def torn(files: Mapping[str, bytes], points: float) -> Earned:
    """The newest checkpoint is cut in half; the one before is used."""
    run = _Interrupted(package(files), 18)
    found = _by_step(run.kept)
    require(len(found) >= 2, "a run that was killed has not left two checkpoints")
    newest = max(found)
    cut = {path: run.kept[path][: len(run.kept[path]) // 2] for path in found[newest]}
    what = "with the newest checkpoint cut in half"
    _, taken = run.again({**run.kept, **cut}, what)
    run.require_resumed(taken, newest - run.of["every"], what)
    return Earned(points, "a torn checkpoint is passed over")


def broken_off(files: Mapping[str, bytes], points: float) -> Earned:
    """A disk that is full while a checkpoint is written; then there is space again."""
    run = _Interrupted(package(files), 19)
    found = _by_step(run.kept)
    require(len(found) >= 2, "a run that was killed has not left two checkpoints")
    newest = max(found)
    largest = max(len(run.kept[path]) for path in found[newest])
    options = ["--file-limit", str(largest // 2)]
    broken, _ = run.again(run.kept, "on a full disk", options, whole=False)
    left = checkpoints_of(broken)
    what = "after a run whose disk was full while it wrote a checkpoint"
    require(len(_by_step(left)) > 0, f"{what}: no checkpoint is left")
    _, taken = run.again(left, what)
    # It may have been broken off at any checkpoint after the one that it began with.
    require(
        taken <= run.steps - newest + run.of["every"],
        f"{what}: of {run.steps} steps it takes {taken} when it goes on",
    )
    return Earned(points, "a checkpoint that breaks off does no harm to those before")


# --- Ray -----------------------------------------------------------------------------------------


def trainer(files: Mapping[str, bytes], points: float) -> Earned:
    """What make_trainer makes of another number of workers and another path; Ray is not started.

    It is their own word, as every attribute is; what a job with workers does is the next check's.
    """
    own = package(files, "ray_train.py")
    of = config(22, workers=3, storage="/tmp/elsewhere", checkpoints=None)
    made = made_trainer(own, of)
    require(made is not None, "make_trainer fails with another number of workers")
    require(
        made == [True, 3, True, "/tmp/elsewhere"],
        "with another config make_trainer does not return a TorchTrainer with that number of "
        "workers and that storage path which survives a lost worker",
    )
    return Earned(points, "make_trainer makes the job that was asked for")


def killed(files: Mapping[str, bytes], points: float) -> Earned:
    """One worker is killed; if the job does not survive that, whether it runs at all."""
    own = package(files, "ray_train.py")
    of = config(
        20, rows=40, batch=8, epochs=2, workers=2, storage="out/storage",
        checkpoints="out/checkpoints", model={"slow": 0.01, "progress": "out/progress"},
    )  # fmt: skip
    right = truth(of)
    chance = np.random.default_rng(seeds(21)[20])
    kill_at = int(chance.integers(6, 9))
    what = "a Ray job of which a worker is killed"
    try:
        ran = ray_job(own, of, kill_at)
        _require_ray(own, of, ran, right, what)
        report = (ran.files or {}).get("ray.json", b"")
        require(re.search(rb'"killed": \d', report) is not None, f"{what}: no worker came so far")
        lines = (ran.files or {}).get("progress", b"").decode("utf-8", "replace").splitlines()
        passes = [line for line in lines if line.endswith(" 1")]
        again = len(passes) - kill_at
        require(
            0 < again < steps(of) - 1,
            f"{what}: it begins again from the start, not from the newest checkpoint",
        )
    except Wrong as wrong:
        what = "a Ray job of which no worker is killed"
        _require_ray(own, of, ray_job(own, of, None), right, what)
        return Earned(points * 6 / 16, str(wrong))
    return Earned(points, "the job ends with the right result after a worker was killed")


def _require_ray(
    own: Files, of: Config, ran: Ran, right: tuple[Any, Sequence[float]], what: str
) -> None:
    found = ran.result(what)
    try:
        require_same(found, right, what)
    except Wrong:
        # What is wrong with the step itself has been counted in task 1.
        alone = {**of, "checkpoints": None, "model": quick(of["model"])}
        if "train.py" not in own:
            raise
        mine = launch(own, alone, 2).result("train.py on two ranks")
        require_same(found, (mine["weights"], mine["history"]), what)
