# about: Standard output and error become objects that raise, lie and never end.

# %% before
import sys


class Hostile:
    encoding = 7
    name = property(lambda self: 1 / 0)

    def write(self, text):
        raise BaseException(text)

    def flush(self):
        raise KeyboardInterrupt

    def fileno(self):
        return -1


sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = Hostile()
sys.displayhook = Hostile()
