"""The doctor: a sandbox is really tried, and what is broken on purpose is named with its remedy.

Most of it runs in a process of its own that ``unshare`` has put into a namespace where something is
missing, so that these tests need no rights and change nothing here.
"""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from autograde import doctor, namespaces, sandbox
from autograde.errors import SandboxError

#: Where an ordinary user finds the sandbox, and where root does: as seen from inside.
ORDINARY = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
ROOT = ["unshare", "--user", "--map-root-user", "--mount"]
REFUSAL = """
from autograde.doctor import require_sandbox
from autograde.errors import SandboxError
try:
    require_sandbox()
except SandboxError as error:
    print(error)
"""
#: A filter such as a container has, made of the one that kernels get.
FILTER = """
from autograde import namespaces
calls = {name: namespaces._REFUSED[name] for name in ("unshare", "setns", "mount", "clone3")}
namespaces._REFUSED = calls
namespaces.drop_capabilities()
namespaces.filter_calls()
"""
namespaced = pytest.mark.skipif(
    subprocess.run([*ROOT, "true"], stderr=subprocess.DEVNULL).returncode != 0,
    reason="this account may not make namespaces, or AppArmor lets only bubblewrap make them",
)


def words(*line, before=""):
    """What the refusal says to a process that this command starts, with the spaces evened out."""
    return printed(*line, program=before + REFUSAL)


