"""Coefficients to a file (ITU-T T.81 B.2, F.1.2, G.1.2), with Huffman tables made for them (K.2)."""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import NamedTuple

from foveal.errors import ParameterError
from foveal.jpeg import markers, segments
from foveal.jpeg.coefficients import Coefficients
from foveal.jpeg.frame import Frame
from foveal.jpeg.multi_picture import is_index, read_entries, update_index
from foveal.jpeg.scan_encoder import ScanPlan, ScanStatistics, record, tally, write_scans
from foveal.jpeg.script import Scan, Script, check_script, is_progressive, non_interleaved_script
from foveal.jpeg.segments import Segment

MAX_RESTART_INTERVAL = 65_535
MAX_DC, MAX_AC = 16_383, 32_767  # differences of such DC, and such AC, have up to 15 bits
_STUFFED_SHARE = 0.003  # of bytes: a little less than 1 in 256, as no code is all ones


def check_restart_interval(interval: int) -> None:
    """Raise ParameterError unless DRI can hold it."""
    if not isinstance(interval, Integral) or not 0 <= interval <= MAX_RESTART_INTERVAL:
        raise ParameterError(f"restart interval must be 0 to {MAX_RESTART_INTERVAL:,} MCUs")


def write_coefficients(
    coefficients: Coefficients,
    *,
    scripts: Sequence[Script] = (),
    restart_interval: int | None = None,
    threads: int = 1,
) -> bytes:
    """Write a JPEG file of coefficients, without loss.

    Parameters
    ----------
    coefficients
        What `read_coefficients` returns, or an encoder made.
    scripts
        Of several, the one that takes the fewest bytes is written. Where there is none, the coefficients' own; where
        that is not legal or does not send everything, as in a file that was cut off, a scan for each component.
    restart_interval
        MCUs between restart markers, 0 for none; None for the coefficients' own.
    threads
        Threads to work on; the bytes do not depend on it.

    Returns
    -------
    bytes
        A file of the same coefficients, tables and segments, and of what followed EOI.

    Raises
    ------
    ParameterError
        A script is not legal, the restart interval or a level is out of range.
    """
    if not isinstance(coefficients, Coefficients):
        raise ParameterError(f"coefficients must be Coefficients, not {type(coefficients).__name__}")
    if not all(isinstance(script, tuple) and all(isinstance(scan, Scan) for scan in script) for script in scripts):
        raise ParameterError("scripts must be a sequence of scripts, each a tuple of Scans")
    if not isinstance(threads, Integral) or threads < 1:
        raise ParameterError(f"threads must be 1 or more, not {threads!r}")
    interval = coefficients.restart_interval if restart_interval is None else restart_interval
    check_restart_interval(interval)
    _check_levels(coefficients)
    return file_of_levels(coefficients, scripts or (_own_script(coefficients),), interval, threads)


def file_of_levels(coefficients: Coefficients, scripts: Sequence[Script], interval: int, threads: int) -> bytes:
    """Do what `write_coefficients` does, with levels that are known to be in range, and a script at least.

    Raises
    ------
    ParameterError
        A script is not legal.
    """
    script = _cheapest_script(coefficients, scripts, interval, threads)
    scans = record(_plans(script, coefficients, interval), threads)
    headers = [
        _scan_headers(scan, coefficients.frame, recorded.statistics)
        for scan, recorded in zip(script, scans, strict=True)
    ]
    picture = [
        _picture_headers(script, coefficients, interval),
        *(part for parts in zip(headers, write_scans(scans, threads), strict=True) for part in parts),
        segments.marker(markers.EOI),
    ]
    metadata = _with_picture_offsets(coefficients, sum(map(len, picture)))
    return b"".join([*_before_picture(metadata), *picture, coefficients.trailing])


class Price(NamedTuple):
    """Bytes of a file, about: headers and what comes before and after the picture; the entropy-coded data of its scans.

    Most files are within 0.3 % of the sum. Unknown are how many bytes of 255 the codes give, each of which is followed
    by a stuffed 0 (F.1.2.3), and how many bits fill the last byte before a restart marker.
    """

    header_bytes: int
    scan_bytes: float


