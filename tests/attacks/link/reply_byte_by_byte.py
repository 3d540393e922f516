# about: Announces a hundred bytes and sends one now and then, for ever.
# prelude: far_end
# limits: {cell_seconds: 1}
# prints: armed

# %% before
def forge(far, operation, arguments):
    link.sendall(struct.pack("<Q", 100))
    while True:
        link.sendall(b"A")
        time.sleep(0.05)
