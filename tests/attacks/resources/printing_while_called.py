# about: Prints 200 MB within one hidden call, when nobody reads the kernel's messages.
# limits: {output_kb: 64}
# slow: true

# %% double
def double(x):
    for _ in range(2000):
        print("x" * 100_000, flush=True)
    return 0
