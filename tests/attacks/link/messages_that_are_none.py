# about: Sends bytes that are not signed, not encoded and not even a message.
# prelude: messages
# prints: armed

# %% before
send = kernel.iopub_socket.send_multipart
send([b"x", b"<IDS|MSG>", b"", *[b"{}"] * 4])
send([b"\xff" * 100] * 3)
send([b""])
send([b"<IDS|MSG>"] * 1000)
send([b"x", b"<IDS|MSG>", b"\xff" * 64, b"[", b"\xff", b"7", b"null"])
