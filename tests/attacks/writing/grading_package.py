# about: Opens the grading package, its repository and its configuration for writing.
# prints: tried

# %% double
import os
import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

import autograde

package = os.path.dirname(autograde.__file__)
for root in {package, "__REPO__", "__REPO__/autograde", "__REPO__/solutions", "__REPO__/course"}:
    for folder, folders, names in os.walk(root):
        del folders[20:]
        for name in names[:50]:
            try:
                open(os.path.join(folder, name), "r+b").close()
                print("__WON__", folder, name)
            except OSError:
                pass
    try:
        open(os.path.join(root, "attack"), "x").close()
        print("__WON__", root)
        os.remove(os.path.join(root, "attack"))
    except OSError as error:
        print(root, type(error))
print("tried")


def double(x):
    return 0
