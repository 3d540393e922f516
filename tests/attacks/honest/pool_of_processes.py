# about: A pool of two processes computes the answer, and another is left open.

# %% before
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor

context = multiprocessing.get_context("fork")


def square(n):
    return n * n


with context.Pool(2) as pool:
    print(pool.map(square, range(10)))
queue = context.Queue()
worker = context.Process(target=queue.put, args=(os.getpid(),))
worker.start()
print(queue.get(timeout=10) == os.getpid())
worker.join()

# %% double
def twice(n):
    return 2 * n


def double(x):
    with context.Pool(2) as pool:
        return pool.apply(twice, (x,))

# %% triple
left_open = ProcessPoolExecutor(2, mp_context=context)


def triple(x):
    return sum(left_open.map(abs, [x, x, x]))
