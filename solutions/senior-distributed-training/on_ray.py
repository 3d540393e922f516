"""Run ray_train.make_trainer(config).fit() on a Ray of its own: `python on_ray.py CONFIG`.

With `--kill-at N` a worker is killed: rank 1, when it begins its forward pass number N. For that
the config's model must have `progress`, and be slow enough. What happened is written to
`out/ray.json`. With `--show` what the workers print is shown. All is ended after 180 seconds.
"""

import argparse
import contextlib
import json
import os
import signal
import sys
import time
from pathlib import Path

import psutil

SECONDS = 180.0
#: Ray asks how its workers are this often, keeps its records to itself, and starts nothing besides.
SETTINGS = {
    "RAY_TRAIN_V2_ENABLED": "1",
    "RAY_TRAIN_HEALTH_CHECK_INTERVAL_S": "0.2",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}


def main() -> int:
    """Watch over the job in a process of its own; return its exit status."""
    parser = argparse.ArgumentParser()
    parser.add_argument("config")
    parser.add_argument("--kill-at", type=int, default=None)
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    given = parser.parse_args()
    config = json.loads(Path(given.config).read_text())
    for about, key in (
        (config, "storage"), (config, "checkpoints"), (config, "result"),
        (config["model"], "progress"),
    ):  # fmt: skip
        if about.get(key):
            about[key] = os.path.abspath(about[key])  # workers may be elsewhere
    progress = config["model"].get("progress")
    deadline = time.monotonic() + given.seconds
    job = os.fork()
    if not job:
        run(config, given.show)
    killed = None
    status = 124
    while time.monotonic() < deadline:
        ended, how = os.waitpid(job, os.WNOHANG)
        if ended:
            status = os.waitstatus_to_exitcode(how)
            break
        if given.kill_at is not None and killed is None:
            passes = [line[0] for line in lines(progress) if line[1] == "1"]
            if len(passes) >= given.kill_at:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(passes[-1]), signal.SIGKILL)
                killed = int(passes[-1])
        time.sleep(0.01)
    else:
        print(f"the job has not ended after {given.seconds:g} s", file=sys.stderr, flush=True)
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    if given.kill_at is not None and killed is None:
        print(f"rank 1 has not begun {given.kill_at} forward passes; nobody was killed", flush=True)
    Path("out").mkdir(exist_ok=True)
    Path("out", "ray.json").write_text(json.dumps({"status": status, "killed": killed}))
    return status


def lines(path: str) -> list[list[str]]:
    """Return the whole lines of the progress file, each as [process, rank]."""
    try:
        text = Path(path).read_text()
    except FileNotFoundError:
        return []
    return [line.split() for line in text.splitlines(keepends=True) if line.endswith("\n")]


def run(config: dict, show: bool) -> None:
    """Be the job: start Ray, train, stop Ray."""
    os.environ.update(SETTINGS)
    status = 1
    try:
        import ray

        sys.path.insert(0, os.getcwd())
        from ray_train import make_trainer

        workers = config["workers"]
        ray.init(
            num_cpus=workers,
            num_gpus=workers if config["device"] == "cuda" else 0,
            include_dashboard=False,
            object_store_memory=100 * 1024 * 1024,
            log_to_driver=show,
            logging_level="WARNING" if show else "ERROR",
        )
        make_trainer(config).fit()
        ray.shutdown()
        status = 0
    finally:
        if status:
            import traceback

            traceback.print_exc()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    sys.exit(main())
