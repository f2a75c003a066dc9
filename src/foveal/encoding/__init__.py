"""JOIN: a photo is looked at, its blocks are weighted, and the JPEG file is encoded, to a quality, size or score."""

from foveal.encoding.options import EncodeOptions
from foveal.encoding.pipeline import Encoded, encode, encode_content_blind, encode_photo

__all__ = ["EncodeOptions", "Encoded", "encode", "encode_content_blind", "encode_photo"]
