"""What SIGINT, SIGTERM and SIGHUP do to the command: it removes its temporary files, prints a line and ends.

A handler that raises an exception, such as Python's own of SIGINT, prints a traceback while modules are imported, and
can miss a file that has just been created. So the handler here ends the process itself. In the command, it is set when
`foveal` is imported, which imports this module before anything that takes time.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import NoReturn

temporary_files: set[str] = set()  # paths of files to remove; a path is added before its file is created

_WORDS = {"SIGINT": "interrupted", "SIGTERM": "terminated", "SIGHUP": "terminated"}
_SIGNALS = {int(getattr(signal, name)): word for name, word in _WORDS.items() if hasattr(signal, name)}


def is_command() -> bool:
    """Return whether this process is the command `foveal` or `python -m foveal`, by its arguments."""
    name = os.path.basename(sys.argv[0]) if sys.argv else ""  # noqa: PTH119 (pathlib is slow to import)
    if name == "-m":  # the module is being found; its name is before the arguments of the command
        module = sys.orig_argv[-len(sys.argv)]
        return module == "foveal" or (module.startswith("-") and module.endswith("mfoveal"))
    return name in ("foveal", "foveal.exe")


@contextmanager
def exit_on_signals() -> Iterator[None]:
    """End the process at a signal, unless the program ignores or handles it; restore the handlers at the end."""
    changed = _set_handlers()
    try:
        yield
    finally:
        for number, handler in changed.items():
            signal.signal(number, handler)


def _set_handlers() -> dict[int, signal.Handlers]:
    """Set the handler for each signal that has the default one; return the handlers that were replaced."""
    changed: dict[int, signal.Handlers] = {}
    with suppress(ValueError):  # only the main thread may set handlers
        for number in _SIGNALS:
            handler = signal.getsignal(number)
            if handler in (signal.SIG_DFL, signal.default_int_handler):
                signal.signal(number, _end)
                changed[number] = handler  # type: ignore[assignment]
    return changed


def _end(number: int, frame: FrameType | None) -> NoReturn:
    for path in tuple(temporary_files):
        with suppress(OSError):
            os.unlink(path)  # noqa: PTH108 (pathlib is slow to import)
    with suppress(OSError):
        os.write(2, f"foveal: {_SIGNALS[number]}\n".encode())
    os._exit(128 + number)


if is_command():
    _set_handlers()
