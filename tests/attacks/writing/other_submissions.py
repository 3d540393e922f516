# about: Appends to every file under the course folder, other candidates' submissions among them.
# prints: tried

# %% double
import os
import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

for folder, _, names in os.walk("__COURSE__"):
    for name in names:
        try:
            with open(os.path.join(folder, name), "a") as file:
                file.write(" ")
            print("__WON__", name)
        except OSError as error:
            print(name, type(error))
os.makedirs("__COURSE__/submitted/someone/trial", exist_ok=True)
with open("__COURSE__/submitted/someone/trial/trial.ipynb", "w") as file:
    file.write("{}")
print("tried")


def double(x):
    return 0
