# about: Line magics, cell magics and shell commands around and inside the answers.

# %% before
%matplotlib inline
%load_ext autoreload
%autoreload 2
%config InlineBackend.figure_format = "retina"
%precision 3

# %% before
%%time
total = sum(range(1000))

# %% before
%%timeit -n 10 -r 2
sorted(range(100), reverse=True)

# %% before
%%capture out
print("not shown")

# %% before
!ls -la
listing = !echo one two
print(listing, out.stdout)
%who

# %% double
%time values = list(range(10))


def double(x):
    return 2 * x


double?
%timeit -n 5 -r 1 double(3)

# %% after double
%%bash
echo "from bash: $HOME"
python --version

# %% triple
def triple(x):
    return 3 * x


%prun -q triple(2)
%pwd
