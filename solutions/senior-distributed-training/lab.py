# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The same model on one worker or many, and after losing one
#
# **A session of 180 minutes · 100 points · six tasks**
#
# > 한 프로세스에서 도는 훈련 작업을 여러 워커로 옮깁니다. 워커가 몇이든 같은 모델이 나와야 하고, 통신은 적어야 하며, 워커 하나가
# > 죽어도 훈련은 이어져야 합니다. 모두 끝내지 못하셔도 괜찮습니다. ★ 표시가 있는 핵심 과제부터 시작하세요.
#
# A training runs in one process today, in `job.py`. From next week it has to run on several workers, of
# which one may be lost at any moment. The team will only trust it if **the model stays the same**: on
# one worker, on three, with gradients accumulated, and after a crash.
#
# | task | what you write | points | minutes |
# |---|---|---|---|
# | | *reading as far as task 1* | | 20 |
# | 1 ★ | a step on many ranks that equals the step of one process | 20 | 45 |
# | 2 ★ | gradient accumulation: little memory, one exchange a step | 20 | 25 |
# | 3 ★ | rows for ranks: each once, in each epoch in a new order | 10 | 10 |
# | 4 | communication: measured, hidden behind work, halved | 15 | 40 |
# | 5 | checkpoints: complete, and whole or not at all | 15 | 30 |
# | 6 | the same as a Ray Train job that survives a killed worker | 20 | 30 |
#
# ★ is the **core: 50 points in about 100 minutes**; begin there. Minutes include reading the task. All six
# take about 200 minutes, so **nobody is expected to finish**. All tasks look at one and the same program,
# `train.py`, so read what each asks for before you write it. Each is tested with settings of its own: a
# program that knows nothing of checkpoints can have all points of tasks 1 to 4.
#
# ## Rules
#
# - Use Python, its standard library, PyTorch, NumPy and Ray. In grading there is no network, and nothing can be installed;
#   `torch.nn.parallel.DistributedDataParallel?` shows documentation. Any way that does what the text asks for
#   is right: DDP, hooks of your own, collectives called by hand.
# - You write **files**, each with a cell that begins with `%%writefile`. Where such a cell says
#   `# YOUR CODE HERE`, replace that and the line below it, and run the cell. A file that holds
#   nothing but these two lines counts as absent in every check.
# - Only two names are fixed: `train.py` (tasks 1 to 5) and `ray_train.py` (task 6). **The other files are a
#   proposal.** Leave their cells as they are if you want another structure, and add cells of your own that
#   begin with `%%writefile anything.py`.
# - Run the **visible checks** under each task: they show one small case. In grading we run your files in a
#   fresh folder with **other settings of the same kinds** (rows, ranks, models, seeds). Where this text leaves
#   something open, any sensible behaviour is right, and nothing of it is tested.
# - Each part of a task has its own check and its own points. **A part whose visible check fails earns
#   nothing.**
# - One run of `train.py` may take 30 seconds. Ours take less than 5, most of it the start.
# - Grading runs the notebook from top to bottom, and each check takes your files as they are at that point.
#   A cell of yours that raises an error or runs longer than 300 seconds costs only what needs it. All cells
#   together may take 600 seconds, so leave no experiment in the notebook that runs for long.
# - To hand in, save this notebook under its own name, then do as `README.md` beside its folder says. What counts
#   is what its cells write, and no file beside it. There is no pass mark.
#
# ## What you are given
#
# Four files, which the next cell takes from `data/`. **Do not change them**: grading uses copies of its own.
#
# - `job.py`: the job. `train_alone(config)` is the training that you have to reproduce; the next cell shows
#   the file. Your programs call its functions for data, order, model, optimizer, loss and result.
# - `launch.py`: starts a script on several ranks as `torchrun` does, with the same variables, only sooner. It
#   names a rank that has not ended after 30 seconds, with the line at which it waits. In grading both are
#   used. (On a busy machine, torch sometimes aborts a rank of `torchrun` at its very end, with "terminate
#   called without an active exception". If the result has been written, that costs nothing.)
# - `network.py`: a slow network as a backend, `"network"`, on which every collective is counted (task 4).
# - `on_ray.py`: runs your Ray job on a Ray of its own and kills a worker if you want (task 6).

# %% locked=true parameters=true
device = "auto"  # whether grading also tries a GPU (auto: if it has one); it changes no points

# %% locked=true side="candidate"
import shutil
from pathlib import Path

for name in ("job.py", "network.py", "launch.py", "on_ray.py"):
    shutil.copy(f"data/{name}", name)
print(Path("job.py").read_text())

# %% locked=true side="candidate"
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

STUB = """# YOUR CODE HERE
raise NotImplementedError("not written yet: write it here, run this cell, then its checks")"""
GIVEN = {"job.py", "network.py", "launch.py", "on_ray.py"}


def package_files():
    """Return what you hand in, {path: bytes}: all .py files, but those given and those unwritten."""
    files = {}
    for path in sorted(Path().rglob("*.py")):
        hidden = any(part.startswith((".", "__pycache__")) for part in path.parts)
        if path.is_file() and not hidden and path.parts[0] != "data" and str(path) not in GIVEN:
            content = path.read_bytes()
            if content.decode("utf-8", "replace").strip() != STUB:
                files[path.as_posix()] = content
    if sum(map(len, files.values())) > 4_000_000:
        raise ValueError("your files may have 4 MB together")
    return files


