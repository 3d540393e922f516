"""Open JupyterLab in this folder, on its start page and with its settings.

    python start.py

Whatever is added is passed on to ``jupyter lab``, such as ``--no-browser``.
"""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
#: JupyterLab reads no configuration from the folder that it is started in.
OPTIONS = (
    "--LabApp.default_url=/lab/tree/README.md",
    # Settings and open tabs of this folder alone: your own stay as they are.
    f"--LabApp.app_settings_dir={HERE / 'settings'}",
    f"--LabApp.workspaces_dir={HERE / '.workspaces'}",
)


def main() -> int:
    """Run JupyterLab until it has stopped, and return its exit code."""
    if importlib.util.find_spec("jupyterlab") is None:
        print(
            f"{sys.executable} has no JupyterLab: activate the environment (README.md, Begin)\n"
            "이 Python 에는 JupyterLab 이 없습니다: 먼저 환경을 활성화하세요 (README.md, 시작)"
        )
        return 1
    # Where the only user is root, as in a container, JupyterLab wants to be told.
    root = ("--allow-root",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()
    command = [sys.executable, "-m", "jupyterlab", *OPTIONS, *root, *sys.argv[1:]]
    process = subprocess.Popen(command, cwd=HERE)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # JupyterLab has got it, too, and asks before it stops
            continue


if __name__ == "__main__":
    sys.exit(main())
