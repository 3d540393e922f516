"""What the hidden checks of senior-distributed-training believe, and what its given files do.

What holds for every lab is in ``test_labs.py``; that each answer gets its points is what
``autograde audit`` says.
"""

import contextlib
import ctypes
import importlib
import json
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograde import checks

pytestmark = pytest.mark.parametrize(
    "lab", ["senior-distributed-training"], indirect=True, scope="module"
)
slow = pytest.mark.slow
PR_SET_CHILD_SUBREAPER = 36  # <linux/prctl.h>
NUMBERS = st.sampled_from(["float64", "float32", "int64"])


@pytest.fixture
def part(lab: Any) -> Callable[[str], Any]:
    """A module of the lab's, by name."""
    return importlib.import_module


@contextlib.contextmanager
def hub(
    network: Any, ranks: int, **options: Any
) -> Iterator[tuple[list[socket.socket], list[Any], Any]]:
    """A hub that serves, the ranks' ends, and what it has raised."""
    pairs = [socket.socketpair() for _ in range(ranks)]
    made = network.Hub([ours for ours, _ in pairs], **options)
    raised: list[Any] = []

    def serve() -> None:
        try:
            made.serve(time.monotonic() + 10)
        except Exception as error:
            raised.append(error)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield [theirs for _, theirs in pairs], raised, made
    finally:
        for _, theirs in pairs:
            theirs.close()
        thread.join()
        for ours, _ in pairs:
            ours.close()


def ask(network: Any, ends: Sequence[socket.socket], head: Sequence[Any], arrays: Any) -> list[Any]:
    """Let every rank send an array, and return what each gets back: (complaint, bytes)."""
    operation, numbers, reduction, root = head
    for end, array in zip(ends, arrays, strict=True):
        packed = network.HEAD.pack(
            network.OPERATIONS.index(operation),
            network.NUMBERS.index(numbers),
            network.REDUCTIONS.index(reduction),
            root,
            array.nbytes,
        )
        end.sendall(packed + array.tobytes())
    back = []
    for end in ends:
        complaint, length = network.BACK.unpack(network._read(end, network.BACK.size))
        back.append((complaint, network._read(end, length)))
    return back


@settings(max_examples=60, deadline=None)
@given(
    operation=st.sampled_from(["all_reduce", "broadcast", "all_gather", "reduce_scatter"]),
    numbers=NUMBERS,
    reduction=st.sampled_from(["sum", "avg", "max", "min"]),
    ranks=st.integers(1, 4),
    count=st.integers(0, 5),
    seed=st.integers(0, 2**31),
)
def test_the_hub_answers_as_torch_does(
    lab: Any, operation: str, numbers: str, reduction: str, ranks: int, count: int, seed: int
) -> None:
    """Each collective gives every rank what torch.distributed documents, and is counted once."""
    network = importlib.import_module("network")
    rng = np.random.default_rng(seed)
    arrays = [rng.integers(-9, 9, count * ranks).astype(numbers) for _ in range(ranks)]
    root = seed % ranks
    with hub(network, ranks) as (ends, raised, made):
        back = ask(network, ends, (operation, numbers, reduction, root), arrays)
    stacked = np.stack(arrays)
    reduced = {
        "sum": stacked.sum(axis=0),
        "avg": (stacked.sum(axis=0) / ranks).astype(numbers),
        "max": stacked.max(axis=0),
        "min": stacked.min(axis=0),
    }[reduction].astype(numbers)
    for rank, (complaint, data) in enumerate(back):
        expected = {
            "all_reduce": reduced,
            "broadcast": arrays[root],
            "all_gather": np.concatenate(arrays),
            "reduce_scatter": np.split(reduced, ranks)[rank],
        }[operation]
        assert complaint == 0
        np.testing.assert_array_equal(np.frombuffer(data, numbers), expected)
    assert not raised
    assert [(c.operation, c.numbers, c.bytes) for c in made.calls] == [
        (operation, numbers, arrays[0].nbytes)
    ]


