# about: Coroutines, gathered tasks and top-level await.

# %% before
import asyncio


async def slowly(x):
    await asyncio.sleep(0.01)
    return x


print(await asyncio.gather(*(slowly(i) for i in range(5))))

# %% double
async def double(x):
    return 2 * await slowly(x)

# %% triple
async def triple(x):
    async with asyncio.timeout(5):
        return sum(await asyncio.gather(*[asyncio.create_task(slowly(x)) for _ in range(3)]))
