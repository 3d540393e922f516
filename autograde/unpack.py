"""The files of a zip or folder that somebody sent, by value.

Owns the limits and the names: nothing is written to disk, no link is followed, nothing is unpacked
further than there is room for, and a name leads nowhere else. Owns no opinion on whose files they
are (:mod:`autograde.collect`).
"""

import os
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from fnmatch import fnmatch
from io import BytesIO
from pathlib import Path, PurePosixPath

from autograde import intake
from autograde.errors import IntakeError

#: Bytes of all files in an archive or folder, and how many these may be.
FILES_BYTES, FILES = 150_000_000, 2_000
#: Bytes of a part of a file's name, and how many parts it may have.
PART_BYTES, PARTS = 255, 20
#: Letters that no name has: controls, halves of letters, line ends, and what turns a line around.
_ODD = {"Cc", "Cs", "Cn", "Zl", "Zp"}
_TURNS = {*"\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"}
#: Others are unpacked whole, whatever their size turns out to be.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_IN_UTF8 = 0x800
_LEFT_OUT = ("__pycache__", "__MACOSX")


def files(source: Path) -> dict[str, bytes]:
    """Content by relative POSIX path, without hidden files and what tools leave behind.

    Raises
    ------
    IntakeError
        If it is neither, cannot be read, or has anything in it that is no ordinary file.
    """
    if source.is_symlink():
        raise IntakeError("it is a link; name the file itself")
    return _folder(source) if source.is_dir() else _zip(source)


def _zip(path: Path) -> dict[str, bytes]:
    whole = BytesIO(intake.load(path))
    files: dict[str, bytes] = {}
    room = FILES_BYTES
    try:
        with zipfile.ZipFile(whole) as archive:
            for info in archive.infolist():
                kind = stat.S_IFMT(info.external_attr >> 16)
                name = _name(_decoded(info))
                if name is None or info.is_dir() or kind == stat.S_IFDIR:
                    continue
                if kind not in (0, stat.S_IFREG):
                    raise IntakeError(f"{name!r} in it is a link or a device")
                if info.flag_bits & 1:
                    raise IntakeError("it is encrypted; ask for one without a password")
                if info.compress_type not in _METHODS:
                    raise IntakeError(f"{name!r} in it is packed in an unusual way; zip it again")
                with archive.open(info) as file:
                    # What the header says of its size is not believed.
                    data = file.read(room + 1)
                room -= len(data)
                _add(files, name, data, room)
    except (
        # NotImplementedError is zipfile's own word for a kind of zip that it cannot read.
        *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError),
        *(ValueError, OverflowError),
    ) as error:
        raise IntakeError("it is no zip, or a damaged one; ask for it again") from error
    except RuntimeError as error:
        raise IntakeError(f"it cannot be unpacked: {error}") from error
    return _without_clashes(files)


def _decoded(info: zipfile.ZipInfo) -> str:
    """A name as it was meant: Finder and Explorer write UTF-8 or Korean, and do not say so."""
    name = info.filename
    if not info.flag_bits & _IN_UTF8:
        for encoding in ("utf-8", "cp949"):
            try:
                return name.encode("cp437").decode(encoding)
            except UnicodeError:
                continue
    return name


def _folder(folder: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    room = FILES_BYTES
    for parent, folders, names, descriptor in os.fwalk(folder, onerror=_raise):
        inside = PurePosixPath(os.path.relpath(parent, folder))
        folders[:] = sorted(name for name in folders if not _ignored(name))
        if folders and len(inside.parts) == PARTS:
            raise IntakeError(f"it has more than {PARTS} folders inside each other")
        for each in sorted(names):
            name = _name((inside / each).as_posix())
            # Beside the labs lie the zips that submit.py has made.
            made = "/" not in (name or "") and fnmatch(each, "submission-*.zip")
            # As in submit.py, what a link leads to is not handed in.
            link = stat.S_ISLNK(os.lstat(each, dir_fd=descriptor).st_mode)
            if name is None or made or link:
                continue
            data = intake.load(Path(each), descriptor)
            room -= len(data)
            _add(files, name, data, room)
    return _without_clashes(files)


def _raise(error: OSError) -> None:
    raise error


def _add(files: dict[str, bytes], name: str, data: bytes, room: int) -> None:
    if name in files:
        raise IntakeError(f"it has {name!r} twice")
    files[name] = data
    if room < 0 or len(files) > FILES:
        raise IntakeError(
            f"it has more than {FILES} files or {FILES_BYTES // 1_000_000} MB together"
        )


def _without_clashes(files: dict[str, bytes]) -> dict[str, bytes]:
    """The same, if no file has the name of another's folder."""
    folders = {str(parent) for name in files for parent in PurePosixPath(name).parents}
    if both := folders & files.keys():
        raise IntakeError(f"{min(both)!r} in it is a file and a folder")
    return files


def _name(name: str) -> str | None:
    """A file's name in one spelling; None if nobody asked for it.

    Windows writes backslashes, and macOS takes letters apart.
    """
    parts = unicodedata.normalize("NFC", name).replace("\\", "/").rstrip("/").split("/")
    if ".." in parts or "" in parts or re.match("[A-Za-z]:", name):
        raise IntakeError(f"it has a file with a name that leads elsewhere: {name[:80]!r}")
    parts = [part for part in parts if part != "."]
    if _ignored(*parts):
        return None
    odd = any(unicodedata.category(x) in _ODD or x in _TURNS for part in parts for x in part)
    if odd or len(parts) > PARTS or any(len(part.encode()) > PART_BYTES for part in parts):
        raise IntakeError(f"it has a file whose name is too long or odd; rename it: {name[:80]!r}")
    return "/".join(parts)


def _ignored(*parts: str) -> bool:
    return any(part.startswith(".") or part in _LEFT_OUT for part in parts)
