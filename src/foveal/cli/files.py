"""Reading photos and writing results; "-" is standard input or output."""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from foveal import image
from foveal.errors import FormatError, FovealError

STANDARD = "-"
STANDARD_INPUT, STANDARD_OUTPUT = "standard input", "standard output"


def display_name(path: str, standard: str = STANDARD_INPUT) -> str:
    """Name of an input or output in messages; what the terminal cannot show is replaced."""
    return standard if path == STANDARD else click.format_filename(path)


@contextmanager
def naming(path: str) -> Iterator[None]:
    """Put the name of an input before the message of what goes wrong with it."""
    try:
        yield
    except FovealError as error:
        raise type(error)(f"{display_name(path)}: {error}") from error


def read_photo(path: str, background: str | None) -> image.Photo:
    """Open a photo.

    Raises
    ------
    FovealError, OSError
        As `foveal.open`.
    """
    with naming(path):
        if path != STANDARD:
            return image.open(path, background=background)
        data = sys.stdin.buffer.read()
        if not data:
            raise FormatError("nothing to read")
        return image.open(io.BytesIO(data), background=background)


def write_bytes(path: str, data: bytes) -> None:
    """Write a file whole or not at all; "-" is standard output.

    Raises
    ------
    OSError
        It cannot be written; `filename` is `path`.
    """
    try:
        if path == STANDARD:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        else:
            _write_file(Path(os.path.realpath(path)), data)  # a symbolic link stays one
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OSError(error.errno, error.strerror, display_name(path, STANDARD_OUTPUT)) from error


def _write_file(target: Path, data: bytes) -> None:
    """Rename a temporary file to the target, with the mode that it has or would get; write to devices directly."""
    if target.exists() and not target.is_file():
        target.write_bytes(data)
        return
    temporary = target.with_name(f".foveal-{os.urandom(6).hex()}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            temporary.chmod(stat.S_IMODE(target.stat().st_mode))
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def check_target(source: str, target: str) -> None:
    """Stop before a picture goes to a terminal, or over its own source, or nowhere."""
    if not target:
        raise click.UsageError("the name of the output is empty")
    if target == STANDARD and sys.stdout.isatty():
        raise click.UsageError("will not write a picture to the terminal; give -o FILE or redirect the output")
    if STANDARD in (source, target) or not Path(target).exists() or not Path(source).exists():
        return
    if Path(source).samefile(target):
        raise click.UsageError(f"{display_name(target)} is the input; give another name with -o")