def launch(ranks, config, keep=False, torchrun=False, kill_at=None, file_limit=None):
    """Run train.py on so many ranks; out/ is emptied before, unless you keep it.

    With the backend "network", all ranks are killed at its call number `kill_at`. No file can grow
    beyond `file_limit` bytes.

    Return {"status", "output": its end, "result": what job.finish() has written, or None,
    "calls": what the network has seen: [operation, numbers, bytes, begin, end] each}.
    """
    if not keep:
        shutil.rmtree("out", ignore_errors=True)
    for name in ("result.json", "network.json"):
        Path("out", name).unlink(missing_ok=True)
    Path("config.json").write_text(json.dumps(config))
    line = [str(ranks), "train.py", "config.json"]
    if torchrun:
        torch = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
        ended = run([*torch, "--nproc-per-node", *line], 60)
    else:
        line += ["--kill-at", str(kill_at)] if kill_at is not None else []
        line += ["--file-limit", str(file_limit)] if file_limit is not None else []
        ended = ask(line)
    return {**ended, "result": load("result"), "calls": load("network") or []}


servers = []  # the process that ask() has started


def ask(arguments):
    """Run launch.py in a process that has imported torch already; return as run() does."""
    if not servers or servers[-1].poll() is not None:
        servers.append(
            subprocess.Popen(
                [sys.executable, "launch.py", "--serve"],
                text=True,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env={**os.environ, "OMP_NUM_THREADS": "1"},
            )
        )
    server = servers[-1]
    server.stdin.write(json.dumps([arguments, "output.txt"]) + "\n")
    server.stdin.flush()
    status = server.stdout.readline()
    output = Path("output.txt").read_text(errors="replace")[-4000:]
    return {"status": int(status) if status else None, "output": output}


def run(line, seconds):
    """Run a command; return its status and the end of its output."""
    process = subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    try:
        output, _ = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        output, _ = process.communicate()
    lines = output.decode("utf-8", "replace").splitlines(keepends=True)
    # Something of Ray's that says every second that it has no dashboard to ask.
    output = "".join(line for line in lines if "PlacementGroupCleaner" not in line)
    return {"status": process.returncode, "output": output[-8000:]}


def load(name):
    """Return what a run has written to out/<name>.json, or None."""
    path = Path("out", f"{name}.json")
    return json.loads(path.read_text()) if path.exists() else None


def checkpoints():
    """Return the names in the folder of checkpoints, in order."""
    return sorted(path.name for path in Path("out/checkpoints").glob("step-*"))


def try_ray(config, kill_at=None, show=False):
    """Run your Ray job (about a minute); return {"status", "output", "result", "killed"}."""
    shutil.rmtree("out", ignore_errors=True)
    Path("out").mkdir()
    Path("config.json").write_text(json.dumps(config))
    line = [sys.executable, "on_ray.py", "config.json"]
    line += ["--kill-at", str(kill_at)] if kill_at is not None else []
    line += ["--show"] if show else []
    ended = run(line, 200)
    return {**ended, "result": load("result"), "killed": (load("ray") or {}).get("killed")}


def ray_job(config):
    """Return what your make_trainer() has made: its class, workers and failures that it survives."""
    code = (
        "import json, sys; sys.path.insert(0, '.'); from ray_train import make_trainer; "
        "t = make_trainer(json.load(open('config.json'))); "
        "from ray.train.torch import TorchTrainer; "
        "print('\\n' + json.dumps([isinstance(t, TorchTrainer), t.scaling_config.num_workers, "
        "t.run_config.failure_config.max_failures, str(t.run_config.storage_path)]))"
    )
    Path("config.json").write_text(json.dumps(config))
    ended = run([sys.executable, "-c", code], 60)
    if ended["status"]:
        return {**ended, "made": None}
    return {**ended, "made": json.loads(ended["output"].splitlines()[-1])}


# %% locked=true
import base64
import json
import os

import numpy as np

CONFIG = {
    "seed": 7, "rows": 48, "epochs": 1, "batch": 12, "micro": 64,
    "lr": 0.1, "momentum": 0.9, "clip": None,
    "backend": "gloo", "device": "cpu", "wire": "float64", "profile": False,
    "checkpoints": None, "every": 2, "result": "out/result.json",
    "model": {"width": 8, "depth": 4},
}  # fmt: skip


def assert_ended(ended):
    """Fail with the end of its output if a run has failed, hung or left no result."""
    if ended["status"] in (124, -9):
        raise TimeoutError(f"it did not end in time; its output ends:\n{ended['output']}")
    assert ended["status"] == 0, (
        f"it ended with status {ended['status']}; its output ends:\n{ended['output']}"
    )
    assert ended["result"] is not None, "rank 0 has not called job.finish()"


def assert_same(ended, config, tolerance=1e-9):
    """Fail if a run has not made the weights and losses of job.train_alone(config)."""
    import job

    assert_ended(ended)
    model, history = job.train_alone(config)
    state = model.state_dict().items()
    weights = {name: base64.b64encode(value.numpy().tobytes()) for name, value in state}
    right = {"weights": weights, "history": history}
    assert_like(ended["result"], right, "one process", tolerance)


