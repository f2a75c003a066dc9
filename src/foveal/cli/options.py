"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from foveal.cli import files
from foveal.jpeg import MAX_PIXELS
from foveal.options import Saliency
from foveal.saliency import METHODS, map_of_picture

Command = TypeVar("Command", bound=Callable[..., Any])

source_argument = click.argument("source", metavar="IN", type=click.Path(readable=False, allow_dash=True))


def output_option(metavar: str, explanation: str) -> Callable[[Command], Command]:
    """-o, whose explanation is what its help says."""
    kind = click.Path(readable=False, allow_dash=True)
    return click.option("-o", "--output", metavar=metavar, type=kind, help=explanation)


saliency_option = click.option(
    "--saliency",
    metavar="auto|none|METHOD|MAP",
    default="auto",
    show_default=True,
    help=f"Where people look: a method ({', '.join(METHODS)}) or a grey picture of any size, white "
    "where it matters, as the photo is displayed.",
)


def read_saliency(value: str) -> Saliency:
    """What `--saliency` names: a method, None, or a map read from a file.

    Raises
    ------
    click.UsageError, FovealError, OSError
        It names nothing, or the file cannot be read.
    """
    if value == "none":
        return None
    if value == "auto" or value in METHODS:
        return value
    if not value or not Path(value).exists():
        raise click.UsageError(
            f"--saliency {click.format_filename(value)!r}: neither a file nor auto, none, {', '.join(METHODS)}"
        )
    return map_of_picture(files.read_photo(value, "black"))


max_pixels_option = click.option(
    "--max-pixels",
    type=click.IntRange(1),
    metavar="N",
    default=MAX_PIXELS,
    show_default=True,
    help="Refuse larger pictures.",
)
