"""What is stored of a candidate's output: little, and harmless, whatever the messages hold."""

import base64
import json
import time

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograde.outputs import Outputs, clean_html, clean_text

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 30).decode()
JPEG = base64.b64encode(b"\xff\xd8\xff" + b"0" * 30).decode()


def stream(text, name="stdout"):
    """The content of a stream message."""
    return {"name": name, "text": text}


def shown(outputs):
    """All text of the collected outputs."""
    return "".join(o.get("text", "") for o in outputs.collected())


def valid(outputs):
    """The outputs, after nbformat has found them to be a cell's."""
    cell = nbformat.v4.new_code_cell("", outputs=outputs.collected())
    nbformat.validate(nbformat.v4.new_notebook(cells=[cell]))
    assert json.dumps(cell).encode()
    return cell.outputs


def test_both_streams_and_errors_are_kept_in_order():
    """Adjacent pieces of one stream join, a traceback is text on stderr."""
    outputs = Outputs(10_000)
    outputs.add("stream", stream("a"))
    outputs.add("stream", stream("b"))
    outputs.add("stream", stream("c", "stderr"))
    outputs.add("error", {"ename": "E", "evalue": "v", "traceback": ["\x1b[31mline\x1b[0m"]})
    outputs.add("error", {"ename": "E", "evalue": "v", "traceback": []})
    assert [(o.name, o.text) for o in valid(outputs)] == [
        ("stdout", "ab"),
        ("stderr", "cline\nE: v\n"),
    ]


def test_too_much_text_keeps_both_ends():
    """The first and last of it, with the number of characters left out between."""
    outputs = Outputs(1000)
    for number in range(5000):
        outputs.add("stream", stream(f"{number}\n"))
    text = shown(outputs)
    assert text.startswith("0\n1\n")
    assert text.endswith("4998\n4999\n")
    assert "left out" in text
    assert len(text) < 1200


def test_one_enormous_message_keeps_both_ends_and_takes_no_time():
    """50 MB in one piece."""
    outputs = Outputs(1000)
    begun = time.process_time()
    outputs.add("stream", stream("BEGIN" + "x" * 50_000_000 + "END"))
    assert time.process_time() - begun < 1
    text = shown(outputs)
    assert text.startswith("BEGIN")
    assert text.endswith("END")
    assert "49,99" in text
    assert len(text) < 1200


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("display_data", {"data": {"text/plain": ""}}),
        ("display_data", {"data": {"text/plain": "x"}}),
        ("display_data", {"data": {"text/html": ""}}),
        ("stream", stream("x")),
        ("execute_result", {"data": {"text/plain": "1"}}),
    ],
)
def test_many_small_outputs_are_bounded_too(kind, content):
    """What an output costs in the file counts, not only the characters in it."""
    outputs = Outputs(10_000)
    for number in range(3000):
        outputs.add(kind, content)
        outputs.add("stream", stream("y", "stderr" if number % 2 else "stdout"))
    assert len(json.dumps(outputs.collected())) < 30_000


