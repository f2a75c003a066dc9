"""The command `foveal decode`, which decodes a JPEG to a PNG or TIFF."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import click

from foveal.cli import files
from foveal.cli.messages import add_name_to_errors, output_name, print_report, print_warnings
from foveal.cli.shared_options import describe_default_target, max_pixels_option, output_option, source_argument
from foveal.files import PICTURE_ENDINGS
from foveal.jpeg import application_data, decode_file
from foveal.photo.jpeg_metadata import find_notes
from foveal.photo.writing import decoded_to_png, decoded_to_tiff


@click.command()
@source_argument("JPEG")
@output_option(
    "OUT",
    f"PNG to write, or TIFF if the name ends in .tif; '-' is standard output (PNG). {describe_default_target('.png')}",
)
@click.option("--lenient", is_flag=True, help="Decode as much as possible of a broken file.")
@max_pixels_option
def decode(source: str, output: str | None, lenient: bool, max_pixels: int) -> None:
    """Decode a JPEG to exactly the pixels that libjpeg-turbo decodes it to.

    The pixels are not turned upright: the orientation is copied with the EXIF data. Colour profile and resolution are
    also copied, and XMP data if the output is a PNG. IPTC data, comments, and what follows the picture in its file are
    not copied. CMYK pixels need a TIFF.
    """
    target = files.default_target(source, ".png") if output is None else output
    kind = "TIFF" if Path(target).suffix.lower() in PICTURE_ENDINGS["TIFF"] else "PNG"
    files.check_target(target, kind, inputs=[source])
    data = files.read_bytes(source)
    with add_name_to_errors(source), nullcontext() if lenient else files.explain_jpeg_errors(data, "--lenient"):
        decoded = decode_file(data, strict=not lenient, max_pixels=max_pixels)
        picture = decoded_to_tiff(decoded) if kind == "TIFF" else decoded_to_png(decoded)
    left_out = find_notes(*application_data.read_segments(data))
    print_warnings(source, list(dict.fromkeys([*decoded.notes, *left_out])))
    files.write_bytes(target, picture)
    height, width = decoded.pixels.shape[:2]
    print_report(f"{output_name(target)}: {width} x {height}, {decoded.color_model.value}", target)
