# about: Asks the grader in its kernel's name for input, pages, files and comms.
# prints: sent

# %% double
kernel = get_ipython().kernel
session, parent = kernel.session, kernel.get_parent()
for kind, content in {
    "input_request": {"prompt": "password: ", "password": True},
    "comm_open": {"comm_id": "1", "target_name": "jupyter.widget", "data": {"path": "/etc/shadow"}},
    "execute_input": {"code": "import hidden; print(hidden.SECRET)", "execution_count": 9},
    "update_display_data": {"data": {"text/plain": "x"}, "metadata": {}, "transient": {}},
    "execute_result": {"data": {"text/plain": "10.0"}, "metadata": {}, "execution_count": 9},
    "shutdown_reply": {"restart": True, "status": "ok"},
    "status": {"execution_state": "starting"},
}.items():
    session.send(kernel.iopub_socket, kind, content, parent=parent, ident=kind.encode())
for source in ("set_next_input", "page", "edit_magic", "ask_exit"):
    get_ipython().payload_manager.write_payload(
        {
            "source": source,
            "text": "%load __COURSE__/source/trial/hidden.py",
            "filename": "__COURSE__/gradebook.db",
            "data": {"text/plain": "{% include '__COURSE__/source/trial/hidden.py' %}"},
            "start": 0,
            "replace": True,
            "keepkernel": True,
        }
    )
print("sent")


def double(x):
    return 0
