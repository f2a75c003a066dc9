"""The command `foveal explain`, which writes an HTML page that shows every stage of encoding a photo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from foveal.cli import files
from foveal.cli.encoding_options import build_options, encoding_options
from foveal.cli.messages import STANDARD_STREAM, add_name_to_errors, input_name, output_name, print_report
from foveal.cli.shared_options import (
    FILE_PATH,
    describe_default_target,
    max_pixels_option,
    output_option,
    source_argument,
)
from foveal.encoding import prepare_to_encode


def _parse_block(_: click.Context, __: click.Parameter, value: str | None) -> tuple[int, int] | None:
    """Return the column and the row of a value such as "28,17"."""
    if value is None:
        return None
    x, comma, y = value.partition(",")
    if not (comma and all(each.isascii() and each.isdecimal() for each in (x, y))):
        raise click.BadParameter(f"{value!r} is not a column and a row, like 28,17")
    return int(x), int(y)


@click.command()
@source_argument("PHOTO")
@output_option("OUT", f"HTML page to write; '-' is standard output. {describe_default_target('.html')}")
@click.option(
    "--block",
    callback=_parse_block,
    metavar="X,Y",
    help="Block of 8x8 pixels to show in detail: its column and row in the photo as displayed, counted from 0. "
    "Default: the most salient block.",
)
@click.option(
    "--jpeg",
    metavar="JPEG",
    type=FILE_PATH,
    help="Also write the JPEG that the page describes. The page itself contains it only up to 2 MB.",
)
@encoding_options
@max_pixels_option
def explain(
    source: str,
    output: str | None,
    block: tuple[int, int] | None,
    jpeg: str | None,
    background: str | None,
    max_pixels: int,
    **choices: Any,
) -> None:
    """Encode a photo and write an HTML page that shows every stage of it.

    The page is one file that contains its pictures and loads nothing from the network. The photo is encoded as by
    `foveal encode --metadata none`: upright, with no metadata except its colour profile. The report is printed on
    standard output, or on standard error if the page or the JPEG is written to standard output.
    """
    from foveal.explain import explain as explain_photo  # imported late: it would slow down all other commands

    target = files.default_target(source, ".html") if output is None else output
    inputs = [source, choices["saliency"]]
    files.check_target(target, "HTML", inputs)
    if jpeg is not None:
        files.check_target(jpeg, "JPEG", inputs)
        if Path(jpeg) == Path(target):
            raise click.UsageError("-o and --jpeg name the same file")
    options = build_options(**choices)
    prepare_to_encode(options)
    photo = files.read_photo(source, background, max_pixels)
    name = "a photo" if source == STANDARD_STREAM else input_name(Path(source).name)
    with add_name_to_errors(source):
        explanation = explain_photo(photo, options, name=name, block=block)
    page, data = explanation.html.encode(), explanation.encoded.data
    files.write_bytes(target, page)
    if jpeg is not None:
        files.write_bytes(jpeg, data)
    column, row = explanation.block
    print_report(
        f"{output_name(target)}: {len(page):,} bytes, about a JPEG of {len(data):,} bytes and its block {column},{row}",
        target,
        jpeg,
    )
