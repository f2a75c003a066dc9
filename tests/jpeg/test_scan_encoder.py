"""Size of coded scans, estimated from the counts of their symbols and from samples of their rows."""

from __future__ import annotations

import numpy as np
import pytest
from jpeg_files import SCRIPTS

from foveal import jpeg
from foveal.jpeg.encoder import quantize, transform
from foveal.jpeg.frame import Frame
from foveal.jpeg.scan_encoder import ScanPlan, record, tally, write_scans
from foveal.jpeg.script import Scan


@pytest.mark.parametrize("make", SCRIPTS)
def test_the_price_of_a_scan_is_what_it_takes(make: jpeg.ScriptMaker, coffee: np.ndarray) -> None:
    frame = Frame.of_picture(*coffee.shape[:2], (2, 2))
    coefficients = quantize(transform(coffee, frame, 1), frame, jpeg.EncoderSettings())
    plans = [ScanPlan.from_scan(scan, frame, coefficients.blocks, restart_interval=0) for scan in make(3)]
    scans = record(plans, threads=1)
    for scan, counted, written in zip(scans, tally(plans, threads=1), write_scans(scans, threads=1), strict=True):
        assert scan.statistics.size_bytes == len(written) - written.count(b"\xff\x00")
        np.testing.assert_array_equal(scan.statistics.histogram, counted.histogram)
        assert scan.statistics.raw_bits == counted.raw_bits


def test_a_sample_of_a_scan_has_the_same_rows_of_the_picture_as_any_other() -> None:
    heights = ((16 * 31, 31), (16 * 32 - 5, 32), (16 * 32, 16), (16 * 33 - 5, 16), (16 * 512, 16), (16 * 712, 22))
    for height, rows in heights:
        frame = Frame.of_picture(height, 16, (2, 2))
        blocks = tuple(np.zeros((c.padded_block_rows, c.padded_block_columns, 64), np.int16) for c in frame.components)
        in_pixels = set()
        for scan, side in ((Scan((0, 1, 2)), 16), (Scan((0,), 1, 63), 8), (Scan((2,), 1, 63), 16)):
            whole = ScanPlan.from_scan(scan, frame, blocks, restart_interval=0)
            plan = whole.sample(16)
            assert (plan is whole) == (rows >= 31)
            assert whole.row_share == 1
            assert plan.row_share == pytest.approx(min(rows * 16 / height, 1))
            covered = [range(first * side, last * side) for first, last in plan.row_ranges]
            in_pixels.add(tuple(row for rows in covered for row in rows if row < height))
        assert len(in_pixels) == 1


def test_a_sample_of_a_scan_has_its_share_of_the_restart_markers(coffee: np.ndarray) -> None:
    """The estimated size of a scan includes its restart markers, so that scripts of many scans are not favoured."""
    high = np.concatenate([coffee[:, :96], coffee[::-1, 200:296], coffee[:, 400:496]])
    frame = Frame.of_picture(*high.shape[:2], (2, 2))
    coefficients = quantize(transform(high, frame, 1), frame, jpeg.EncoderSettings())
    for interval in (0, 1, 7, 300, 65_535):
        for scan in (Scan((0, 1, 2), 0, 0), Scan((0,), 1, 63)):
            plan = ScanPlan.from_scan(scan, frame, coefficients.blocks, interval)
            (whole,) = record([plan], 1)
            (written,) = write_scans([whole], 1)
            markers = sum(written.count(bytes([0xFF, 0xD0 + number])) for number in range(8))
            assert plan.restart_marker_count == whole.statistics.restart_marker_count == markers
            sample = plan.sample(16)
            assert sample.row_share < 0.5
            assert sample.restart_marker_count == pytest.approx(markers * sample.row_share, abs=0.5)
            (sampled,) = tally([sample], 1)
            assert sampled.size_bytes / sample.row_share == pytest.approx(len(written), rel=0.15)
