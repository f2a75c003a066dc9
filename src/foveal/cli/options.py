"""Options that several commands share."""

from __future__ import annotations

import click

from foveal.jpeg import MAX_PIXELS

max_pixels_option = click.option(
    "--max-pixels",
    type=click.IntRange(1),
    metavar="N",
    default=MAX_PIXELS,
    show_default=True,
    help="Refuse larger pictures.",
)
