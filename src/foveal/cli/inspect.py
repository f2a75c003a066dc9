"""`foveal inspect`: what is in a JPEG file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import click
import numpy as np

from foveal.cli import files
from foveal.cli.shared_options import max_pixels_option, source_argument
from foveal.drawing import maps
from foveal.errors import FovealError
from foveal.inspection import Inspection, MetadataReport, SegmentReport, describe_scan, read_outline
from foveal.inspection import inspect as inspect_file
from foveal.jpeg import BLOCK_SIDE

_BRIGHT_SHARE = 0.995  # of blocks; the few that take more are white


@click.command(short_help="Show what is in a JPEG: segments, tables, scans, metadata, bits.")
@source_argument
@click.option(
    "--bits-map",
    metavar="OUT",
    type=click.Path(readable=False, allow_dash=True),
    help="PNG of the picture's size to write: the more bits a block takes, the brighter.",
)
@max_pixels_option
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
def inspect(source: str, bits_map: str | None, max_pixels: int, as_json: bool) -> None:
    """Show what is in the JPEG IN: segments with offsets, tables, scans, metadata, and where the bits went.

    A broken file is shown as far as it can be read; of one whose picture cannot be read, the segments before it. The
    report goes to standard output, or to standard error where the map goes to standard output.
    """
    if bits_map is not None:
        files.check_target(bits_map, "PNG", inputs=[source])
    data = files.read_bytes(source)
    name = files.display_name(source)
    with files.naming(source):
        try:
            found = inspect_file(data, max_pixels=max_pixels)
        except FovealError as error:
            _report_outline(data, name, str(error), as_json)
            raise
    files.warn(name, found.notes)
    if bits_map is not None:
        files.write_bytes(bits_map, maps.png_bytes(_picture_of_bits(found)))
    files.report(_as_json(found.to_dict()) if as_json else "\n".join(_lines(name, found)), bits_map or "")


def _report_outline(data: bytes, name: str, error: str, as_json: bool) -> None:
    """Show what there is before the picture that cannot be read."""
    found = read_outline(data)
    if as_json:
        content = {
            "size_bytes": found.size_bytes,
            "segments": [vars(segment) for segment in found.segments],
            "metadata": vars(found.metadata),
            "notes": [error],
        }
        files.report(_as_json(content), "")
        return
    lines = [f"{name}: {found.size_bytes:,} bytes", *_metadata_lines(found.metadata), *_segment_lines(found.segments)]
    files.report("\n".join(lines), "")


def _picture_of_bits(found: Inspection) -> np.ndarray:
    bits = found.bits_map()
    brightness = np.clip(bits / max(np.quantile(bits, _BRIGHT_SHARE), 1), 0, 1)
    blocks = maps.map_to_grey(brightness.astype(np.float32))
    return blocks.repeat(BLOCK_SIDE, axis=0).repeat(BLOCK_SIDE, axis=1)[: found.frame.height, : found.frame.width]


def _as_json(content: dict[str, Any]) -> str:
    import json  # only where it is asked for: starting up counts

    return json.dumps(content)


def _lines(name: str, found: Inspection) -> Iterator[str]:
    frame, quality = found.frame, found.quality
    colors = found.color_model if len(frame.headers) == 1 else f"{found.color_model} {found.subsampling}"
    likely = f"{quality.quality} (libjpeg's tables)" if quality.is_exact else f"about {quality.quality} (other tables)"
    size = f"{found.size_bytes:,} bytes, {frame.width} x {frame.height}"
    yield f"{name}: {size}, {colors}, {found.process}, quality {likely}"
    yield from _metadata_lines(found.metadata)
    yield from _segment_lines(found.segments)
    yield from _scan_lines(found)
    yield from _table_lines(found)


def _segment_lines(segments: Sequence[SegmentReport]) -> Iterator[str]:
    yield ""
    yield f"{'offset':>12} {'bytes':>11}  segment"
    for segment in segments:
        yield f"{segment.offset:>12,} {segment.size_bytes:>11,}  {segment.marker:<5} {segment.kind}".rstrip()


def _metadata_lines(metadata: MetadataReport) -> Iterator[str]:
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


def _scan_lines(found: Inspection) -> Iterator[str]:
    yield ""
    yield f"{'offset':>12} {'bytes':>11}  scan of coefficients"
    for report in found.scans:
        scan = report.scan
        names = [found.component_names[index] for index in scan.components]
        bits = ", ".join(f"{name} {count:,}" for name, count in zip(names, report.bits, strict=True))
        restarts = f", restart every {report.restart_interval:,} MCUs" if report.restart_interval else ""
        yield f"{report.offset:>12,} {report.size_bytes:>11,}  {describe_scan(scan):<27} {bits} bits{restarts}"
    total = sum(int(bits.sum(dtype=np.uint64)) for bits in found.block_bits)
    shares = ", ".join(
        f"{name} {int(bits.sum(dtype=np.uint64)) / max(total, 1):.0%}"
        for name, bits in zip(found.component_names, found.block_bits, strict=True)
    )
    pixels = found.frame.width * found.frame.height
    yield f"{'':>24}  {total:,} bits, {total / pixels:.2f} bits per pixel: {shares}"


def _table_lines(found: Inspection) -> Iterator[str]:
    tables = dict.fromkeys(found.tables)
    for table in tables:
        names = [name for name, own in zip(found.component_names, found.tables, strict=True) if own == table]
        yield ""
        yield f"quantization table of {', '.join(names)}"
        width = len(str(max(table.values)))
        for row in table.natural.reshape(8, 8):
            yield "  " + " ".join(f"{step:>{width}}" for step in row.tolist())
