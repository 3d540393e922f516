# about: Prints and displays ten points on every way out of a kernel, during the check too.
# naive: true
# prints: armed

# %% check
assert callable(double)
double(4)

# %% before
import os
import sys
from IPython.display import HTML, display

print("armed")
print("10.0")
print('"text/plain": "10.0"', file=sys.__stdout__)
os.write(1, b"10.0\n")
os.write(2, b"10.0\n")
display({"text/plain": "10.0"}, raw=True)
display(HTML("<script>document.title=1</script>"))
10.0

# %% double
class Ten(float):
    def __repr__(self):
        return "10.0"


def double(x):
    print("10.0")
    return Ten(0)

# %% after double
10.0