def printed(*line, program):
    """What a program prints in a process that this command starts, with the spaces evened out."""
    ended = subprocess.run(
        [*line, sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return " ".join(ended.stdout.split())


@pytest.fixture
def bwrap(tmp_path, monkeypatch):
    """Puts another program in bubblewrap's place."""
    path = tmp_path / "bwrap"

    def put(script):
        if script is not None:
            path.write_text(f"#!/bin/sh\n{script}\n")
            path.chmod(0o755)
        monkeypatch.setattr(sandbox, "bwrap", lambda: str(path))
        doctor.require_sandbox.cache_clear()
        return path

    yield put
    doctor.require_sandbox.cache_clear()


def test_here_a_sandbox_can_be_made():
    """Where these tests run, everything that they need is found, and nothing is to be done."""
    findings = doctor.examine()
    assert [f.what for f in findings if f.ok is False] == []
    assert findings[0].what == "sandbox"
    assert "made and left again" in findings[0].found
    assert doctor.possible(findings)
    assert doctor.report(findings).endswith("\nGrading is possible here.")


def test_what_varies_timings_is_told_but_is_no_obstacle():
    """Cores, load and the like are for information, on a machine of any kind."""
    findings = {f.what: f for f in doctor.examine()}
    for name in ("memory", "cores", "load", "governor", "swap", "CPU", "huge pages"):
        assert findings[name].ok is None
    assert re.match(r"[1-9]\d* to run on", findings["cores"].found)
    assert re.search(r"\d\.\d% of its time", findings["CPU"].found)
    assert re.match(r"[\d.]+ GiB; a submission may use up to [\d.]+ GiB", findings["memory"].found)


def test_a_success_is_remembered(bwrap, monkeypatch):
    """A batch of gradings tries the sandbox once, not once a submission."""
    doctor.require_sandbox.cache_clear()
    doctor.require_sandbox()
    monkeypatch.setattr(sandbox, "bwrap", lambda: "/nowhere")
    doctor.require_sandbox()
    bwrap("exit 1")
    for _ in range(2):  # a failure is not: its cause may be gone
        with pytest.raises(SandboxError):
            doctor.require_sandbox()


@pytest.mark.parametrize(
    ("script", "told"),
    [
        (None, "sandbox: cannot be started: [Errno 2] No such file or directory"),
        (None, "bubblewrap: cannot be run: [Errno 2] No such file or directory"),
        (None, "sudo apt-get install bubblewrap"),
        ("echo 'bwrap: it is broken' >&2; exit 1", "sandbox: bwrap: it is broken"),
        ("echo 'bwrap: it is broken' >&2; exit 1", "does not work: bwrap: it is broken"),
        ("exit 3", "sandbox: ended with status 3 and no word"),
        ("echo bubblewrap 0.4.1; exit 1", "is older than 0.5"),
        ("echo bubblewrap 0.4.1; exit 1", "remove it, and the newer one that pip installed"),
        ("echo bubblewrap 0.11.0; exit 1", "sandbox: ended with status 1 and no word"),
    ],
)
def test_a_bubblewrap_that_does_not_work_is_named(bwrap, script, told):
    """One that is missing, broken or too old is told apart, by the refusal and by the report."""
    path = bwrap(script)
    with pytest.raises(SandboxError) as caught:
        doctor.require_sandbox()
    assert told in str(caught.value)
    findings = doctor.examine()
    assert told in doctor.report(findings)
    assert str(path) in str(caught.value) or "0.11" in str(script)
    assert not doctor.possible(findings)


def test_a_failure_without_a_known_cause_says_that(bwrap):
    """Nobody is sent looking for a cause that was not found."""
    bwrap("echo bubblewrap 0.11.0; echo 'bwrap: something new' >&2; exit 1")
    report = doctor.report(doctor.examine())
    assert "NO  sandbox: bwrap: something new" in report
    assert "none of the usual causes was found" in report
    assert report.count("NO  ") == 1


def test_every_refusal_ends_with_the_way_round(bwrap):
    """Who cannot have a sandbox reads how to grade without one, and what that costs."""
    bwrap(None)
    with pytest.raises(SandboxError) as caught:
        doctor.require_sandbox()
    text = str(caught.value)
    assert text.startswith("nothing is graded, because candidates' code cannot be confined here.\n")
    last = text.splitlines()[-1]
    assert "--unsafe-no-sandbox" in last
    assert "--Grade.unsafe_no_sandbox=True" in last
    assert "Every result is marked so" in last
    assert doctor.report(doctor.examine()).splitlines()[-1] == last


def test_a_filter_of_system_calls_is_named():
    """In a container that forbids namespaces, the filter is named and how to start it without."""
    said = words(before=FILTER)
    assert "user namespaces: refused:" in said
    assert "a filter of system calls" in said


def test_the_remedy_is_the_containers_own():
    """A pod is mended in its spec and not on a command line."""
    said = words("env", "KUBERNETES_SERVICE_HOST=10.0.0.1", before=FILTER)
    assert "container: Kubernetes, with a filter of system calls" in said
    assert "hostUsers: false" in said
    assert "docker run" not in said


@namespaced
def test_hidden_parts_of_proc_are_named():
    """A container engine that covers parts of /proc makes a fresh one impossible."""
    cover = 'mount -t tmpfs none /proc/fs && exec "$@"'
    said = words(*ROOT, "sh", "-c", cover, "sh", *ORDINARY)
    assert "Can't mount proc" in said
    assert "hidden parts of /proc (/proc/fs" in said


@namespaced
def test_user_namespaces_that_are_switched_off_are_named():
    """The setting is named, and the line that changes it."""
    switch_off = 'echo 0 > /proc/sys/user/max_user_namespaces && exec "$@"'
    said = words(*ROOT, "sh", "-c", switch_off, "sh")
    assert "user namespaces: refused: " in said
    assert "No space left on device" in said
    assert "user.max_user_namespaces is 0: sudo sysctl -w user.max_user_namespaces=15000" in said


@namespaced
def test_a_root_without_rights_is_told_to_be_an_ordinary_user():
    """Root of a plain container lacks the rights that the sandbox takes; others need none."""
    said = words(*ROOT, "setpriv", "--bounding-set=-sys_admin,-net_admin")
    assert "account: root without CAP_SYS_ADMIN, CAP_NET_ADMIN" in said
    assert "grade as an ordinary user, who needs no rights" in said


@namespaced
def test_a_root_without_other_accounts_is_told_so():
    """A user namespace with nobody but root in it has no account to run a kernel as."""
    said = words(*ROOT)
    assert "account: root of a user namespace without an account 65534" in said


@namespaced
def test_libraries_that_are_closed_to_others_are_named(tmp_path):
    """As root, what pip installed under a strict umask cannot be read by a kernel."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    cover = 'mount --bind "$1" "$2" && shift 2 && exec "$@"'
    package = str(Path(find_spec("nbgrader").origin).parent)
    said = words(*ROOT, "sh", "-c", cover, "sh", str(closed), package)
    assert f"{package} is closed to the account of a kernel" in said
    assert "sudo chmod -R o+rX" in said


@namespaced
@pytest.mark.parametrize("variable", ["PWD", "HOME"])
def test_a_repository_or_home_in_sight_of_candidates_is_refused(tmp_path, variable):
    """All of /usr is seen inside, so nothing that is secret may lie there."""
    (tmp_path / "solutions").mkdir()
    (tmp_path / "pyproject.toml").touch()
    place = {"PWD": "cd /usr/src", "HOME": "cd / && export HOME=/usr/src"}[variable]
    cover = f'mount --bind "$1" /usr/src && shift && {place} && exec "$@"'
    said = words(*ROOT, "sh", "-c", cover, "sh", str(tmp_path))
    name = {"PWD": "repository", "HOME": "home folder"}[variable]
    assert f"the {name}, /usr/src, lies in /usr, which candidates' code can read" in said


@namespaced
def test_ubuntus_restriction_is_named_with_a_profile_that_lifts_it():
    """Where AppArmor lets only known programs make namespaces, ours is made known to it."""
    setting = "apparmor_restrict_unprivileged_userns"
    kernel = "/proc/sys/kernel"
    cover = f'mount -t tmpfs none {kernel} && echo 1 > {kernel}/{setting} && exec "$@"'
    said = words(*ROOT, "sh", "-c", cover, "sh")
    assert f"AppArmor: kernel.{setting} is 1" in said
    assert f"profile autograde-bwrap {sandbox.bwrap()} flags=(unconfined) {{ userns, }}" in said
    assert f"sudo sysctl -w kernel.{setting}=0" in said


@namespaced
def test_limits_of_a_container_are_told():
    """A quota of CPU time varies timings, and memory bounds how many gradings fit at a time."""
    cover = (
        "mount -t tmpfs none /sys/fs/cgroup && cd /sys/fs/cgroup && mkdir cpu memory && "
        "echo 150000 100000 | tee cpu.max > cpu/cpu.max && "
        'echo 1073741824 | tee memory.max > memory/memory.max && cd / && exec "$@"'
    )
    program = "from autograde import doctor; print(doctor.report(doctor.examine()))"
    said = printed(*ROOT, "sh", "-c", cover, "sh", program=program)
    assert "to run on, with a quota of 1.5" in said
    assert "memory: 1.0 GiB; a submission may use up to 2.0 GiB --workers 1, so that" in said


def test_a_machine_of_another_kind_is_named(monkeypatch):
    """Where the numbers of system calls are not known there is no filter, hence no grading."""
    monkeypatch.setattr(namespaces, "_MACHINES", {"riscv": 0})
    (finding,) = (f for f in doctor.examine() if f.ok is False)
    assert finding.what == "system"
    assert finding.remedy == "grade on a machine with riscv"
