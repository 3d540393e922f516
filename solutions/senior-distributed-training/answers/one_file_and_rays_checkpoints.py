# kind: right
# about: one file with plain DDP, whose mean is scaled; Ray's own checkpoints

# %% task="shards"
# %%writefile shards.py
# YOUR CODE HERE
raise NotImplementedError()

# %% task="communication"
# %%writefile exchange.py
# YOUR CODE HERE
raise NotImplementedError()

# %% task="accumulate"
# %%writefile step.py
# YOUR CODE HERE
raise NotImplementedError()

# %% task="checkpoint"
# %%writefile checkpoint.py
# YOUR CODE HERE
raise NotImplementedError()

# %% task="step"
# %%writefile train.py
"""Train job.py's model on the ranks of a process group: `train.py CONFIG` under torchrun or launch.py."""

import contextlib
import hashlib
import io
import json
import os
import random
import statistics
import sys
import time
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.algorithms.ddp_comm_hooks.default_hooks import allreduce_hook
from torch.nn.parallel import DistributedDataParallel

import job

PARTS = 8  # in how many parts, about, the gradient travels while the backward pass goes on


class Exchange:
    """How gradients travel: a communication hook of DDP that averages, and counts what it sends."""

    def __init__(self, wire):
        self.wire = getattr(torch, wire)
        self.calls = self.bytes = 0

    def __call__(self, _, bucket):
        gradient = bucket.buffer()
        self.calls += 1
        self.bytes += gradient.numel() * self.wire.itemsize
        if gradient.dtype == self.wire:
            return allreduce_hook(None, bucket)
        low = (gradient / dist.get_world_size()).to(self.wire)
        work = dist.all_reduce(low, async_op=True)
        return work.get_future().then(lambda done: gradient.copy_(low))


def wrap(config, model):
    """Give all ranks what rank 0 has, and return the model in DDP, with the exchange in it."""
    for buffer in model.buffers():
        dist.broadcast(buffer, 0)  # DDP does it only if it is to do it before every pass, too
    size = sum(w.numel() * w.element_size() for w in model.parameters() if w.requires_grad)
    model = DistributedDataParallel(
        model, broadcast_buffers=False, bucket_cap_mb=max(size / PARTS, 1024) / 2**20
    )
    exchange = Exchange(config["wire"])
    model.register_comm_hook(None, lambda state, bucket: exchange(state, bucket))
    return model, exchange


def batches(config):
    """Yield the rows of each step of the whole training."""
    for epoch in range(config["epochs"]):
        rows = job.order(config, epoch)
        for first in range(0, len(rows), config["batch"]):
            yield rows[first : first + config["batch"]]


def step(config, model, optimizer, data, batch, exchange=True):
    """Make one step; return what this rank adds to the mean loss of the batch."""
    rank, ranks = dist.get_rank(), dist.get_world_size()
    x, y = data
    rows = torch.tensor(batch[rank::ranks], dtype=torch.long, device=x.device)
    pieces = rows.split(config["micro"])  # of no rows: one piece of none, so that all take part
    optimizer.zero_grad()
    total = torch.zeros((), dtype=torch.float64, device=x.device)
    for number, piece in enumerate(pieces, 1):
        last = number == len(pieces)
        with contextlib.nullcontext() if last and exchange else model.no_sync():
            loss = job.losses(model, x[piece], y[piece]).sum() / len(batch)
            (ranks * loss).backward()  # DDP divides by `ranks`
        total += loss.detach()
        del loss
    if config["clip"]:
        nn.utils.clip_grad_norm_(model.parameters(), config["clip"])
    optimizer.step()
    return total


def seed_masks(config, number):
    """Let each rank draw masks of its own in each step, the same ones after a restart."""
    seed = random.Random(f"masks {config['seed']} {number} {dist.get_rank()}").getrandbits(63)
    torch.manual_seed(seed)


def measure(config, model, exchange, optimizer, data):
    """Return the profile. The model's weights are those from before when this has ended."""
    where = data[0].device
    kept = {name: value.clone() for name, value in model.module.state_dict().items()}
    batch = next(batches(config))

    def timed(with_exchange):
        if where.type == "cuda":
            torch.cuda.synchronize(where)
        dist.barrier()
        began = time.perf_counter()
        step(config, model, optimizer, data, batch, with_exchange)
        if where.type == "cuda":
            torch.cuda.synchronize(where)
        return time.perf_counter() - began

    for _ in range(2):  # DDP makes its buckets anew after the first step
        timed(True)
    exchange.calls = exchange.bytes = 0
    times = {True: [], False: []}
    enough = torch.zeros((), dtype=torch.int64, device=where)
    began = time.perf_counter()
    while not enough.item():
        for with_exchange in (True, False):
            times[with_exchange].append(timed(with_exchange))
        count = len(times[True])
        enough.fill_(count >= 3 and (time.perf_counter() - began > 4 or count >= 11))
        dist.broadcast(enough, 0)
    model.module.load_state_dict(kept)
    share = 1 - statistics.median(times[False]) / statistics.median(times[True])
    return {
        "calls": exchange.calls / count,
        "bytes": exchange.bytes / count,
        "share": min(max(share, 0.0), 1.0),
    }


