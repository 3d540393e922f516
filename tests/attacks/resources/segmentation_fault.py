# about: Reads at address zero, after asking for a memory dump.
# status: {double: crashed}

# %% double
import ctypes
import resource

try:
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
except (OSError, ValueError) as error:
    print(error)


def double(x):
    return ctypes.string_at(0)
