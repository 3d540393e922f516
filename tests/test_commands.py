"""Commands in a sandbox of their own: how they end, what is heard of them, how they are reached."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import psutil
import pytest

from autograde import checks, commands
from autograde.testing import check, grade, hand_in, lab, task
from autograde.verdict import Status

SERVER = b"""
import time
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

app = FastAPI()

@app.get("/health")
def health():
    return {"status": "ok"}

@app.post("/echo")
async def echo(request: Request):
    return {"size": len(await request.body())}

@app.get("/drip")
def drip():
    def drops():
        while True:
            time.sleep(0.05)
            yield b"."
    return StreamingResponse(drops())

@app.get("/flood")
def flood():
    def waves():
        while True:
            yield bytes(1_000_000)
    return StreamingResponse(waves())
"""
UVICORN = ["python", "-m", "uvicorn", "app:app", "--port", "8000"]


def program(text: str, **options):
    """Run a Python file with this text to its end."""
    seconds = options.pop("seconds", 20)
    return commands.run(
        ["python", "main.py"], {"main.py": text.encode()}, seconds=seconds, **options
    )


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        ("print('done')", 0, "done\n"),
        ("import sys; sys.exit(3)", 3, ""),
        ("import sys; sys.exit('in words')", 1, "in words\n"),
        ("raise ValueError('no')", 1, "ValueError: no\n"),
        ("import os; os.kill(os.getpid(), 11)", 139, ""),
        ("import atexit; atexit.register(print, 'last words')", 0, "last words\n"),
        ("import threading; threading.Timer(0.2, print, ['later']).start()", 0, "later\n"),
        ("import os, sys; os.write(2, b'raw'); sys.stdout.write('no newline')", 0, "rawno newline"),
        ("print(__name__, sorted(p.name for p in __import__('pathlib').Path().iterdir()))", 0,
         "__main__ ['main.py']\n"),
    ],
)  # fmt: skip
def test_a_program_ends_as_it_would_anywhere(text, status, said):
    """Status, output, exit handlers and threads are those of an ordinary interpreter."""
    ended = program(text)
    assert (ended.why, ended.status) == ("by itself", status)
    assert ended.output.endswith(said)


def test_other_programs_are_executed():
    """A shell works, and a program that does not exist says so as in a shell."""
    assert commands.run(["sh", "-c", "echo $((6 * 7)); exit 4"], {}).output == "42\n"
    ended = commands.run(["nonesuch"], {})
    assert (ended.status, ended.output) == (127, "nonesuch: No such file or directory\n")


def test_a_module_of_its_own_comes_before_installed_ones():
    """`python -m` looks in the working directory first, as it does anywhere."""
    ended = commands.run(
        ["python", "-m", "own"], {"own.py": b"import helper", "helper.py": b"print(7)"}
    )
    assert ended.output == "7\n"


def test_limits_end_a_command():
    """Time, memory and CPU time: each has its word, and the output so far is kept."""
    ended = program("print('begun', flush=True)\nwhile True: pass", seconds=1)
    assert (ended.why, ended.status, ended.output) == ("time", None, "begun\n")
    ended = program("while True: pass", limits={"cpu_seconds": 0.5})
    assert ended.why == "cpu"
    held = """
import os, time
for _ in range(4):
    if os.fork() == 0:
        x = b"1" * 90_000_000
        break
