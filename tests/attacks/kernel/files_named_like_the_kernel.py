# about: Modules that end the process, named like parts of the kernel, lie beside the notebook.

# %% file ipykernel_launcher.py
raise SystemExit('a file of the candidate')

# %% file ipykernel.py
raise SystemExit('a file of the candidate')

# %% file IPython.py
raise SystemExit('a file of the candidate')

# %% file comm.py
raise SystemExit('a file of the candidate')

# %% file zmq.py
raise SystemExit('a file of the candidate')

# %% file tornado.py
raise SystemExit('a file of the candidate')

# %% file traitlets.py
raise SystemExit('a file of the candidate')

# %% file debugpy.py
raise SystemExit('a file of the candidate')

# %% file psutil.py
raise SystemExit('a file of the candidate')

# %% file jedi.py
raise SystemExit('a file of the candidate')
