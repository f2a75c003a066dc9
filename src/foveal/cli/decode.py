"""`foveal decode`: a JPEG to pixels."""

from __future__ import annotations

from pathlib import Path

import click

from foveal.cli import files
from foveal.cli.shared_options import max_pixels_option, output_option, source_argument
from foveal.files import PICTURE_ENDINGS
from foveal.jpeg import DecodedFile, application_data, decode_file
from foveal.photo.writing import decoded_to_png, decoded_to_tiff


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
    kind = "TIFF" if Path(target).suffix.lower() in PICTURE_ENDINGS["TIFF"] else "PNG"
    files.check_target(target, kind, inputs=[source])
    data = files.read_bytes(source)
    with files.naming(source):
        decoded = decode_file(data, strict=not lenient, max_pixels=max_pixels)
        picture = decoded_to_tiff(decoded) if kind == "TIFF" else decoded_to_png(decoded)
    files.warn(files.display_name(source), [*decoded.notes, *_notes_on_pictures(decoded)])
    files.write_bytes(target, picture)
    height, width = decoded.pixels.shape[:2]
    name = files.display_name(target, files.STANDARD_OUTPUT)
    files.report(f"{name}: {width} x {height}, {decoded.color_model.value}", target)


def _notes_on_pictures(decoded: DecodedFile) -> list[str]:
    count = application_data.picture_count(decoded.segments)
    return [f"holds {count} pictures; only the first is decoded"] if count > 1 else []
