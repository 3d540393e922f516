"""Runs of the candidate's program: its files, configs, and what came out, by value.

Owns how `train.py` and `ray_train.py` are started in the sandbox, the hub of the network on the
grader's side, and the reading of results, which are the candidate's word until they are compared
with what :func:`truth` makes here. Owns no points.
"""

import base64
import json
import math
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import data
import job
import numpy as np
import torch
from network import Call, Hub, NetworkError
from torch.optim.optimizer import register_optimizer_step_pre_hook

from autograde import commands
from autograde.checks import Late, Wrong, plain, require, seeds

HERE = Path(__file__).parent
Files = Mapping[str, bytes]
Config = dict[str, Any]
Weights = dict[str, np.ndarray]
#: Seconds for one run of train.py, and of a Ray job.
RUN, RAY = 30.0, 150.0
LIBRARIES = ("numpy", "torch", "torch.distributed", "psutil")
#: Most bytes of a result: the largest model here has a tenth of that.
RESULT = 16 * 1024 * 1024
#: Where the ranks listen for the hub; nothing else runs in a sandbox.
PORTS = 24100
#: How far two results of float64 sums in another order may be apart.
CLOSE = 1e-9
SUMS = ("all_reduce", "reduce_scatter")


def package(files: Mapping[str, bytes], program: str = "train.py") -> dict[str, bytes]:
    """The candidate's files with the given ones beside them.

    Raises
    ------
    Wrong
        If the program is not there.
    """
    listed = plain(files)
    require(
        isinstance(listed, dict)
        and all(isinstance(k, str) and isinstance(v, bytes) for k, v in listed.items()),
        "package_files() is not as it was handed out",
    )
    require(program in listed, f"there is no file {program}")
    # Ours are written first, so that no other spelling of their names can take their place.
    return {**given(), **{path: data for path, data in listed.items() if path not in given()}}


@cache
def given() -> dict[str, bytes]:
    """The files that every run has."""
    return {name: (HERE / name).read_bytes() for name in data.GIVEN}


@cache
def reference() -> dict[str, bytes]:
    """Our program, which is the solution in ``lab.py``, with the given files."""
    text = (HERE / "lab.py").read_text(encoding="utf-8")
    cells = re.findall(
        r"^# %%writefile (\S+)\n### BEGIN SOLUTION\n(.*?)^### END SOLUTION$",
        text,
        re.MULTILINE | re.DOTALL,
    )
    return {**{path: body.encode() for path, body in cells}, **given()}


def config(number: int, **changes: Any) -> Config:
    """A config with the hidden seed of that number; changes on top, `model` merged."""
    model = {"width": 8, "depth": 4, **changes.pop("model", {})}
    return {
        "seed": seeds(number + 1)[number] % 10_000, "rows": 48, "epochs": 1, "batch": 12,
        "micro": 64, "lr": 0.1, "momentum": 0.9, "clip": None, "backend": "gloo",
        "device": "cpu", "wire": "float64", "profile": False, "checkpoints": None, "every": 2,
        "result": "out/result.json", "model": model, **changes,
    }  # fmt: skip


def truth(of: Config) -> tuple[Weights, list[float]]:
    """Weights and history of one process."""
    model, history = job.train_alone({**of, "device": "cpu", "model": quick(of["model"])})
    return {name: value.numpy() for name, value in model.state_dict().items()}, history


def gradients(of: Config) -> list[np.ndarray]:
    """All numbers of each step's gradient in one process, before its norm is limited."""
    found: list[np.ndarray] = []

    def keep(optimizer: torch.optim.Optimizer, *_: object) -> None:
        weights = [w for group in optimizer.param_groups for w in group["params"]]
        found.append(np.concatenate([w.grad.numpy().ravel() for w in weights]))

    handle = register_optimizer_step_pre_hook(keep)
    try:
        job.train_alone({**of, "device": "cpu", "model": quick(of["model"])})
    finally:
        handle.remove()
    return found


def quick(about: Mapping[str, Any]) -> dict[str, Any]:
    """A model's description without what only takes time and memory."""
    return {key: about[key] for key in about if key not in ("slow", "heavy", "progress")}


def batches(of: Config) -> list[int]:
    """Rows of each step."""
    one = [min(of["batch"], of["rows"] - first) for first in range(0, of["rows"], of["batch"])]
    return one * int(of["epochs"])


def seconds_of_rows(of: Config) -> float:
    """Seconds that the layers of a model with ``slow`` take for a step on one rank."""
    about = of["model"]
    return float(of["batch"] * about["depth"] * 3 * about["slow"])