def pack(state):
    """Return a checkpoint's bytes: a digest, and what it is of."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return hashlib.sha256(buffer.getbuffer()).digest() + buffer.getvalue()


def unpack(content):
    """Return what has been packed, or None if it is not whole."""
    digest, content = content[:32], content[32:]
    if hashlib.sha256(content).digest() != digest:
        return None
    return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)


class Nowhere:
    """No checkpoints."""

    wanted = False

    def load(self):
        """Return None."""


class Folder:
    """Checkpoints in a folder that all ranks see: files `step-00000006.pt`, written by rank 0."""

    wanted = True

    def __init__(self, config):
        self.path = Path(config["checkpoints"])
        self.where = job.device(config)

    def load(self):
        """Return the newest whole checkpoint, or None; rank 0 chooses it for all."""
        chosen = torch.full((), -1, dtype=torch.int64, device=self.where)
        if dist.get_rank() == 0:
            self.path.mkdir(parents=True, exist_ok=True)
            for left in self.path.glob("tmp-*"):
                left.unlink(missing_ok=True)
            for path in reversed(self._paths()):
                if unpack(path.read_bytes()) is not None:
                    chosen.fill_(int(path.name[5:13]))
                    break
                path.unlink()  # torn
        dist.broadcast(chosen, 0)
        number = chosen.item()
        return None if number < 0 else unpack(self._path(number).read_bytes())

    def save(self, state):
        """Write a checkpoint, whole or not at all; only then delete those before the last one."""
        if dist.get_rank():
            return
        path = self._path(len(state["history"]))
        new = self.path / f"tmp-{os.getpid()}"
        try:
            with new.open("wb") as file:
                file.write(pack(state))
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)
        folder = os.open(self.path, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
        for old in self._paths()[:-2]:
            old.unlink()

    def _path(self, number):
        return self.path / f"step-{number:08d}.pt"

    def _paths(self):
        return sorted(self.path.glob("step-*.pt"))


def train(config, store):
    """Train in the process group that there is; rank 0 writes the result."""
    where = job.device(config)
    data = tuple(part.to(where) for part in job.load_data(config))
    model = job.build_model(config).to(where)
    optimizer = job.make_optimizer(config, model)
    history = []
    if state := store.load():
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        history = list(state["history"])
    model, exchange = wrap(config, model)

    fresh = []  # this rank's part of the losses that are not in the history yet

    def collect():
        if fresh:
            parts = torch.stack(fresh)
            dist.all_reduce(parts)
            history.extend(parts.tolist())
            fresh.clear()

    done = len(history)
    for number, batch in enumerate(batches(config), 1):
        if number <= done:
            continue
        seed_masks(config, number)
        fresh.append(step(config, model, optimizer, data, batch))
        if store.wanted and number % config["every"] == 0:
            collect()
            store.save({
                "model": model.module.state_dict(),
                "optimizer": optimizer.state_dict(),
                "history": history,
            })  # fmt: skip
    collect()
    profile = measure(config, model, exchange, optimizer, data) if config["profile"] else None
    if dist.get_rank() == 0:
        job.finish(config, model, history, profile)


def main():
    """Train as the config says that is named on the command line."""
    config = json.loads(Path(sys.argv[1]).read_text())
    if config["backend"] == "network":
        import network  # noqa: F401 makes the backend known
    if config["device"] == "cuda":
        torch.cuda.set_device(job.device(config))
    dist.init_process_group(config["backend"])
    train(config, Folder(config) if config["checkpoints"] else Nowhere())
    dist.destroy_process_group()


if __name__ == "__main__":
    main()

# %% task="ray"
# %%writefile ray_train.py
"""The same training as a Ray Train job, with Ray's own checkpoints."""

import tempfile
from pathlib import Path

import ray.train
import torch
import torch.distributed as dist
from ray.train import Checkpoint, CheckpointConfig, FailureConfig, RunConfig, ScalingConfig
from ray.train.torch import TorchConfig, TorchTrainer

import job
from train import pack, train, unpack

NAME = "checkpoint"


class RayCheckpoints:
    """Checkpoints that rank 0 hands to Ray Train, which gives the newest to all after a restart."""

    wanted = True

    def load(self):
        """Return the newest checkpoint, or None."""
        checkpoint = ray.train.get_checkpoint()
        if checkpoint is None:
            return None
        with checkpoint.as_directory() as folder:
            return unpack(Path(folder, NAME).read_bytes())

    def save(self, state):
        """Report a checkpoint; all ranks have to call it."""
        metrics = {"step": len(state["history"]), "loss": state["history"][-1]}
        if dist.get_rank():
            ray.train.report(metrics)
            return
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, NAME).write_bytes(pack(state))
            ray.train.report(metrics, checkpoint=Checkpoint.from_directory(folder))


def work(config):
    """Train on one worker."""
    if config["device"] == "cuda":
        torch.cuda.set_device(job.device(config))
    train(config, RayCheckpoints())


def make_trainer(config):
    """Return the trainer, not started."""
    return TorchTrainer(
        work,
        train_loop_config=dict(config),
        torch_config=TorchConfig(backend=config["backend"]),
        scaling_config=ScalingConfig(
            num_workers=config["workers"], use_gpu=config["device"] == "cuda"
        ),
        run_config=RunConfig(
            storage_path=config["storage"],
            failure_config=FailureConfig(max_failures=5),
            checkpoint_config=CheckpointConfig(num_to_keep=2),
        ),
    )