time.sleep(20)
"""
    assert program(held, limits={"memory_mb": 200}).why == "memory"


def test_endless_output_is_cut_in_the_middle():
    """A program that never stops printing need not wait, and its first and last words stay."""
    ended = program("print('first')\nfor i in range(300_000): print(i)")
    assert ended.status == 0
    assert ended.output.startswith("first\n0\n")
    assert ended.output.endswith("299999\n")
    assert "bytes left out" in ended.output
    assert len(ended.output) < 300_000


def test_a_server_is_reached_and_nothing_is_left_of_it():
    """Many clients at once talk to it over HTTP; when it is stopped its processes are gone."""
    commands.run(["true"], {})  # so that the template is there
    family = psutil.Process()
    before = set(family.children(recursive=True))
    with commands.start(UVICORN, {"app.py": SERVER}) as server:
        assert server.ready(8000, 20)
        client = server.client(8000)
        with ThreadPoolExecutor(8) as pool:
            found = pool.map(lambda _: client.get("/health").json(), range(40))
            assert list(found) == [{"status": "ok"}] * 40
        assert client.post("/echo", content=bytes(2_000_000)).json() == {"size": 2_000_000}
        with pytest.raises(httpx.ConnectError, match="nothing listens on port 8001"):
            server.client(8001).get("/")
        assert "GET /health" in server.output
        assert set(family.children(recursive=True)) - before
    _, alive = psutil.wait_procs(set(family.children(recursive=True)) - before, timeout=10)
    assert not alive


def test_a_response_has_to_come_in_time_and_within_a_size():
    """A server that drips or floods is given up; the deadline is that of the whole request."""
    with commands.start(UVICORN, {"app.py": SERVER}) as server:
        assert server.ready(8000, 20)
        with pytest.raises(httpx.ReadTimeout):
            server.client(8000, seconds=1).get("/drip")  # which never ends by itself
        with pytest.raises(httpx.ReadError, match="more than"):
            server.client(8000).get("/flood")
        assert server.client(8000).get("/health").status_code == 200


def test_the_command_sees_no_network_and_not_the_repository(tmp_path):
    """What holds for a candidate's kernel holds for a command: its own loopback, its own files."""
    (tmp_path / "canary").write_text("secret")
    text = f"""
import os, socket
print(socket.gethostname(), os.getuid() != 0, os.path.exists({str(tmp_path / "canary")!r}))
try:
    if socket.gethostname() == "sandbox":
        socket.create_connection(("192.0.2.1", 80), timeout=1)
except OSError as error:
    print(error.strerror)
"""
    assert program(text).output == "sandbox True False\nNetwork is unreachable\n"


HIDDEN = b"""
from autograde import checks, commands

def serves(files):
    with commands.start(["python", "-m", "uvicorn", "app:app", "--port", "8000"], files) as server:
        checks.require(server.ready(8000, 20), "the service never listens")
        checks.require(server.client(8000).get("/health").json() == {"status": "ok"}, "not ok")

def runs(files):
    ended = commands.run(["python", "main.py"], files, seconds=60)
    checks.require(ended.status == 0, "main.py ends with another status than 0")

def faulty(files):
    commands.run(["python", "main.py"], {"main.py": 5})
"""


def served(hidden: str, files: dict[str, str]):
    """Grade an answer that is files, by a hidden test that runs them."""
    release = lab(
        task("files", "return {}"),
        check("files", "files(0)", f"import hidden\nhidden.{hidden}(files(0))"),
        private={"hidden.py": HIDDEN},
    )
    given = {name: text.encode() for name, text in files.items()}
    result, _ = grade(release, hand_in(release, {"files": f"def files(x):\n    return {given!r}"}))
    (verdict,) = result.verdicts
    return verdict


def test_hidden_tests_run_commands():
    """In a check a command works as in these tests, and the verdict is that of any other check."""
    verdict = served("serves", {"app.py": SERVER.decode()})
    assert verdict.status is Status.PASSED
    verdict = served("serves", {"app.py": "raise ValueError"})
    assert (verdict.status, verdict.reason) == (Status.WRONG, "the service never listens")
    verdict = served("runs", {"main.py": "raise ValueError"})
    assert (verdict.status, verdict.score) == (Status.WRONG, 0)


