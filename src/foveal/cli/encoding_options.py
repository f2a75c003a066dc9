"""Options of encoding, for every command that encodes."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any, get_args

import click

from foveal.allocate.allocation import AllocationName
from foveal.allocate.effort import EFFORTS
from foveal.allocate.subsampling import SubsamplingName
from foveal.allocate.weights import LEAST_WEIGHT
from foveal.checks import MAX_THREADS
from foveal.cli.shared_options import SIZE, Command, NumberRange, read_saliency, refuse_together, saliency_option
from foveal.encoding import EncodeOptions
from foveal.encoding.targets import DEFAULT_SCORE

_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "-q",
        "--quality",
        type=NumberRange(0, 100),
        metavar="Q",
        help="Quality of the salient part, on libjpeg's scale. Default: "
        f"what gives it a SSIMULACRA2 of {DEFAULT_SCORE:g}, as predicted.",
    ),
    click.option("--target-size", type=SIZE, metavar="SIZE", help="At most so many bytes: 100KB, 1.5MB, 250000."),
    click.option(
        "--target-score",
        type=NumberRange(0, 100),
        metavar="S",
        help="SSIMULACRA2 of the whole photo, as predicted: 70 is high quality, 90 visually lossless.",
    ),
    click.option("--verify", is_flag=True, help="Measure the score, and meet --target-score within 1."),
    saliency_option,
    click.option(
        "--strength",
        type=NumberRange(0, 1),
        metavar="S",
        default=EncodeOptions.strength,
        show_default=True,
        help=f"How much less the rest may get; at 1 its error counts {LEAST_WEIGHT:g} as much.",
    ),
    click.option(
        "--allocation",
        type=click.Choice(get_args(AllocationName)),
        default=EncodeOptions.allocation,
        show_default=True,
        help="How bits are spent: least error and bits together, or a quality for each block.",
    ),
    click.option(
        "--subsampling",
        type=click.Choice(get_args(SubsamplingName)),
        default="auto",
        show_default=True,
        help="Resolution of colour; auto: full where halving it would show, as of red text.",
    ),
    click.option("--baseline", is_flag=True, help="One sequential scan instead of progressive ones."),
    click.option(
        "--effort",
        type=click.Choice(tuple(EFFORTS)),
        default=EncodeOptions.effort,
        show_default=True,
        help="How long to search: best measures its own result, and takes more than ten times as long as balanced.",
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
    """Make options of what was given on the command line.

    Raises
    ------
    click.UsageError
        They do not go together, or a map is not there.
    """
    targets = ("quality", "target_size", "target_score")
    refuse_together({f"--{target.replace('_', '-')}": choices[target] for target in targets})
    if choices["verify"] and choices["target_score"] is None:
        raise click.UsageError("--verify needs --target-score")
    return EncodeOptions(saliency=read_saliency(saliency), progressive=not baseline, **choices)