def assert_like(result, right, whose, tolerance=1e-9):
    """Fail if two results differ in weights or history."""
    losses, steps = result["history"], len(right["history"])
    assert len(losses) == steps, f"{steps} steps are asked for, your history has {len(losses)}"
    for name, value in right["weights"].items():
        both = (result["weights"][name], value)
        yours, other = (np.frombuffer(base64.b64decode(text)) for text in both)
        off = abs(yours - other).max()
        assert off < tolerance, f"{name} differs from that of {whose} by {off:.1e}"
    off = max(abs(a - b) for a, b in zip(losses, right["history"], strict=True))
    assert off < tolerance, f"the losses differ from those of {whose} by {off:.1e}"


def gradient_bytes(config):
    """Return how many bytes the gradient of the whole model has, in float64."""
    import job

    model = job.build_model(config)
    return sum(8 * weight.numel() for weight in model.parameters() if weight.requires_grad)


def reduced(ended):
    """Return the bytes of all gradients that the network has seen."""
    return sum(call[2] for call in gradients(ended))


def gradients(ended):
    """Return the calls that can carry gradients: sums of more than two numbers, no integers."""
    sums = ("all_reduce", "reduce_scatter")
    calls = [call for call in ended["calls"] if call[0] in sums and call[2] > 16]
    return [call for call in calls if call[1].startswith("float")]


def step_seconds(ended, config):
    """Return the median time from the end of one step's exchange to that of the next."""
    whole = gradient_bytes(config) * (0.5 if config["wire"] == "float32" else 1)
    passed, ends = 0, []
    for _, _, size, _, end in gradients(ended):
        passed += size
        if passed >= whole * (len(ends) + 1) - 1:
            ends.append(end)
    return float(np.median(np.diff(ends[1:])))


# %%
# Look around here. Nothing in this cell is graded.
import job

model, history = job.train_alone(CONFIG)
print(model, history)

# %% [markdown]
# ## The contract
#
# ### `train.py CONFIG`
#
# It is started on N ranks (N = 1, 2, 3 …) by `torchrun` or `launch.py`, with the path of a config, a JSON
# file, as its only argument. Each rank makes its process group with
# `dist.init_process_group(config["backend"])`, whose addresses and ports come from the environment, and
# **only then** builds its model.
#
# | key | meaning |
# |---|---|
# | `seed`, `rows`, `model` | for the functions of `job.py`; `rows` is also how many rows an epoch has |
# | `epochs` | how often every row is used |
# | `batch` | rows of one step, **of all ranks together**; the last step of an epoch has what is left |
# | `micro` | most rows that a rank may have in one forward pass (task 2); at first it is larger than any batch |
# | `lr`, `momentum` | for `job.make_optimizer` |
# | `clip` | null, or the largest norm that the gradient of a step may have, more than 0 |
# | `backend` | `gloo`, `nccl`, or `network` (this one after `import network`) |
# | `device` | `cpu` or `cuda`; `job.device(config)` is where model and rows belong |
# | `wire` | `float64` or `float32`: the numbers in which gradients travel (task 4) |
# | `profile` | whether a profile is asked for (task 4) |
# | `checkpoints`, `every` | null, or a folder; steps between two checkpoints (task 5) |
# | `result` | for `job.finish`, which rank 0 **alone** calls at the end |
# | `workers`, `storage` | for task 6 |
#
# **What counts is `job.train_alone(config)`.** A run on N ranks ends with the same weights (and buffers), and
# with the same history: the mean loss of all rows of each step, before that step. "The same" is to 9 decimal
# places; since all numbers are float64, sums in another order stay far below that.
#
# - **Rows.** Step by step the rows are those of `train_alone`: `job.order(config, epoch)`, cut into batches.
#   The rows of a step are divided among the ranks, in any way, so that two ranks differ by at most one row. A
#   rank may have none.
# - **The step.** It follows the gradient of the **mean loss over all rows of the step**, however many rows
#   each rank has. If `clip` is a number, the norm of *that* gradient is limited to it, as `train_alone` does.
# - **Beginning.** `job.build_model` draws other weights, and other values of the buffer `scale`, on each rank.
#   Those of **rank 0** count, the buffer's too.
# - **Models** may have weights that are not trained (`requires_grad` is False) and weights that two layers
#   share.
# - **On the network** (backend `network`) there is one process group. Gradients are added up by `all_reduce` or
#   `reduce_scatter`, in float numbers and in calls in which nothing else is. Whatever else is added up there
#   (losses, counts) has at most two numbers a call while steps are taken; at checkpoints and after the last
#   step it may have more.
# - **Dropout.** Random masks are drawn on each rank by itself: two ranks have different masks, and so have two
#   steps of one rank. (With dropout nobody asks for the result of one process.)
# - A run ends with status 0, within 30 seconds.
# - Points depend on the CPU alone. If grading has a GPU, task 2 is also tried there (one rank for each GPU,
#   `nccl`, a model with `bf16`, 2 decimal places), and the reader is told what came out.

# %% [markdown]
# ## Your files
#
# One possible structure; the number of the task in which each is needed stands behind it. `shards.py` (3):
# which rows a rank has. `step.py` (1, 2): one step. `exchange.py` (1, 4): how gradients travel.
# `checkpoint.py` (5). `train.py` (all): the program.

