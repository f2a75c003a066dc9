"""Writing of files from coefficients, and estimates of their size.

T.81 B.2, General sequential and progressive syntax. Files have optimal Huffman tables (T.81 K.2, A procedure for
generating the lists which specify a Huffman code table).
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import NamedTuple

from foveal.errors import ParameterError
from foveal.jpeg import markers, segments
from foveal.jpeg.coefficients import Coefficients
from foveal.jpeg.frame import Frame
from foveal.jpeg.multi_picture import is_index, read_entries, update_index
from foveal.jpeg.scan_encoder import ScanPlan, ScanStatistics, record, tally, tally_samples, write_scans
from foveal.jpeg.script import Scan, Script, check_script, is_progressive, non_interleaved_script
from foveal.jpeg.segments import Segment

MAX_RESTART_INTERVAL = 65_535
# Least and largest DC levels, largest AC levels: DC differences and AC levels of at most 15 bits.
MIN_DC, MAX_DC, MAX_AC = -16_384, 16_383, 32_767
_SMALLEST_SAMPLE = 16  # least number of MCU rows from which the sizes of scripts are estimated
_STUFFED_SHARE = 0.003  # share of bytes that are 0xFF: a little less than 1 / 256, because no code is all ones


def check_restart_interval(interval: int) -> None:
    """Raise ParameterError unless an interval is an integer that DRI can hold.

    T.81 B.2.4.4, Restart interval definition syntax.
    """
    if not isinstance(interval, Integral) or not 0 <= interval <= MAX_RESTART_INTERVAL:
        raise ParameterError(f"restart interval must be 0 to {MAX_RESTART_INTERVAL:,} MCUs")


def write_coefficients(
    coefficients: Coefficients,
    *,
    scripts: Sequence[Script] = (),
    restart_interval: int | None = None,
    threads: int = 1,
) -> bytes:
    """Write coefficients as a JPEG file, without loss.

    Parameters
    ----------
    coefficients
        Coefficients from `read_coefficients` or from an encoder.
    scripts
        Scan scripts to choose from: the one that takes the fewest bytes is used. If empty, `coefficients.script` is
        used; if that is not legal or not complete, as in a truncated file, a scan for each component.
    restart_interval
        MCUs between restart markers, 0 for none; None for `coefficients.restart_interval`.
    threads
        Number of threads to use; the bytes of the file do not depend on it.

    Returns
    -------
    bytes
        A file with the same coefficients, tables and segments, and with the bytes that followed EOI.

    Raises
    ------
    ParameterError
        A script is not legal, or the restart interval or a level is out of range.
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
    script = _cheapest_script(coefficients, scripts, interval, threads) if scripts else _default_script(coefficients)
    return write_file(coefficients, script, interval, threads)


def write_file(coefficients: Coefficients, script: Script, interval: int, threads: int) -> bytes:
    """Write a file from levels that are known to be in range.

    ::

        SOI | APPn and COM | DQT, SOF, DRI | DHT, SOS, entropy-coded data | DHT, SOS, ... | EOI | trailing bytes
              segments                       scan 1                         scan 2

    Parameters
    ----------
    coefficients
        Levels, tables and segments to write.
    script
        Scan script.
    interval
        MCUs between restart markers, 0 for none.
    threads
        Number of threads to use.

    Raises
    ------
    ParameterError
        The script is not legal.
    """
    check_script(script, coefficients.frame)
    scans = record(_plan_scans(script, coefficients, interval), threads)
    headers = [
        _encode_scan_headers(scan, coefficients.frame, recorded.statistics)
        for scan, recorded in zip(script, scans, strict=True)
    ]
    picture = [
        _encode_picture_headers(script, coefficients, interval),
        *(part for parts in zip(headers, write_scans(scans, threads), strict=True) for part in parts),
        segments.encode_marker(markers.EOI),
    ]
    metadata = _update_picture_index(coefficients, sum(map(len, picture)))
    return b"".join([*_encode_metadata(metadata), *picture, coefficients.trailing])


class Price(NamedTuple):
    """Estimated size of a file, for most files within 0.3 %.

    Two things are not known before the file is written: the number of 0xFF bytes in the codes, each of which is
    followed by a stuffed 0 (T.81 F.1.2.3, Byte stuffing), and the bits that complete the last byte before a restart
    marker.

    Parameters
    ----------
    header_bytes
        Exact size of everything that is not entropy-coded data: markers, segments and the bytes after EOI.
    scan_bytes
        Estimated size of the entropy-coded data of all scans.
    """

    header_bytes: int
    scan_bytes: float


def price_file(coefficients: Coefficients, script: Script, interval: int, threads: int) -> Price:
    """Estimate the size of the file that `write_file` makes, from histograms of its symbols.

    Raises
    ------
    ParameterError
        The script is not legal.
    """
    check_script(script, coefficients.frame)
    statistics = tally(_plan_scans(script, coefficients, interval), threads)
    headers = [
        *_encode_metadata(coefficients.segments),
        _encode_picture_headers(script, coefficients, interval),
        *(_encode_scan_headers(scan, coefficients.frame, each) for scan, each in zip(script, statistics, strict=True)),
        segments.encode_marker(markers.EOI),
        coefficients.trailing,
    ]
    return Price(sum(map(len, headers)), sum(each.size_bytes for each in statistics) * (1 + _STUFFED_SHARE))


def _plan_scans(script: Script, coefficients: Coefficients, interval: int) -> list[ScanPlan]:
    return [ScanPlan.from_scan(scan, coefficients.frame, coefficients.blocks, interval) for scan in script]


