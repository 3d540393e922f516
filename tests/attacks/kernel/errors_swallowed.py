# about: A handler of all exceptions shows nothing, so that a failed test looks like a passed one.
# naive: true
# prints: armed

# %% before
ip = get_ipython()
ip.set_custom_exc((BaseException,), lambda *args, **kwargs: [])
ip.showtraceback = ip.showsyntaxerror = ip._showtraceback = lambda *args, **kwargs: None
print("armed")
