"""What a cell printed and drew, made small and safe to store.

Owns the byte limit on output and the sanitising of what is kept. Everything that comes from the
candidate's kernel passes through here before it is stored; nothing else turns kernel messages
into notebook outputs.
"""

import base64
import binascii
import re
from typing import Any

import nbformat
import nh3
from nbformat import NotebookNode

#: Markup that pandas and friends write for tables. No style, script, link, form or frame.
_TAGS = {
    *("table", "thead", "tbody", "tfoot", "tr", "th", "td", "caption", "col", "colgroup"),
    *("div", "span", "p", "br", "hr", "pre", "code", "b", "i", "em", "strong", "sub", "sup"),
    *("ul", "ol", "li", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6"),
}
_ATTRIBUTES = {"td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}}
_IMAGES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
_KINDS = ("text/plain", "text/html", *_IMAGES)
_IMAGE_BYTES = 2_000_000
#: Bytes that an output takes in a notebook whatever is in it.
_OVERHEAD = 100
_ESCAPE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b.")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """A line for a terminal or a list, with a mark for each character that would move a cursor."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)


def clean_text(text: str) -> str:
    """Text without terminal escapes, control characters and direction overrides."""
    text = _ESCAPE.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", text).encode("utf-8", "replace").decode("utf-8")


def clean_html(markup: str) -> str:
    """Markup with only the tags and attributes that tables and plain text need."""
    return nh3.clean(
        clean_text(markup),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        clean_content_tags={"script", "style"},
        url_schemes=set(),
    )


class Outputs:
    """Collects one cell's output messages up to a number of bytes.

    The first half of the budget keeps what came first, the second half what came last (of the
    text), with a note of how much was left out between them.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._room = limit // 2
        self._tail_size = limit - self._room
        self._head: list[NotebookNode] = []
        self._tail = ""
        self._dropped = 0

    def add(self, kind: str, content: dict[str, Any]) -> None:
        """Take one iopub message; a malformed one is dropped."""
        try:
            self._add(kind, content)
        # Deep nesting, a name that is a list, a surrogate: a list of kinds would not be complete.
        except Exception:
            return

    def _add(self, kind: str, content: dict[str, Any]) -> None:
        match kind:
            case "stream":
                self._text(
                    str(content["text"]), "stderr" if content["name"] == "stderr" else "stdout"
                )
            case "error":
                lines = content["traceback"] or [f"{content['ename']}: {content['evalue']}"]
                self._text("\n".join(str(line) for line in lines) + "\n", "stderr")
            case "display_data" | "execute_result":
                data = content["data"]
                size = _OVERHEAD + sum(len(data[k]) for k in _KINDS if isinstance(data.get(k), str))
                # Before it is sanitised: that takes time quadratic in the depth of the markup.
                if size > self._room:
                    self._dropped += size
                    return
                data = _clean_data(data)
                if data:
                    self._room -= size
                    # Always display_data: an execute_result is what nbgrader reads as a score.
                    self._head.append(nbformat.v4.new_output("display_data", data=data))

    def _text(self, text: str, name: str) -> None:
        # Of a very long text only the two ends can matter; the rest is not worth cleaning.
        spare = len(text) - 4 * self._limit
        if spare > 0:
            text = text[: 2 * self._limit] + text[-2 * self._limit :]
            self._dropped += spare
        text = clean_text(text)
        head, rest = text[: self._room], text[self._room :]
        if head:
            self._room -= len(head)
            last = self._head[-1] if self._head else None
            if last is not None and last.output_type == "stream" and last.name == name:
                last.text += head
            else:
                self._room = max(0, self._room - _OVERHEAD)
                self._head.append(nbformat.v4.new_output("stream", name=name, text=head))
        if rest:
            self._room = 0
            kept = (self._tail + rest)[-self._tail_size :]
            self._dropped += len(self._tail) + len(rest) - len(kept)
            self._tail = kept

    def note(self, text: str) -> None:
        """Append a sentence of ours, whatever the budget."""
        self._tail += f"\n[{text}]\n"

    def clear(self) -> None:
        """Forget what came so far, as ``clear_output`` asks; the room is all there again."""
        self._room = self._limit // 2
        self._head, self._tail, self._dropped = [], "", 0

    def collected(self) -> list[NotebookNode]:
        """The outputs as notebook nodes."""
        outputs = list(self._head)
        if self._dropped:
            note = f"\n[... {self._dropped:,} characters of output left out ...]\n"
            outputs.append(nbformat.v4.new_output("stream", name="stdout", text=note + self._tail))
        elif self._tail:
            outputs.append(nbformat.v4.new_output("stream", name="stdout", text=self._tail))
        return outputs


def _clean_data(data: dict[str, Any]) -> dict[str, str]:
    kept: dict[str, str] = {}
    if isinstance(data.get("text/plain"), str):
        kept["text/plain"] = clean_text(data["text/plain"])
    if isinstance(data.get("text/html"), str):
        kept["text/html"] = clean_html(data["text/html"])
    for kind, magic in _IMAGES.items():
        picture = data.get(kind)
        if isinstance(picture, str) and len(picture) <= _IMAGE_BYTES:
            try:
                raw = base64.b64decode("".join(picture.split()), validate=True)
            except (binascii.Error, ValueError):
                continue
            if raw.startswith(magic):
                kept[kind] = base64.b64encode(raw).decode()
    return kept
