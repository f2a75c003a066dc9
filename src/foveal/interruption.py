"""What SIGINT, SIGTERM and SIGHUP do to the command: it removes its temporary files, prints a line and ends.

A handler that raises an exception, such as Python's own of SIGINT, prints a traceback while modules are imported, and
can miss a file that has just been created. So the handler here ends the process itself. In the command, it is set when
`foveal` is imported, which imports this module before anything else. It imports nothing that takes time: `_signal` is
the built-in part of `signal`, which would import `enum`.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]
import os
import sys

TYPE_CHECKING = False  # as in `typing`, which takes time to import
if TYPE_CHECKING:
    from types import FrameType
    from typing import Any, NoReturn

temporary_files: set[str] = set()  # paths of files to remove; a path is added before its file is created

_WORDS = {"SIGINT": "interrupted", "SIGTERM": "terminated", "SIGHUP": "terminated"}
_SIGNALS: dict[int, str] = {getattr(_signal, name): word for name, word in _WORDS.items() if hasattr(_signal, name)}


def is_command() -> bool:
    """Return whether this process is the command `foveal` or `python -m foveal`, by its arguments."""
    name = os.path.basename(sys.argv[0]) if sys.argv else ""  # noqa: PTH119 (pathlib takes time to import)
    if name == "-m":  # the module is being found; its name is before the arguments of the command
        module = sys.orig_argv[-len(sys.argv)]
        return module == "foveal" or (module.startswith("-") and module.endswith("mfoveal"))
    return name in ("foveal", "foveal.exe")


class exit_on_signals:  # noqa: N801 (a context manager, like a function)
    """Context that ends the process at a signal, unless the program ignores or handles it."""

    def __enter__(self) -> None:
        self._changed = _set_handlers()

    def __exit__(self, *_: object) -> None:
        for number, handler in self._changed.items():
            _signal.signal(number, handler)


def _set_handlers() -> dict[int, Any]:
    """Set the handler for each signal that has the default one; return the handlers that were replaced."""
    changed: dict[int, Any] = {}
    for number in _SIGNALS:
        handler = _signal.getsignal(number)
        if handler in (_signal.SIG_DFL, _signal.default_int_handler):
            try:
                _signal.signal(number, _end)
            except ValueError:  # only the main thread may set handlers
                break
            changed[number] = handler
    return changed


def _end(number: int, frame: FrameType | None) -> NoReturn:
    for path in tuple(temporary_files):
        _ignore_errors(os.unlink, path)
    _ignore_errors(os.write, 2, f"foveal: {_SIGNALS[number]}\n".encode())
    os._exit(128 + number)


def _ignore_errors(function: Any, *arguments: object) -> None:
    try:  # noqa: SIM105 (contextlib takes time to import)
        function(*arguments)
    except OSError:
        pass


if is_command():
    _set_handlers()
