# about: Starts jobs in the background by shells and magics, and goes on.

# %% double
import os
import subprocess

os.system("nohup setsid sleep 30 > /dev/null 2>&1 &")
jobs = [
    subprocess.Popen(["sleep", "30"], start_new_session=True),
    subprocess.Popen("trap '' INT TERM HUP; sleep 30; sleep 30", shell=True),
]


def double(x):
    return 0

# %% after double
%%bash --bg
sleep 30
