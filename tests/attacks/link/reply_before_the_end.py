# about: Replies to the request before it has done anything, and again afterwards.
# prelude: messages
# prints: armed
# limits: {cell_seconds: 1}

# %% before
content = {"status": "ok", "autograde_reset": False}
ident = kernel._parent_ident.get("shell")
for _ in range(3):
    session.send(kernel.shell_stream, "execute_reply", content, kernel.get_parent(), ident=ident)
    session.send(kernel.shell_stream, "judge_reply", content, kernel.get_parent(), ident=ident)
