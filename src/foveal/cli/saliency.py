"""`foveal saliency`: where people look, as a picture."""

from __future__ import annotations

import click

from foveal import overlay
from foveal.cli import files
from foveal.saliency import METHODS, method_named, saliency_map


@click.command(short_help="Show where people look in a photo.")
@click.argument("source", metavar="IN", type=click.Path(readable=False, allow_dash=True))
@click.option(
    "-o",
    "--output",
    metavar="MAP",
    required=True,
    type=click.Path(readable=False, allow_dash=True),
    help="PNG to write; - is standard output.",
)
@click.option(
    "--method", type=click.Choice(["auto", *METHODS]), default="auto", show_default=True, help="How to find it."
)
@click.option("--overlay", "as_overlay", is_flag=True, help="Draw it over the photo, for looking at.")
@click.option("--background", metavar="COLOUR", help="Colour behind transparent pixels: white, '#rrggbb', ...")
def saliency(source: str, output: str, method: str, as_overlay: bool, background: str | None) -> None:
    """Write where people look in the photo IN, as a grey PNG of its size: white where they look most.

    The map is in the displayed orientation. `foveal encode --saliency MAP` takes it, retouched or not.
    """
    files.check_target(output, "PNG", inputs=[source])
    photo = files.read_photo(source, background)
    found = saliency_map(photo, method)
    picture = overlay.drawn_over(photo, found) if as_overlay else overlay.as_grey(found)
    files.write_bytes(output, overlay.png_bytes(picture))
    name = files.display_name(output, files.STANDARD_OUTPUT)
    files.report(f"{name}: {found.shape[1]} x {found.shape[0]}, {method_named(method)}", output)
