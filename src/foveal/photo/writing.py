"""Encoding of pixels and of decoded JPEGs as PNG and TIFF files, with the metadata that these formats hold."""

from __future__ import annotations

import io
import struct

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from foveal.errors import UnsupportedError
from foveal.jpeg import DecodedFile, Pixels, application_data
from foveal.photo.announcements import remove_announcements
from foveal.photo.tiff.writing import tiff_bytes

_NO_UNIT = 0  # of pHYs (PNG 11.3.4.3): only the aspect ratio is known


def png_bytes(pixels: Pixels, icc_profile: bytes | None = None) -> bytes:
    """Encode pixels as a PNG file.

    Parameters
    ----------
    pixels
        (H, W) uint8 or uint16 grey, or (H, W, 3) uint8 RGB.
    icc_profile
        Colour profile to embed, or None.
    """
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", icc_profile=icc_profile)
    return file.getvalue()


def decoded_to_png(decoded: DecodedFile) -> bytes:
    """Encode a decoded JPEG as a PNG file, with its colour profile, resolution, EXIF data and XMP packet.

    Raises
    ------
    UnsupportedError
        The pixels are CMYK, which PNG does not have.
    """
    if decoded.pixels.shape[2:] == (4,):
        raise UnsupportedError("CMYK pixels do not fit a PNG; write a TIFF (OUT.tif)")
    texts = PngInfo()
    xmp = application_data.xmp_packet(decoded.segments)
    if xmp:
        texts.add_itxt("XML:com.adobe.xmp", remove_announcements(xmp).decode("utf-8", errors="replace"))
    aspect = application_data.pixel_aspect(decoded.segments)
    if aspect and application_data.dots_per_inch(decoded.segments) is None:
        texts.add(b"pHYs", struct.pack(">IIB", *aspect, _NO_UNIT))
    exif_data = application_data.exif_data(decoded.segments)
    return _encode_image(Image.fromarray(decoded.pixels), "PNG", decoded, exif=exif_data, pnginfo=texts)


def decoded_to_tiff(decoded: DecodedFile) -> bytes:
    """Encode a decoded JPEG, also a CMYK one, as a TIFF file, with its colour profile, resolution and EXIF data."""
    pixels = decoded.pixels
    if pixels.shape[2:] == (4,):
        # Adobe's files store inks inverted. Files without Adobe's segment are taken for the same, as by Pillow, libvips
        # and browsers.
        pixels = np.subtract(255, pixels)
    return tiff_bytes(
        pixels,
        icc_profile=application_data.icc_profile(decoded.segments),
        exif=application_data.exif_data(decoded.segments),
        resolution=application_data.dots_per_inch(decoded.segments),
        pixel_aspect=application_data.pixel_aspect(decoded.segments),
    )


def _encode_image(
    image: Image.Image, file_format: str, decoded: DecodedFile, exif: bytes | None, **options: object
) -> bytes:
    """Encode an image with the metadata that both formats can hold: EXIF data, colour profile, resolution."""
    resolution = application_data.dots_per_inch(decoded.segments)
    if resolution:
        options["dpi"] = resolution
    file = io.BytesIO()
    profile = application_data.icc_profile(decoded.segments)
    image.save(file, file_format, exif=exif or b"", icc_profile=profile, **options)
    return file.getvalue()
