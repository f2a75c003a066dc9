"""Reading of broken pictures that Pillow opens, as far as they can be read."""

from __future__ import annotations

from contextlib import suppress

from PIL import Image, ImageFile


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
