"""OPEN and WRITE: reads files and arrays as photos with their metadata, and writes pixels as PNG and TIFF files."""

from foveal.photo.photo import Photo, as_photo, open, to_eight_bits  # noqa: A004 (the natural name for what it does)

__all__ = ["Photo", "as_photo", "open", "to_eight_bits"]
