"""A program in the sandbox: what a warden's child becomes when it is not a kernel.

Owns the last step only: the program's arguments, its output, and the status it ends with. A program
``python …`` runs in the fork itself, where libraries are imported already; anything else is
executed. Nothing here is trusted once the candidate's code runs, and the status is its own word.
How a program is started and reached is :mod:`autograde.commands`'s.
"""

import atexit
import os
import runpy
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from typing import Any, Never


class Program:
    """A program about to begin.

    Parameters
    ----------
    arguments
        As for ``execvp``; the first is a name, looked for on the path.
    output
        The descriptor that takes its standard output and standard error.
    """

    def __init__(self, arguments: Sequence[str], output: int) -> None:
        self._arguments = list(arguments)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.close(output)

    def start(self) -> Never:
        """Run it to its end."""
        name, *rest = self._arguments
        options = rest and rest[0].startswith("-") and rest[0] != "-m"
        if name == "python" and rest and not options:
            _end(_run_python(rest))
        try:
            os.execvp(name, self._arguments)
        except OSError as error:
            print(f"{name}: {error.strerror}", file=sys.stderr)
            _end(127)


def _run_python(rest: list[str]) -> int:
    """``-m module …`` or ``file …``, as the interpreter does it; the status it would end with."""
    # The template's are closed or another's; these are what dup2 put there.
    sys.stdout, sys.stderr = (
        os.fdopen(n, "w", buffering=1, encoding="utf-8", errors="replace", closefd=False)
        for n in (1, 2)
    )
    sys.path.insert(0, os.getcwd())
    try:
        if rest[0] == "-m":
            sys.argv = ["-m", *rest[2:]]
            runpy.run_module(rest[1], run_name="__main__", alter_sys=True)
        else:
            sys.argv = rest
            sys.path[0] = os.path.dirname(os.path.abspath(rest[0]))
            runpy.run_path(rest[0], run_name="__main__")
    except SystemExit as ended:
        return _status(ended.code)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def _status(code: object) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)
    return 1


def _end(status: int) -> Never:
    """What an interpreter does last: threads are waited for, exit handlers run."""
    try:
        for thread in threading.enumerate():
            if thread is not threading.current_thread() and not thread.daemon:
                thread.join()
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
    except BaseException:
        traceback.print_exc()
    os._exit(status)


def prepare(link: int, start: Mapping[str, Any]) -> Program:
    """The program, as a fork of a template makes it (:mod:`autograde.template`)."""
    return Program(start["arguments"], link)
