"""OPEN and WRITE: files and arrays become photos, with their metadata; pixels become PNG and TIFF files."""

from foveal.photo.photo import Photo, as_photo, eight_bits, open  # noqa: A004 (the natural name for what it does)

__all__ = ["Photo", "as_photo", "eight_bits", "open"]
