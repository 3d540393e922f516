# about: Prints environment and command line of every other process that the system shows.
# prints: tried
# prelude: others

# %% double
for pid in others():
    for name in ("environ", "cmdline", "comm"):
        try:
            with open(f"/proc/{pid}/{name}", "rb") as file:
                text = file.read()
        except OSError as error:
            print(pid, name, type(error))
            continue
        print(pid, name, text)
        if name == "cmdline" and (b"pytest" in text or b"autograde.grader" in text):
            print("__WON__")
print("tried")


def double(x):
    return 0
