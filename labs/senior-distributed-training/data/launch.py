"""Start a script on several ranks: `python launch.py RANKS SCRIPT CONFIG`.

It sets the variables that torchrun sets and imports torch once for all ranks, so it starts sooner.
A rank that has not ended after 30 seconds is named, and all are stopped; if one fails, so do the
others. If the config's backend is "network", the hub of network.py is here, and what it has seen is
written to `out/network.json`; with `--kill-at N` everything is killed when call N arrives. With
`--file-limit N` no file can grow beyond N bytes, as if the disk were full.

`python launch.py --serve` does the same as often as it is asked, which saves the import of torch: a
line on its input is JSON, a list of arguments and a path for the output, and it answers with a
line, the exit status.
"""

import argparse
import contextlib
import faulthandler
import json
import os
import random
import resource
import runpy
import signal
import socket
import sys
import threading
import time
import traceback
from pathlib import Path

SECONDS = 30.0


def serve_requests() -> None:
    """Carry out requests until the input ends, each in a fork of this process."""
    import torch

    torch.set_num_threads(1)
    for line in sys.stdin:
        arguments, path = json.loads(line)
        process = os.fork()
        if not process:
            os.setsid()
            output = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
            for standard in (1, 2):
                os.dup2(output, standard)
            os._exit(main(arguments))
        _, how = os.waitpid(process, 0)
        print(os.waitstatus_to_exitcode(how), flush=True)


def main(arguments: list[str]) -> int:
    """Start the ranks and wait for them; return the exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("ranks", type=int)
    parser.add_argument("script")
    parser.add_argument("config")
    parser.add_argument("--kill-at", type=int, default=None)
    parser.add_argument("--file-limit", type=int, default=None)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    given = parser.parse_args(arguments)
    import torch  # once, before the ranks are forked

    torch.set_num_threads(1)
    config = json.loads(Path(given.config).read_text())
    master, *ports = map(str, free_ports(1 + given.ranks))
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=master)
    own_hub = config["backend"] == "network" and "NETWORK_PORTS" not in os.environ
    if own_hub:
        os.environ["NETWORK_PORTS"] = ",".join(ports)
    ranks = {start(rank, given): rank for rank in range(given.ranks)}
    if not own_hub:
        return wait(ranks, given.seconds)
    about = (list(ranks), config, given.kill_at, given.seconds)
    hub = threading.Thread(target=serve_network, args=about, daemon=True)
    hub.start()
    status = wait(ranks, given.seconds)
    hub.join(2)
    return status


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on, of those that no connection is given by the system.

    Whoever connects again and again until somebody listens would else be given that very port at
    last, and so take it.
    """
    found: list[int] = []
    for port in random.SystemRandom().sample(range(25_000, 32_000), 1_000):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            found.append(port)
        if len(found) == count:
            return found
    raise OSError("no free port between 25000 and 32000")


def start(rank: int, given: argparse.Namespace) -> int:
    """Fork one rank; return its process number."""
    process = os.fork()
    if process:
        return process
    status = 1
    try:
        os.environ.update(
            RANK=str(rank), LOCAL_RANK=str(rank),
            WORLD_SIZE=str(given.ranks), LOCAL_WORLD_SIZE=str(given.ranks),
        )  # fmt: skip
        faulthandler.register(signal.SIGUSR1, all_threads=False)
        if given.file_limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (given.file_limit, given.file_limit))
        sys.argv = [given.script, given.config]
        sys.path.insert(0, os.path.dirname(os.path.abspath(given.script)))
        runpy.run_path(given.script, run_name="__main__")
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:
        print(f"rank {rank} failed:\n{traceback.format_exc()}", file=sys.stderr, flush=True)
    finally:
        sys.stdout.flush()
        os._exit(status)


def wait(ranks: dict[int, int], seconds: float) -> int:
    """Wait for all ranks; name those that hang, and stop all if one fails."""
    left = dict(ranks)
    deadline = time.monotonic() + seconds
    while left and time.monotonic() < deadline:
        process, how = os.waitpid(-1, os.WNOHANG)
        if not process:
            time.sleep(0.005)
            continue
        rank, status = left.pop(process), os.waitstatus_to_exitcode(how)
        if status:
            print(f"rank {rank} ended with status {status}", file=sys.stderr, flush=True)
            kill(left)
            return 1
    if not left:
        return 0
    for process, rank in left.items():
        print(f"rank {rank} has not ended after {seconds:g} s; it is here:",
              file=sys.stderr, flush=True)  # fmt: skip
        os.kill(process, signal.SIGUSR1)
        time.sleep(0.3)
    kill(left)
    return 124


def kill(ranks: dict[int, int]) -> None:
    """Kill the ranks that still run."""
    for process in ranks:
        os.kill(process, signal.SIGKILL)  # until it is waited for, it is there
        os.waitpid(process, 0)


def serve_network(processes: list[int], config: dict, kill_at: int | None, seconds: float) -> None:
    """Be the hub, and write down what it has seen."""
    import network

    deadline = time.monotonic() + seconds
    connections = []
    for port in os.environ["NETWORK_PORTS"].split(","):
        while time.monotonic() < deadline:
            try:
                connections.append(socket.create_connection(("127.0.0.1", int(port))))
                break
            except OSError:
                time.sleep(0.02)
        else:
            return

    def arrives(calls: int, *_: object) -> bool:
        if calls == kill_at:
            for process in processes:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
        return calls != kill_at

    hub = network.Hub(connections, config.get("latency", 0.0),
                      config.get("bandwidth", float("inf")), arrives)  # fmt: skip
    try:
        hub.serve(deadline)
    except network.NetworkError as error:
        print(f"network: {error}", file=sys.stderr, flush=True)
    first = hub.calls[0].began if hub.calls else 0.0
    seen = [[c.operation, c.numbers, c.bytes, c.began - first, c.ended - first] for c in hub.calls]
    Path("out").mkdir(exist_ok=True)
    Path("out", "network.json").write_text(json.dumps(seen))


if __name__ == "__main__":
    if sys.argv[1:] == ["--serve"]:
        serve_requests()
    else:
        sys.exit(main(sys.argv[1:]))
