# kind: right
# about: gradients are views of flat buckets, added up by hooks of our own; a folder for each checkpoint, with digests and random-number states

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

# %% after="checkpoint"
# %%writefile buckets.py
"""Gradients live in a few flat buffers, each of which travels as soon as it is complete."""

import torch
import torch.distributed as dist

PARTS = 8


class Buckets:
    """Flat buffers whose views are the gradients of a model, in about the order of backward."""

    def __init__(self, model, wire):
        self.wire = {"float64": torch.float64, "float32": torch.float32}[wire]
        self.armed = False
        self.calls = self.bytes = 0
        weights = [w for w in reversed(list(model.parameters())) if w.requires_grad]
        limit = sum(w.numel() for w in weights) / PARTS
        groups, size = [[]], 0
        for weight in weights:
            if size >= limit:
                groups.append([])
                size = 0
            groups[-1].append(weight)
            size += weight.numel()
        self.flats, self.sizes = [], []
        for number, group in enumerate(g for g in groups if g):
            flat = torch.zeros(sum(w.numel() for w in group), dtype=group[0].dtype,
                               device=group[0].device)
            first = 0
            for weight in group:
                weight.grad = flat[first : first + weight.numel()].view_as(weight)
                first += weight.numel()
                weight.register_post_accumulate_grad_hook(lambda _, n=number: self._ready(n))
            self.flats.append(flat)
            self.sizes.append(len(group))
        self.clear()

    def clear(self):
        """Begin a step."""
        for flat in self.flats:
            flat.zero_()
        self.missing = list(self.sizes)
        self.flying = []
        self.armed = False

    def _ready(self, number):
        if not self.armed:
            return
        self.missing[number] -= 1
        # all ranks must send in the same order, whatever order their backward passes have
        while len(self.flying) < len(self.flats) and self.missing[len(self.flying)] <= 0:
            self._send()

    def _send(self):
        flat = self.flats[len(self.flying)]
        sent = flat.to(self.wire)  # flat itself if it has the right numbers
        self.calls += 1
        self.bytes += sent.numel() * sent.element_size()
        self.flying.append((dist.all_reduce(sent, async_op=True), sent, flat))

    def finish(self):
        """Send what has not been sent (all, if this rank has no rows), and wait for the sums."""
        while len(self.flying) < len(self.flats):
            self._send()
        for work, sent, flat in self.flying:
            work.wait()
            if sent is not flat:
                flat.copy_(sent)

# %% after="checkpoint"
# %%writefile vault.py
"""Checkpoints: a folder each, with a file for what all ranks share and one for each rank's masks.

A file begins with the digest of the rest. A folder gets its name only when all files are on disk.
"""

import hashlib
import io
import os
import shutil
from pathlib import Path

import torch

KEPT = 2


def write(path, content):
    """Write an object and wait until it is on disk."""
    memory = io.BytesIO()
    torch.save(content, memory)
    data = memory.getvalue()
    with open(path, "wb") as file:
        file.write(hashlib.sha256(data).digest() + data)
        file.flush()
        os.fsync(file.fileno())


def read(path):
    """Return what write() has written; raise ValueError if it is not whole."""
    data = Path(path).read_bytes()
    if len(data) < 33 or hashlib.sha256(data[32:]).digest() != data[:32]:
        raise ValueError(f"{path} is torn")
    return torch.load(io.BytesIO(data[32:]), map_location="cpu", weights_only=True)


def sync_folder(path):
    """Wait until the names in a folder are on disk."""
    place = os.open(path, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)


