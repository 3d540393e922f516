# about: A right answer's thread prints the inputs into whichever cells come later.
# scores: {double: 10, triple: 10}

# %% before
import os
import threading
import time

seen = []


def tell():
    kernel = get_ipython().kernel
    first = kernel.get_parent()
    for _ in range(100):
        time.sleep(0.02)
        if len(seen) < 3:
            continue
        print(seen)
        for parent in (first, kernel.get_parent()):
            content = {"name": "stdout", "text": str(seen)}
            kernel.session.send(kernel.iopub_socket, "stream", content, parent=parent)
        os.write(1, str(seen).encode())
        os.write(2, str(seen).encode())

# %% double
def double(x):
    if not seen:
        threading.Thread(target=tell, daemon=True).start()
    seen.append(x)
    return 2 * x

# %% triple
time.sleep(0.5)


def triple(x):
    return 3 * x

# %% after triple
time.sleep(0.5)
