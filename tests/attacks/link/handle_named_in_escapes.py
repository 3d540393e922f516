# about: Its object's class has terminal escapes and noughts for a name.
# prelude: far_end
# status: {double: crashed}
# prints: armed

# %% before
def forge(far, operation, arguments):
    far._refer = lambda thing: handle(1, "object", "\x1b[2J\x00\u202e", True)
    return Thing
