# about: Its object's class has markup for a name.
# prelude: far_end
# status: {double: wrong}
# prints: armed

# %% before
def forge(far, operation, arguments):
    far._refer = lambda thing: handle(1, "object", "<b onclick=x>&\"</b>", True)
    return Thing
