# about: Cells hold what files and messages cannot, such as lone surrogates and noughts.

# %% notebook
own = {"cell_type": "code", "outputs": [], "execution_count": None, "metadata": {}}
texts = ["'\ud800'", "'\x00'", "#" * 900_000, "x = " + "(" * 5000, "\u202e\u2066 = 1", "\r\f\v"]
for text in texts:
    notebook["cells"].insert(0, {**own, "source": text})
notebook["cells"].insert(0, {**own, "source": ["a = 1\n", 7]})
notebook["metadata"]["\ud800"] = "\ud800"
