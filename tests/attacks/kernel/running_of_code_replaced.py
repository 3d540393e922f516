# about: The shell's way of running compiled code is replaced by one that always succeeds.
# naive: true
# prints: armed

# %% check
assert double(4) == 8

# %% before
ip = get_ipython()
honest = ip.run_code


async def run_code(code, result=None, **kwargs):
    if "double" in code.co_names and "double" in ip.user_ns:
        return False
    return await honest(code, result, **kwargs)


ip.run_code = run_code
print("armed")