class Vault:
    """A folder of checkpoints. `together` is a function that returns when all ranks have called it."""

    def __init__(self, folder, rank, ranks, together):
        self.folder, self.rank, self.ranks, self.together = Path(folder), rank, ranks, together

    def names(self):
        """Return the checkpoints, oldest first."""
        return sorted(p for p in self.folder.glob("step-*") if p.name[5:13].isdigit())

    def whole(self, path):
        """Say whether all files of a checkpoint are there and whole."""
        try:
            for name in ["shared", *(f"rank-{rank}" for rank in range(self.ranks))]:
                read(path / name)
        except Exception:
            return False
        return True

    def newest(self):
        """Tidy up and return the steps of the newest whole checkpoint, or 0; for rank 0 alone."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for path in self.folder.glob("unfinished-*"):
            shutil.rmtree(path, ignore_errors=True)
        for path in reversed(self.names()):
            if self.whole(path):
                return int(path.name[5:13])
            self.drop(path)
        return 0

    def drop(self, path):
        """Remove a checkpoint: its name first, so that no half of it is ever taken for one."""
        trash = self.folder / f"unfinished-old-{path.name}"
        shutil.rmtree(trash, ignore_errors=True)
        os.rename(path, trash)
        (shutil.rmtree if trash.is_dir() else os.remove)(trash)

    def load(self, steps):
        """Return what all ranks share, and what this rank has of its own."""
        path = self.folder / f"step-{steps:08d}"
        return read(path / "shared"), read(path / f"rank-{self.rank}")

    def save(self, steps, shared, own):
        """Write a checkpoint; all ranks call it, and `shared` counts on rank 0."""
        name = f"step-{steps:08d}"
        path = self.folder / f"unfinished-{name}"
        path.mkdir(parents=True, exist_ok=True)
        write(path / f"rank-{self.rank}", own)
        if self.rank == 0:
            write(path / "shared", shared)
        self.together()
        if self.rank == 0:
            sync_folder(path)
            if (self.folder / name).exists():
                self.drop(self.folder / name)
            os.rename(path, self.folder / name)
            sync_folder(self.folder)
            for old in self.names()[:-KEPT]:
                self.drop(old)

# %% task="step"
# %%writefile train.py
"""Train on any number of ranks: `train.py CONFIG`, started by torchrun or launch.py."""

import json
import statistics
import sys
import time
from pathlib import Path

import torch
import torch.distributed as dist
from torch import nn

import job
from buckets import Buckets
from vault import Vault


class Training:
    """The part of a training that one rank has; the process group is there already."""

    def __init__(self, config):
        self.config = config
        self.rank, self.ranks = dist.get_rank(), dist.get_world_size()
        self.device = job.device(config)
        if self.device.type == "cuda":
            torch.cuda.set_device(self.device)
        self.x, self.y = (part.to(self.device) for part in job.load_data(config))
        self.model = job.build_model(config).to(self.device)
        self.take_from_rank_0()
        self.optimizer = job.make_optimizer(config, self.model)
        self.buckets = Buckets(self.model, config["wire"])
        self.history = []  # of all ranks, as far as it has been gathered
        self.own = []  # this rank's part of the losses of the steps since
        torch.manual_seed(config["seed"] * 1_000_003 + 7919 * (self.rank + 1))  # for dropout
        self.steps = 0
        self.vault = None
        if config["checkpoints"]:
            self.vault = Vault(config["checkpoints"], self.rank, self.ranks, self.together)
            self.resume()

    def take_from_rank_0(self):
        """Give weights and buffers the values that they have on rank 0."""
        with torch.no_grad():
            tensors = [*self.model.parameters(), *self.model.buffers()]
            flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
            dist.broadcast(flat, 0)
            sizes = [tensor.numel() for tensor in tensors]
            for tensor, part in zip(tensors, flat.split(sizes), strict=True):
                tensor.copy_(part.view_as(tensor))

    def together(self):
        """Wait for all ranks."""
        mine = torch.zeros(1, dtype=torch.float64, device=self.device)
        dist.all_gather([torch.empty_like(mine) for _ in range(self.ranks)], mine)
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)

    def gather(self):
        """Move the losses of all ranks to the history."""
        if self.own:
            mine = torch.stack(self.own)
            parts = [torch.empty_like(mine) for _ in range(self.ranks)]
            dist.all_gather(parts, mine)
            self.history += torch.stack(parts).cpu().sum(dim=0).tolist()
            self.own = []

    def resume(self):
        """Go on from the newest whole checkpoint, if there is one."""
        steps = self.vault.newest() if self.rank == 0 else 0
        found = torch.tensor([steps], dtype=torch.int64, device=self.device)
        dist.broadcast(found, 0)
        self.steps = int(found)
        if self.steps:
            shared, own = self.vault.load(self.steps)
            self.model.load_state_dict(shared["model"])
            self.optimizer.load_state_dict(shared["optimizer"])
            self.history = shared["history"].tolist()
            torch.set_rng_state(own["cpu"])
            if "cuda" in own:
                torch.cuda.set_rng_state(own["cuda"], self.device)

    def save(self):
        """Write a checkpoint."""
        self.gather()
        own = {"cpu": torch.get_rng_state()}
        if self.device.type == "cuda":
            own["cuda"] = torch.cuda.get_rng_state(self.device)
        shared = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "history": torch.tensor(self.history, dtype=torch.float64),
        }
        self.vault.save(self.steps, shared, own)

    def gradient(self, batch, exchange=True):
        """Make the gradient of the mean loss of a batch; return this rank's part of the loss."""
        rows = batch[self.rank :: self.ranks]
        micro = self.config["micro"]
        loss = torch.zeros((), dtype=torch.float64, device=self.device)
        self.buckets.clear()
        for first in range(0, len(rows), micro):
            piece = rows[first : first + micro]
            self.buckets.armed = exchange and first + micro >= len(rows)
            part = job.losses(self.model, self.x[piece], self.y[piece]).sum() / len(batch)
            part.backward()
            loss += part.detach()
            del part
        if exchange:
            self.buckets.finish()
        if self.config["clip"]:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.config["clip"])
        return loss

    def batches(self):
        """Yield the batches of the steps that are still to be done."""
        size, number = self.config["batch"], 0
        for epoch in range(self.config["epochs"]):
            rows = job.order(self.config, epoch)
            for first in range(0, len(rows), size):
                if number >= self.steps:
                    yield rows[first : first + size]
                number += 1

    def train(self):
        """Do all steps."""
        for batch in self.batches():
            self.own.append(self.gradient(batch))
            self.optimizer.step()
            self.steps += 1
            if self.vault and self.steps % self.config["every"] == 0:
                self.save()
        self.gather()

    def profile(self, times=4):
        """Measure on passes whose gradients are thrown away."""
        batch = job.order(self.config, 0)[: self.config["batch"]]
        seconds = {True: [], False: []}
        self.buckets.calls = self.buckets.bytes = 0
        for _ in range(times):
            for exchange, taken in seconds.items():
                self.together()
                began = time.perf_counter()
                self.gradient(batch, exchange)
                if self.device.type == "cuda":
                    torch.cuda.synchronize(self.device)
                taken.append(time.perf_counter() - began)
        step, alone = (statistics.median(taken) for taken in seconds.values())
        return {
            "calls": self.buckets.calls / times,
            "bytes": self.buckets.bytes / times,
            "share": min(1.0, max(0.0, 1 - alone / step)),
        }


