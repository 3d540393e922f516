# about: Modules that end the process, named like the standard library's, lie beside the notebook.

# %% file random.py
raise SystemExit('a file of the candidate')

# %% file json.py
raise SystemExit('a file of the candidate')

# %% file socket.py
raise SystemExit('a file of the candidate')

# %% file asyncio.py
raise SystemExit('a file of the candidate')

# %% file sqlite3.py
raise SystemExit('a file of the candidate')

# %% file unittest.py
raise SystemExit('a file of the candidate')

# %% file logging.py
raise SystemExit('a file of the candidate')

# %% file types.py
raise SystemExit('a file of the candidate')
