"""The job as one process runs it today. Do not change it: grading uses a copy of its own.

Data are drawn from a seeded teacher; everything is float64, so that sums in another order differ
in the last digits only. A config is a dictionary; the text says what its keys mean.
"""

import base64
import itertools
import json
import os
import random
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

Config = Mapping[str, Any]
INPUTS, OUTPUTS = 6, 3


def load_data(config: Config) -> tuple[Tensor, Tensor]:
    """Return inputs (rows, 6) and targets (rows, 3), the same in every process."""
    draw = torch.Generator().manual_seed(config["seed"])
    x = torch.randn(config["rows"], INPUTS, generator=draw, dtype=torch.float64)
    if config.get("alike"):  # so that nothing but dropout makes two ranks differ
        x[:] = x[0].clone()
    teacher = torch.randn(INPUTS, OUTPUTS, generator=draw, dtype=torch.float64)
    return x, torch.sin(x @ teacher) + 0.1 * x[:, :OUTPUTS]


def order(config: Config, epoch: int) -> list[int]:
    """Return the rows in the order of one epoch, a different one for each epoch."""
    rows = list(range(config["rows"]))
    random.Random(f"{config['seed']} {epoch}").shuffle(rows)
    return rows


def build_model(config: Config) -> nn.Module:
    """Make the model. Every rank draws weights and scales of its own; those of rank 0 count."""
    return Student(config["model"], config["seed"] + 1000 * _rank())


def make_optimizer(config: Config, model: nn.Module) -> torch.optim.Optimizer:
    """Make SGD with momentum for the weights that are trained."""
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    return torch.optim.SGD(trained, lr=config["lr"], momentum=config["momentum"])


def losses(model: nn.Module, x: Tensor, y: Tensor) -> Tensor:
    """Return the loss of each row: the mean squared error of its outputs."""
    return ((model(x) - y) ** 2).mean(dim=1)


def device(config: Config) -> torch.device:
    """Return where model and rows of this rank belong."""
    if config["device"] == "cuda":
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    return torch.device("cpu")


def train_alone(config: Config) -> tuple[nn.Module, list[float]]:
    """Train in this one process: what every number of ranks must reproduce.

    Return the model and the mean loss of the rows of each step.
    """
    x, y = load_data(config)
    model = build_model(config)
    optimizer = make_optimizer(config, model)
    history = []
    for epoch in range(config["epochs"]):
        rows = order(config, epoch)
        for first in range(0, len(rows), config["batch"]):
            batch = rows[first : first + config["batch"]]
            optimizer.zero_grad()
            loss = losses(model, x[batch], y[batch]).mean()
            loss.backward()
            if config["clip"]:
                nn.utils.clip_grad_norm_(model.parameters(), config["clip"])
            optimizer.step()
            history.append(loss.item())
    return model, history


def finish(
    config: Config,
    model: nn.Module,
    history: Sequence[float],
    profile: Mapping[str, float] | None = None,
) -> None:
    """Write the result to `config["result"]`; for rank 0 alone. A DDP wrapper is taken off."""
    inner = getattr(model, "module", model)
    weights = {
        name: base64.b64encode(value.detach().cpu().contiguous().numpy().tobytes()).decode()
        for name, value in inner.state_dict().items()
    }
    result = {"weights": weights, "history": list(history), "profile": dict(profile or {})}
    path = Path(config["result"])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result))


def _rank() -> int:
    return dist.get_rank() if dist.is_initialized() else 0


class Student(nn.Module):
    """Layers of tanh with, if the config says so, some of what real models have.

    `width` and `depth` say how large it is; `frozen`: the second layer is not trained; `tied`: the
    fourth layer has the third one's weight; `dropout`: its probability; `slow`: seconds that each
    layer takes for one row in the forward pass, and twice that backward; `heavy`: MB that one row
    holds until its backward pass; `bf16`: layers multiply in bfloat16; `progress`: a file that gets
    a line with process and rank at each forward pass.
    """

    scale: Tensor

    def __init__(self, about: Mapping[str, Any], seed: int) -> None:
        super().__init__()
        draw = torch.Generator().manual_seed(seed)
        width = about["width"]
        sizes = [INPUTS, *[width] * about["depth"], OUTPUTS]
        self.layers = nn.ModuleList(
            nn.Linear(n, m, dtype=torch.float64) for n, m in itertools.pairwise(sizes)
        )
        with torch.no_grad():
            for weight in self.parameters():
                bound = weight.shape[-1] ** -0.5
                weight.copy_(bound * torch.randn(weight.shape, generator=draw, dtype=torch.float64))
        if about.get("frozen"):
            self.layers[1].requires_grad_(False)
        if about.get("tied"):
            self.layers[3].weight = self.layers[2].weight
        scale = 1 + 0.1 * torch.rand(INPUTS, generator=draw, dtype=torch.float64)
        self.register_buffer("scale", scale)
        self.dropout = nn.Dropout(about.get("dropout", 0.0))
        self.about = about

    def forward(self, x: Tensor) -> Tensor:
        """Return the outputs (rows, 3)."""
        if "progress" in self.about:
            with open(self.about["progress"], "a") as file:
                file.write(f"{os.getpid()} {_rank()}\n")
        x = x * self.scale
        for layer in self.layers[:-1]:
            x = self.dropout(torch.tanh(self._apply_layer(layer, x)))
            if "slow" in self.about:
                x = _Slow.apply(x, self.about["slow"])
        if "heavy" in self.about:
            x = _Heavy.apply(x, self.about["heavy"])
        return self._apply_layer(self.layers[-1], x)

    def _apply_layer(self, layer: nn.Module, x: Tensor) -> Tensor:
        if not self.about.get("bf16"):
            return layer(x)
        low = (part.to(torch.bfloat16) for part in (x, layer.weight, layer.bias))
        return nn.functional.linear(*low).to(x.dtype)


class _Slow(torch.autograd.Function):
    """Takes time in both directions, as a large layer does."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, seconds: float) -> Tensor:
        ctx.seconds = seconds * len(x)
        time.sleep(ctx.seconds)
        return x.clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        time.sleep(2 * ctx.seconds)
        return gradient, None


class _Heavy(torch.autograd.Function):
    """Keeps memory for each row until the backward pass, as activations do."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, megabytes: float) -> Tensor:
        size = int(len(x) * megabytes * 1024 * 1024)
        ctx.save_for_backward(torch.ones(size, dtype=torch.uint8))
        return x.clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        _ = ctx.saved_tensors
        return gradient, None
