"""What the command line says when something is wrong."""

import pytest

from autograde import cli


def test_a_fault_of_its_own_is_named_before_the_traceback(monkeypatch, capsys):
    """An error that nobody foresaw is one line first, for logs are cut, and then all of it."""

    def command():
        raise OSError("no space left")

    monkeypatch.setattr(cli, "app", command)
    with pytest.raises(OSError, match="no space"):
        cli.main()
    first = capsys.readouterr().err.splitlines()[0]
    assert "OSError: no space left" in first
    assert "test_cli.py, line" in first


def test_a_lab_that_does_not_exist_is_one_line(monkeypatch, capsys):
    """A wrong name is answered by the right ones, without a traceback."""
    monkeypatch.setattr("sys.argv", ["autograde", "build", "no-such-lab"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("autograde: no lab called no-such-lab; there are:")
    assert "junior-eda" in said


def test_a_device_is_one_of_three(monkeypatch, capsys):
    """--device takes what the labs understand and nothing else."""
    monkeypatch.setenv("COLUMNS", "120")  # the words on one line
    monkeypatch.setattr("sys.argv", ["autograde", "regrade", "--device", "tpu"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert "'tpu' is not one of 'auto', 'cpu', 'cuda'" in capsys.readouterr().err
