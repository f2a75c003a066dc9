"""OPEN and WRITE: files and arrays become photos, with their metadata; pixels become PNG and TIFF files."""

from foveal.photo.photo import Photo, as_photo, open, to_eight_bits  # noqa: A004 (the natural name for what it does)

__all__ = ["Photo", "as_photo", "open", "to_eight_bits"]
