"""Options of encoding, for every command that encodes."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import Any

import click

from foveal.allocate.allocations import EFFORTS
from foveal.allocate.weights import LEAST_WEIGHT
from foveal.checks import MAX_THREADS
from foveal.cli import files
from foveal.cli.options import Command
from foveal.options import ALLOCATIONS, DEFAULT_QUALITY, SUBSAMPLINGS, EncodeOptions, Saliency
from foveal.saliency import METHODS, map_of_picture

_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "-q",
        "--quality",
        type=click.FloatRange(0, 100),
        metavar="Q",
        help=f"Quality of the salient part, on libjpeg's scale. Default: {DEFAULT_QUALITY}.",
    ),
    click.option(
        "--saliency",
        metavar="auto|none|METHOD|MAP",
        default="auto",
        show_default=True,
        help=f"Where people look: a method ({', '.join(METHODS)}) or a grey picture of any size, white "
        "where it matters, as the photo is displayed.",
    ),
    click.option(
        "--strength",
        type=click.FloatRange(0, 1),
        metavar="S",
        default=EncodeOptions.strength,
        show_default=True,
        help=f"How much less the rest may get; at 1 its error counts {LEAST_WEIGHT:g} as much.",
    ),
    click.option(
        "--allocation",
        type=click.Choice(ALLOCATIONS),
        default=EncodeOptions.allocation,
        show_default=True,
        help="How bits are spent: least error and bits together, or a quality for each block.",
    ),
    click.option(
        "--subsampling",
        type=click.Choice(SUBSAMPLINGS),
        default="auto",
        show_default=True,
        help="Resolution of colour.",
    ),
    click.option("--baseline", is_flag=True, help="One sequential scan instead of progressive ones."),
    click.option(
        "--effort",
        type=click.Choice(EFFORTS),
        default=EncodeOptions.effort,
        show_default=True,
        help="How long to search.",
    ),
    click.option("--background", metavar="COLOUR", help="Colour behind transparent pixels: white, '#rrggbb', ..."),
    click.option(
        "--threads", type=click.IntRange(1, MAX_THREADS), metavar="N", help="Threads to use. Default: all cores."
    ),
)


def encoding_options(command: Command) -> Command:
    """Give a command the options of encoding: `background`, and what `options_of` takes."""
    return reduce(lambda decorated, option: option(decorated), reversed(_OPTIONS), command)


def options_of(*, saliency: str, baseline: bool, **choices: Any) -> EncodeOptions:
    """Make options of what was given on the command line; raises click.UsageError where a map is not there."""
    return EncodeOptions(saliency=_read_saliency(saliency), progressive=not baseline, **choices)


def _read_saliency(value: str) -> Saliency:
    if value == "none":
        return None
    if value == "auto" or value in METHODS:
        return value
    if not value or not Path(value).exists():
        raise click.UsageError(
            f"--saliency {click.format_filename(value)!r}: neither a file nor auto, none, {', '.join(METHODS)}"
        )
    return map_of_picture(files.read_photo(value, "black"))
