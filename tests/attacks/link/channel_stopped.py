# about: Stops the thread that carries its output.
# prelude: messages
# prints: armed
# limits: {cell_seconds: 2}
# slow: true

# %% before
import time

time.sleep(0.2)
kernel.iopub_thread.stop()
