# about: Forks, and the twin goes on talking to the grader over the link that it has inherited.
# scores: {double: 0, triple: 0}
# prints: armed

# The answers sent ahead are taken for those to the questions about `triple`: the candidate's twin
# may ruin the candidate's other tasks, but nothing of anybody else's.

# %% before
import os

from autograde import wire

link = get_ipython().kernel.link
print("armed", flush=True)
if os.fork() == 0:
    for number in range(1, 100):
        wire.write(link, (number, "ok", 2), limit=1 << 20)
    os._exit(0)
