"""`foveal decode`: a JPEG to pixels."""

from __future__ import annotations

import io
from pathlib import Path

import click
import numpy as np
from PIL import Image

from foveal.cli import files
from foveal.errors import UnsupportedError
from foveal.jpeg.application_data import exif_data, icc_profile
from foveal.jpeg.decoder import DecodedFile, decode_file


@click.command(short_help="Decode a JPEG to a PNG or TIFF.")
@click.argument("source", metavar="IN", type=click.Path(readable=False, allow_dash=True))
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    required=True,
    type=click.Path(readable=False, allow_dash=True),
    help="PNG to write, or TIFF if it ends in .tif; - is standard output.",
)
@click.option("--lenient", is_flag=True, help="Decode what can be of a broken file; the rest is grey.")
def decode(source: str, output: str, lenient: bool) -> None:
    """Decode the JPEG IN to the pixels that libjpeg-turbo gives, to the last bit.

    They stay as stored; colour profile and EXIF data, with the orientation, go along. CMYK fits only a TIFF.
    """
    kind = "TIFF" if Path(output).suffix.lower() in files.PICTURE_ENDINGS["TIFF"] else "PNG"
    files.check_target(output, kind, inputs=[source])
    data = files.read_bytes(source)
    with files.naming(source):
        decoded = decode_file(data, strict=not lenient)
        picture = _as_file(decoded, kind)
    name = files.display_name(output, files.STANDARD_OUTPUT)
    files.warn(files.display_name(source), decoded.notes)
    files.write_bytes(output, picture)
    height, width = decoded.pixels.shape[:2]
    files.report(f"{name}: {width} x {height}, {decoded.color_model.value}", output)


def _as_file(decoded: DecodedFile, kind: str) -> bytes:
    """Write the pixels as a PNG or TIFF file, with colour profile and EXIF data."""
    image = Image.fromarray(decoded.pixels)
    if decoded.pixels.shape[2:] == (4,):
        if kind == "PNG":
            raise UnsupportedError("CMYK pixels do not fit a PNG; write a TIFF (-o OUT.tif)")
        inks = np.subtract(255, decoded.pixels) if decoded.inks_are_inverted else decoded.pixels
        image = Image.fromarray(inks, mode="CMYK")
    file = io.BytesIO()
    image.save(file, kind, exif=exif_data(decoded.segments) or b"", icc_profile=icc_profile(decoded.segments))
    return file.getvalue()
