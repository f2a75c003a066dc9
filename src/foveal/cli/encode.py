"""`foveal encode`: a photo to a JPEG."""

from __future__ import annotations

from typing import Any

import click

from foveal.allocate.allocations import EFFORTS
from foveal.allocate.weights import LEAST_WEIGHT
from foveal.checks import MAX_THREADS
from foveal.cli import files
from foveal.cli.options import SIZE, output_option, read_saliency, saliency_option, source_argument
from foveal.image import Photo
from foveal.jpeg import MAX_SIDE
from foveal.jpeg.limits import LIBJPEG_MAX_SIDE
from foveal.metadata import POLICIES
from foveal.options import ALLOCATIONS, SUBSAMPLINGS, EncodeOptions
from foveal.pipeline import Encoded, encode_photo
from foveal.saliency import METHODS
from foveal.targets import DEFAULT_SCORE


@click.command(short_help="Encode a photo as a JPEG that spends its bits where people look.")
@source_argument
@output_option("OUT", "File to write; - is standard output. Default: IN with the ending .jpg, which must not exist.")
@click.option(
    "-q",
    "--quality",
    type=click.FloatRange(0, 100),
    metavar="Q",
    help="Quality of the salient part, on libjpeg's scale. Default: "
    f"what gives it a SSIMULACRA2 of {DEFAULT_SCORE:g}, as predicted.",
)
@click.option("--target-size", type=SIZE, metavar="SIZE", help="At most so many bytes: 100KB, 1.5MB, 250000.")
@click.option(
    "--target-score",
    type=click.FloatRange(0, 100),
    metavar="S",
    help="SSIMULACRA2 of the whole photo, as predicted: 70 is high quality, 90 visually lossless.",
)
@click.option("--verify", is_flag=True, help="Measure the score, and meet --target-score within 1.")
@saliency_option
@click.option(
    "--strength",
    type=click.FloatRange(0, 1),
    metavar="S",
    default=EncodeOptions.strength,
    show_default=True,
    help=f"How much less the rest may get; at 1 its error counts {LEAST_WEIGHT:g} as much.",
)
@click.option(
    "--allocation",
    type=click.Choice(ALLOCATIONS),
    default=EncodeOptions.allocation,
    show_default=True,
    help="How bits are spent: least error and bits together, or a quality for each block.",
)
@click.option(
    "--subsampling",
    type=click.Choice(SUBSAMPLINGS),
    default="auto",
    show_default=True,
    help="Resolution of colour.",
)
@click.option("--baseline", is_flag=True, help="One sequential scan instead of progressive ones.")
@click.option(
    "--effort", type=click.Choice(EFFORTS), default=EncodeOptions.effort, show_default=True, help="How long to search."
)
@click.option("--background", metavar="COLOUR", help="Colour behind transparent pixels: white, '#rrggbb', ...")
@click.option(
    "--metadata",
    type=click.Choice(POLICIES),
    default=EncodeOptions.metadata,
    show_default=True,
    help="keep all; safe: colour profile, resolution, orientation, artist, copyright; none: colour profile.",
)
@click.option("--threads", type=click.IntRange(1, MAX_THREADS), metavar="N", help="Threads to use. Default: all cores.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
def encode(source: str, output: str | None, as_json: bool, background: str | None, **choices: Any) -> None:
    """Encode the photo IN as a JPEG that spends its bits where people look.

    IN is any picture that Pillow reads; - is standard input. The report goes to standard output, or to standard error
    where the JPEG goes to standard output.
    """
    target = files.default_target(source, ".jpg") if output is None else output
    files.check_target(target, "JPEG", inputs=[source, choices["saliency"]])
    photo = files.read_photo(source, background)
    _warn_about(photo, source)
    options = _options(choices)
    with files.naming(source):
        result = encode_photo(photo, options)
    files.write_bytes(target, result.data)
    files.report(_as_json(result, source, target) if as_json else _as_text(result, target), target)


def _options(choices: dict[str, Any]) -> EncodeOptions:
    saliency = choices.pop("saliency")
    baseline = choices.pop("baseline")
    return EncodeOptions(saliency=read_saliency(saliency), progressive=not baseline, **choices)


def _warn_about(photo: Photo, source: str) -> None:
    name = files.display_name(source)
    if photo.file_format == "JPEG":
        click.echo(
            f"foveal: warning: {name} is a JPEG already, and encoding it again loses a little more; "
            "a later `foveal optimize` will avoid that",
            err=True,
        )
    if photo.frame_count > 1:
        click.echo(f"foveal: warning: {name} holds {photo.frame_count} pictures; only the first is encoded", err=True)
    if LIBJPEG_MAX_SIDE < max(photo.width, photo.height) <= MAX_SIDE:
        click.echo(
            f"foveal: warning: {name} has a side of more than {LIBJPEG_MAX_SIDE:,} pixels, "
            "which JPEG allows but libjpeg and most programs refuse to read",
            err=True,
        )


def _bits_per_pixel(result: Encoded) -> float:
    return 8 * len(result.data) / (result.photo.width * result.photo.height)


def _as_text(result: Encoded, target: str) -> str:
    name = files.display_name(target, files.STANDARD_OUTPUT)
    return (
        f"{name}: {len(result.data):,} bytes, {_bits_per_pixel(result):.2f} bits per pixel "
        f"({result.photo.width} x {result.photo.height}, quality {result.quality:g}{_score(result)}, "
        f"{result.subsampling}, saliency {_saliency(result)})"
    )


def _score(result: Encoded) -> str:
    return "" if result.score is None else f" for a score of {result.score:.1f}"


def _saliency(result: Encoded) -> str:
    """Name of the method; its confidence where it can have one."""
    if result.saliency_name in METHODS:
        return f"{result.saliency_name}, confidence {result.confidence:.2f}"
    return result.saliency_name


def _as_json(result: Encoded, source: str, target: str) -> str:
    import json  # only where it is asked for: starting up counts

    return json.dumps(
        {
            "input": source,
            "output": target,
            "width": result.photo.width,
            "height": result.photo.height,
            "size_bytes": len(result.data),
            "bits_per_pixel": round(_bits_per_pixel(result), 4),
            "quality": result.quality,
            "score": None if result.score is None else round(result.score, 2),
            "subsampling": result.subsampling,
            "saliency": result.saliency_name,
            "confidence": None if result.confidence is None else round(result.confidence, 4),
            "mean_weight": round(float(result.weights.mean()), 4),
        }
    )
