# about: The notebook's namespace becomes a dictionary that gives what suits it.
# naive: true
# prints: armed

# %% check
require(double(1) == 2, "twice one is two")

# %% before
class Lying(dict):
    def __getitem__(self, name):
        if name == "require":
            return lambda *args: None
        return super().__getitem__(name)

    def __contains__(self, name):
        return name == "require" or super().__contains__(name)


print("armed")
ip = get_ipython()
ip.user_ns = Lying(ip.user_ns)