def train(config):
    """Train on this rank, in a process group that has been made; rank 0 writes the result."""
    training = Training(config)
    training.train()
    profile = training.profile() if config["profile"] else None
    if training.rank == 0:
        job.finish(config, training.model, training.history, profile)
    training.together()


def main():
    """Read the config, make the process group, and train."""
    config = json.loads(Path(sys.argv[1]).read_text())
    if config["backend"] == "network":
        import network  # noqa: F401 makes the backend known
    if config["device"] == "cuda":
        torch.cuda.set_device(job.device(config))
    dist.init_process_group(config["backend"])
    train(config)
    dist.destroy_process_group()


if __name__ == "__main__":
    main()

# %% task="ray"
# %%writefile ray_train.py
"""The training as a Ray Train job."""

from ray.train import FailureConfig, RunConfig, ScalingConfig
from ray.train.torch import TorchConfig, TorchTrainer


def worker(config):
    """Train on one worker; Ray has made the process group."""
    from train import train

    train({"profile": False, "wire": "float64", **config})


def make_trainer(config):
    """Return the trainer, not started."""
    return TorchTrainer(
        worker,
        train_loop_config=dict(config),
        torch_config=TorchConfig(backend=config["backend"]),
        scaling_config=ScalingConfig(
            num_workers=config["workers"], use_gpu=config["device"] == "cuda"
        ),
        run_config=RunConfig(
            storage_path=config["storage"], failure_config=FailureConfig(max_failures=3)
        ),
    )
