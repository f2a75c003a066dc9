"""Functions that read inputs and write outputs; the path "-" is standard input or standard output."""

from __future__ import annotations

import errno
import io
import os
import sys
import warnings
from pathlib import Path

import click

from foveal import photo
from foveal.cli.messages import (
    STANDARD_STREAM,
    add_name_to_errors,
    input_name,
    output_name,
    print_warnings,
    set_filename_of_errors,
)
from foveal.errors import FormatError, FormatWarning
from foveal.files import PICTURE_ENDINGS, write_whole
from foveal.jpeg import MAX_PIXELS
from foveal.photo.background import TransparencyError, transparency_error


def read_photo(path: str, background: str | None, max_pixels: int = MAX_PIXELS, *, strict: bool = True) -> photo.Photo:
    """Open a photo from a file or from standard input, and print the warnings about it.

    Parameters
    ----------
    path
        Path of a picture file, or "-".
    background
        Colour to put behind transparent pixels, or None.
    max_pixels
        Largest number of pixels that is accepted.
    strict
        Whether a broken picture is an error.

    Raises
    ------
    FovealError, OSError
        The errors of `foveal.open`, with the name of the input in the message.
    """
    with add_name_to_errors(path):
        source = path if path != STANDARD_STREAM else io.BytesIO(_read_standard_input())
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", FormatWarning)
            try:
                opened = photo.open(source, background=background, strict=strict, max_pixels=max_pixels)
            except TransparencyError as error:
                raise transparency_error("a background colour (--background)") from error
    print_warnings(path, [str(each.message) for each in caught if issubclass(each.category, FormatWarning)])
    return opened


def read_bytes(path: str) -> bytes:
    """Read all bytes of a file or of standard input.

    Raises
    ------
    FormatError
        Standard input is empty or closed.
    OSError
        The file cannot be read.
    """
    with add_name_to_errors(path):
        return Path(path).read_bytes() if path != STANDARD_STREAM else _read_standard_input()


def _read_standard_input() -> bytes:
    """Read standard input to its end; raise FormatError if it is empty or closed."""
    data = sys.stdin.buffer.read() if sys.stdin else b""  # sys.stdin is None in a process started without it
    if not data:
        raise FormatError("nothing to read")
    return data


def write_bytes(path: str, data: bytes) -> None:
    """Write all of the data to a file, or leave the file as it was; "-" is standard output.

    Raises
    ------
    OSError
        The output cannot be written; `filename` of the error is the name of the output for messages.
    """
    with set_filename_of_errors(output_name(path)):
        if path != STANDARD_STREAM:
            write_whole(path, data)
        elif sys.stdout:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
        else:
            raise OSError(errno.EBADF, "is closed")


def default_target(source: str, ending: str) -> str:
    """Return the default output path: the input with another ending, or "-" if the input is standard input.

    Raises
    ------
    click.UsageError
        A file of this name exists, or the name of the input is empty.
    OSError
        The input is a folder.
    """
    if source == STANDARD_STREAM:
        return STANDARD_STREAM
    if not source:
        raise click.UsageError("the name of the input is empty")
    if Path(source).is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), source)
    target = str(Path(source).with_suffix(ending))
    if os.path.lexists(target):
        raise click.UsageError(f"{input_name(target)} exists; name the output with -o")
    return target


def check_target(target: str, kind: str, inputs: list[str]) -> None:
    """Check, before any work is done, that an output may be written.

    Parameters
    ----------
    target
        Path of the output, or "-".
    kind
        Kind of file that will be written, a key of `PICTURE_ENDINGS`: "JPEG", "PNG", "TIFF", "NPZ" or "HTML".
    inputs
        Paths of the inputs, which must not be overwritten. Strings that are not paths are ignored.

    Raises
    ------
    click.UsageError
        The output is a terminal or one of the inputs, its name is empty, or it has the ending of another kind of file.
    OSError
        The folder of the output does not exist.
    """
    if not target:
        raise click.UsageError("the name of the output is empty")
    if target == STANDARD_STREAM:
        if sys.stdout and sys.stdout.isatty():
            raise click.UsageError(f"will not write {kind} to the terminal; name a file or redirect the output")
        return
    ending = Path(target).suffix.lower()
    if any(ending in endings for other, endings in PICTURE_ENDINGS.items() if other != kind):
        wanted = min(PICTURE_ENDINGS[kind], key=len)
        raise click.UsageError(f"{output_name(target)} would be written as {kind}; give it the ending {wanted}")
    if Path(target).exists() and any(_is_same_file(path, Path(target)) for path in inputs):
        raise click.UsageError(f"{output_name(target)} is an input; give another name")
    _check_folder(target)


def _is_same_file(path: str, target: Path) -> bool:
    """Return whether an input, which may be standard input, is the file `target`."""
    if path != STANDARD_STREAM:
        return Path(path).exists() and Path(path).samefile(target)
    try:
        return os.path.samestat(os.fstat(sys.stdin.fileno()), target.stat())
    except (OSError, ValueError, AttributeError):  # standard input is closed, or is not a file
        return False


def _check_folder(target: str) -> None:
    """Raise NotADirectoryError if the folder of an output does not exist."""
    folder = Path(os.path.realpath(target)).parent
    if folder.is_dir():
        return
    problem = "its parent is a file, not a folder" if folder.exists() else "its folder does not exist"
    raise NotADirectoryError(errno.ENOTDIR, problem, output_name(target))
