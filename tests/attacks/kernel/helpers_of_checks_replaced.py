# about: Patches the candidate's copy of the grader's own helpers, and of the link's decoders.
# naive: true
# prints: armed

# %% check
require(double(1) == 2, "twice one is two")
assert call(double, [1]).args

# %% before
from autograde import checks, frames, remote, verdict, wire

checks.require = remote.rebuild = lambda *args: None
checks.Wrong = type("Never", (Exception,), {})
verdict.points_for = lambda value, points: points
frames.DECODERS.clear()
wire.Malformed = wire.NotPlain = wire.TooMuch = type("Never", (Exception,), {})
print("armed")
