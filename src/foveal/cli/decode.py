"""`foveal decode`: a JPEG to pixels."""

from __future__ import annotations

import io
from pathlib import Path

import click
import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from foveal import exif as exif_tags
from foveal.cli import files
from foveal.cli.options import max_pixels_option, output_option, source_argument
from foveal.errors import UnsupportedError
from foveal.jpeg.application_data import dots_per_inch, exif_data, icc_profile, picture_count, xmp_packet
from foveal.jpeg.decoder import DecodedFile, decode_file


@click.command(short_help="Decode a JPEG to a PNG or TIFF.")
@source_argument
@output_option(
    "OUT",
    "PNG to write, or TIFF if it ends in .tif; - is standard output (PNG). Default: IN with the ending .png, "
    "which must not exist.",
)
@click.option("--lenient", is_flag=True, help="Decode as much as possible of a broken file.")
@max_pixels_option
def decode(source: str, output: str | None, lenient: bool, max_pixels: int) -> None:
    """Decode the JPEG IN to the pixels that libjpeg-turbo gives, to the last bit.

    Pixels are not turned. Colour profile, resolution, EXIF data (with the orientation) and, in a PNG, XMP are copied;
    IPTC, comments and further pictures are not. CMYK fits only a TIFF.
    """
    target = files.default_target(source, ".png") if output is None else output
    kind = "TIFF" if Path(target).suffix.lower() in files.PICTURE_ENDINGS["TIFF"] else "PNG"
    files.check_target(target, kind, inputs=[source])
    data = files.read_bytes(source)
    with files.naming(source):
        decoded = decode_file(data, strict=not lenient, max_pixels=max_pixels)
        picture = _as_tiff(decoded) if kind == "TIFF" else _as_png(decoded)
    files.warn(files.display_name(source), [*decoded.notes, *_notes_on_pictures(decoded)])
    files.write_bytes(target, picture)
    height, width = decoded.pixels.shape[:2]
    name = files.display_name(target, files.STANDARD_OUTPUT)
    files.report(f"{name}: {width} x {height}, {decoded.color_model.value}", target)


def _notes_on_pictures(decoded: DecodedFile) -> list[str]:
    count = picture_count(decoded.segments)
    return [f"holds {count} pictures; only the first is decoded"] if count > 1 else []


def _as_png(decoded: DecodedFile) -> bytes:
    if decoded.pixels.shape[2:] == (4,):
        raise UnsupportedError("CMYK pixels do not fit a PNG; write a TIFF (-o OUT.tif)")
    texts = PngInfo()
    xmp = xmp_packet(decoded.segments)
    if xmp:
        texts.add_itxt("XML:com.adobe.xmp", xmp.decode("utf-8", errors="replace"))
    exif = exif_data(decoded.segments)
    return _saved(Image.fromarray(decoded.pixels), "PNG", decoded, exif=exif, pnginfo=texts)


def _as_tiff(decoded: DecodedFile) -> bytes:
    image = Image.fromarray(decoded.pixels)
    if decoded.pixels.shape[2:] == (4,):
        inks = np.subtract(255, decoded.pixels) if decoded.inks_are_inverted else decoded.pixels
        image = Image.fromarray(inks, mode="CMYK")
    return _saved(image, "TIFF", decoded, exif=exif_tags.for_tiff(exif_data(decoded.segments)))


def _saved(image: Image.Image, kind: str, decoded: DecodedFile, exif: bytes | None, **options: object) -> bytes:
    """Write a file with what both kinds can hold: EXIF data, colour profile, resolution."""
    resolution = dots_per_inch(decoded.segments)
    if resolution:
        options["dpi"] = resolution
    file = io.BytesIO()
    image.save(file, kind, exif=exif or b"", icc_profile=icc_profile(decoded.segments), **options)
    return file.getvalue()
