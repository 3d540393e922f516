# about: A script pasted into the cells, with a main guard and an argument parser.

# %% double
import argparse
import sys


def double(x):
    return 2 * x


def main(arguments=None):
    parser = argparse.ArgumentParser()
    parser.add_argument("--n", type=int, default=4)
    options = parser.parse_args(arguments or [])
    print(double(options.n))
    return 0


if __name__ == "__main__":
    main()

# %% triple
def triple(x):
    return 3 * x


if __name__ == "__main__":
    sys.exit(main(["--n", "5"]))
