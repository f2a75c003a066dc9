"""`foveal compare`: encoders side by side, at equal bytes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from foveal.cli import files
from foveal.cli.shared_options import (
    SIZE,
    NumberRange,
    output_option,
    read_saliency,
    refuse_together,
    saliency_option,
    source_argument,
)
from foveal.comparison.compare import DEFAULT_QUALITY
from foveal.encoding import EncodeOptions
from foveal.files import PICTURE_ENDINGS
from foveal.photo.writing import png_bytes

if TYPE_CHECKING:
    from foveal.comparison import Comparison


@click.command(short_help="Set encoders side by side at equal bytes: crops, sizes, scores.")
@source_argument
@output_option("OUT", "PNG to write, or an HTML page if it ends in .html; - is standard output (PNG). Or --json.")
@click.option(
    "-q",
    "--quality",
    type=NumberRange(0, 100),
    metavar="Q",
    help=f"Quality of foveal's file, which sets the size. Default: {DEFAULT_QUALITY:g}.",
)
@click.option(
    "--size",
    "size_bytes",
    type=SIZE,
    metavar="SIZE",
    help="Size of foveal's file at most, instead of --quality: 100KB, 1.5MB, 250000.",
)
@saliency_option
@click.option(
    "--strength",
    type=NumberRange(0, 1),
    metavar="S",
    default=EncodeOptions.strength,
    show_default=True,
    help="As of `foveal encode`.",
)
@click.option("--background", metavar="COLOUR", help="Colour behind transparent pixels: white, '#rrggbb', ...")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
def compare(
    source: str, output: str | None, saliency: str, background: str | None, as_json: bool, **choices: Any
) -> None:
    """Encode the photo IN by foveal, by foveal without a map, and by other encoders, at equal bytes.

    The others are libjpeg-turbo, and MozJPEG and jpegli where they are installed (pip install 'foveal[compare]'); each
    makes the largest file that it can which is not larger than foveal's. All files are 4:2:0, foveal's too where
    `foveal encode` would choose 4:4:4. The report goes to standard output, or to standard error where the picture
    goes to standard output.
    """
    if output is None and not as_json:
        raise click.UsageError("nothing to write: give -o or --json")
    refuse_together({"--quality": choices["quality"], "--size": choices["size_bytes"]})
    if saliency == "none":
        raise click.UsageError("--saliency none: the content-blind encode is there anyway; name a method or a map")
    kind = "HTML" if output and Path(output).suffix.lower() in PICTURE_ENDINGS["HTML"] else "PNG"
    if output is not None:
        files.check_target(output, kind, inputs=[source, saliency])
    from foveal.comparison import compare as compare_encoders  # only where it is needed: starting up counts
    from foveal.comparison.table import format_table

    photo = files.read_photo(source, background)
    spent_by = read_saliency(saliency)
    with files.naming(source):
        comparison = compare_encoders(photo, saliency=spent_by, **choices)
    files.warn(files.display_name(source), comparison.left_out)
    if output is not None:
        files.write_bytes(output, _written(comparison, kind, files.display_name(Path(source).name)))
    report = _as_json(comparison, source, output) if as_json else "\n".join(format_table(comparison))
    files.report(report, output or "")


def _written(comparison: Comparison, kind: str, name: str) -> bytes:
    from foveal.comparison import draw_sheet, write_page

    if kind == "HTML":
        return write_page(comparison, name).encode()
    return png_bytes(draw_sheet(comparison), comparison.icc_profile)


def _as_json(comparison: Comparison, source: str, output: str | None) -> str:
    import json  # only where it is asked for: starting up counts

    return json.dumps({"input": source, "output": output} | comparison.to_dict())
