# about: A FastAPI application served by uvicorn in a thread, called with httpx.

# %% before
import threading
import time

import httpx
import uvicorn
from fastapi import FastAPI

app = FastAPI()


@app.get("/triple/{x}")
async def tripled(x: int) -> int:
    return 3 * x


server = uvicorn.Server(uvicorn.Config(app, port=8765, log_level="warning"))
threading.Thread(target=server.run, daemon=True).start()
while not server.started:
    time.sleep(0.05)

# %% triple
def triple(x):
    return httpx.get(f"http://127.0.0.1:8765/triple/{x}", timeout=10).json()

# %% after triple
server.should_exit = True
