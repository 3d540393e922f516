# about: Configures logging, with handlers to a file and to both outputs.

# %% before
import logging
import sys

logging.basicConfig(
    level=logging.DEBUG,
    format="%(asctime)s %(levelname)s %(message)s",
    handlers=[
        logging.StreamHandler(sys.stdout),
        logging.StreamHandler(),
        logging.FileHandler("run.log"),
    ],
    force=True,
)
logging.captureWarnings(True)
log = logging.getLogger("answer")

# %% double
def double(x):
    log.info("doubling a %s", type(x).__name__)
    return 2 * x

# %% triple
def triple(x):
    try:
        raise ValueError("on purpose")
    except ValueError:
        log.exception("caught")
    return 3 * x

# %% after triple
print(len(open("run.log").readlines()) > 3)