def test_commands_take_the_time_of_their_check_and_no_more():
    """An endless program is timed out with its check, and its time is that of the notebook."""
    release = lab(
        task("files", "return {}"),
        check("files", "files(0)", "import hidden\nhidden.runs(files(0))"),
        task("late", "return 1"),
        check("late", "assert late(0) == 1"),
        private={"hidden.py": HIDDEN},
        cell_seconds=3,
        seconds=3,
    )
    given = {"main.py": b"while True: pass"}
    answers = {
        "files": f"def files(x):\n    return {given!r}",
        "late": "def late(x):\n    return 1",
    }
    result, _ = grade(release, hand_in(release, answers))
    assert [v.status for v in result.verdicts] == [Status.TIMED_OUT, Status.SKIPPED]


def test_without_a_sandbox_a_command_works_too():
    """Where an operator has allowed it, as for a candidate's kernel."""
    checks._begin(0, checks.Room(sandboxed=False))
    try:
        ended = program("import os, sys; print(os.getcwd() != '/', os.listdir()); sys.exit(3)")
    finally:
        checks._begin(0)
    assert (ended.status, ended.output) == (3, "True ['main.py']\n")


def test_stopping_twice_is_stopping_once():
    """A command that has been waited for may be left again, and closes nothing of anybody's."""
    with commands.start(["true"], {}) as command:
        assert command.wait(20).status == 0
        with open("/dev/null") as other:  # takes the first free descriptor
            command.stop()
            assert other.read() == ""


def test_a_command_that_cannot_be_started_is_a_grader_error():
    """A check that asks for nonsense costs the candidate nothing."""
    verdict = served("faulty", {})
    assert verdict.status is Status.GRADER_ERROR


def test_time_starts_with_the_first_command():
    """The room of a check has all its seconds until something runs in it."""
    room = checks.Room(seconds=0.2)
    time.sleep(0.3)
    assert room.left() > 0.19
    room.enter()
    time.sleep(0.3)
    with pytest.raises(BaseException, match="all the time"):
        room.left()


def test_a_python_that_a_command_starts_finds_what_lies_beside_it():
    """As at home: a script's folder, and the working directory of `python -c`, are looked in."""
    text = b"import subprocess, sys\nsys.exit(subprocess.run([sys.executable, *%s]).returncode)\n"
    files = {"own.py": b"", "script.py": b"import own\n"}
    for arguments in (b"['-c', 'import own']", b"['script.py']"):
        ended = commands.run(["python", "a.py"], {**files, "a.py": text % arguments}, seconds=20)
        assert ended.status == 0, ended.output


LEAVES = """
import os, pathlib
out = pathlib.Path("out"); (out / "deep").mkdir(parents=True)
(out / "a.bin").write_bytes(b"\\x00\\xff"); (out / "deep" / "b.txt").write_text("b")
pathlib.Path("beside.txt").write_text("not collected")
os.symlink("/etc/passwd", out / "link"); os.symlink("/etc", out / "folder")
os.mkfifo(out / "pipe"); open(os.fsencode(out) + b"/\\xff", "w").close()
"""


def test_files_of_a_folder_come_out_by_value():
    """Regular files below `collect` and nothing else, also when the program did not end itself."""
    left = {"a.bin": b"\x00\xff", "deep/b.txt": b"b"}
    assert program(LEAVES, collect="out").files == left
    killed = program(f"{LEAVES}\nwhile True: pass", collect="out", seconds=2)
    assert (killed.why, killed.files) == ("time", left)
    assert program("", collect="out").files == {}
    assert program("import os; os.symlink('/etc', 'out')", collect="out").files == {}


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("open('sparse', 'wb').truncate(10**12)", None),
        ("[open(f'{n}', 'w').close() for n in range(1001)]", None),
        ("[(os.mkdir('x'), os.chdir('x')) for _ in range(1500)]", None),
    ],
)
def test_too_much_is_not_collected(text, files):
    """Large, many or deep files cost the grader nothing, and the check is told."""
    assert program(f"import os; os.mkdir('out'); os.chdir('out')\n{text}", collect="out").files == (
        files
    )