# %% task="shards"
# %%writefile shards.py
### BEGIN SOLUTION
"""Which rows a rank works on.

Owns the order of steps and the division of a step's rows among ranks. Reads no data.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import job


def steps(config: Mapping[str, Any]) -> int:
    """Return the number of steps of the whole training."""
    return config["epochs"] * steps_of_epoch(config)


def steps_of_epoch(config: Mapping[str, Any]) -> int:
    """Return the number of steps of one epoch; the last one may be smaller."""
    return -(-config["rows"] // config["batch"])


def rows_of_step(config: Mapping[str, Any], step: int) -> list[int]:
    """Return the rows of a step, of all ranks together; steps are counted from 0."""
    epoch, place = divmod(step, steps_of_epoch(config))
    first = place * config["batch"]
    return job.order(config, epoch)[first : first + config["batch"]]


def own_part(rows: Sequence[int], rank: int, ranks: int) -> list[int]:
    """Return the part of one rank: parts differ by one row at most, and may be empty."""
    return list(rows[len(rows) * rank // ranks : len(rows) * (rank + 1) // ranks])


### END SOLUTION

# %% task="communication"
# %%writefile exchange.py
### BEGIN SOLUTION
"""How gradients travel: in buckets, while the backward pass goes on.

Owns the size of buckets, the type of numbers on the way, and the counting. The gradients that come
out are sums over ranks; what a sum means is for the loss to say.
"""

from collections.abc import Mapping
from typing import Any

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

#: Buckets of a model: enough that the first are on their way early, and few enough that the time
#: that each call takes by itself stays small.
BUCKETS = 8


class Exchange:
    """The hook that DDP calls when a bucket of gradients is complete."""

    def __init__(self, numbers: torch.dtype) -> None:
        self.numbers = numbers
        self.calls = self.bytes = 0

    def __call__(self, bucket: dist.GradBucket) -> torch.futures.Future[torch.Tensor]:
        """Start to add up a bucket over all ranks."""
        flat = bucket.buffer()
        sent = flat.to(self.numbers)
        self.calls += 1
        self.bytes += sent.nbytes
        future = dist.all_reduce(sent, async_op=True).get_future()
        return future.then(lambda done: flat.copy_(done.value()[0]))


def parallel(model: nn.Module, config: Mapping[str, Any]) -> tuple[nn.Module, Exchange]:
    """Wrap a model: all ranks begin with what rank 0 has, and gradients are added up."""
    size = sum(w.numel() * w.element_size() for w in model.parameters() if w.requires_grad)
    wrapped = DistributedDataParallel(
        model, bucket_cap_mb=size / BUCKETS / 2**20, forward_sync_buffers=False
    )
    exchange = Exchange(getattr(torch, config["wire"]))
    wrapped.register_comm_hook(None, lambda _, bucket: exchange(bucket))
    return wrapped, exchange


### END SOLUTION

# %% task="accumulate"
# %%writefile step.py
### BEGIN SOLUTION
"""One step: its rows in pieces that fit into memory, and one exchange of gradients.

Owns accumulation, scaling and clipping.
"""

import contextlib
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

import job


def backward(
    model: nn.Module, x: Tensor, y: Tensor, own: Sequence[int], of: int, config: Mapping[str, Any]
) -> float:
    """Add to the gradients those of the mean loss of `of` rows, of which `own` are this rank's.

    Return this rank's part of that mean. Only the last piece starts an exchange; a rank without rows
    has one empty piece, since the others wait for it.
    """
    most = config["micro"]
    pieces = [own[first : first + most] for first in range(0, len(own), most)] or [[]]
    mean = 0.0
    for piece in pieces:
        quiet = piece is not pieces[-1]
        with model.no_sync() if quiet else contextlib.nullcontext():
            loss = job.losses(model, x[piece], y[piece]).sum() / of
            loss.backward()
        mean += loss.item()
    return mean


def step(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    x: Tensor,
    y: Tensor,
    own: Sequence[int],
    of: int,
    config: Mapping[str, Any],
) -> float:
    """Take one step; return this rank's part of the mean loss."""
    optimizer.zero_grad()
    mean = backward(model, x, y, own, of, config)
    if config["clip"]:  # after the exchange: the norm is that of the whole gradient
        nn.utils.clip_grad_norm_(model.parameters(), config["clip"])
    optimizer.step()
    return mean


### END SOLUTION

# %% task="checkpoint"
# %%writefile checkpoint.py
### BEGIN SOLUTION
"""Checkpoints in a folder: written whole or not at all, read back from the newest that is whole.

Owns names, writing and finding. What is in a checkpoint is the caller's.
"""

import os
from pathlib import Path
from typing import Any

import torch

KEPT = 2


def save(folder: Path, step: int, state: dict[str, Any]) -> None:
    """Write the state after so many steps; for one rank alone."""
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"part-{step:08d}"
    with part.open("wb") as file:
        torch.save(state, file)
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / f"step-{step:08d}")
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)  # the new name, too
    os.close(descriptor)
    for old in sorted(folder.glob("step-*"))[:-KEPT]:
        old.unlink()


def newest(folder: Path, device: torch.device) -> dict[str, Any] | None:
    """Return the newest state that can be read, or None."""
    for path in sorted(folder.glob("step-*"), reverse=True):
        try:
            state: dict[str, Any] = torch.load(path, map_location=device, weights_only=True)
        except Exception as error:  # whatever a torn file makes of torch.load
            print(f"{path} cannot be read, trying the one before: {error}", flush=True)
        else:
            return state
    return None


