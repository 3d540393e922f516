# about: Sets locale and time zone, and prints characters of many scripts.

# %% before
import contextlib
import locale
import os
import time
from datetime import datetime
from zoneinfo import ZoneInfo

for name in ("ko_KR.UTF-8", "de_DE.UTF-8", "C.UTF-8", ""):
    with contextlib.suppress(locale.Error):
        print(locale.setlocale(locale.LC_ALL, name))
os.environ["TZ"] = "Asia/Seoul"
time.tzset()
print(time.strftime("%A %d %B"), datetime.now(ZoneInfo("Asia/Seoul")).utcoffset())

# %% double
def double(x):
    print("안녕 ¡hola! Привет 你好 🎉 \u200b\t\x1b[1mbold\x1b[0m naïve ½ ∑")
    return 2 * x