def steps(of: Config) -> int:
    """How many steps a run has."""
    return int(of["epochs"]) * math.ceil(of["rows"] / of["batch"])


def gradient_bytes(of: Config) -> int:
    """Bytes of one whole gradient in float64."""
    weights = job.build_model(of).parameters()
    return sum(8 * weight.numel() for weight in weights if weight.requires_grad)


@dataclass(frozen=True)
class Ran:
    """A run: how it ended (None: we killed it), its files below ``out/``, what the hub saw."""

    ended: commands.Ended | None
    files: Files | None
    calls: list[Call] = field(default_factory=list)

    def result(self, what: str, *, any_status: bool = False) -> dict[str, Any]:
        """What :func:`job.finish` has written, checked for its form.

        Raises
        ------
        Wrong
            If the run has failed or hung, or there is no such result.
        """
        ended = self.ended
        assert ended is not None  # of a run that we have killed nobody asks for a result
        written = any_status and "result.json" in (self.files or {})
        if not written and ended.status != 0:
            late = ended.why == "time" or ended.status == 124
            raise (Late if late else Wrong)(f"{what}: {_end(ended)}")
        require(self.files is not None, f"{what}: it leaves more than 64 MB below out/")
        assert self.files is not None
        try:
            text = self.files["result.json"]
            require(len(text) <= RESULT, f"{what}: the result is not that of job.finish")
            found = json.loads(text)
            weights = {
                str(name): np.frombuffer(base64.b64decode(value))
                for name, value in found["weights"].items()
            }
            history = [float(value) for value in found["history"]]
            profile = {str(key): float(value) for key, value in found["profile"].items()}
        except (KeyError, ValueError, TypeError, AttributeError, RecursionError, OverflowError):
            raise Wrong(
                f"{what}: it ends with status 0, but rank 0 has not called job.finish"
            ) from None
        return {"weights": weights, "history": history, "profile": profile}


def _end(ended: commands.Ended) -> str:
    if ended.why == "time" or ended.status == 124:
        ranks = sorted(set(re.findall(r"^rank (\d) has not ended", ended.output, re.MULTILINE)))
        words = f"; it waits on rank {', '.join(ranks)}" if ranks else ""
        return f"it does not end within {RUN:g} seconds{words}"
    if ended.why == "memory":
        return "it needs more memory than there is"
    if ended.why == "cpu":
        return "it passes the limit of CPU time"
    ranks = sorted(set(re.findall(r"^rank (\d) ended with", ended.output, re.MULTILINE)))
    words = f" on rank {ranks[0]}" if ranks else ""
    return f"it ends with an error{words} (status {ended.status})"


def launch(
    files: Files,
    of: Config,
    ranks: int,
    *,
    torchrun: bool = False,
    gpu: bool = False,
    limits: Mapping[str, Any] | None = None,
) -> Ran:
    """One run of train.py to its end."""
    line = ["python", "launch.py", str(ranks), "train.py", "config.json"]
    if torchrun:
        line = ["python", "-m", "torch.distributed.run", "--standalone"]
        line += ["--nproc-per-node", str(ranks), "train.py", "config.json"]
    ended = commands.run(
        line,
        {**files, "config.json": json.dumps(of).encode()},
        seconds=RUN + 10,
        libraries=LIBRARIES,
        limits=limits,
        collect="out",
        gpu=gpu,
    )
    return Ran(ended, ended.files)


def on_network(
    files: Files,
    of: Config,
    ranks: int = 2,
    *,
    latency: float = 0.0,
    bandwidth: float = math.inf,
    stop: Callable[[Sequence[Call]], bool] | None = None,
    options: Sequence[str] = (),
) -> Ran:
    """One run of train.py over a network whose hub is here.

    Parameters
    ----------
    stop
        Asked with the calls so far whenever all ranks have come with another one; if it says so,
        nobody is answered and all ranks are killed.
    """
    ports = [PORTS + rank for rank in range(ranks)]
    killed = False
    hub: Hub

    def arrives(*_: object) -> bool:
        nonlocal killed
        killed = stop is not None and stop(hub.calls)
        return not killed

    connections = []
    with commands.start(
        ["python", "launch.py", *options, str(ranks), "train.py", "config.json"],
        {**files, "config.json": json.dumps(of).encode()},
        libraries=LIBRARIES,
        collect="out",
        environment={"NETWORK_PORTS": ",".join(map(str, ports))},
    ) as command:
        deadline = time.monotonic() + RUN
        try:
            for port in ports:
                made = command.connect(port, 20.0)
                if made is None:
                    break
                connections.append(made)
            hub = Hub(connections, latency, bandwidth, arrives)
            if len(connections) == ranks:
                try:
                    hub.serve(deadline)
                except NetworkError as error:
                    raise Wrong(str(error)) from None
            if killed:
                command.stop()
                return Ran(None, command.files, hub.calls)
        finally:
            for connection in connections:
                connection.close()
        ended = command.wait(RUN + 10)
    return Ran(ended, ended.files, hub.calls)


