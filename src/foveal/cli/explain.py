"""`foveal explain`: a page that shows every stage of encoding a photo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from foveal.cli import files
from foveal.cli.encoding_options import encoding_options, options_of
from foveal.cli.shared_options import max_pixels_option, output_option, source_argument


def _read_block(_: click.Context, __: click.Parameter, value: str | None) -> tuple[int, int] | None:
    """Column and row of "28,17"."""
    if value is None:
        return None
    x, comma, y = value.partition(",")
    if not (comma and all(each.isascii() and each.isdecimal() for each in (x, y))):
        raise click.BadParameter(f"{value!r} is not a column and a row, like 28,17")
    return int(x), int(y)


@click.command(short_help="Show what encoding does to a photo, stage by stage, as a page.")
@source_argument
@output_option("OUT", "HTML to write; - is standard output. Default: IN with the ending .html, which must not exist.")
@click.option(
    "--block",
    callback=_read_block,
    metavar="X,Y",
    help="Block to look at closely: column and row of 8x8-pixel blocks, from 0, of the photo as displayed. "
    "Default: the most salient.",
)
@click.option(
    "--jpeg",
    metavar="JPEG",
    type=click.Path(readable=False, allow_dash=True),
    help="JPEG to write, too: the file that the page is about, which holds it only up to 2 MB.",
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
    """Encode the photo IN, and make a page that shows how: one HTML file, pictures included, that needs no network.

    The photo is encoded upright and without metadata but its colour profile, as by `foveal encode --metadata none`. The
    report goes to standard output, or to standard error where the page or the JPEG goes to standard output.
    """
    from foveal.explain import explain as explain_photo  # only here: starting up counts

    target = files.default_target(source, ".html") if output is None else output
    inputs = [source, choices["saliency"]]
    files.check_target(target, "HTML", inputs)
    if jpeg is not None:
        files.check_target(jpeg, "JPEG", inputs)
        if Path(jpeg) == Path(target):
            raise click.UsageError("-o and --jpeg name the same file")
    photo = files.read_photo(source, background, max_pixels)
    options = options_of(**choices)
    name = "a photo" if source == files.STANDARD else files.display_name(Path(source).name)
    with files.naming(source):
        made = explain_photo(photo, options, name=name, block=block)
    page = made.html.encode()
    files.write_bytes(target, page)
    if jpeg is not None:
        files.write_bytes(jpeg, made.encoded.data)
    shown = files.display_name(target, files.STANDARD_OUTPUT)
    column, row = made.block
    files.report(
        f"{shown}: {len(page):,} bytes, about a JPEG of {len(made.encoded.data):,} bytes and its block {column},{row}",
        files.STANDARD if files.STANDARD in (target, jpeg) else "",
    )
