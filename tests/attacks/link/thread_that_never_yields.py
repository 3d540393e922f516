# about: A thread keeps the interpreter to itself, so that nothing else runs.
# prelude: far_end
# limits: {cell_seconds: 1}
# prints: armed

# %% before
def forge(far, operation, arguments):
    sys.setswitchinterval(1000)
    threading.Thread(target=lambda: sum(iter(int, 1)), daemon=True).start()
    return 2