### END SOLUTION

# %% task="step"
# %%writefile train.py
### BEGIN SOLUTION
"""Train job.py's model on as many ranks as there are: `torchrun --nproc-per-node N train.py CONFIG`.

Owns the course of a training: start or resume, steps, checkpoints, result.
"""

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

import checkpoint
import job
import network  # noqa: F401 makes the backend "network" known
import shards
from exchange import Exchange, parallel
from step import backward, step

#: Passes that are timed for the profile, with and without communication.
TIMED = 4


def train(config: Mapping[str, Any]) -> None:
    """Train in this rank of a process group that has been made."""
    rank, ranks = dist.get_rank(), dist.get_world_size()
    device = job.device(config)
    x, y = (part.to(device) for part in job.load_data(config))
    model, exchange = parallel(job.build_model(config).to(device), config)
    optimizer = job.make_optimizer(config, model)
    history: list[float] = []
    folder = Path(config["checkpoints"]) if config["checkpoints"] else None
    if folder:
        dist.barrier()  # nobody looks while another still writes
        if state := checkpoint.newest(folder, device):
            model.module.load_state_dict(state["model"])
            optimizer.load_state_dict(state["optimizer"])
            history = state["history"]
    pending: list[float] = []
    for number in range(len(history), shards.steps(config)):
        # From step and rank alone: masks differ between ranks, and are the same after a resumption.
        torch.manual_seed(hash((config["seed"], number, rank)))
        rows = shards.rows_of_step(config, number)
        own = shards.own_part(rows, rank, ranks)
        pending.append(step(model, optimizer, x, y, own, len(rows), config))
        done = number + 1
        if folder and done % config["every"] == 0:
            history, pending = history + combined(pending, device), []
            if rank == 0:
                state = {"model": model.module.state_dict(), "optimizer": optimizer.state_dict()}
                checkpoint.save(folder, done, {**state, "history": history})
    history += combined(pending, device)
    profile = profiled(model, exchange, x, y, config) if config["profile"] else None
    if rank == 0:
        job.finish(config, model, history, profile)
    dist.barrier()


def combined(parts: list[float], device: torch.device) -> list[float]:
    """Add up the ranks' parts of the losses."""
    losses = torch.tensor(parts, dtype=torch.float64, device=device)
    if parts:
        dist.all_reduce(losses)
    found: list[float] = losses.tolist()
    return found


def profiled(
    model: nn.Module, exchange: Exchange, x: Tensor, y: Tensor, config: Mapping[str, Any]
) -> dict[str, float]:
    """What communication costs: calls and bytes a step, and its share of a step's time.

    The share is that by which a step takes longer than one without any communication; both are
    timed after the training, on the rows of its first step, and the gradients are thrown away.
    """
    steps = shards.steps(config)
    found = {"calls": exchange.calls / steps, "bytes": exchange.bytes / steps}
    rows = shards.rows_of_step(config, 0)
    own = shards.own_part(rows, dist.get_rank(), dist.get_world_size())

    def seconds() -> float:
        begun = time.perf_counter()
        backward(model, x, y, own, len(rows), config)
        return time.perf_counter() - begun

    backward(model, x, y, own, len(rows), config)
    together = min(seconds() for _ in range(TIMED))
    with model.no_sync():
        alone = min(seconds() for _ in range(TIMED))
    found["share"] = max(0.0, 1 - alone / together)
    return found


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        given = json.load(file)
    dist.init_process_group(given["backend"])
    train(given)
    dist.destroy_process_group()


### END SOLUTION

# %%
# Try your program here. Nothing in this cell is graded. For example:
# ended = launch(2, CONFIG); print(ended["status"], ended["output"])

# %% [markdown]
# ## Task 1 ★ · the step of one process · 20 points · 45 minutes
#
# *Purpose: nobody has to ask on how many workers a model was trained.*
#
# What is asked for is the contract above. The batches of this task divide evenly among the ranks.
#
# Worked example: a step has 12 rows, and there are 3 ranks with 4 rows each. The gradient that all ranks
# follow is the sum of the gradients of 12 losses, divided by 12. DDP *averages* what the ranks have, and a
# mean of three means of 4 rows is the mean of 12. Where ranks have 4, 4 and 3 rows, it is not (task 3).
#
# Equal: 10 points. In grading: 1, 2 and 3 ranks, `launch.py` and `torchrun`, momentum. All runs of tasks 1 to
# 3 but that of `torchrun` use the backend `network` (so `import network`), on which we also see that the sums
# are the gradient of each step, that ranks have rows of their own, and that two ranks take about half as long
# as one where rows take time.

# %% check="step.equal"
assert_same(launch(2, CONFIG), CONFIG)
### BEGIN HIDDEN TESTS
import hidden

hidden.equal(package_files(), points=10)
### END HIDDEN TESTS

# %% [markdown]
# Models: 6 points. A frozen layer, tied weights, and (in grading only) `clip`.

# %% check="step.models"
config = {**CONFIG, "model": {"width": 8, "depth": 4, "frozen": True, "tied": True}}
assert_same(launch(2, config), config)
### BEGIN HIDDEN TESTS
import hidden

