"""`foveal inspect`: what is in a JPEG file."""

from __future__ import annotations

from collections.abc import Iterator

import click
import numpy as np

from foveal import overlay
from foveal.cli import files
from foveal.inspection import Inspection
from foveal.inspection import inspect as inspect_file
from foveal.jpeg import BLOCK_SIDE

_BRIGHT_SHARE = 0.995  # of blocks; the few that take more are white


@click.command(short_help="Show what is in a JPEG: segments, tables, scans, metadata, bits.")
@click.argument("source", metavar="IN", type=click.Path(readable=False, allow_dash=True))
@click.option(
    "--bits-map",
    metavar="OUT",
    type=click.Path(readable=False, allow_dash=True),
    help="PNG of the picture's size to write: the more bits a block takes, the brighter.",
)
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
def inspect(source: str, bits_map: str | None, as_json: bool) -> None:
    """Show what is in the JPEG IN: segments with offsets, tables, scans, metadata, and where the bits went.

    A broken file is shown as far as it can be read.
    """
    if bits_map is not None:
        files.check_target(bits_map, "PNG", inputs=[source])
    data = files.read_bytes(source)
    name = files.display_name(source)
    with files.naming(source):
        found = inspect_file(data)
    files.warn(name, found.notes)
    if bits_map is not None:
        files.write_bytes(bits_map, overlay.png_bytes(_picture_of_bits(found)))
    files.report(_as_json(found) if as_json else "\n".join(_lines(name, found)), bits_map or "")


def _picture_of_bits(found: Inspection) -> np.ndarray:
    bits = found.bits_map()
    brightness = np.clip(bits / max(np.quantile(bits, _BRIGHT_SHARE), 1), 0, 1)
    blocks = overlay.as_grey(brightness.astype(np.float32))
    return blocks.repeat(BLOCK_SIDE, axis=0).repeat(BLOCK_SIDE, axis=1)[: found.frame.height, : found.frame.width]


def _as_json(found: Inspection) -> str:
    import json  # only where it is asked for: starting up counts

    return json.dumps(found.to_dict())


def _lines(name: str, found: Inspection) -> Iterator[str]:
    frame, quality = found.frame, found.quality
    origin = "libjpeg's tables" if quality.is_exact else "by its tables, which are not libjpeg's"
    yield (
        f"{name}: {found.size_bytes:,} bytes, {frame.width} x {frame.height}, {found.color_model} {found.subsampling}, "
        f"{found.process}, quality {'' if quality.is_exact else 'about '}{quality.quality} ({origin})"
    )
    yield from _metadata_lines(found)
    yield ""
    yield "segments"
    for segment in found.segments:
        yield f"{segment.offset:>12,} {segment.size_bytes:>11,}  {segment.marker:<5} {segment.kind}".rstrip()
    yield from _scan_lines(found)
    yield from _table_lines(found)


def _metadata_lines(found: Inspection) -> Iterator[str]:
    metadata = found.metadata
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
    yield "scans"
    for report in found.scans:
        scan = report.scan
        names = [found.component_names[index] for index in scan.components]
        bits = ", ".join(f"{name} {count:,}" for name, count in zip(names, report.bits, strict=True))
        step = f" bit {scan.approximation_low}" if scan.approximation_high else ""
        shift = f" >> {scan.approximation_low}" if scan.approximation_low and not scan.approximation_high else ""
        restarts = f", restart every {report.restart_interval:,} MCUs" if report.restart_interval else ""
        band = f"{scan.spectral_start}-{scan.spectral_end}{step}{shift}"
        yield f"{report.offset:>12,} {report.size_bytes:>11,}  {band:<12} bits: {bits}{restarts}"
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
