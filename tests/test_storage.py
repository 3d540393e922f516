"""Submissions from an object store and a run's copy in one, through papermill and boto3."""

import json
import os
import shutil
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qsl, quote, unquote, urlsplit
from xml.sax.saxutils import escape

import pytest

from autograde import catalog, cli, intake, runs, storage
from autograde.errors import UsageError
from autograde.verdict import Hashes, Result, Status, Verdict

ROOT = Path(__file__).parent.parent
NOTEBOOK = '{"cells": [], "metadata": {"제목": "지연 예측"}, "nbformat": 4, "nbformat_minor": 5}\n'
URL = "s3://cohort/spring"


class Store(ThreadingHTTPServer):
    """An S3 server in miniature: one bucket and one access key; objects are listed, read, written.

    Attributes
    ----------
    objects
        Bytes by key, in the order in which they were written.
    room
        How many more objects may be written before the account is not allowed to.
    """

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Request)
        self.objects: dict[str, bytes] = {}
        self.room = 1000


class Request(BaseHTTPRequestHandler):
    """One request, answered as S3's reference has it."""

    protocol_version = "HTTP/1.1"
    server: Store

    def log_message(self, *_):
        """Say nothing."""

    def answer(self, body=b"", status=200):
        """Send an answer."""
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status, code):
        """Send an error."""
        self.answer(f"<Error><Code>{code}</Code><Message>no</Message></Error>".encode(), status)

    def key(self):
        """The key that is asked for; None if that has been refused."""
        bucket, _, key = unquote(urlsplit(self.path).path).lstrip("/").partition("/")
        if "Credential=grader/" not in self.headers.get("Authorization", ""):
            self.refuse(403, "InvalidAccessKeyId")
        elif bucket != "cohort":
            self.refuse(404, "NoSuchBucket")
        else:
            return key
        return None

    def do_PUT(self):
        """Keep an object."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        key = self.key()
        if key is None:
            return
        if not self.server.room:
            self.refuse(403, "AccessDenied")
            return
        self.server.room -= 1
        self.server.objects.pop(key, None)
        self.server.objects[key] = body
        self.answer()

    def do_GET(self):
        """An object, or the list of what lies under a prefix."""
        key = self.key()
        if key == "":
            self.list(dict(parse_qsl(urlsplit(self.path).query)))
        elif key in self.server.objects:
            self.answer(self.server.objects[key])
        elif key is not None:
            self.refuse(404, "NoSuchKey")

    def list(self, asked):
        """ListObjectsV2 with a delimiter, in pages of three."""
        prefix, after = asked["prefix"], asked.get("continuation-token", "")
        below = [key[len(prefix) :] for key in self.server.objects if key.startswith(prefix)]
        names = sorted({prefix + "".join(rest.partition("/")[:2]) for rest in below})
        names = [name for name in names if name > after]
        lines = [
            f"<CommonPrefixes><Prefix>{quote(name)}</Prefix></CommonPrefixes>"
            if name.endswith("/") and name != prefix
            else f"<Contents><Key>{quote(name)}</Key></Contents>"
            for name in names[:3]
        ]
        if more := len(names) > 3:
            lines.append(f"<NextContinuationToken>{escape(names[2])}</NextContinuationToken>")
        self.answer(
            f"<ListBucketResult><EncodingType>url</EncodingType><IsTruncated>{str(more).lower()}"
            f"</IsTruncated>{''.join(lines)}</ListBucketResult>".encode()
        )


@pytest.fixture
def store(monkeypatch, tmp_path):
    """The server, which papermill and every process of ours finds by AWS's own variables."""
    from papermill.s3 import S3

    monkeypatch.setattr(S3, "s3_session", (None, None, None))  # it is kept from one to the next
    for name in [name for name in os.environ if name.startswith(("AWS_", "BOTO"))]:
        monkeypatch.delenv(name)
    for variable in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(variable, str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "grader")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with Store() as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def handed_in(store, *names, lab="small"):
    """Everybody's notebook in the store."""
    for name in names:
        store.objects[f"spring/{name}/{lab}/{lab}.ipynb"] = NOTEBOOK.encode()


def here(course):
    """Every file that was handed in, by path."""
    found = {path.relative_to(course): path for path in course.rglob("*") if path.is_file()}
    return {path.as_posix(): file.read_bytes() for path, file in found.items()}