hidden.models(package_files(), points=6)
### END HIDDEN TESTS

# %% [markdown]
# Masks: 4 points. With dropout and rows that are all alike (`"alike": true`), nothing but their masks makes
# the gradients of two ranks differ, or those of two steps if the learning rate is 0. In grading we look at
# what the ranks hand to `all_reduce` or `reduce_scatter` on the network, which are their own gradients,
# before they are added up.

# %% check="step.masks"
model = {"width": 8, "depth": 4, "dropout": 0.5}
config = {**CONFIG, "backend": "network", "alike": True, "lr": 0.0, "model": model}
assert_ended(launch(2, config))
### BEGIN HIDDEN TESTS
import hidden

hidden.masks(package_files(), points=4)
### END HIDDEN TESTS

# %% [markdown]
# ## Task 2 ★ · accumulation · 20 points · 25 minutes
#
# *Purpose: a large batch on a small device, without paying for the network at each piece.*
#
# A forward pass on one rank may have at most `micro` rows. A rank with more rows takes them in pieces of at
# most `micro` and adds up the gradients. The step stays what it was: the gradient of the mean loss over **all
# rows of the step**, limited by `clip` when it is complete. Worked example: `batch` 14, 2 ranks, `micro` 3:
# each rank has 7 rows and takes 3, 3 and 1. Ranks may have different numbers of pieces: with `batch` 10 on 3
# ranks and `micro` 3, one rank has two pieces and the others one.
#
# Equal: 7 points. The result is that of one process, on 2 and 3 ranks, with and without `clip`.

# %% check="accumulate.equal"
config = {**CONFIG, "rows": 42, "batch": 14, "micro": 3}
assert_same(launch(2, config), config)
### BEGIN HIDDEN TESTS
import hidden

hidden.accumulated(package_files(), points=7, device=device)
### END HIDDEN TESTS

# %% [markdown]
# Quiet: 8 points. **Gradients travel once a step**, however many pieces it has. On the network, the gradients
# of a run may have at most 1.1 times the bytes of one gradient a step, `gradient_bytes(config)`. Counted are
# all bytes that a rank hands to `all_reduce` and `reduce_scatter` for more than one number, gradients or not;
# losses that are added up once for many steps fit into the 1.1.

# %% check="accumulate.quiet"
config = {**CONFIG, "micro": 2, "backend": "network"}
ended = launch(2, config)
assert_same(ended, config)
share = reduced(ended) / gradient_bytes(config) / 4
assert share < 1.1, f"in 4 steps the network has seen {share:.2f} times the bytes of 4 gradients"
### BEGIN HIDDEN TESTS
import hidden

hidden.quiet(package_files(), points=8)
### END HIDDEN TESTS

# %% [markdown]
# Memory: 5 points, in grading only. With `"heavy"` in the model each row of a forward pass holds some MB
# until its backward pass. We measure the memory of all ranks together: two pieces at once are fine, a whole
# batch is not.

# %% check="accumulate.memory"
assert "train.py" in package_files(), "there is no file train.py"
### BEGIN HIDDEN TESTS
import hidden

hidden.memory(package_files(), points=5)
### END HIDDEN TESTS

# %% [markdown]
# ## Task 3 ★ · shards · 10 points · 10 minutes
#
# *Purpose: every row counts once in each epoch, and ranks without a full share do not bend the gradient.*
#
# The last step of an epoch has what is left, and no rank is given a row twice to make it even. Worked
# example: 17 rows, `batch` 8, 3 ranks: steps of 8, 8 and 1 rows; of the 8, ranks have 3, 3 and 2 (in any
# order); in the last step one rank has one row and two have none, and yet all take part. Each epoch has the
# order of `job.order(config, epoch)`.
#
# Rows: 6 points. One epoch, uneven.

# %% check="shards.rows"
config = {**CONFIG, "rows": 17, "batch": 8}
assert_same(launch(3, config), config)
### BEGIN HIDDEN TESTS
import hidden

hidden.rows(package_files(), points=6)
### END HIDDEN TESTS

# %% [markdown]
# Epochs: 4 points. Three epochs, even.

# %% check="shards.epochs"
config = {**CONFIG, "rows": 24, "epochs": 3}
assert_same(launch(2, config), config)
### BEGIN HIDDEN TESTS
import hidden

hidden.epochs(package_files(), points=4)
### END HIDDEN TESTS

# %% [markdown]
# ## Task 4 · communication · 15 points · 40 minutes
#
# *Purpose: to know what the network costs, to hide what can be hidden, and to send half.*
#
# With `backend` `network`, a collective takes `latency` seconds and its bytes at `bandwidth` bytes a second
# (two more keys of the config, for the hub); one runs after the other. `"slow"` in the model makes each layer
# take time, twice as long backward as forward. All of it is waiting, so it costs your processor nothing.
#
# Profile: 5 points. If `config["profile"]` is true, `job.finish` gets a profile with three numbers, as rank 0
# has them:
#
# - `calls`: collectives that carried gradients in the steps of the training, divided by the steps,
# - `bytes`: bytes that rank 0 handed to them, as float32 or float64 as they travelled, divided by the steps
#   (`calls` and `bytes` together earn 2 of the 5 points),
# - `share`: the part of a step's time by which communication makes it longer: 1 - (time of a step without any
#   communication) / (time of a step), for a step with all its rows (3 points). Worked example: a step takes
#   300 ms, and 240 ms without communication: 0.2. Measure as you like, for example on further passes after
#   the last step whose gradients you throw away; these count neither as calls nor as bytes. The weights stay
#   those of the training.
#
# Losses, barriers and what is exchanged before the first step are no gradients. `calls` may be off by 20 %
# and 1 more, `bytes` by 10 %, `share` by 0.15 (0.1 for 0.2 is right) from what we measure of your program, on
# this network and on one that takes no time. The visible check does not compare `share`.

