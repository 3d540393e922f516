# about: Threads, pools, queues and locks, all joined before the answer is given.

# %% before
import queue
import threading
from concurrent.futures import ThreadPoolExecutor

lock, total, work = threading.Lock(), 0, queue.Queue()


def add(n):
    global total
    with lock:
        total += n


threads = [threading.Thread(target=add, args=(i,)) for i in range(20)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(total)

# %% double
def double(x):
    with ThreadPoolExecutor(4) as pool:
        return pool.submit(lambda: 2 * x).result()

# %% triple
def triple(x):
    found = queue.Queue()
    workers = [threading.Thread(target=found.put, args=(x,)) for _ in range(3)]
    [w.start() for w in workers]
    [w.join() for w in workers]
    return sum(found.get() for _ in range(3))