def _encode_metadata(metadata: Sequence[Segment]) -> list[bytes]:
    """Return SOI and the bytes of each application segment and comment."""
    return [
        segments.encode_marker(markers.SOI),
        *(segments.encode_segment(code, payload) for code, payload in metadata),
    ]


def _encode_picture_headers(script: Script, coefficients: Coefficients, interval: int) -> bytes:
    """Return the bytes of DQT, SOF and DRI."""
    frame = coefficients.frame
    tables = {header.table_slot: table for header, table in zip(frame.headers, coefficients.tables, strict=True)}
    return b"".join(
        [
            segments.encode_quantization_tables(tables),
            segments.encode_frame_header(_frame_marker(script, coefficients), frame),
            segments.encode_restart_interval(interval),
        ]
    )


def _update_picture_index(coefficients: Coefficients, picture_bytes: int) -> list[Segment]:
    """Return the segments of a file, with the index of a multi-picture file (CIPA DC-007, MPF) updated.

    The index holds the size of the first picture and the offsets of the others, which move when the first picture
    changes its size.

    Parameters
    ----------
    coefficients
        Picture with the segments and the trailing bytes of the file.
    picture_bytes
        New size of the first picture from DQT to EOI.
    """
    # An offset counts from the TIFF header of the index, the byte after the signature "MPF\0" (`origin` in the file):
    #
    #     SOI | ... | APP2 MPF\0 TIFF header ... | ... | DQT ... EOI | trailing bytes ... picture 2 ...
    #                            ^ origin                              ^ end              ^ end + at
    sizes = [len(segments.encode_segment(*segment)) for segment in coefficients.segments]
    end = len(segments.encode_marker(markers.SOI)) + sum(sizes) + picture_bytes
    result = list(coefficients.segments)
    for index, segment in enumerate(coefficients.segments):
        if is_index(segment) and len(read_entries(segment.payload)) == 1 + len(coefficients.trailing_pictures):
            payload_end = len(segments.encode_marker(markers.SOI)) + sum(sizes[: index + 1])
            origin = payload_end - len(segment.payload) + len(segments.MPF)
            offsets = [None if at is None else end + at - origin for at in coefficients.trailing_pictures]
            result[index] = Segment(segment.code, update_index(segment.payload, end, offsets))
            break
    return result


def _default_script(coefficients: Coefficients) -> Script:
    """Return the script that coefficients were read with, or a scan for each component if that cannot be written."""
    try:
        check_script(coefficients.script, coefficients.frame)
    except ParameterError:
        return non_interleaved_script(len(coefficients.frame.headers))
    return coefficients.script


def _check_levels(coefficients: Coefficients) -> None:
    """Raise ParameterError if a level has more bits than the category SSSS of its symbol can express, 15.

    T.81 F.1.2.1, Huffman encoding of DC coefficients; F.1.2.2, Huffman encoding of AC coefficients.
    """
    for levels in coefficients.blocks:
        dc = levels[:, :, 0]
        if dc.min() < MIN_DC or dc.max() > MAX_DC or levels.min() < -MAX_AC:
            raise ParameterError(f"levels must be within +-{MAX_AC:,}, DC from {MIN_DC:,} to {MAX_DC:,}")


def _cheapest_script(
    coefficients: Coefficients, scripts: Sequence[Script], restart_interval: int, threads: int
) -> Script:
    """Return the script that takes the fewest bytes before byte stuffing."""
    if len(scripts) == 1:
        return scripts[0]
    for script in scripts:
        check_script(script, coefficients.frame)
    scans = tuple(dict.fromkeys(scan for script in scripts for scan in script))  # scripts have scans in common
    size_bytes = price_scans(coefficients, scans, restart_interval, smallest_sample=_SMALLEST_SAMPLE, threads=threads)
    return min(scripts, key=lambda script: sum(size_bytes[scan] for scan in script))


def price_scans(
    coefficients: Coefficients, scans: Sequence[Scan], restart_interval: int, *, smallest_sample: int, threads: int
) -> dict[Scan, float]:
    """Estimate the size of scans with their Huffman tables and headers, from a sample of MCU rows.

    Parameters
    ----------
    coefficients
        Levels that are known to be in range.
    scans
        Scans that are legal for the frame.
    restart_interval
        MCUs between restart markers, 0 for none.
    smallest_sample
        Least number of MCU rows in which symbols are counted, see `ScanPlan.sample`.
    threads
        Number of threads to use.

    Returns
    -------
    dict
        Size of each scan in bytes, before byte stuffing.
    """
    plans = [plan.sample(smallest_sample) for plan in _plan_scans(tuple(scans), coefficients, restart_interval)]
    return {
        scan: len(segments.encode_scan_header(scan, coefficients.frame)) + statistics.estimate_bytes(plan.row_share)
        for scan, plan, statistics in zip(scans, plans, tally_samples(plans, threads), strict=True)
    }


def _encode_scan_headers(scan: Scan, frame: Frame, statistics: ScanStatistics) -> bytes:
    """Return the bytes of DHT, with the tables of the scan, and SOS."""
    return segments.encode_huffman_tables(statistics.tables) + segments.encode_scan_header(scan, frame)


def _frame_marker(script: Script, coefficients: Coefficients) -> int:
    """Return the SOF marker of the simplest process that can code a script and its tables.

    T.81 B.2.2, Frame header syntax.
    """
    if is_progressive(script):
        return markers.SOF2
    return markers.SOF1 if any(table.needs_16_bits for table in coefficients.tables) else markers.SOF0