# %% locked=true
overlap = {
    **CONFIG, "rows": 60, "backend": "network", "latency": 0.002, "bandwidth": 6_000_000,
    "model": {"width": 120, "depth": 8, "slow": 0.0015},
}  # fmt: skip

# %% check="communication.profile"
slow = {
    **CONFIG, "backend": "network", "latency": 0.002, "bandwidth": 1_000_000, "profile": True,
    "model": {"width": 40, "depth": 6, "slow": 0.0005},
}  # fmt: skip
ended = launch(2, slow)
assert_same(ended, slow)
profile = ended["result"]["profile"]
assert set(profile) == {"calls", "bytes", "share"}, f"the keys are {sorted(profile)}"
off = profile["bytes"] / gradient_bytes(slow)
assert 0.9 < off < 1.1, f"a step has {off:.2f} times the bytes of a gradient, you say"
assert 0 <= profile["share"] <= 1, f"share is {profile['share']}"
### BEGIN HIDDEN TESTS
import hidden

hidden.profile(package_files(), points=5)
### END HIDDEN TESTS

# %% [markdown]
# Overlap: 5 points, in grading only. How long a step takes against our solution in the same run, with the
# config `overlap` above: an exchange of all gradients takes about as long as the backward pass. What counts
# is the median of the steps after the second. Up to 1.2 times as long as ours earns everything, 1.45 times
# nothing, in proportion between. (Ours exchanges gradients in 8 parts while the backward pass goes on; one
# exchange after it takes 1.5 times as long.) `step_seconds(launch(2, overlap), overlap)` measures as we do.

# %% check="communication.overlap"
assert "train.py" in package_files(), "there is no file train.py"
### BEGIN HIDDEN TESTS
import hidden

hidden.overlap(package_files(), points=5)
### END HIDDEN TESTS

# %% [markdown]
# Halved: 5 points. If `wire` is `float32`, gradients travel as float32 and nothing else changes: weights,
# gradients that are added up from pieces, and momentum stay float64. The network sees half of the bytes (at
# most 0.6 of them, counted as in task 2), and the weights are those of one process to 5 decimal places.

# %% check="communication.halved"
config = {**CONFIG, "backend": "network", "wire": "float32"}
ended = launch(2, config)
assert_same(ended, config, tolerance=1e-5)
share = reduced(ended) / gradient_bytes(config) / 4
assert share < 0.6, f"the network has seen {share:.2f} times the bytes of gradients in float64"
### BEGIN HIDDEN TESTS
import hidden

hidden.halved(package_files(), points=5)
### END HIDDEN TESTS

# %% [markdown]
# ## Task 5 · checkpoints · 15 points · 30 minutes
#
# *Purpose: a crash costs the steps since the last checkpoint, and nothing else.*
#
# If `config["checkpoints"]` names a folder (it may not exist yet), a checkpoint is written there after each
# `every` steps, counted from the beginning of the training over all epochs. A run that finds checkpoints in
# the folder **goes on from the newest one** that is whole, on the same number of ranks, and ends as if
# nothing had happened: same weights, same history of all steps (to 9 decimal places), with momentum, with
# dropout (the masks are those that a run without interruption would have drawn), and in the middle of an
# epoch.
#
# - A checkpoint is one file or one folder, directly in the folder of checkpoints, whose name begins with
#   `step-` and the number of steps done in 8 digits: `step-00000006`, `step-00000006.pt`. We may delete what
#   has other names between two runs.
# - The two newest that are whole are kept; older ones and torn ones you may delete.
# - It holds the state of model and optimizer once, not once for each rank: at most 1.5 times their bytes and
#   64 KB more (in which the history, and a few KB for each rank, find room).
# - A checkpoint may still be written while the next steps are taken, but no more than `every` of them.
# - All ranks are on one machine and see the same folder.
# - Whatever happens while one is written (SIGKILL, a full disk), those written before stay usable, and a
#   run that finds a torn one goes on from the one before. A run may fail when the disk is full.
#
# Resume: 7 points, one of them for the size and the two that are kept. In grading all ranks are killed in the
# middle of a step of a run over the network, and we count there how many gradients travel when it goes on.