def test_ranks_that_do_not_agree_are_told(part: Any) -> None:
    """Each rank hears what the others ask for, and the one who counts hears it, too."""
    network = part("network")
    with hub(network, 2) as (ends, raised, made):
        arrays = [np.zeros(3), np.zeros(4)]
        back = ask(network, ends, ("all_reduce", "float64", "sum", 0), arrays)
    words = "rank 0: all_reduce of 24 bytes of float64 (sum, root 0); rank 1: all_reduce of 32 bytes"
    assert [complaint for complaint, _ in back] == [1, 1]
    assert all(words in text.decode() for _, text in back)
    assert words in str(raised[0])
    assert made.calls == []


@settings(max_examples=100, deadline=None)
@given(first=st.binary(max_size=60), second=st.binary(max_size=60))
def test_noise_on_a_connection_does_no_harm(lab: Any, first: bytes, second: bytes) -> None:
    """Whatever bytes a rank sends, the hub ends in time or says that the ranks do not agree."""
    network = importlib.import_module("network")
    with hub(network, 2) as (ends, raised, made):
        for end, data in zip(ends, (first, second), strict=True):
            end.sendall(data)
            end.shutdown(socket.SHUT_WR)
    assert all(isinstance(error, network.NetworkError) for error in raised)
    assert len(made.calls) <= 4  # a barrier has no bytes after its head


def test_a_root_that_is_no_rank_ends_the_run(part: Any) -> None:
    """A broadcast from rank 200 of 2 is no collective."""
    network = part("network")
    with hub(network, 2) as (ends, raised, made):
        for end in ends:
            end.sendall(network.HEAD.pack(1, 0, 0, 200, 0))
            end.shutdown(socket.SHUT_WR)
    assert (raised, made.calls) == ([], [])


