"""The filter of system calls: what it refuses, what it lets pass, and that its numbers are right.

Each test installs it in a process of its own, for a process cannot be rid of it.
"""

import errno
import json
import platform
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from autograde import namespaces

pytestmark = pytest.mark.skipif(
    platform.machine() not in namespaces._MACHINES, reason="no filter for this machine"
)
COLUMN = list(namespaces._MACHINES).index(platform.machine())
#: Where each machine's numbers of system calls are in the kernel's own headers.
HEADERS = {
    "x86_64": ("/usr/include/x86_64-linux-gnu/asm/unistd_64.h", "/usr/include/asm/unistd_64.h"),
    "aarch64": ("/usr/include/asm-generic/unistd.h",),
}
BEGINNING = """
import ctypes, json, os, signal, socket, subprocess, threading
from autograde import namespaces

libc = ctypes.CDLL(None, use_errno=True)


def call(number, *arguments):
    "The error of a system call, 0 if there is none; what is not given is 0."
    ctypes.set_errno(0)
    given = [ctypes.c_long(a) for a in (*arguments, 0, 0, 0, 0, 0, 0)[:6]]
    result = libc.syscall(ctypes.c_long(number), *given)
    return ctypes.get_errno() if result == -1 else 0


def ended(function):
    "How a forked child ends that calls this."
    child = os.fork()
    if child == 0:
        function()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


namespaces.drop_capabilities()
"""
FILTERED = BEGINNING + "namespaces.filter_calls()\n"


def told(program, beginning=FILTERED):
    """What a filtered process prints, as JSON."""
    line = [sys.executable, "-c", beginning + program]
    return json.loads(subprocess.run(line, stdout=subprocess.PIPE, check=True).stdout)


@pytest.mark.parametrize("machine", HEADERS)
def test_the_numbers_are_the_kernels(machine):
    """A wrong number would refuse another call and let the one that is meant pass."""
    header = next((Path(path) for path in HEADERS[machine] if Path(path).exists()), None)
    if header is None:
        # Debian has those of other machines in packages that nothing here installs.
        pytest.skip("the kernel's headers are not installed")
    found = re.findall(r"^#define __NR(?:3264)?_(\w+)\s+(\d+)", header.read_text(), re.MULTILINE)
    known = {name: int(number) for name, number in found}
    column = list(namespaces._MACHINES).index(machine)
    ours = {name: numbers[column] for name, numbers in namespaces._REFUSED.items()}
    ours |= {"socket": namespaces._SOCKET[column], "clone": namespaces._CLONE[column]}
    newer = set(ours) - set(known)
    assert newer <= {"memfd_secret", "mount_setattr"}  # headers older than these are in use
    assert {name: known[name] for name in set(ours) - newer} == {
        name: number for name, number in ours.items() if name not in newer
    }


def test_every_call_on_the_list_is_refused():
    """Each answers as on a kernel that does not have it."""
    numbers = {name: numbers[COLUMN] for name, numbers in namespaces._REFUSED.items()}
    errors = told(f"print(json.dumps({{n: call(i) for n, i in {numbers}.items()}}))")
    assert errors == dict.fromkeys(namespaces._REFUSED, errno.ENOSYS)


def test_nothing_that_is_not_on_the_list_is_refused():
    """Calls of every day work, and an unknown one fails as it always does."""
    errors = told(
        "print(json.dumps([os.getpid() > 0, os.listdir('/') != [], os.cpu_count() > 0,"
        "subprocess.run(['/bin/echo', 'x'], capture_output=True).stdout.decode()]))"
    )
    assert errors == [True, True, True, "x\n"]


@pytest.mark.parametrize(
    "flag", [name for name in dir(namespaces) if name.startswith("CLONE_NEW") and name[9:] != "ALL"]
)
def test_no_namespace_comes_by_way_of_clone(flag):
    """``clone`` serves threads and forks, and nothing else."""
    number = namespaces._CLONE[COLUMN]
    value = getattr(namespaces, flag) | signal.SIGCHLD
    program = f"""
before = os.getpid()
error = call({number}, {value})
if os.getpid() != before:
    os._exit(0)  # the child that should not be there
print(json.dumps(error))
"""
    assert told(program) == errno.ENOSYS