def test_notebooks_come_as_they_are(store, tmp_path):
    """Whatever is in them, byte by byte, of the labs that are asked for; more than one page."""
    handed_in(store, "ada", "bob", "은지", "eve", "zoe")
    handed_in(store, "ada", lab="large")
    # A letter of three bytes across the border of a megabyte, where papermill's own reading ends.
    store.objects["spring/bob/small/small.ipynb"] = b'{"x": "' + "가".encode() * 700_000 + b'"}'
    store.objects["spring/eve/small/small.ipynb"] = b'{"x": "\xe9"}\r\n'
    store.objects["spring/eve/small/more.py"] = b""
    store.objects["spring/"] = store.objects["spring/readme.txt"] = b""
    fetched = storage.fetch(f"{URL}/", tmp_path, ["small"], [])
    assert fetched == storage.Fetched(new=5, unchanged=0, left_out=())
    assert here(tmp_path) == {
        f"submitted/{name}/small/small.ipynb": store.objects[f"spring/{name}/small/small.ipynb"]
        for name in ("ada", "bob", "은지", "eve", "zoe")
    }


def test_only_what_has_changed_is_written(store, tmp_path):
    """A notebook that is here already keeps its time; another one takes its place."""
    handed_in(store, "ada", "bob")
    storage.fetch(URL, tmp_path, ["small"], [])
    path = tmp_path / "submitted/ada/small/small.ipynb"
    os.utime(path, (0, 0))
    store.objects["spring/bob/small/small.ipynb"] = b"{}"
    fetched = storage.fetch(URL, tmp_path, ["small"], [])
    assert (fetched.new, fetched.unchanged) == (1, 1)
    assert path.stat().st_mtime == 0
    assert here(tmp_path)["submitted/bob/small/small.ipynb"] == b"{}"


def test_candidates_are_chosen(store, tmp_path):
    """Only those named; one who has nothing in the store is named back."""
    handed_in(store, "ada", "bob")
    storage.fetch(URL, tmp_path, ["small"], ["bob"])
    assert here(tmp_path).keys() == {"submitted/bob/small/small.ipynb"}
    with pytest.raises(UsageError, match="nothing of eve"):
        storage.fetch(URL, tmp_path, ["small"], ["bob", "eve"])


@pytest.mark.parametrize(
    "name",
    ["..", ".", "", ".ssh", "a\nb", "a\x1b[2J", "\u202eada", " ada", "a?b", "a#1", "가" * 67],
)
def test_a_name_that_is_none_is_left_out(store, tmp_path, name):
    """It is said in characters that a terminal can show, and the others come."""
    handed_in(store, "ada", name)
    fetched = storage.fetch(URL, tmp_path / "course", ["small"], [])
    assert fetched.left_out == (f"{name!r} cannot be a candidate's name",)
    assert fetched.left_out[0].isprintable()
    assert here(tmp_path).keys() == {"course/submitted/ada/small/small.ipynb"}


def test_what_is_not_brought_is_said(store, tmp_path, monkeypatch):
    """A folder without its notebook and a notebook without end; nothing else is nothing found."""
    monkeypatch.setattr(intake, "NOTEBOOK_BYTES", 1000)
    store.objects["spring/bob/small/other.ipynb"] = b"{}"
    store.objects["spring/eve/small/small.ipynb"] = b"{}" + b" " * 1000
    with pytest.raises(UsageError, match=f"no {URL}/<candidate>.* of small; .*bob.*; .*eve.*"):
        storage.fetch(URL, tmp_path, ["small"], [])
    handed_in(store, "ada")
    left_out = storage.fetch(URL, tmp_path, ["small"], []).left_out
    assert left_out == (
        f"{URL}/bob/small has no small.ipynb",
        f"{URL}/eve/small/small.ipynb is larger than 0 MB",
    )
    assert here(tmp_path).keys() == {"submitted/ada/small/small.ipynb"}


