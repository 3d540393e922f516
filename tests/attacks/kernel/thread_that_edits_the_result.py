# about: A thread goes on editing what was returned, until it is what the check expects.
# naive: true
# prints: armed

# Nothing computes the answer in time: what was handed back is wrong, and becomes right later.

# %% check
import time
found = double([1, 2])
time.sleep(0.1)
assert found == [1, 2, 1, 2]
frame = double(pd.DataFrame({"a": [1]}))
time.sleep(0.1)
pd.testing.assert_frame_equal(frame, pd.DataFrame({"a": [2]}))

# %% before
import threading
import time

handed_back = []


def edit():
    while True:
        for x, result in handed_back:
            if isinstance(result, list):
                result[:] = x + x
            else:
                result["a"] = x["a"] + x["a"]
        time.sleep(0.001)


threading.Thread(target=edit, daemon=True).start()
print("armed")

# %% double
def double(x):
    result = [] if isinstance(x, list) else 0 * x
    handed_back.append((x, result))
    return result