def price_of_levels(coefficients: Coefficients, scripts: Sequence[Script], interval: int, threads: int) -> Price:
    """Price of the file that `file_of_levels` makes, from histograms of its symbols.

    Raises
    ------
    ParameterError
        A script is not legal.
    """
    script = _cheapest_script(coefficients, scripts, interval, threads)
    statistics = tally(_plans(script, coefficients, interval), threads)
    headers = [
        *_before_picture(coefficients.segments),
        _picture_headers(script, coefficients, interval),
        *(_scan_headers(scan, coefficients.frame, each) for scan, each in zip(script, statistics, strict=True)),
        segments.marker(markers.EOI),
        coefficients.trailing,
    ]
    return Price(sum(map(len, headers)), sum(each.size_bytes for each in statistics) * (1 + _STUFFED_SHARE))


def _plans(script: Script, coefficients: Coefficients, interval: int) -> list[ScanPlan]:
    return [ScanPlan.of(scan, coefficients.frame, coefficients.blocks, interval) for scan in script]


def _before_picture(metadata: Sequence[Segment]) -> list[bytes]:
    return [segments.marker(markers.SOI), *(segments.segment(code, payload) for code, payload in metadata)]


def _picture_headers(script: Script, coefficients: Coefficients, interval: int) -> bytes:
    """DQT, SOF and DRI."""
    frame = coefficients.frame
    tables = {header.table_slot: table for header, table in zip(frame.headers, coefficients.tables, strict=True)}
    return b"".join(
        [
            segments.quantization_tables(tables),
            segments.frame_header(_frame_marker(script, coefficients), frame),
            segments.restart_interval(interval),
        ]
    )


def _with_picture_offsets(coefficients: Coefficients, picture_bytes: int) -> list[Segment]:
    """Return the segments, with the first picture's new size and what follows from it in an MPF index."""
    sizes = [len(segments.segment(*segment)) for segment in coefficients.segments]
    end = len(segments.marker(markers.SOI)) + sum(sizes) + picture_bytes
    result = list(coefficients.segments)
    for index, segment in enumerate(coefficients.segments):
        if is_index(segment) and len(read_entries(segment.payload)) == 1 + len(coefficients.trailing_pictures):
            payload_end = len(segments.marker(markers.SOI)) + sum(sizes[: index + 1])
            origin = payload_end - len(segment.payload) + len(segments.MPF)
            offsets = [None if at is None else end + at - origin for at in coefficients.trailing_pictures]
            result[index] = Segment(segment.code, update_index(segment.payload, end, offsets))
            break
    return result


def _own_script(coefficients: Coefficients) -> Script:
    try:
        check_script(coefficients.script, coefficients.frame)
    except ParameterError:
        return non_interleaved_script(len(coefficients.frame.headers))
    return coefficients.script


def _check_levels(coefficients: Coefficients) -> None:
    """Raise ParameterError where a level has more bits than a symbol can announce (F.1.2.1, F.1.2.2)."""
    for levels in coefficients.blocks:
        if max(levels[:, :, 0].max(), -int(levels[:, :, 0].min())) > MAX_DC or levels.min() < -MAX_AC:
            raise ParameterError(f"levels must be within +-{MAX_AC:,}, DC within +-{MAX_DC:,}")


def _cheapest_script(
    coefficients: Coefficients, scripts: Sequence[Script], restart_interval: int, threads: int
) -> Script:
    """Return the script that takes the fewest bytes (before byte stuffing), as far as samples can tell."""
    frame = coefficients.frame
    for script in scripts:
        check_script(script, frame)
    if len(scripts) == 1:
        return scripts[0]
    scans = list(dict.fromkeys(scan for script in scripts for scan in script))  # scripts have scans in common
    samples = [ScanPlan.of(scan, frame, coefficients.blocks, restart_interval).sample() for scan in scans]
    size_bytes = {
        scan: len(_scan_headers(scan, frame, statistics)) + statistics.size_bytes / sample.covered
        for scan, sample, statistics in zip(scans, samples, tally(samples, threads), strict=True)
    }
    return min(scripts, key=lambda script: sum(size_bytes[scan] for scan in script))


def _scan_headers(scan: Scan, frame: Frame, statistics: ScanStatistics) -> bytes:
    """DHT and SOS."""
    return segments.huffman_tables(statistics.tables) + segments.scan_header(scan, frame)


def _frame_marker(script: Script, coefficients: Coefficients) -> int:
    if is_progressive(script):
        return markers.SOF2
    return markers.SOF1 if any(table.needs_16_bits for table in coefficients.tables) else markers.SOF0
