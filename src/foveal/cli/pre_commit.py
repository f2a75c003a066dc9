"""The program `foveal-pre-commit`, a hook of pre-commit: it optimizes the JPEGs of a commit in place.

    foveal-pre-commit [OPTION...] JPEG...

The options are those of `foveal optimize`; a value is joined by "=", as in --min-saving=5%. Like programs that format
code, it exits with 1 if it changed a file, and with 0 if it is run again.
"""

from __future__ import annotations

import sys
from pathlib import Path

from foveal.cli.main import FAILED, WRONG_USAGE, run
from foveal.interruption import exit_on_signals


def main() -> None:
    """Optimize the files that the arguments name. The exit code is 1 if a file was changed, or could not be read."""
    with exit_on_signals():
        code = _optimize_all(sys.argv[1:])
    sys.exit(code)


def _optimize_all(arguments: list[str]) -> int:
    options = [argument for argument in arguments if argument.startswith("-")]
    code = 0
    for path in (argument for argument in arguments if not argument.startswith("-")):
        before = _content(path)
        found = run(["optimize", *options, "--in-place", "--", path])
        if found == WRONG_USAGE:
            return found
        if found or _content(path) != before:
            code = FAILED
    return code


def _content(path: str) -> bytes | None:
    """Return the content of a file; None if it cannot be read, which `foveal optimize` reports."""
    try:
        return Path(path).read_bytes()
    except OSError:
        return None
