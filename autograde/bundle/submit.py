"""Put what you have done into one file to hand in, and write a receipt. Python alone is needed.

    python submit.py

Save your notebooks first. The file and the receipt are made beside this program; earlier ones stay.
"""

import hashlib
import json
import sys
import time
import unicodedata
import zipfile
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from io import BytesIO
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
#: Files that nbgrader adds to what it sends.
ADDED = {"timestamp.txt", "submission_secret.txt"}
MOST_FILES, MOST_BYTES = 500, 50_000_000
UTC = timezone.utc  # noqa: UP017 (this program runs with Pythons that have no datetime.UTC)
KST = timezone(timedelta(hours=9))


def labs() -> dict[str, dict[str, Any]]:
    """What this folder has of each lab's assignment.json, by the lab's name."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(HERE.glob("*/assignment.json")):
        about = json.loads(path.read_text(encoding="utf-8-sig"))
        found.setdefault(about["lab"], []).append({**about, "folder": path.parent})
    chosen = {}
    for lab, folders in found.items():
        # Of several the one with the lab's name is meant, and the others are copies.
        meant, *others = sorted(folders, key=lambda about: about["folder"].name != about["lab"])
        chosen[lab] = {**meant, "copies": [other["folder"].name for other in others]}
    return chosen


def files_of(about: dict[str, Any]) -> dict[str, bytes]:
    """The files of a lab's folder that are handed in: name in the zip, and bytes."""
    found = {}
    for path in sorted(about["folder"].rglob("*")):
        parts = path.relative_to(about["folder"]).parts
        hidden = any(part == "__pycache__" or part.startswith(".") for part in parts)
        given = (parts[0] == "data" and len(parts) > 1) or parts[0] in ADDED
        if path.is_file() and not path.is_symlink() and not hidden and not given:
            name = "/".join((about["lab"], *parts))
            # macOS takes letters of Korean apart; here a name has one spelling.
            found[unicodedata.normalize("NFC", name)] = path.read_bytes()
    return found


def look(about: dict[str, Any]) -> tuple[str, list[str]]:
    """What is in a lab's notebook, in words; and what should be looked at before it is sent."""
    lab, stubs = about["lab"], about["stubs"]
    path = about["folder"] / f"{lab}.ipynb"
    others = sorted(x.name for x in about["folder"].glob("*.ipynb") if x != path)
    if not path.exists():
        there = f"; {', '.join(others)} is there: give it that name" if others else ""
        return f"{lab}: no notebook", [f"{lab}/{lab}.ipynb is not there{there}"]
    notes = [f"{name} is beside {path.name}, which alone is graded" for name in others]
    notes += [f"{name} is a copy of {lab}, and is not sent" for name in about["copies"]]
    for own in sorted((about["folder"] / "data").rglob("*")):
        name = own.relative_to(about["folder"]).as_posix()
        if own.is_file() and name not in about["given"] and not own.name.startswith("."):
            notes.append(f"{name} is not sent: move it beside {path.name} if your answer needs it")
    try:
        notebook = json.loads(path.read_text(encoding="utf-8-sig"))
        done = []
        for cell in notebook["cells"]:
            name = cell.get("metadata", {}).get("nbgrader", {}).get("grade_id")
            if name in stubs and sha256("".join(cell["source"]).strip().encode()) != stubs[name]:
                done.append(name)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        notes.append(f"{path.name} cannot be read: save it in JupyterLab and run this again")
        return f"{lab}: the notebook cannot be read", notes
    if not done:
        notes.append(f"no answer is written in {path.name}: is this the folder you worked in?")
    saved = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    words = f"{len(done)} of {len(stubs)} answers changed: {', '.join(done) or 'none'}"
    return f"{lab}: saved {saved:%H:%M:%S} UTC; {words}", notes


def sha256(data: bytes) -> str:
    """A sha256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()


def digest(files: dict[str, bytes]) -> str:
    """One sha256 over names and contents; it is the same however the files travel."""
    each = {name: sha256(data) for name, data in sorted(files.items())}
    return sha256(json.dumps(each).encode())


def receipt(
    chosen: Sequence[dict[str, Any]], files: dict[str, bytes], now: datetime, sent_as: str
) -> str:
    """Write a receipt for some labs and their files beside this program, and return it."""
    due = chosen[0]["due"]
    lines = [
        f"candidate:  {chosen[0]['candidate']}",
        f"assignment: {chosen[0]['id']}",
        f"made:       {_time(now)}",
        *([f"due:        {_time(datetime.fromisoformat(due))}"] if due else []),
        f"sent as:    {sent_as}",
        f"files:      {', '.join(sorted(files)[:20])}{', …' if len(files) > 20 else ''}",
        f"sha256:     {digest(files)} (of the contents, not of a zip)",
        *(look(about)[0] for about in chosen),
    ]
    text = "\n".join(lines)
    with open(_receipt(now), "x", encoding="utf-8", errors="replace") as file:
        file.write(text + "\n")
    return text


def moment() -> datetime:
    """Now, or as soon as there is no receipt of this second."""
    while _receipt(now := datetime.now(UTC)).exists():
        time.sleep(0.1)
    return now


def _receipt(now: datetime) -> Path:
    return HERE / f"receipt-{now:%Y%m%d-%H%M%S}.txt"


def _time(when: datetime) -> str:
    utc, korea = when.astimezone(UTC), when.astimezone(KST)
    return f"{utc:%Y-%m-%d %H:%M:%S} UTC ({korea:%Y-%m-%d %H:%M:%S} KST)"


def main() -> int:
    """Make the file and the receipt, and say what is in them; 1 if something looks wrong."""
    known = list(labs().values())
    if not known:
        print(f"no folder of a lab with its assignment.json is in {HERE}: unpack the zip again")
        return 1
    content = {name: data for about in known for name, data in files_of(about).items()}
    if len(content) > MOST_FILES or sum(map(len, content.values())) > MOST_BYTES:
        largest = max(content, key=lambda name: len(content[name]))
        print(
            f"too much to hand in: {MOST_FILES} files with {MOST_BYTES // 1_000_000} MB are the "
            "most. Move what is not part of your answer out of the labs' folders; these have "
            f"{len(content)} files, and the largest is {largest} (in a notebook, clear the outputs)"
        )
        return 1
    now = moment()
    target = HERE / f"submission-{known[0]['candidate']}-{now:%Y%m%d-%H%M%S}.zip"
    whole = BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in content.items():
            archive.writestr(path, data)
    target.write_bytes(whole.getvalue())
    print(receipt(known, content, now, target.name))
    if notes := [note for about in known for note in look(about)[1]]:
        print("\nLook at this before you send it · 보내기 전에 확인하세요:")
        print("\n".join(f"- {note}" for note in notes))
        return 1
    print(f"\nSend {target.name}, and keep {_receipt(now).name}.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, ValueError) as error:
        sys.exit(f"nothing was made to hand in, since a file cannot be read or written: {error}")
