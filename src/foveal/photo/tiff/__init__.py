"""Reader and writer of TIFF files (TIFF 6.0, BigTIFF)."""

from foveal.photo.tiff.metadata import open_for_metadata
from foveal.photo.tiff.pixels import check_kind, read_pixels
from foveal.photo.tiff.tags import read_tags

__all__ = ["check_kind", "open_for_metadata", "read_pixels", "read_tags"]