def test_forks_and_threads_work():
    """Threads, forks and forks of forks are an honest notebook's daily bread."""
    program = """
ran = []
threads = [threading.Thread(target=ran.append, args=(i,)) for i in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(json.dumps([sorted(ran), ended(lambda: os._exit(ended(lambda: os._exit(7))))]))
"""
    assert told(program) == [list(range(8)), 7]


@pytest.mark.parametrize("kind", ["SOCK_STREAM", "SOCK_DGRAM", "SOCK_SEQPACKET", "SOCK_RAW"])
def test_only_four_families_of_sockets_can_be_made(kind):
    """Unix, IPv4, IPv6 and netlink; vsock, the kernel's ciphers and the others are refused."""
    allowed = {socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK}
    assert set(namespaces._FAMILIES) == {family.value for family in allowed}
    program = f"""
errors = []
for family in range(64):
    try:
        socket.socket(family, socket.{kind}).close()
        errors.append(0)
    except OSError as error:
        errors.append(error.errno)
print(json.dumps(errors))
"""
    for family, error in enumerate(told(program)):
        if family in {f.value for f in allowed}:
            # Which kinds each has, and that raw ones take rights, is the kernel's own business.
            assert error != errno.EAFNOSUPPORT or family == socket.AF_INET6, family
        else:
            assert error == errno.EAFNOSUPPORT, family
    assert socket.AF_VSOCK not in allowed
    assert socket.AF_ALG not in allowed


def test_sockets_of_every_day_work():
    """Streams and datagrams, by Unix, IPv4 and netlink."""
    program = """
for family, kind in ((1, 1), (1, 2), (2, 1), (2, 2), (16, 3)):
    socket.socket(family, kind).close()
a, b = socket.socketpair()
a.send(b"hello")
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
print(json.dumps([b.recv(5).decode(), [name for _, name in socket.if_nameindex()] != []]))
"""
    assert told(program) == ["hello", True]


def test_the_filter_outlives_forks_and_new_programs():
    """There is no way back: not for a child, and not for a program that it starts."""
    number = namespaces._REFUSED["unshare"][COLUMN]
    program = f"""
inner = "import ctypes; libc = ctypes.CDLL(None, use_errno=True); " \\
        "print(libc.syscall({number}, 0), ctypes.get_errno())"
said = subprocess.run([{sys.executable!r}, "-c", inner], capture_output=True).stdout.decode()
print(json.dumps([ended(lambda: os._exit(call({number}))), said]))
"""
    assert told(program) == [errno.ENOSYS, f"-1 {errno.ENOSYS}\n"]


def test_numbers_of_the_other_tables_are_of_no_use():
    """x32, the same calls by other numbers, is refused as a whole."""
    if platform.machine() != "x86_64":
        # There is no second table of numbers to refuse, and so nothing to test.
        pytest.skip("only x86_64 has it")
    unshare = namespaces._REFUSED["unshare"][COLUMN]
    errors = told(f"print(json.dumps([call(0x40000000 + n) for n in ({unshare}, 39)]))")
    assert errors == [errno.ENOSYS, errno.ENOSYS]


def test_a_32_bit_call_is_the_end():
    """32-bit calls have other numbers, so who makes one is killed at once."""
    if platform.machine() != "x86_64":
        pytest.skip("written in this machine's code")
    program = """
import mmap
# mov eax, 20 (getpid, in 32 bits); int 0x80; ret
code = bytes.fromhex("b814000000cd80c3")


def call_in_32_bits():
    page = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    page.write(code)
    start = ctypes.addressof(ctypes.c_char.from_buffer(page))
    ctypes.CFUNCTYPE(ctypes.c_int)(start)()


print(json.dumps(ended(call_in_32_bits)))
"""
    if told(program, BEGINNING) != 0:
        pytest.skip("this kernel has no 32-bit calls")
    assert told(program) == -signal.SIGSYS


def test_no_capability_is_left_nor_comes_back():
    """After giving up, every set is empty and a set-user-id program is an ordinary one."""
    program = """
import re
text = open("/proc/self/status").read()
fields = dict(re.findall(r"^(Cap\\w+|NoNewPrivs):\\s*(\\w+)", text, re.MULTILINE))
print(json.dumps([int(fields[n], 16) for n in ("CapEff", "CapPrm", "CapInh", "CapAmb")]
                 + [fields["NoNewPrivs"]]))
"""
    assert told(program, BEGINNING) == [0, 0, 0, 0, "1"]
