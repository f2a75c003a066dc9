"""The command `foveal inspect`, which shows the contents of a JPEG file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import click
import numpy as np

from foveal.cli import files
from foveal.cli.messages import add_name_to_errors, input_name, print_report, print_warnings
from foveal.cli.optimization_plan import format_plan, make_plan, plan_to_list
from foveal.cli.shared_options import FILE_PATH, json_option, max_pixels_option, source_argument
from foveal.drawing.maps import draw_bits_map
from foveal.errors import FovealError
from foveal.inspection import Inspection, MetadataReport, SegmentReport, describe_scan, read_outline
from foveal.inspection import inspect as inspect_file
from foveal.jpeg import BLOCK_SIDE
from foveal.photo.writing import png_bytes


@click.command()
@source_argument("JPEG")
@click.option(
    "--bits-map",
    metavar="OUT",
    type=FILE_PATH,
    help="PNG to write, of the size of the picture: the more bits a block takes, the brighter it is. '-' is standard "
    "output.",
)
@click.option(
    "--plan",
    "with_plan",
    is_flag=True,
    help="Also show what 'foveal optimize' would do, with the size of the file of each of its rungs.",
)
@max_pixels_option
@json_option
def inspect(source: str, bits_map: str | None, with_plan: bool, max_pixels: int, as_json: bool) -> None:
    """Show the contents of a JPEG: metadata, segments with offsets, scans with their bits, quantization tables.

    A broken file is shown as far as it can be read. If the picture cannot be read, the segments before it are shown.
    The report is printed on standard output, or on standard error if the map is written to standard output.
    """
    if bits_map is not None:
        files.check_target(bits_map, "PNG", inputs=[source])
    data = files.read_bytes(source)
    with add_name_to_errors(source):
        try:
            inspection = inspect_file(data, max_pixels=max_pixels)
        except FovealError as error:
            _print_outline(data, source, str(error), as_json)
            raise
    print_warnings(source, inspection.notes)
    if bits_map is not None:
        files.write_bytes(bits_map, png_bytes(draw_bits_map(inspection)))
    plan = make_plan(data, max_pixels) if with_plan else None
    if as_json:
        content = inspection.to_dict() | ({} if plan is None else {"plan": plan_to_list(plan)})
        print_report(json.dumps(content), bits_map)
    else:
        lines = [*_format_inspection(input_name(source), inspection), *(format_plan(plan, len(data)) if plan else ())]
        print_report("\n".join(lines), bits_map)


def _print_outline(data: bytes, source: str, error: str, as_json: bool) -> None:
    """Print the metadata and the segments before a picture that cannot be read."""
    outline = read_outline(data)
    if as_json:
        content = {
            "size_bytes": outline.size_bytes,
            "segments": [vars(segment) for segment in outline.segments],
            "metadata": vars(outline.metadata),
            "notes": [error],
        }
        print_report(json.dumps(content))
        return
    title = f"{input_name(source)}: {outline.size_bytes:,} bytes"
    print_report("\n".join([title, *_format_metadata(outline.metadata), *_format_segments(outline.segments)]))


def _format_inspection(name: str, inspection: Inspection) -> Iterator[str]:
    """Yield the lines of the report: summary, metadata, segments, scans, quantization tables."""
    yield f"{name}: {_summarize(inspection)}"
    yield from _format_metadata(inspection.metadata)
    yield from _format_segments(inspection.segments)
    yield from _format_scans(inspection)
    yield from _format_tables(inspection)


def _summarize(inspection: Inspection) -> str:
    frame, quality = inspection.frame, inspection.quality
    colors = inspection.color_model
    if len(frame.headers) > 1:
        colors += f" {inspection.subsampling}"
    estimate = (
        f"{quality.quality} (libjpeg's tables)" if quality.is_exact else f"about {quality.quality} (other tables)"
    )
    size = f"{inspection.size_bytes:,} bytes, {frame.width} x {frame.height}"
    return f"{size}, {colors}, {inspection.process}, quality {estimate}"


def _format_metadata(metadata: MetadataReport) -> Iterator[str]:
    parts = [f"{kind} {size:,} bytes" for kind, size in metadata.bytes_by_kind.items()]
    if metadata.orientation != 1:
        parts.append(f"orientation {metadata.orientation}")
    if metadata.pictures:
        parts.append(f"{metadata.pictures} pictures")
    if metadata.has_gain_map:
        parts.append("gain map")
    if metadata.trailing_bytes:
        parts.append(f"{metadata.trailing_bytes:,} bytes after EOI")
    yield f"metadata: {', '.join(parts) or 'none'}"


def _format_segments(segments: Sequence[SegmentReport]) -> Iterator[str]:
    yield ""
    yield f"{'offset':>12} {'bytes':>11}  segment"
    for segment in segments:
        yield f"{segment.offset:>12,} {segment.size_bytes:>11,}  {segment.marker:<5} {segment.kind}".rstrip()


def _format_scans(inspection: Inspection) -> Iterator[str]:
    yield ""
    yield f"{'offset':>12} {'bytes':>11}  scan of coefficients"
    for report in inspection.scans:
        names = [inspection.component_names[index] for index in report.scan.components]
        bits = ", ".join(f"{name} {count:,}" for name, count in zip(names, report.bits, strict=True))
        restarts = f", restart every {report.restart_interval:,} MCUs" if report.restart_interval else ""
        coefficients = describe_scan(report.scan)
        yield f"{report.offset:>12,} {report.size_bytes:>11,}  {coefficients:<27} {bits} bits{restarts}"
    yield f"{'':>24}  {_summarize_bits(inspection)}"


def _summarize_bits(inspection: Inspection) -> str:
    component_bits = [int(bits.sum(dtype=np.uint64)) for bits in inspection.block_bits]
    total = sum(component_bits)
    pixels = inspection.frame.width * inspection.frame.height
    shares = ", ".join(
        f"{name} {bits / max(total, 1):.0%}"
        for name, bits in zip(inspection.component_names, component_bits, strict=True)
    )
    return f"{total:,} bits, {total / pixels:.2f} bits per pixel: {shares}"


def _format_tables(inspection: Inspection) -> Iterator[str]:
    """Yield each quantization table once, with the names of all components that use it."""
    for table in dict.fromkeys(inspection.tables):
        names = [name for name, own in zip(inspection.component_names, inspection.tables, strict=True) if own == table]
        yield ""
        yield f"quantization table of {', '.join(names)}"
        width = len(str(max(table.values)))
        for row in table.natural.reshape(BLOCK_SIDE, BLOCK_SIDE):
            yield "  " + " ".join(f"{step:>{width}}" for step in row.tolist())
