# about: Closes its end of the link under the kernel's feet.
# prelude: far_end
# status: {double: crashed}
# prints: armed

# %% before
def forge(far, operation, arguments):
    os.close(link.fileno())
    return 2
