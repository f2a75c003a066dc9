"""The command `foveal encode`, which encodes a photo as a JPEG."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click

from foveal.cli import files
from foveal.cli.encoding_options import build_options, encoding_options
from foveal.cli.messages import add_name_to_errors, input_name, output_name, print_report, print_warning
from foveal.cli.shared_options import (
    describe_default_target,
    json_option,
    metadata_option,
    output_option,
    source_argument,
)
from foveal.encoding import Encoded, encode_photo, prepare_to_encode
from foveal.jpeg import LIBJPEG_MAX_SIDE, MAX_SIDE
from foveal.photo import Photo, icc
from foveal.photo.metadata_policy import MetadataPolicy
from foveal.saliency import NETWORK_METHODS


@click.command()
@source_argument("PHOTO")
@output_option("OUT", f"JPEG to write; '-' is standard output. {describe_default_target('.jpg')}")
@encoding_options
@metadata_option(
    "keep: all metadata; safe: only colour profile, resolution, orientation, artist and copyright; none: only the "
    "colour profile, with the pixels turned upright."
)
@click.option("--lenient", is_flag=True, help="Encode as much as can be read of a broken picture.")
@json_option
def encode(
    source: str, output: str | None, as_json: bool, background: str | None, lenient: bool, **choices: Any
) -> None:
    """Encode a photo as a JPEG that spends its bits where people look.

    PHOTO is a picture file (PNG, TIFF, JPEG, WebP, AVIF, HEIC, ...); '-' is standard input. The report is printed on
    standard output, or on standard error if the JPEG is written to standard output.
    """
    files.refuse_folder(source)
    target = files.default_target(source, ".jpg") if output is None else output
    files.check_target(target, "JPEG", inputs=[source, choices["saliency"]])
    options = build_options(**choices)
    prepare_to_encode(options)
    photo = files.read_photo(source, background, lenient=lenient)
    for warning in _find_warnings(photo, input_name(source), choices["metadata"]):
        print_warning(warning)
    with add_name_to_errors(source):
        result = encode_photo(photo, options)
    files.write_bytes(target, result.data)
    if photo.file_bytes and photo.file_format == "JPEG":
        print_warning(_describe_generation(photo.file_bytes, len(result.data), input_name(source)))
    elif photo.file_bytes and len(result.data) > photo.file_bytes:
        change = _describe_change(photo.file_bytes, len(result.data))
        print_warning(f"{input_name(source)}: {change} as a JPEG; keep it as it is, or give a lower quality (-q)")
    report = _report_as_json(result, source, target) if as_json else _report_as_text(result, target)
    print_report(report, target)


def _find_warnings(photo: Photo, name: str, policy: MetadataPolicy) -> Iterator[str]:
    if photo.frame_count > 1 and photo.file_format != "JPEG":  # the notes say what follows the picture of a JPEG
        yield f"{name} holds further pictures; only the first is encoded"
    if policy == "keep" and photo.has_content_credentials:
        yield f"{name}: the content credentials (C2PA) are kept, but no longer match the picture"
    problem = icc.misfit(photo.icc_profile, photo.pixels)
    if problem:
        yield f"{name}: {problem}; it is left out"
    if LIBJPEG_MAX_SIDE < max(photo.width, photo.height) <= MAX_SIDE:
        yield (
            f"{name} has a side of more than {LIBJPEG_MAX_SIDE:,} pixels, which JPEG allows but libjpeg and most "
            "programs refuse to read"
        )


def _describe_generation(before: int, after: int, name: str) -> str:
    """Say what encoding a JPEG again has cost and brought; sizes in bytes."""
    loss = f"{name} is a JPEG already, and encoding it again loses a little more"
    advice = "'foveal optimize' makes a JPEG smaller without decoding it, and never larger"
    return f"{loss}; {_describe_change(before, after)}; {advice}"


def _describe_change(before: int, after: int) -> str:
    if after == before:
        return f"the file stayed at {after:,} bytes"
    verb = "grew" if after > before else "shrank"
    return f"the file {verb} from {before:,} to {after:,} bytes ({after / before - 1:+,.1%})"


def _report_as_text(result: Encoded, target: str) -> str:
    score = "" if result.score is None else f" for a score of {result.score:z.1f}, {result.score_is}"
    saliency = result.saliency_name
    if saliency in NETWORK_METHODS:  # the others cannot judge themselves
        saliency += f", prominence {result.confidence:.2f}"
    return (
        f"{output_name(target)}: {len(result.data):,} bytes, {_bits_per_pixel(result):.2f} bits per pixel "
        f"({result.photo.width} x {result.photo.height}, quality {result.quality:g}{score}, "
        f"{result.subsampling}, saliency {saliency})"
    )


def _report_as_json(result: Encoded, source: str, target: str) -> str:
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


def _bits_per_pixel(result: Encoded) -> float:
    return 8 * len(result.data) / (result.photo.width * result.photo.height)
