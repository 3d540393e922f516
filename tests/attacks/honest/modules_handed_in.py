# about: A module with an ordinary name is handed in beside the notebook and imported.

# %% double
import utils
from utils import double

print(utils.__name__)

# %% triple
%run -i more.py

# %% file utils.py
def double(x):
    return 2 * x

# %% file more.py
def triple(x):
    return 3 * x

if __name__ == "__main__":
    print("run as a script")

# %% file 메모.txt
여기에 메모
