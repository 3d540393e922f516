# about: A trace function jumps over the lines of a test as soon as they are reached.
# naive: true
# prints: armed

# %% check
def verify(function):
    passed = True
    assert function(4) == 8
    assert function(21) == 42
    return passed

assert verify(double)

# %% before
import sys


def trace(frame, event, arg):
    code = frame.f_code
    if code.co_name == "verify" and event == "line" and frame.f_lineno == code.co_firstlineno + 2:
        frame.f_lineno = code.co_firstlineno + 4
    return trace if code.co_name == "verify" else None


sys.settrace(trace)
print("armed")
