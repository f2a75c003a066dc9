"""Reading photos and writing results; "-" is standard input or output."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from foveal import photo
from foveal.errors import FormatError, FovealError
from foveal.files import PICTURE_ENDINGS, write_whole
from foveal.jpeg import MAX_PIXELS

STANDARD = "-"
_MAX_NOTES = 8
STANDARD_INPUT, STANDARD_OUTPUT = "standard input", "standard output"


def display_name(path: str, standard: str = STANDARD_INPUT) -> str:
    """Name of an input or output in messages, on one line; what the terminal cannot show is replaced."""
    if path == STANDARD:
        return standard
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in click.format_filename(path))


@contextmanager
def naming(path: str) -> Iterator[None]:
    """Put the name of an input before the message of what goes wrong with it."""
    try:
        yield
    except FovealError as error:
        raise type(error)(f"{display_name(path)}: {error}") from error


def read_photo(path: str, background: str | None, max_pixels: int = MAX_PIXELS) -> photo.Photo:
    """Open a photo of at most so many pixels.

    Raises
    ------
    FovealError, OSError
        As `foveal.open`.
    """
    with naming(path):
        source = path if path != STANDARD else io.BytesIO(_standard_input())
        return photo.open(source, background=background, max_pixels=max_pixels)


def read_bytes(path: str) -> bytes:
    """Read a file whole.

    Raises
    ------
    FormatError, OSError
        There is nothing to read, or it cannot be read.
    """
    with naming(path):
        return Path(path).read_bytes() if path != STANDARD else _standard_input()


def _standard_input() -> bytes:
    data = sys.stdin.buffer.read() if sys.stdin else b""  # None where the process was started without one
    if not data:
        raise FormatError("nothing to read")
    return data


def write_bytes(path: str, data: bytes) -> None:
    """Write a file whole or not at all; "-" is standard output.

    Raises
    ------
    OSError
        It cannot be written; `filename` is `path`.
    """
    with _blaming(display_name(path, STANDARD_OUTPUT)):
        if path != STANDARD:
            write_whole(path, data)
        elif sys.stdout:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        else:
            raise OSError(errno.EBADF, "is closed")


def warn(name: str, notes: Sequence[str]) -> None:
    """Print what is wrong with an input, a line each."""
    for note in notes[:_MAX_NOTES]:
        click.echo(f"foveal: warning: {name}: {note}", err=True)
    if len(notes) > _MAX_NOTES:
        click.echo(f"foveal: warning: {name}: and {len(notes) - _MAX_NOTES:,} things more", err=True)


def report(text: str, target: str) -> None:
    """Print what was done: on standard output, or on standard error where the picture went to standard output."""
    with _blaming(STANDARD_OUTPUT):
        click.echo(text, err=target == STANDARD)


@contextmanager
def _blaming(name: str) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OSError(error.errno, error.strerror, name) from error


def _check_folder(target: str) -> None:
    """Stop where a file's folder is none: encoding can take minutes."""
    folder = Path(os.path.realpath(target)).parent
    if folder.is_dir():
        return
    problem = "what should be its folder is a file" if folder.exists() else "its folder does not exist"
    raise NotADirectoryError(errno.ENOTDIR, problem, display_name(target))


def default_target(source: str, ending: str) -> str:
    """Name of an output where none is given: the input's with another ending, standard output for standard input.

    Raises
    ------
    click.UsageError, OSError
        It exists, or the input cannot have one.
    """
    if source == STANDARD:
        return STANDARD
    if not source:
        raise click.UsageError("the name of the input is empty")
    if Path(source).is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), source)
    target = str(Path(source).with_suffix(ending))
    if os.path.lexists(target):
        raise click.UsageError(f"{display_name(target)} exists; name the output with -o")
    return target


def check_target(target: str, kind: str, inputs: list[str]) -> None:
    """Stop before a file (JPEG, PNG, TIFF, NPZ, HTML) goes to a terminal, over an input, or under a wrong name.

    Raises
    ------
    click.UsageError, OSError
        It would, or its folder does not exist.
    """
    if not target:
        raise click.UsageError("the name of the output is empty")
    if target == STANDARD:
        if sys.stdout and sys.stdout.isatty():
            raise click.UsageError(f"will not write {kind} to the terminal; name a file or redirect the output")
        return
    ending = Path(target).suffix.lower()
    if any(ending in endings for other, endings in PICTURE_ENDINGS.items() if other != kind):
        wanted = min(PICTURE_ENDINGS[kind], key=len)
        raise click.UsageError(f"{display_name(target)} would be written as {kind}; give it the ending {wanted}")
    if Path(target).exists() and any(_is_same_file(path, Path(target)) for path in inputs):
        raise click.UsageError(f"{display_name(target)} is an input; give another name")
    _check_folder(target)


def _is_same_file(path: str, target: Path) -> bool:
    if path != STANDARD:
        return Path(path).exists() and Path(path).samefile(target)
    try:
        return os.path.samestat(os.fstat(sys.stdin.fileno()), target.stat())
    except (OSError, ValueError, AttributeError):  # no standard input, or one that is no file of the system's
        return False