@pytest.mark.parametrize(
    ("url", "account", "said"),
    [
        (URL, "grader", "no s3://cohort/spring/<candidate>"),
        ("s3://autumn/x", "grader", "could not list s3://autumn/x/: NoSuchBucket"),
        (URL, "stranger", r"ClientError.*InvalidAccessKeyId.*Credentials are taken from the env"),
        (URL, None, "NoCredentialsError"),
    ],
)
def test_a_store_that_cannot_be_read_says_why(store, tmp_path, monkeypatch, url, account, said):
    """Nothing there, no such bucket, an account that it does not know, no account at all."""
    if account:
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", account)
    else:
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    with pytest.raises(UsageError, match=said):
        storage.fetch(url, tmp_path, ["small"], [])
    assert here(tmp_path) == {}


@pytest.mark.parametrize(
    "url",
    [
        *(
            "/data/notebooks",
            "notebooks",
            "-",
            "",
            "file:///data",
            "http://host/x",
            "hdfs://host/x",
        ),
        *("https://bucket.s3.amazonaws.com/x", "s3://", "s3:///x", "S3://cohort", "gs:/cohort"),
        *("abfs://container@account.dfs.core.windows.net/x", "abs://container/x"),
    ],
)
def test_only_stores_are_places(url):
    """Anything else is answered by the three kinds that there are."""
    with pytest.raises(UsageError, match=r"s3://BUCKET.* gs://BUCKET.* abs://ACCOUNT"):
        storage.checked(url)


def test_a_key_in_a_url_is_not_repeated():
    """A query may be a credential: it is refused and not shown."""
    with pytest.raises(UsageError, match="question mark") as raised:
        storage.checked("abs://a.blob.core.windows.net/cohort/x?sig=secret")
    assert "secret" not in str(raised.value)


def test_a_missing_library_is_named(monkeypatch):
    """And how to get it."""
    monkeypatch.setitem(sys.modules, "gcsfs", None)
    with pytest.raises(UsageError, match=r"gs://cohort needs .*gcsfs.*pip install -e '\.\[gcs\]'"):
        storage.checked("gs://cohort")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--to", "copies"], "copies is no place in a store"),
        (["--from", "copies"], "copies is no place in a store"),
        (["--resume", "x", "--from", "s3://cohort"], "leave out --lab, --candidate, --device, --f"),
    ],
)
def test_the_command_refuses_before_it_begins(tmp_path, monkeypatch, capsys, options, said):
    """Exit code 2 and a sentence; nothing is begun."""
    (tmp_path / "pyproject.toml").touch()
    (tmp_path / "solutions").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["autograde", "regrade", "--unsafe-no-sandbox", *options])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "course").exists()


@pytest.fixture
def run(tmp_path):
    """A run of two people's work, with no result yet."""
    about = {"grade_id": "check_double", "points": 6, "grade": True, "solution": False}
    cell = {"cell_type": "code", "metadata": {"nbgrader": about}}
    release = catalog.release_from_notebook("small", json.dumps({"cells": [cell]}).encode())
    jobs = [runs.Job(lab="small", candidate=name) for name in ("ada", "은지")]
    return runs.begin(tmp_path / "course", jobs, {"small": release}, runs.Parameters())


def grading(run, *names, notebook=NOTEBOOK):
    """Results as a regrade yields them: each when it is kept."""
    for name in names:
        verdict = Verdict(
            cell="check_double", task="double", points=6, score=6, status=Status.PASSED
        )
        result = Result(
            lab="small",
            candidate=name,
            status="graded",
            verdicts=(verdict,),
            started=run.manifest.started,
            wall=1,
            cpu=1,
            hashes=Hashes(submission="", tests="", data="", environment=run.manifest.environment),
        )
        run.save(runs.Job(lab="small", candidate=name), result, notebook)
        yield result


def copy(run):
    """What the store must have of a run: its files, below the run's name."""
    return {f"copies/{run.name}/{path}": content for path, content in here(run.folder).items()}


def test_a_run_is_copied_as_it_goes_on(store, run):
    """The manifest at once; then each notebook before its result, before the next is graded."""
    results = storage.copied(grading(run, "ada", "은지"), run, "s3://cohort/copies/")
    assert next(results).candidate == "ada"
    names = ["manifest.json", "ada/small/small.ipynb", "ada/small/result.json"]
    assert list(store.objects) == [f"copies/{run.name}/{name}" for name in names]
    assert [result.candidate for result in results] == ["은지"]
    assert store.objects == copy(run)
    assert len(store.objects) == 5