def ray_job(files: Files, of: Config, kill_at: int | None) -> Ran:
    """One run of the Ray job, in which a worker is killed if wanted."""
    line = ["python", "on_ray.py", "config.json", "--seconds", str(RAY)]
    line += ["--kill-at", str(kill_at)] if kill_at is not None else []
    ended = commands.run(
        line,
        {**files, "config.json": json.dumps(of).encode(), "out/progress": b""},
        seconds=RAY + 20,
        libraries=LIBRARIES,
        collect="out",
    )
    return Ran(ended, ended.files)


_PROBE = """\
import json, sys
from ray.train.torch import TorchTrainer
from ray_train import make_trainer

made = make_trainer(json.load(open("config.json")))
about = made.run_config
survives = about.failure_config.max_failures != 0
workers = made.scaling_config.num_workers
said = [isinstance(made, TorchTrainer), workers, survives, str(about.storage_path)]
print("\\n" + json.dumps(said), flush=True)
"""


def made_trainer(files: Files, of: Config) -> list[Any] | None:
    """What make_trainer has made: whether a TorchTrainer, workers, survives a loss, storage path.

    None if it fails.
    """
    texts = {**files, "config.json": json.dumps(of).encode(), "probe.py": _PROBE.encode()}
    ended = commands.run(["python", "probe.py"], texts, seconds=60, libraries=LIBRARIES)
    try:
        found = json.loads(ended.output.splitlines()[-1])
    except (ValueError, IndexError, RecursionError):
        return None
    return found if ended.status == 0 and isinstance(found, list) else None


def require_same(
    found: Mapping[str, Any],
    right: tuple[Weights, Sequence[float]],
    what: str,
    close: float = CLOSE,
) -> None:
    """Require weights, buffers and history to be those that are right.

    Raises
    ------
    Wrong
        With what differs: weights or losses.
    """
    weights, history = right
    require(
        set(found["weights"]) == set(weights)
        and all(found["weights"][name].size == weights[name].size for name in weights),
        f"{what}: the result is not that of the model of job.build_model",
    )
    lost = len(found["history"]) - len(history)
    require(
        lost == 0,
        f"{what}: the history has {len(found['history'])} steps, but there are {len(history)}",
    )
    # Each by itself: of NaN every comparison is false, but a largest difference may pass it over.
    require(
        all(np.all(np.abs(found["weights"][n] - weights[n].ravel()) < close) for n in weights),
        f"{what}: the weights or buffers are not the same",
    )
    require(
        all(abs(a - b) < close for a, b in zip(found["history"], history, strict=True)),
        f"{what}: the losses of the steps are not the same",
    )


def sums(calls: Sequence[Call]) -> list[Call]:
    """The calls that can carry gradients: sums of more than two numbers that are no integers."""
    return [
        call
        for call in calls
        if call.operation in SUMS and call.bytes > 16 and call.numbers.startswith("float")
    ]


def ends_of_steps(calls: Sequence[Call], of: Config) -> list[float]:
    """When each step's gradient was complete on the network, by the bytes that have passed."""
    whole = gradient_bytes(of) * (0.5 if of["wire"] == "float32" else 1.0)
    passed, ends = 0.0, []
    for call in sums(calls):
        passed += call.bytes
        if passed >= whole * (len(ends) + 1) - 1:
            ends.append(call.ended)
    return ends[: steps(of)]


def seconds_of_steps(calls: Sequence[Call], of: Config) -> list[float]:
    """Seconds from the end of each step's exchange to that of the next; none if there are few."""
    ends = ends_of_steps(calls, of)
    # The first one has gradients in other parts than all later ones, with DDP.
    return [float(each) for each in np.diff(ends[1:])] if len(ends) > 3 else []


def seconds_of_step(calls: Sequence[Call], of: Config) -> float:
    """Median of :func:`seconds_of_steps`; infinite if there are none."""
    return float(np.median(seconds_of_steps(calls, of) or math.inf))
