# about: A task on the kernel's own event loop is still running when the checks begin.

# %% before
import asyncio

beats = 0


async def beat():
    global beats
    while True:
        beats += 1
        await asyncio.sleep(0.01)


task = asyncio.create_task(beat())

# %% after triple
task.cancel()
print(beats > 1)