@pytest.mark.parametrize("unit", ["<div>", "<b><p>", "<table><tr><td>", "<", "&", "<!--"])
def test_markup_made_to_be_slow_is_not_sanitised(unit):
    """Nesting a million deep would keep the sanitiser busy for an hour."""
    outputs = Outputs(40_000)
    begun = time.process_time()
    for _ in range(20):
        outputs.add("display_data", {"data": {"text/html": unit * 1_000_000}})
        outputs.add("display_data", {"data": {"text/html": unit * (15_000 // len(unit))}})
    assert time.process_time() - begun < 3
    assert len(json.dumps(valid(outputs))) < 200_000


def test_clearing_gives_the_room_back():
    """A progress bar that clears its output a thousand times does not use up what is allowed."""
    outputs = Outputs(1000)
    for number in range(1000):
        outputs.clear()
        outputs.add("stream", stream(f"step {number}"))
    assert shown(outputs) == "step 999"


def test_a_note_of_ours_is_kept_whatever_was_printed():
    """Even when all the room was used."""
    outputs = Outputs(100)
    outputs.add("stream", stream("x" * 10_000))
    outputs.note("interrupted after 3 s")
    assert "[interrupted after 3 s]" in shown(outputs)


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07x", "x"),
        ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("a\rb\r\nc", "a\nb\nc"),
        ("\x00\x07\x08\x7f\x9b31m", "31m"),
        ("\u202eabc\u2066", "abc"),
        ("\ud800", "?"),
        ("한국어\tok\n", "한국어\tok\n"),
        ("\x1b[31", "31"),
    ],
)
def test_text_is_only_text(text, clean):
    """Escapes, control characters, direction overrides and lone surrogates are gone."""
    found = clean_text(text)
    assert found.isprintable() or set(found) & set("\n\t")
    assert "\x1b" not in found
    assert found.replace("[", "") == clean


BAD_MARKUP = [
    "<script>alert(1)</script>",
    "<style>@import 'http://evil'</style>",
    "<img src=x onerror=alert(1)>",
    "<td onclick='alert(1)'>x</td>",
    "<a href='javascript:alert(1)'>x</a>",
    "<a href='http://evil'>x</a>",
    "<svg onload=alert(1)><script>1</script></svg>",
    "<math><mi xlink:href='javascript:1'></mi></math>",
    "<iframe src='http://evil'></iframe>",
    "<form action='http://evil'><input name=x></form>",
    "<div style='position:fixed;background:url(http://evil)'>x</div>",
    "<link rel=stylesheet href=http://evil>",
    "<meta http-equiv=refresh content='0;url=http://evil'>",
    "<object data='http://evil'></object><embed src='http://evil'>",
    "<base href='http://evil'>",
    "<!--[if IE]><script>1</script><![endif]-->",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<noscript><p title='</noscript><img src=x onerror=1>'>",
    "<p id='MathJax' class='jp-x' data-x='x'>x</p>",
]


@pytest.mark.parametrize("markup", BAD_MARKUP)
def test_markup_keeps_nothing_that_acts(markup):
    """No script, style, handler, address, form or name that the page's own code looks for."""
    for found in (clean_html(markup), clean_html(markup.upper()), clean_html(f"<td>{markup}</td>")):
        low = found.lower()
        for word in ("<script", "<style", "<svg", "<img", "<iframe", "<form", "<a", "<math", "<li"):
            assert word not in low
        tags = [part.partition(">")[0] for part in low.split("<")[1:]]
        assert all(set(tag) <= set("abcdefghijklmnopqrstuvwxyz/0123456") for tag in tags), tags


@given(st.text(alphabet=st.sampled_from("<>/='\" abonclickscriptstyle!-&;:#\x00\x1b"), max_size=80))
def test_sanitising_arbitrary_markup_leaves_only_bare_tags(markup):
    """Fuzzed: every tag that is left is a known name and nothing else."""
    for part in clean_html(markup).split("<")[1:]:
        name = part.partition(">")[0].strip("/")
        assert name.isalnum() or ("span=" in name)


def test_a_table_of_pandas_stays_a_table():
    """Rows, cells and spans survive."""
    markup = "<table border='1'><tr><th colspan='2'>a</th></tr><tr><td>1</td></tr></table>"
    found = clean_html(markup)
    assert "<table>" in found
    assert '<th colspan="2">a</th>' in found
    assert "<td>1</td>" in found


def test_only_real_pictures_are_kept():
    """PNG and JPEG by their first bytes; no SVG, no widget, no HTML with a picture's name."""
    outputs = Outputs(100_000)
    for data in (
        {"image/png": PNG + "\n"},
        {"image/jpeg": JPEG},
        {"image/png": base64.b64encode(b"<svg/>").decode()},
        {"image/png": "not base64!"},
        {"image/png": PNG + "é"},
        {"image/png": "A" * 3_000_000},
        {"image/svg+xml": "<svg onload='alert(1)'/>"},
        {"application/javascript": "alert(1)"},
        {"application/vnd.jupyter.widget-view+json": {"model_id": "x"}},
        {"text/latex": "$x$", "text/markdown": "<b>"},
    ):
        outputs.add("display_data", {"data": data})
    kept = [dict(o.data) for o in valid(outputs) if o.output_type == "display_data"]
    assert kept == [{"image/png": PNG}, {"image/jpeg": JPEG}]


def test_a_result_is_never_stored_as_one():
    """nbgrader reads an execute_result as a score; the candidate's becomes a display."""
    outputs = Outputs(1000)
    outputs.add("execute_result", {"data": {"text/plain": "10.0"}, "execution_count": 1})
    (output,) = valid(outputs)
    assert output.output_type == "display_data"


MALFORMED = [
    ("stream", {}),
    ("stream", {"name": None, "text": None}),
    ("stream", {"name": ["stdout"], "text": {"a": [1]}}),
    ("display_data", {"data": None}),
    ("display_data", {"data": ["text/plain"]}),
    ("display_data", {"data": {"text/plain": ["a"], "text/html": 3, "image/png": None}}),
    ("execute_result", {}),
    ("error", {"traceback": 3}),
    ("error", {"traceback": None}),
    ("error", {"traceback": [None, {}, "\ud800"]}),
    ("no such kind", {"data": {"text/plain": "x"}}),
    ("", {}),
]


@pytest.mark.parametrize(("kind", "content"), MALFORMED)
def test_a_malformed_message_is_no_failure(kind, content):
    """It is dropped or shown as text, and what comes after it is kept."""
    outputs = Outputs(1000)
    outputs.add(kind, content)
    outputs.add("stream", stream("after"))
    valid(outputs)
    assert shown(outputs).endswith("after")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children),
    max_leaves=8,
)
KEYS = st.sampled_from(["name", "text", "data", "traceback", "ename", "evalue", "metadata"])
MIMES = st.sampled_from(["text/plain", "text/html", "image/png", "image/jpeg", "x/y"])
CONTENT = st.dictionaries(KEYS, JSON | st.dictionaries(MIMES, JSON, max_size=3), max_size=6)
KINDS = st.sampled_from(["stream", "error", "display_data", "execute_result", "update_display"])


@given(st.lists(st.tuples(KINDS, CONTENT), max_size=6))
def test_arbitrary_messages_give_valid_outputs(messages):
    """Fuzzed: no exception, a valid cell, and never beyond the limit."""
    outputs = Outputs(500)
    for kind, content in messages:
        outputs.add(kind, content)
    valid(outputs)
    assert len(shown(outputs)) < 700