def test_a_resumed_run_copies_what_was_kept_before(store, run):
    """Also what had no notebook, and where nothing is left to grade."""
    list(grading(run, "ada"))
    list(grading(run, "은지", notebook=None))
    assert list(storage.copied(iter(()), run, "s3://cohort/copies")) == []
    assert store.objects == copy(run)
    assert len(store.objects) == 4


def test_a_store_that_takes_no_more_ends_the_regrade(store, run):
    """It says how to go on; what was graded is kept here, and then the copy becomes whole."""
    store.room = 2
    with pytest.raises(UsageError) as raised:
        list(storage.copied(grading(run, "ada", "은지"), run, "s3://cohort/copies"))
    said = str(raised.value)
    assert f"could not write s3://cohort/copies/{run.name}/ada/small/result.json" in said
    assert "AccessDenied" in said
    assert f"`autograde regrade --resume {run.name} --to s3://cohort/copies`" in said
    assert [result.candidate for result in run.results()] == ["ada"]
    store.room = 1000
    list(storage.copied(grading(run, "은지"), run, "s3://cohort/copies"))
    assert store.objects == copy(run)


LAB_YAML = """
title: {ko: 작은 실습, en: A small lab}
summary: {ko: 시험, en: For a test}
level: junior
minutes: 5
libraries: []
tasks:
  - {id: double, points: 6, minutes: 1}
limits: {seconds: 60, cell_seconds: 10}
"""
LAB_PY = """
# %% [markdown]
# # 작은 실습
# %% task="double"
def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION
# %% check="double"
assert double(1) == 2
"""


def command(repository, *options):
    """Regrade in the repository and return the exit code and what was said."""
    done = subprocess.run(
        [Path(sys.executable).parent / "autograde", *options],
        cwd=repository,
        capture_output=True,
        text=True,
        timeout=300,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def repository(tmp_path):
    """A repository with one small lab, built."""
    lab = tmp_path / "repository/solutions/small"
    lab.mkdir(parents=True)
    (tmp_path / "repository/pyproject.toml").touch()
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path / "repository")
    (lab / "lab.yaml").write_text(LAB_YAML)
    (lab / "lab.py").write_text(LAB_PY)
    code, said = command(tmp_path / "repository", "build")
    assert code == 0, said
    return tmp_path / "repository"


@pytest.mark.slow
def test_a_cohort_is_graded_from_a_store_into_a_store(store, repository):
    """Manifest, notebooks and results are there as they are here, also after a full store."""
    blank = json.loads((repository / "labs/small/small.ipynb").read_text())
    store.objects["spring/blank/small/small.ipynb"] = json.dumps(blank).encode()
    (cell,) = (c for c in blank["cells"] if "def double" in "".join(c["source"]))
    cell["source"] = "def double(x):\n    return x + x  # 두 배"
    right = json.dumps(blank, ensure_ascii=False).encode()
    store.objects["spring/right/small/small.ipynb"] = right
    store.objects["spring/../small/small.ipynb"] = b"{}"

    options = ("--workers=1", "--to=s3://cohort/copies")
    code, said = command(repository, "regrade", f"--from={URL}", *options)
    assert code == 0, said
    assert "left out: '..' cannot be a candidate's name" in said
    assert "notebooks fetched: 2, here already: 0" in said
    assert here(repository / "course/submitted")["right/small/small.ipynb"] == right
    (first,) = runs.newest_first(repository / "course")
    assert {result.candidate: result.score for result in first.results()} == {
        "blank": 0,
        "right": 6,
    }
    copies = {key: body for key, body in store.objects.items() if key.startswith("copies/")}
    assert copies == copy(first)
    assert len(copies) == 5

    store.room = 2
    code, said = command(repository, "regrade", f"--from={URL}", "--fresh", *options)
    second = runs.newest_first(repository / "course")[0]
    assert code == 2
    assert f"--resume {second.name} --to s3://cohort/copies" in said
    assert "Traceback" not in said
    assert len(list(second.results())) == 1
    store.room = 1000
    code, said = command(repository, "regrade", f"--resume={second.name}", *options)
    assert code == 0, said
    copies = {key: body for key, body in store.objects.items() if key.startswith("copies/")}
    assert copies == copy(first) | copy(second)
