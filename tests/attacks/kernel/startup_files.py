# about: Files by which Python, IPython and Jupyter are configured lie beside the notebook.

# %% file sitecustomize.py
raise SystemExit('a file of the candidate')

# %% file usercustomize.py
raise SystemExit('a file of the candidate')

# %% file ipython_config.py
raise SystemExit('a file of the candidate')

# %% file ipython_kernel_config.py
raise SystemExit('a file of the candidate')

# %% file jupyter_config.py
raise SystemExit('a file of the candidate')

# %% file .ipython/profile_default/startup/00.py
raise SystemExit('a file of the candidate')

# %% file _virtualenv.py
raise SystemExit('a file of the candidate')

# %% file evil.pth
import os; os._exit(7)

# %% file pyvenv.cfg
home = .
