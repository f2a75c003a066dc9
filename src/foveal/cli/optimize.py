"""The command `foveal optimize`, which makes an existing JPEG smaller."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from foveal.cli import files
from foveal.cli.messages import (
    STANDARD_STREAM,
    add_name_to_errors,
    input_name,
    output_name,
    print_report,
    print_warnings,
)
from foveal.cli.shared_options import (
    SIZE_EXAMPLES,
    effort_option,
    json_option,
    max_pixels_option,
    metadata_option,
    min_saving_option,
    output_option,
    quality_option,
    read_saliency,
    refuse_together,
    saliency_option,
    source_argument,
    strength_option,
    target_score_option,
    target_size_option,
    threads_option,
)
from foveal.errors import FormatError
from foveal.files import FileTimes
from foveal.jpeg import MAX_SIDE
from foveal.optimization import Optimized, OptimizeOptions, optimize_file
from foveal.photo.lenient import LENIENT_COMMAND


@click.command()
@source_argument("JPEG")
@output_option("OUT", "JPEG to write; '-' is standard output. If nothing is saved, it is a copy of the input.")
@click.option("--in-place", is_flag=True, help="Replace the input. If nothing is saved, it is not touched.")
@click.option("--lossless", is_flag=True, help="Keep every coefficient: the picture stays as it is, bit for bit.")
@quality_option("what the photo needs, but never more than the file has")
@target_size_option(f"Largest size of the file: {SIZE_EXAMPLES}. Nothing is lost if it can be reached without loss.")
@target_score_option(
    "Estimated SSIMULACRA2 score of the whole photo against the original that the file was made from: 70 is high "
    "quality, 90 is visually lossless. Requantization for it ignores the saliency map."
)
@min_saving_option(
    OptimizeOptions.min_saving,
    "Share of the bytes that a change must save, with the percent sign; each further change must save as much again.",
)
@saliency_option
@strength_option
@effort_option("How long to search for a better file, if coefficients are requantized.")
@metadata_option(
    "keep: every segment and what follows the picture, byte for byte; safe: only colour profile, resolution, "
    "orientation, artist and copyright; none: only colour profile and orientation."
)
@click.option(
    "--keep-c2pa",
    is_flag=True,
    help="Keep content credentials (C2PA) although the pixels change and no longer match them.",
)
@click.option("--reencode", is_flag=True, help="Also try to decode the picture and encode it again.")
@click.option(
    "--resize",
    type=click.IntRange(1, MAX_SIDE),
    metavar="PIXELS",
    help="Reduce the longer side to PIXELS; smaller pictures keep their size. The picture is encoded again.",
)
@click.option(
    "--preserve-times/--no-preserve-times",
    default=None,
    help="Give the output the times of the input. Default: only with --in-place.",
)
@threads_option
@max_pixels_option
@json_option
def optimize(
    source: str,
    output: str | None,
    in_place: bool,
    preserve_times: bool | None,
    saliency: str,
    as_json: bool,
    **choices: Any,
) -> None:
    """Make an existing JPEG smaller; this is lossy unless --lossless is given.

    The result is never larger, and a second run changes nothing. The file is kept as it is, written again without loss,
    or its coefficients are requantized without decoding them to pixels; each of these steps is taken if it saves enough
    over those before it. Metadata, gain maps and videos are kept. The report says what was done. It is printed on
    standard output, or on standard error if the JPEG is written to standard output.
    """
    target = _find_target(source, output, in_place)
    files.refuse_folder(source)
    _refuse_contradictions(choices)
    options = OptimizeOptions(saliency=read_saliency(saliency), **choices)
    before = _identity(source)
    data = files.read_bytes(source)
    times = FileTimes.of(source) if source != STANDARD_STREAM else None
    with add_name_to_errors(source), _add_advice_to_errors(data):
        result = optimize_file(data, options)
    print_warnings(source, result.notes)
    if not (in_place and result.data == data):
        if in_place and _identity(source) != before:
            raise OSError(errno.ESTALE, "was changed while it was read; it is left alone", source)
        keeps_times = in_place if preserve_times is None else preserve_times
        files.write_bytes(target, result.data, times if keeps_times else None)
    report = _report_as_json(result, source, target) if as_json else _report_as_text(result, target)
    print_report(report, target)


def _refuse_contradictions(choices: Mapping[str, Any]) -> None:
    """Raise click.UsageError if options of the command that is run contradict each other, or have no effect.

    Parameters
    ----------
    choices
        Values of the options of `OptimizeOptions` except the saliency, by name.
    """
    targets = ("quality", "target_size", "target_score")
    refuse_together({f"--{name.replace('_', '-')}": choices[name] for name in targets})
    lossy = [name for name in (*targets, "resize") if choices[name] is not None] + ["reencode"] * choices["reencode"]
    if choices["lossless"] and lossy:
        raise click.UsageError(f"--lossless and --{lossy[0].replace('_', '-')} cannot be given together")
    for name in ("saliency", "strength", "effort"):
        is_given = click.get_current_context().get_parameter_source(name) is ParameterSource.COMMANDLINE
        if choices["lossless"] and is_given:
            raise click.UsageError(f"--{name} has no effect with --lossless")
    if choices["keep_c2pa"] and choices["metadata"] != "keep":
        raise click.UsageError(f"--keep-c2pa contradicts --metadata {choices['metadata']}, which drops the credentials")


@contextmanager
def _add_advice_to_errors(data: bytes) -> Iterator[None]:
    """Add to the message of a FormatError how `foveal encode` can read the input, whose bytes are given."""
    with files.explain_jpeg_errors(data, LENIENT_COMMAND):
        try:
            yield
        except FormatError as error:
            if data.startswith(files.SOI):
                raise
            raise FormatError(f"{error}; 'foveal encode' converts other pictures") from error


def _find_target(source: str, output: str | None, in_place: bool) -> str:
    """Return the path of the output after checking it.

    Raises
    ------
    click.UsageError
        Not exactly one of -o and --in-place is given, or the input or output cannot be used so or has an empty name.
    OSError
        The input or output is a folder.
    """
    if not source:
        raise click.UsageError("the name of the input is empty")
    if in_place and output is not None:
        raise click.UsageError("--in-place and -o cannot be given together")
    if in_place:
        if source == STANDARD_STREAM or (Path(source).exists() and not Path(source).is_file()):
            advice = "; 'foveal batch' works on folders" if Path(source).is_dir() else ""
            raise click.UsageError(f"--in-place needs a file, which {input_name(source)} is not{advice}")
        return source
    if output is None and source != STANDARD_STREAM:
        raise click.UsageError("name the output with -o, or give --in-place")
    target = STANDARD_STREAM if output is None else output
    files.check_target(target, "JPEG", inputs=[source])
    return target


def _identity(source: str) -> tuple[int, ...] | None:
    """Return what changes if somebody else writes a file; None for standard input and missing files."""
    if source == STANDARD_STREAM or not Path(source).is_file():
        return None
    status = os.stat(source)  # noqa: PTH116 (as in `foveal.files`)
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _report_as_text(result: Optimized, target: str) -> str:
    before, after = result.size_before, len(result.data)
    quality = "" if result.quality is None else f", quality {result.quality:g}"
    if after == before:
        return f"{output_name(target)}: {result.rung}, {after:,} bytes{quality}"
    return f"{output_name(target)}: {result.rung}, {before:,} to {after:,} bytes ({after / before - 1:+.1%}){quality}"


def _report_as_json(result: Optimized, source: str, target: str) -> str:
    return json.dumps(
        {
            "input": source,
            "output": target,
            "status": result.rung,
            "size_bytes_before": result.size_before,
            "size_bytes": len(result.data),
            "quality": result.quality,
            "warnings": list(result.notes),
        }
    )
