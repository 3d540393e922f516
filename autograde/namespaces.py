"""Linux's own means of confining a process, as plain functions.

Owns the system calls: namespaces, mounts, capabilities and the filter of further system calls.
Owns no policy: which of them a kernel gets is :mod:`autograde.warden`'s. Numbers and structures are
those of the kernel's user-space headers; Python 3.11 offers none of these calls.
"""

import ctypes
import fcntl
import os
import platform
import socket
import struct
from errno import EAFNOSUPPORT, ENOSYS
from pathlib import Path

_libc = ctypes.CDLL(None, use_errno=True)

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_BIND, MS_REC, MS_SLAVE = 4096, 16384, 1 << 19
MNT_DETACH = 2
CLONE_NEWNS, CLONE_NEWCGROUP, CLONE_NEWUTS = 0x00020000, 0x02000000, 0x04000000
CLONE_NEWIPC, CLONE_NEWUSER, CLONE_NEWPID = 0x08000000, 0x10000000, 0x20000000
CLONE_NEWNET = 0x40000000
#: Every kind of namespace but that of users, which must come first or last.
CLONE_NEWALL = (
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET
)
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_SECCOMP = 1, 4, 22
_PR_SET_CHILD_SUBREAPER, _PR_SET_NO_NEW_PRIVS = 36, 38


def _call(name: str, *arguments: object) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        words = ", ".join(str(a) for a in arguments[:3])
        raise OSError(number, f"{os.strerror(number)}: {name}({words})")


def _prctl(option: int, value: int) -> None:
    _call("prctl", option, value, 0, 0, 0)


def unshare(flags: int) -> None:
    """Leave the namespaces of these kinds for new ones; of processes, the next child does."""
    _call("unshare", flags)


def own_users(uid: int, gid: int) -> None:
    """Enter a new user namespace in which nobody but this user and group exists."""
    # /proc/self/uid_map belongs to root while the process may not be dumped.
    dumpable(True)
    unshare(CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid} {gid} 1")
    dumpable(False)


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    """``mount(2)``; an empty ``kind`` or ``data`` is none."""
    _call(
        "mount",
        source.encode(),
        target.encode(),
        kind.encode() or None,
        flags,
        data.encode() or None,
    )


def unmount(target: str) -> None:
    """Take a mount away at once, also one in use."""
    _call("umount2", target.encode(), MNT_DETACH)


def loopback_up() -> None:
    """Switch on the loopback interface of a new network namespace."""
    request = struct.pack("16sh14x", b"lo", 0x1 | 0x40)  # IFF_UP | IFF_RUNNING
    with socket.socket() as sock:
        fcntl.ioctl(sock, 0x8914, request)  # SIOCSIFFLAGS


def dumpable(allowed: bool) -> None:
    """Whether processes of the same user may read this one's memory and trace it."""
    _prctl(_PR_SET_DUMPABLE, int(allowed))


def end_with_parent(parent: int) -> None:
    """Be killed when the parent ends; the caller says who that is, should it be gone already."""
    _prctl(_PR_SET_PDEATHSIG, 9)
    if os.getppid() not in (parent, 0):  # 0: it is outside this process namespace
        os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent ends."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def drop_capabilities() -> None:
    """Give up every capability, and the way back through set-user-id programs."""
    header = struct.pack("Ii", 0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this process
    _call("capset", header, bytes(24))
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


#: Machines whose calls are known: what the kernel calls them, in the order of the numbers below.
_MACHINES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
#: Calls that no notebook needs: other namespaces and mounts, other processes' memory, kernel
#: interfaces known for their bugs, and memory that no limit sees. clone3 is among them because a
#: filter cannot see its flags; the C library falls back to clone.
_REFUSED = {
    "unshare": (272, 97),
    "setns": (308, 268),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "kcmp": (312, 272),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "keyctl": (250, 219),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "shmget": (29, 194),
    "semget": (64, 190),
    "msgget": (68, 186),
    "memfd_create": (319, 279),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "syslog": (103, 116),
    "swapon": (167, 224),
    "quotactl": (179, 60),
    "acct": (163, 89),
    "fanotify_init": (300, 262),
    "clone3": (435, 435),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "memfd_secret": (447, 447),
}
_SOCKET, _CLONE, _SETSOCKOPT = (41, 198), (56, 220), (54, 208)
#: Unix, IPv4, IPv6, and netlink, by which a process lists its interfaces. Among the rest is vsock,
#: which no network namespace confines.
_FAMILIES = (1, 2, 10, 16)


def filter_calls() -> None:
    """Refuse the system calls that no notebook needs, for this process and all it will start.

    Raises
    ------
    OSError
        On a machine whose calls this module does not know.
    """
    machine = platform.machine()
    if machine not in _MACHINES:
        raise OSError(ENOSYS, f"no filter of system calls for {machine}")
    program = b"".join(struct.pack("HBBI", *line) for line in _filter(machine))
    lines = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(lines))
    _call("prctl", _PR_SET_SECCOMP, 2, head, 0, 0)  # SECCOMP_MODE_FILTER


def _filter(machine: str) -> list[tuple[int, int, int, int]]:
    """The filter as classic BPF: (operation, jump if true, jump if false, operand) a line."""
    load, equal, at_least, any_bit, give = 0x20, 0x15, 0x35, 0x45, 0x06
    allow, kill, refuse = 0x7FFF0000, 0x80000000, 0x00050000
    number, architecture = 0, 4
    first_argument, second_argument, third_argument = 16, 24, 32
    column = list(_MACHINES).index(machine)
    lines = [
        (load, 0, 0, architecture),
        (equal, 1, 0, _MACHINES[machine]),
        (give, 0, 0, kill),  # 32-bit calls have other numbers
        (load, 0, 0, number),
        (at_least, 0, 1, 0x40000000),  # x32, likewise
        (give, 0, 0, refuse | ENOSYS),
    ]
    for refused in _REFUSED.values():
        lines += [(equal, 0, 1, refused[column]), (give, 0, 0, refuse | ENOSYS)]
    lines += [
        (equal, 0, 3, _CLONE[column]),
        (load, 0, 0, first_argument),
        (any_bit, 0, 1, CLONE_NEWALL | CLONE_NEWUSER),
        (give, 0, 0, refuse | ENOSYS),
        (load, 0, 0, number),
        (equal, 0, len(_FAMILIES) + 2, _SOCKET[column]),
        (load, 0, 0, first_argument),
    ]
    for place, family in enumerate(_FAMILIES):
        lines.append((equal, len(_FAMILIES) - place, 0, family))
    lines += [
        (give, 0, 0, refuse | EAFNOSUPPORT),
        # Sizes of buffers are advice that the kernel may leave: memory there is nobody's.
        (equal, 0, 6, _SETSOCKOPT[column]),
        (load, 0, 0, second_argument),
        (equal, 0, 4, socket.SOL_SOCKET),
        (load, 0, 0, third_argument),
        (equal, 1, 0, socket.SO_SNDBUF),
        (equal, 0, 1, socket.SO_RCVBUF),
        (give, 0, 0, refuse),
        (give, 0, 0, allow),
    ]
    return lines
