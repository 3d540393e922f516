# about: A server thread on 127.0.0.1 answers a client of the same notebook, by HTTP and by TCP.

# %% before
import http.server
import json
import socket
import threading
import urllib.request


class Doubler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        number = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(2 * number).encode())

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Doubler)
threading.Thread(target=server.serve_forever, daemon=True).start()
address = f"http://127.0.0.1:{server.server_port}/"

# %% double
def double(x):
    if not isinstance(x, int):
        return 2 * x
    with urllib.request.urlopen(address, json.dumps(x).encode(), timeout=10) as reply:
        return json.loads(reply.read())

# %% triple
def triple(x):
    with socket.create_server(("localhost", 0)) as listener:
        with socket.create_connection(listener.getsockname(), timeout=10) as client:
            accepted, _ = listener.accept()
            with accepted:
                accepted.sendall(bytes(3 * x))
            return len(client.recv(1000))