# %% check="checkpoint.resume"
model = {"width": 8, "depth": 4, "dropout": 0.2}
config = {**CONFIG, "rows": 24, "batch": 6, "epochs": 2, "backend": "network", "model": model}
whole = launch(2, config)
assert_ended(whole)
config["checkpoints"] = "out/checkpoints"
calls = len(launch(2, config)["calls"])
launch(2, config, kill_at=calls * 3 // 4)
names = checkpoints()
assert names, "no checkpoint is left when a run is killed at three quarters"
assert all(name[5:13].isdigit() for name in names), f"the names are {names}"
ended = launch(2, config, keep=True)
assert_ended(ended)
assert_like(ended["result"], whole["result"], "the same run without a kill")
### BEGIN HIDDEN TESTS
import hidden

hidden.resume(package_files(), points=7)
### END HIDDEN TESTS

# %% [markdown]
# Torn: 4 points, in grading only: the files of the newest checkpoint are cut in half before the run goes on.

# %% check="checkpoint.torn"
assert "train.py" in package_files(), "there is no file train.py"
### BEGIN HIDDEN TESTS
import hidden

hidden.torn(package_files(), points=4)
### END HIDDEN TESTS

# %% [markdown]
# Broken off: 4 points, in grading only: the disk is full while a checkpoint is written (a `file_limit` of
# half of your largest file); the next run has space again.

# %% check="checkpoint.broken_off"
assert "train.py" in package_files(), "there is no file train.py"
### BEGIN HIDDEN TESTS
import hidden

hidden.broken_off(package_files(), points=4)
### END HIDDEN TESTS

# %% [markdown]
# ## Task 6 · Ray Train · 20 points · 30 minutes
#
# *Purpose: somebody else's machine takes over when a worker is lost, without anybody getting up.*
#
# `ray_train.make_trainer(config)` returns a `ray.train.torch.TorchTrainer` that has not been started. It has
# `config["workers"]` workers, its storage path is `config["storage"]` (an absolute path), and it survives at
# least one lost worker (`max_failures` is not 0). `on_ray.py` starts Ray, calls `fit()`, and stops Ray; when
# it has ended, rank 0 has called `job.finish`, with the same result as `train.py` on as many ranks. If a
# worker is killed, Ray Train starts all workers again, and they go on from the newest checkpoint. In this
# task `checkpoints` names a folder that all workers see (an absolute path); use it, or Ray's own checkpoints.
#
# Your `train.py` and its files are there, and may be imported. Workers are new processes that import your
# files; Ray Train makes the process group before your function begins, with the backend of your
# `TorchConfig`. The version is Ray 2.60, whose Ray Train is the second one (V2). Other keys are as in tasks 1
# and 3: `gloo`, no small `micro`, no profile, no dropout, `wire` is `float64`, every worker has rows in every
# step.

# %% task="ray"
# %%writefile ray_train.py
### BEGIN SOLUTION
"""The same training as a Ray Train job, which goes on after it has lost a worker.

Owns what Ray has to know. The training is train.py's, and so are its checkpoints.
"""

from collections.abc import Mapping
from typing import Any

from ray.train import FailureConfig, RunConfig, ScalingConfig
from ray.train.torch import TorchConfig, TorchTrainer

#: Lost workers after which the job gives up.
FAILURES = 3


def work(config: dict[str, Any]) -> None:
    """Train in one worker, in the process group that Ray Train has made."""
    from train import train  # in the worker: the driver needs no model

    train(config)


def make_trainer(config: Mapping[str, Any]) -> TorchTrainer:
    """Make the job; whoever calls this starts it."""
    return TorchTrainer(
        work,
        train_loop_config=dict(config),
        torch_config=TorchConfig(backend=config["backend"]),
        scaling_config=ScalingConfig(
            num_workers=config["workers"], use_gpu=config["device"] == "cuda"
        ),
        run_config=RunConfig(
            name="job",
            storage_path=config["storage"],
            failure_config=FailureConfig(max_failures=FAILURES),
        ),
    )


### END SOLUTION

# %% locked=true
here = os.path.abspath("out")
ray_config = {
    **CONFIG, "rows": 40, "batch": 8, "epochs": 2, "workers": 2, "storage": f"{here}/storage",
    "checkpoints": f"{here}/checkpoints", "result": f"{here}/result.json",
    "model": {"width": 8, "depth": 4, "slow": 0.01, "progress": f"{here}/progress"},
}  # fmt: skip

# %%
# Try your job here; it takes a minute or so. Nothing in this cell is graded. For example:
# print(try_ray(ray_config, kill_at=6, show=True)["output"])

# %% [markdown]
# Trainer: 4 points. In grading with another number of workers and another storage path.

# %% check="ray.trainer"
ended = ray_job(ray_config)
assert ended["made"] is not None, f"make_trainer fails:\n{ended['output']}"
right, workers, failures, storage = ended["made"]
assert right, "make_trainer returns a TorchTrainer"
assert workers == 2, f"it has 2 workers, yours has {workers}"
assert failures != 0, "it survives at least one lost worker; max_failures is 0"
assert storage == ray_config["storage"], "its storage path is config['storage']"
### BEGIN HIDDEN TESTS
import hidden

hidden.trainer(package_files(), points=4)
### END HIDDEN TESTS

# %% [markdown]
# Killed: 16 points, in grading only, since it takes a minute. One worker is killed in the middle of the
# training; the job goes on from the newest checkpoint, ends with status 0, and has the result of one process
# (if your own `train.py` on two ranks has another one, that counts as right here). If it does not, we run it
# once more without killing anyone, which earns 6.

# %% check="ray.killed"
assert "ray_train.py" in package_files(), "there is no file ray_train.py"
### BEGIN HIDDEN TESTS
import hidden

hidden.killed(package_files(), points=16)
### END HIDDEN TESTS
