# about: Raises an exception whose message is markup, terminal escapes and noughts.
# status: {double: crashed}
# says: {double: "^[^\\x1b\\x00\\u202e]*$"}

# %% double
def double(x):
    raise ValueError("<script>alert(1)</script>\x1b[31m\x00\u202e\ud800")
