# about: The notebook names another kernel, with a command and variables of its own.

# %% notebook
notebook["metadata"]["kernelspec"] = {
    "name": "../../../tmp/evil",
    "display_name": "<script>alert(1)</script>",
    "language": "bash",
    "argv": ["sh", "-c", "touch __COURSE__/evil; exec true", "{connection_file}"],
    "env": {"PYTHONSTARTUP": "__COURSE__/evil.py"},
    "metadata": {"kernel_provisioner": {"provisioner_name": "local-provisioner"}},
}
notebook["metadata"]["language_info"] = {"name": "bash", "file_extension": ".sh"}
