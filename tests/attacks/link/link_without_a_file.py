# about: Detaches the link from its file, so that nobody hears anything any more.
# prelude: far_end
# limits: {cell_seconds: 1}
# prints: armed

# %% before
def forge(far, operation, arguments):
    link.detach()
    return 2
