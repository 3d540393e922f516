# about: Kills its whole process group, hoping that the grader is in it.
# prelude: far_end
# status: {double: crashed}
# prints: armed

# %% before
def forge(far, operation, arguments):
    os.killpg(os.getpgid(0), 9)
