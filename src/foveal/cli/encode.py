"""`foveal encode`: a photo to a JPEG."""

from __future__ import annotations

from typing import Any, get_args

import click

from foveal.cli import files
from foveal.cli.encoding_options import encoding_options, options_of
from foveal.cli.shared_options import output_option, source_argument
from foveal.encoding import Encoded, EncodeOptions, encode_photo
from foveal.jpeg import LIBJPEG_MAX_SIDE, MAX_SIDE
from foveal.photo import Photo, icc
from foveal.photo.metadata_policy import MetadataPolicy
from foveal.saliency import METHODS


@click.command(short_help="Encode a photo as a JPEG that spends its bits where people look.")
@source_argument
@output_option("OUT", "File to write; - is standard output. Default: IN with the ending .jpg, which must not exist.")
@encoding_options
@click.option(
    "--metadata",
    type=click.Choice(get_args(MetadataPolicy)),
    default=EncodeOptions.metadata,
    show_default=True,
    help="keep all; safe: colour profile, resolution, orientation, artist, copyright; none: colour profile.",
)
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
    options = options_of(**choices)
    with files.naming(source):
        result = encode_photo(photo, options)
    files.write_bytes(target, result.data)
    files.report(_as_json(result, source, target) if as_json else _as_text(result, target), target)


def _warn_about(photo: Photo, source: str) -> None:
    name = files.display_name(source)
    if photo.file_format == "JPEG":
        click.echo(
            f"foveal: warning: {name} is a JPEG already, and encoding it again loses a little more",
            err=True,
        )
    if photo.frame_count > 1:
        click.echo(f"foveal: warning: {name} holds {photo.frame_count} pictures; only the first is encoded", err=True)
    problem = icc.misfit(photo.icc_profile, photo.pixels)
    if problem:
        click.echo(f"foveal: warning: {name}: {problem}; it is left out", err=True)
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
    return "" if result.score is None else f" for a score of {result.score:z.1f}, {result.score_is}"


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
            "score_is": result.score_is,
            "subsampling": result.subsampling,
            "saliency": result.saliency_name,
            "confidence": None if result.confidence is None else round(result.confidence, 4),
            "mean_weight": round(float(result.weights.mean()), 4),
        }
    )
