# about: Connects to the abstract Unix sockets of the host, for which no file stands.
# prints: tried

# %% double
import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox")

names = {"@/tmp/dbus-attack", "@/tmp/.X11-unix/X0", "@/containerd-shim/moby.sock"}
for path in ("/proc/net/unix", "/proc/1/net/unix", "/proc/self/net/unix"):
    try:
        with open(path) as file:
            names |= {line.split()[-1] for line in file if line.split()[-1].startswith("@")}
    except OSError as error:
        print(path, type(error))
for name in names:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
        with socket.socket(socket.AF_UNIX, kind) as near:
            near.settimeout(0.5)
            try:
                near.connect("\0" + name[1:])
                print("__WON__", name)
            except OSError as error:
                print(name, error)
print("tried")


def double(x):
    return 0
