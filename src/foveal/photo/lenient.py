"""Reading of broken pictures as far as they can be read, and the option that does it, for messages of errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from PIL import Image, ImageFile

from foveal import jpeg
from foveal.errors import FormatError, FovealError
from foveal.files import Source, read_source

LENIENT_COMMAND = "'foveal encode --lenient'"  # reads broken JPEGs for commands that have no such option


def load_leniently(image: Image.Image, notes: list[str]) -> None:
    """Load the pixels of a file that Pillow has opened, as far as possible; append what is wrong to `notes`.

    Raises
    ------
    OSError
        No pixels can be read, or the file cannot be read.
    """
    # Pillow's LOAD_TRUNCATED_IMAGES would do the same, but for all threads. The rows that were decoded before an error
    # are in the image; without tiles, it counts as loaded.
    try:
        image.load()
    except Exception as error:
        if not isinstance(image, ImageFile.ImageFile) or (isinstance(error, OSError) and error.errno is not None):
            raise
        image.tile = []
        image.load()
        with suppress(Exception):  # what follows the pixels may be missing
            image.load_end()
        notes.append(f"broken picture: {error}; what could not be read is black")


@contextmanager
def name_way_out(source: Source, option: str = LENIENT_COMMAND) -> Iterator[None]:
    """Add to the FormatError of a broken JPEG which option of the command line reads what is there.

    Nothing is added where the file is no JPEG, or where it breaks off before its first scan.

    Parameters
    ----------
    source
        The file that is read in the context.
    option
        Option of the command that is run, or another command.
    """
    try:
        yield
    except FormatError as error:
        if not _has_scan(source):
            raise
        raise FormatError(f"{error}; the file is broken or incomplete; {option} can read what is there") from error


def _has_scan(source: Source) -> bool:
    """Return whether a file is a JPEG with at least the beginning of a scan."""
    try:
        jpeg.first_scan(jpeg.open_reader(read_source(source), strict=False, max_pixels=jpeg.MAX_PIXELS))
    except (FovealError, OSError):
        return False
    return True
