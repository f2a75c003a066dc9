"""Options of the commands that encode a photo: `foveal encode` and `foveal explain`."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any, get_args

import click

from foveal.allocate.allocation import AllocationName
from foveal.allocate.subsampling import SubsamplingName
from foveal.cli.shared_options import (
    SIZE_EXAMPLES,
    Command,
    background_option,
    effort_option,
    quality_option,
    read_saliency,
    refuse_together,
    saliency_option,
    strength_option,
    target_score_option,
    target_size_option,
    threads_option,
)
from foveal.encoding import EncodeOptions
from foveal.encoding.targets import DEFAULT_SCORE

_OPTIONS: tuple[Callable[[Any], Any], ...] = (
    quality_option(f"the quality that gives them a SSIMULACRA2 score of about {DEFAULT_SCORE:g}"),
    target_size_option(f"Largest size of the file: {SIZE_EXAMPLES}. The highest quality that fits is used."),
    target_score_option("Predicted SSIMULACRA2 score of the whole photo: 70 is high quality, 90 is visually lossless."),
    click.option(
        "--verify",
        is_flag=True,
        help="Measure the score, and correct the quality until the score is within 1 of --target-score.",
    ),
    saliency_option,
    strength_option,
    click.option(
        "--allocation",
        type=click.Choice(get_args(AllocationName)),
        default=EncodeOptions.allocation,
        show_default=True,
        help="How bits are allocated to blocks. rdo: rate-distortion optimisation; quality-map: a quality for each "
        "block, the published MS-ROI method.",
    ),
    click.option(
        "--subsampling",
        type=click.Choice(get_args(SubsamplingName)),
        default="auto",
        show_default=True,
        help="Chroma subsampling. auto: 4:4:4 where 4:2:0 would visibly blur colours, as in red text; else 4:2:0.",
    ),
    click.option("--baseline", is_flag=True, help="Write one sequential scan instead of progressive scans."),
    effort_option(
        "How long to search for a better file. best also measures its result and corrects coefficients; it "
        "takes 3 times as long as balanced on small photos, up to 20 times on large ones."
    ),
    background_option,
    threads_option,
)


def encoding_options(command: Command) -> Command:
    """Add `background` and the options that `build_options` takes to a command."""
    return reduce(lambda decorated, option: option(decorated), reversed(_OPTIONS), command)


def build_options(*, saliency: str, baseline: bool, **choices: Any) -> EncodeOptions:
    """Build the options of an encode from the values of the command line.

    Parameters
    ----------
    saliency
        Value of --saliency, see `read_saliency`.
    baseline
        Whether --baseline was given.
    choices
        Values of the other options, which have the names of the fields of `EncodeOptions`.

    Raises
    ------
    click.UsageError
        Options contradict each other, or the file of the map does not exist.
    FovealError, OSError
        The file of the map cannot be read.
    """
    targets = ("quality", "target_size", "target_score")
    refuse_together({f"--{target.replace('_', '-')}": choices[target] for target in targets})
    if choices["verify"] and choices["target_score"] is None:
        raise click.UsageError("--verify needs --target-score")
    return EncodeOptions(saliency=read_saliency(saliency), progressive=not baseline, **choices)