def test_a_flood_ends_the_run(part: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hub remembers what was sent, but not without end."""
    network = part("network")
    monkeypatch.setattr(network, "MOST", 2500)
    with hub(network, 1) as (ends, raised, made):
        for _ in range(2):
            ask(network, ends, ("all_reduce", "float64", "sum", 0), [np.ones(6)])
        ends[0].sendall(network.HEAD.pack(0, 0, 0, 0, 48) + bytes(48))
    assert (raised, len(made.calls)) == ([], 2)


def test_a_hub_that_is_told_to_stop_answers_nobody(part: Any) -> None:
    """What arrives then is not carried out; so a run can be killed at one exact call."""
    network = part("network")
    seen: list[int] = []

    def arrives(calls: int, *_: object) -> bool:
        seen.append(calls)
        return calls < 1

    with hub(network, 1, arrives=arrives) as (ends, _, made):
        ask(network, ends, ("all_reduce", "float64", "sum", 0), [np.ones(2)])
        ends[0].sendall(network.HEAD.pack(4, 5, 0, 0, 0))
        ends[0].settimeout(0.3)
        with pytest.raises(TimeoutError):
            ends[0].recv(1)
    assert (seen, len(made.calls)) == ([0, 1], 1)


def test_numbers_of_text_and_checks_agree(lab: Any, part: Any) -> None:
    """What the text promises about limits and bounds is what the checks hold to."""
    hidden, running, launch = part("hidden"), part("running"), part("launch")
    text = lab.text.replace("\n", " ")
    assert f"Up to {hidden.FULL_AT} times as long as ours earns everything" in text
    assert f"{hidden.ZERO_AT} times nothing" in text
    assert f"may take {running.RUN:g} seconds" in text
    assert running.RUN == launch.SECONDS
    assert hidden.FULL_AT < 1.3 < hidden.ZERO_AT < 1.5
    assert part("on_ray").SECONDS > running.RAY
    visible = next(cell.source for cell in lab.cells if cell.source.startswith("overlap = {"))
    space: dict[str, Any] = {"CONFIG": {}}
    exec(visible, space)
    assert space["overlap"]["model"] == hidden.SLOW_MODEL
    assert {key: space["overlap"][key] for key in hidden.SLOW_NETWORK} == hidden.SLOW_NETWORK


def test_the_steps_of_ranks_are_told_from_bytes(part: Any) -> None:
    """Gradients in one part or in many give the same steps; losses that are added up do not count."""
    running, network = part("running"), part("network")
    checks._begin(1)
    of = running.config(0)
    whole = running.gradient_bytes(of)
    at = iter(range(1000))

    def call(size: int) -> Any:
        return network.Call("all_reduce", "float64", size, 0.0, float(next(at)), ())

    calls = []
    for _ in range(running.steps(of)):
        calls += [call(whole - 32), call(16), call(32)]
    assert running.ends_of_steps(calls, of) == [2.0, 5.0, 8.0, 11.0]
    assert running.seconds_of_step(calls, of) == 3.0
    assert running.seconds_of_step(calls[:4], of) == float("inf")


@pytest.mark.parametrize(
    "content",
    [
        b"", b"[]", b"{}", b"\xff", b'{"weights": [], "history": [], "profile": {}}',
        b'{"weights": {"scale": "?"}, "history": [], "profile": {}}',
        b'{"weights": {"scale": "AAAA"}, "history": [1], "profile": {}}',
        b'{"weights": {}, "history": ["x"], "profile": {}}', b"[" * 100_000,
        b'{"weights": {}, "history": {}, "profile": {"share": []}}',
    ],
)  # fmt: skip
def test_a_result_that_is_none_is_wrong_and_no_fault_of_ours(part: Any, content: bytes) -> None:
    """Whatever lies in result.json, the check ends with words for the candidate."""
    running = part("running")
    from autograde.commands import Ended

    ended = Ended("by itself", 0, "", 1.0, 1.0, {"result.json": content})
    with pytest.raises(checks.Wrong):
        found = running.Ran(ended, ended.files).result("a run")
        checks._begin(1)
        running.require_same(found, running.truth(running.config(0)), "a run")


@pytest.mark.parametrize("name", ["layers.0.weight", "scale", "history"])
def test_nan_is_not_the_same(part: Any, name: str) -> None:
    """A run that has diverged is not compared by a largest difference, which NaN passes."""
    running = part("running")
    checks._begin(1)
    right = running.truth(running.config(0))
    weights, history = {key: value.ravel().copy() for key, value in right[0].items()}, [*right[1]]
    running.require_same({"weights": weights, "history": history}, right, "a run")
    (history if name == "history" else weights[name])[-1] = float("nan")
    with pytest.raises(checks.Wrong):
        running.require_same({"weights": weights, "history": history}, right, "a run")


def test_a_hub_does_not_wait_for_a_rank_that_does_not_read(part: Any) -> None:
    """Not beyond its deadline, however large the answer is."""
    network = part("network")
    ours, theirs = socket.socketpair()
    with ours, theirs:
        data = bytes(8 * 1024 * 1024)
        head = network.HEAD.pack(0, 0, 0, 0, len(data))
        sender = threading.Thread(target=theirs.sendall, args=(head + data,))
        sender.start()
        made = network.Hub([ours])
        serving = threading.Thread(target=made.serve, args=(time.monotonic() + 1,), daemon=True)
        serving.start()
        sender.join()
        serving.join(20)
        assert not serving.is_alive()
    assert made.calls == []


def started(lab: Any, script: str, *options: str, ranks: int = 2) -> subprocess.CompletedProcess:
    """Run a script by launch.py, in the candidate's folder."""
    for name in ("launch.py", "network.py"):
        Path(name).write_bytes(Path("data", name).read_bytes())
    Path("script.py").write_text(script)
    Path("config.json").write_text(json.dumps({"backend": "gloo"}))
    line = [sys.executable, "launch.py", *options, str(ranks), "script.py", "config.json"]
    return subprocess.run(line, capture_output=True, text=True, timeout=60)


RANK = "import os, sys, time\nrank = int(os.environ['RANK'])\n"


@slow
def test_a_rank_that_hangs_is_named(lab: Any) -> None:
    """With the line at which it waits, and it is not there any more."""
    script = f"{RANK}open(f'pid{{rank}}', 'w').write(str(os.getpid()))\nif rank == 1:\n    time.sleep(600)\n"
    ended = started(lab, script, "--seconds", "3")
    assert ended.returncode == 124
    assert "rank 1 has not ended after 3 s; it is here" in ended.stderr
    assert 'script.py", line 5' in ended.stderr
    assert "rank 0" not in ended.stderr
    assert not psutil.pid_exists(int(Path("pid1").read_text()))


@slow
def test_a_rank_that_fails_ends_the_others(lab: Any) -> None:
    """At once, with its traceback."""
    ended = started(lab, f"{RANK}if rank == 0:\n    1 / 0\ntime.sleep(600)\n")
    assert ended.returncode == 1
    assert "ZeroDivisionError" in ended.stderr
    assert "rank 0 ended with status 1" in ended.stderr


BROKEN: list[tuple[str, str, str, str, float]] = [
    ("quiet", "step.py", "quiet = piece is not pieces[-1]", "quiet = False", 0),
    ("memory", "step.py", "            loss.backward()\n", "            kept.append(loss)\n", 0),
    ("masks", "train.py", "number, rank)", "number, 0)", 1),
    ("epochs", "shards.py", "job.order(config, epoch)", "job.order(config, 0)", 0),
    ("torn", "checkpoint.py", "except Exception", "except MemoryError", 0),
    ("halved", "exchange.py", 'getattr(torch, config["wire"])', "torch.float64", 0),
]


def points(
    lab: Any, function: Callable[..., checks.Earned], files: Mapping[str, bytes]
) -> float:
    """What a check gives under the lab's limits; nothing if it says that the answer is wrong."""
    checks._begin(5, checks.Room(limits=lab.about.limits.model_dump()))
    try:
        return float(function(files, 4))
    except checks.Wrong:
        return 0.0


@slow
@pytest.mark.parametrize(("name", "file", "was", "becomes", "left"), BROKEN)
def test_a_fault_costs_its_check(
    lab: Any, part: Any, name: str, file: str, was: str, becomes: str, left: float
) -> None:
    """The reference keeps all points of a check, and loses them by one wrong line."""
    right = part("running").reference()
    check = getattr(part("hidden"), name)
    assert points(lab, check, right) == 4
    text = right[file].decode()
    assert text.count(was) == 1
    broken = text.replace(was, becomes)
    if name == "memory":
        broken = broken.replace("    mean = 0.0\n", "    mean, kept = 0.0, []\n").replace(
            "    return mean\n", "    sum(kept).backward()\n    return mean\n", 1
        )
    assert points(lab, check, {**right, file: broken.encode()}) == left


@pytest.fixture
def adoption() -> Iterator[None]:
    """A process whose parent has ended becomes this one's child, not init's: it stays in sight."""
    prctl = ctypes.CDLL(None).prctl
    assert prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
    yield
    assert prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0) == 0


@slow
@pytest.mark.usefixtures("adoption")
def test_nothing_of_a_ray_job_is_left(lab: Any, part: Any) -> None:
    """A worker is killed, the job ends right, and no process, port or shared memory remains."""

    def seen() -> tuple[set[int], set[int], set[str]]:
        # Only what came from here: other tests run at the same time.
        processes = {child.pid for child in psutil.Process().children(recursive=True)}
        ports = {
            connection.laddr.port
            for connection in psutil.net_connections("tcp")
            if connection.status == "LISTEN" and connection.pid in processes
        }
        return processes, ports, {path.name for path in Path("/dev/shm").iterdir()}

    hidden, running = part("hidden"), part("running")
    points(lab, hidden.epochs, running.reference())  # starts the template, which stays
    before = seen()
    assert points(lab, hidden.killed, running.reference()) == 4
    deadline = time.monotonic() + 10
    while any(now - then for now, then in zip(seen(), before, strict=True)):
        assert time.monotonic() < deadline, (before, seen())
        time.sleep(0.1)
