"""Functions that read inputs and write outputs; the path "-" is standard input or standard output."""

from __future__ import annotations

import errno
import io
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import click

from foveal import photo
from foveal.cli.messages import (
    STANDARD_STREAM,
    add_name_to_errors,
    input_name,
    is_standard_output,
    output_name,
    print_warning,
    print_warnings,
    set_filename_of_errors,
)
from foveal.errors import FormatError, FormatWarning, TransparencyError
from foveal.files import PICTURE_ENDINGS, FileTimes, descriptor_of, other_names, write_whole
from foveal.jpeg import MAX_PIXELS
from foveal.photo import formats
from foveal.photo.background import transparency_error
from foveal.photo.lenient import LENIENT_COMMAND, name_way_out

SOI = b"\xff\xd8"  # the first bytes of every JPEG


def read_photo(
    path: str, background: str | None, max_pixels: int = MAX_PIXELS, *, lenient: bool | None = None
) -> photo.Photo:
    """Open a photo from a file or from standard input, and print the warnings about it.

    Parameters
    ----------
    path
        Path of a picture file, or "-".
    background
        Colour to put behind transparent pixels, or None.
    max_pixels
        Largest number of pixels that is accepted.
    lenient
        Whether --lenient was given, so that a broken picture is no error; None for commands without this option.

    Raises
    ------
    FovealError, OSError
        The errors of `foveal.open`, with the name of the input in the message.
    """
    with add_name_to_errors(path):
        source = path if _is_seekable(path) else io.BytesIO(_read(path))
        way_out = LENIENT_COMMAND if lenient is None else "--lenient"
        with (
            warnings.catch_warnings(record=True) as caught,
            nullcontext() if lenient else name_way_out(source, way_out),
        ):
            warnings.simplefilter("always", FormatWarning)
            try:
                opened = photo.open(source, background=background, strict=not lenient, max_pixels=max_pixels)
            except TransparencyError as error:
                raise transparency_error("a background colour (--background)") from error
    print_warnings(path, [str(each.message) for each in caught if issubclass(each.category, FormatWarning)])
    return opened


@contextmanager
def explain_jpeg_errors(data: bytes, way_out: str) -> Iterator[None]:
    """Say so if a file that is read as a JPEG is no picture at all, and name a way out if it is a broken JPEG.

    Parameters
    ----------
    data
        Bytes of the file.
    way_out
        Option of the command that is run, or another command, which can read broken JPEGs.

    Raises
    ------
    FormatError, UnsupportedError
        The errors of the context, with a message that says more.
    """
    try:
        with name_way_out(data, way_out):
            yield
    except FormatError:
        if not data.startswith(SOI):
            formats.check_is_picture(data)
        raise


def refuse_folder(path: str) -> None:
    """Raise IsADirectoryError, whose message names `foveal batch`, if an input is a folder."""
    if path not in ("", STANDARD_STREAM) and Path(path).is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a folder; 'foveal batch' works on folders", path)


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
        return _read(path)


def _read(path: str) -> bytes:
    return Path(path).read_bytes() if path != STANDARD_STREAM else _read_standard_input()


def _is_seekable(path: str) -> bool:
    """Return whether an input is a regular file; also for one that does not exist, which the reader reports."""
    return path != STANDARD_STREAM and (Path(path).is_file() or Path(path).is_dir() or not Path(path).exists())


def _read_standard_input() -> bytes:
    """Read standard input to its end; raise FormatError if it is empty or closed."""
    data = sys.stdin.buffer.read() if sys.stdin else b""  # sys.stdin is None in a process started without it
    if not data:
        raise FormatError("nothing to read")
    return data


def write_bytes(path: str, data: bytes, times: FileTimes | None = None) -> None:
    """Write all of the data to a file, or leave the file as it was; "-" is standard output.

    The file gets the current time, or `times`. A warning is printed if the file had other names (hard links), which
    keep the old content.

    Raises
    ------
    OSError
        The output cannot be written; `filename` of the error is the name of the output for messages.
    """
    with set_filename_of_errors(output_name(path)):
        if not is_standard_output(path):
            links = other_names(path)
            write_whole(path, data, times)
            if links:
                names = (
                    "another name (a hard link), which still names"
                    if links == 1
                    else f"{links} other names, which name"
                )
                print_warning(f"{output_name(path)} had {names} the old file")
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
    if not _is_seekable(source):
        raise click.UsageError(f"{input_name(source)} is not a file; name the output with -o")
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
        The output is a folder, or its folder does not exist.
    """
    if not target:
        raise click.UsageError("the name of the output is empty")
    if is_standard_output(target):
        if sys.stdout and sys.stdout.isatty():
            raise click.UsageError(f"will not write {kind} to the terminal; name a file or redirect the output")
        return
    _check_is_no_folder(target)
    ending = Path(target).suffix.lower()
    if any(ending in endings for other, endings in PICTURE_ENDINGS.items() if other != kind):
        wanted = PICTURE_ENDINGS[kind][0]
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


def _check_is_no_folder(target: str) -> None:
    """Raise IsADirectoryError if an output is a folder, or is named like one."""
    if Path(target).is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a folder; name a file in it", output_name(target))
    if target.endswith(("/", os.sep)) or os.path.basename(target) in (os.curdir, os.pardir):  # noqa: PTH119 (keeps dots)
        problem = "names a folder, which does not exist; name a file"
        raise IsADirectoryError(errno.EISDIR, problem, output_name(target))


def _check_folder(target: str) -> None:
    """Raise NotADirectoryError if the folder of an output does not exist, before minutes are spent on encoding."""
    if descriptor_of(target) is not None or (Path(target).exists() and not Path(target).is_file()):
        return  # an open descriptor, a pipe or a device
    folder = Path(os.path.realpath(target)).parent
    if folder.is_dir():
        return
    problem = "its parent is a file, not a folder" if folder.exists() else "its folder does not exist"
    raise NotADirectoryError(errno.ENOTDIR, problem, output_name(target))
