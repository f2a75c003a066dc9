"""JOIN: finds the saliency of a photo, weights its blocks, and encodes it to a quality, size or score."""

from foveal.encoding.options import EncodeOptions
from foveal.encoding.pipeline import Encoded, encode, encode_content_blind, encode_photo, prepare_to_encode

__all__ = ["EncodeOptions", "Encoded", "encode", "encode_content_blind", "encode_photo", "prepare_to_encode"]
