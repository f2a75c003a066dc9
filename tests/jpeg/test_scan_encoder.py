"""Scan scripts, prices, and the independence of bytes from threads and instruction sets."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from other_readers import pillow_pixels
from pictures import noisy_gradient

import foveal._kernels as _kernels
from foveal import jpeg
from foveal.allocate.quality_map import quantization_by_weights
from foveal.errors import ParameterError
from foveal.jpeg.encoder import quantize, transform
from foveal.jpeg.frame import Frame
from foveal.jpeg.quantize import DeadZone, Quantizer, Rounding
from foveal.jpeg.scan_encoder import ScanPlan, record, tally, write_scans
from foveal.jpeg.script import Scan, check_script
from foveal.jpeg.trellis import Trellis
from foveal.threads import helper_threads, row_ranges, run_in_threads

SCRIPTS = [jpeg.sequential_script, jpeg.spectral_selection_script, jpeg.successive_approximation_script]


def frame_of(component_count: int) -> Frame:
    headers = tuple(jpeg.ComponentHeader(index, 1, 1, 0) for index in range(component_count))
    return Frame(8, 8, headers)


@pytest.mark.parametrize("make", [*SCRIPTS, jpeg.non_interleaved_script])
@pytest.mark.parametrize("components", [1, 3])
def test_our_scripts_are_legal(make: jpeg.ScriptMaker, components: int) -> None:
    check_script(make(components), frame_of(components))


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ((), "in full"),
        ((Scan((0,), 0, 0),), "in full"),
        ((Scan((0,), 1, 63), Scan((0,), 0, 0)), "DC scan"),
        ((Scan((0,), 0, 5), Scan((0,), 6, 63)), "spectral band"),
        ((Scan((0,), 0, 0), Scan((0,), 1, 64)), "spectral band"),
        ((Scan((0,), 0, 0), Scan((0,), 1, 63), Scan((0,), 1, 63)), "out of order"),
        ((Scan((0,), 0, 0), Scan((0,), 1, 63, 1, 0)), "out of order"),
        ((Scan((0,), 0, 0), Scan((0,), 1, 63, 0, 2), Scan((0,), 1, 63, 1, 0)), "out of order"),
        ((Scan((0,), 0, 0), Scan((0,), 1, 63, 0, 2), Scan((0,), 1, 63, 2, 0)), "approximation"),
        ((Scan((0,), 0, 0), Scan((0,), 1, 63, 0, 1)), "in full"),
        ((Scan((0,), 0, 0, 0, 14),), "approximation"),
        ((Scan((1,), 0, 0),), "not there"),
    ],
)
def test_illegal_scripts_are_refused(script: tuple[Scan, ...], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        check_script(script, frame_of(1))


def test_ac_scans_hold_one_component_and_components_keep_their_order() -> None:
    with pytest.raises(ParameterError, match="one component"):
        check_script((Scan((0, 1), 0, 0), Scan((0, 1), 1, 63)), frame_of(2))
    with pytest.raises(ParameterError, match="order of the frame"):
        check_script((Scan((1, 0), 0, 63),), frame_of(2))


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


@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize(
    "scripts",
    [
        (jpeg.sequential_script,),
        (jpeg.successive_approximation_script,),
        (jpeg.sequential_script, jpeg.luminance_refinement_script, jpeg.early_split_script),
    ],
)
@pytest.mark.parametrize("restart_interval", [0, 40])
def test_the_price_of_a_file_is_about_what_it_has(
    scripts: tuple[jpeg.ScriptMaker, ...], restart_interval: int, grey: bool, coffee: np.ndarray
) -> None:
    pixels = np.ascontiguousarray(coffee[..., 1] if grey else coffee)
    plain = jpeg.EncoderSettings(tables=jpeg.annex_k_tables(75), scripts=scripts, restart_interval=restart_interval)
    levels = jpeg.read_coefficients(jpeg.encode(pixels, plain))
    price = jpeg.price(levels, plain)
    assert sum(price) == pytest.approx(len(jpeg.write(levels, plain)), rel=0.003)
    commented = jpeg.price(replace(levels, segments=(*levels.segments, jpeg.Segment(0xFE, bytes(1000)))), plain)
    assert commented == (price.header_bytes + 1004, price.scan_bytes)
    trailed = jpeg.price(replace(levels, trailing=bytes(55)), plain)
    assert trailed == (price.header_bytes + 55, price.scan_bytes)


@given(quality=st.integers(1, 100), side=st.integers(1, 40), seed=st.integers(0, 9))
def test_headers_are_priced_to_the_byte(quality: int, side: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side), dtype=np.uint8)
    settings = jpeg.EncoderSettings(tables=jpeg.annex_k_tables(quality), scripts=(jpeg.sequential_script,))
    data = jpeg.encode(pixels, settings)
    end_of_headers = data.index(b"\xff\xda") + 10  # SOS of one component
    assert jpeg.price(jpeg.read_coefficients(data), settings).header_bytes == end_of_headers + 2  # EOI


def test_the_cheapest_script_is_taken(coffee: np.ndarray) -> None:
    scripts = tuple(SCRIPTS)
    for pixels in (coffee, coffee[:24, :24].copy()):
        sizes = [len(jpeg.encode(pixels, jpeg.EncoderSettings(scripts=(script,)))) for script in scripts]
        assert len(jpeg.encode(pixels, jpeg.EncoderSettings(scripts=scripts))) == min(sizes)


def test_a_sample_of_a_scan_has_the_same_rows_of_the_picture_as_any_other() -> None:
    for height, rows in ((16 * 31, 31), (16 * 32 - 5, 16), (16 * 256, 16), (16 * 256 + 16 * 100, 22)):
        frame = Frame.of_picture(height, 16, (2, 2))
        blocks = tuple(np.zeros((c.padded_block_rows, c.padded_block_columns, 64), np.int16) for c in frame.components)
        in_pixels = set()
        for scan, side in ((Scan((0, 1, 2)), 16), (Scan((0,), 1, 63), 8), (Scan((2,), 1, 63), 16)):
            whole = ScanPlan.from_scan(scan, frame, blocks, restart_interval=0)
            plan = whole.sample()
            assert (plan is whole) == (rows == 31)
            assert whole.row_share == 1
            assert plan.row_share == pytest.approx(rows / frame.mcu_rows, abs=1 / 64)
            covered = [range(first * side, last * side) for first, last in plan.row_ranges]
            in_pixels.add(tuple(row for rows in covered for row in rows if row < height))
        assert len(in_pixels) == 1


def test_a_sample_of_a_scan_has_its_share_of_the_restart_markers(coffee: np.ndarray) -> None:
    """Else scripts of few scans would seem to be cheap."""
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
            sample = plan.sample()
            assert sample.row_share < 0.5
            assert sample.restart_marker_count == pytest.approx(markers * sample.row_share, abs=0.5)
            (sampled,) = tally([sample], 1)
            assert sampled.size_bytes / sample.row_share == pytest.approx(len(written), rel=0.15)


def test_the_script_of_a_high_picture_is_chosen_by_a_sample(coffee: np.ndarray) -> None:
    scripts = tuple(SCRIPTS)
    high = np.concatenate([coffee[:, :96], coffee[::-1, 200:296], coffee[:, 400:496]])
    sizes = [len(jpeg.encode(high, jpeg.EncoderSettings(scripts=(script,)))) for script in scripts]
    chosen = {jpeg.encode(high, jpeg.EncoderSettings(scripts=scripts, threads=threads)) for threads in (1, 2, 3, 8)}
    assert [len(data) for data in chosen] == [min(sizes)]
    settings = [jpeg.EncoderSettings(scripts=scripts, restart_interval=7, threads=threads) for threads in (1, 2, 3, 8)]
    assert len({jpeg.encode(high, each) for each in settings}) == 1


def quantizers(frame: Frame) -> list[Quantizer]:
    weights = np.random.default_rng(3).uniform(0.1, 1, frame.block_grid).astype(np.float32)
    per_block = quantization_by_weights(weights, 80).quantizer
    both = 20 * weights, 10 * weights
    return [Rounding(), DeadZone(both), per_block, Trellis(both), Trellis(both, look_back=63)]


@pytest.mark.parametrize("which", range(5))
@pytest.mark.parametrize("make", SCRIPTS)
def test_bytes_depend_neither_on_threads_nor_on_the_run(
    make: jpeg.ScriptMaker, which: int, astronaut: np.ndarray
) -> None:
    pixels = np.concatenate([astronaut, astronaut[:, ::-1]], axis=1)
    quantizer = quantizers(Frame.of_picture(*pixels.shape[:2], (2, 2)))[which]
    encoded = {
        jpeg.encode(pixels, jpeg.EncoderSettings(quantizer=quantizer, scripts=(make,), threads=threads))
        for threads in (1, 2, 3, 8, 1)
    }
    assert len(encoded) == 1


@pytest.fixture
def every_instruction_set() -> Iterator[list[str]]:
    names = _kernels.instruction_sets()
    yield names
    _kernels.use_instruction_set(names[0])


@pytest.mark.parametrize("which", range(5))
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_bytes_do_not_depend_on_the_instruction_set(
    which: int, dtype: type[np.generic], every_instruction_set: list[str]
) -> None:
    if len(every_instruction_set) == 1:
        pytest.skip("this processor runs only one build of the kernels")
    pixels = noisy_gradient(203, 301).astype(dtype) * (1 if dtype == np.uint8 else 257)
    quantizer = quantizers(Frame.of_picture(203, 301, (2, 2)))[which]
    encoded = set()
    for name in every_instruction_set:
        _kernels.use_instruction_set(name)
        encoded.add(jpeg.encode(pixels, jpeg.EncoderSettings(quantizer=quantizer)))
    assert len(encoded) == 1


def test_an_instruction_set_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="not available"):
        _kernels.use_instruction_set("avx1024")


def test_row_ranges_cover_every_row_once() -> None:
    for rows in (1, 2, 7, 100):
        for per_row in (1, 10, 1000):
            ranges = row_ranges(rows, per_row, 100)
            assert [row for first, last in ranges for row in range(first, last)] == list(range(rows))


def test_an_error_in_a_thread_reaches_the_caller() -> None:
    def fail(item: int) -> None:
        raise RuntimeError(f"item {item}")

    for threads in (1, 2, 5):
        with pytest.raises(RuntimeError, match="item"):
            run_in_threads(fail, [1, 2, 3], threads)


def test_an_error_stops_the_work() -> None:
    done = []

    def fail_first(item: int) -> None:
        done.append(item)
        if item == 0:
            raise RuntimeError

    with pytest.raises(RuntimeError):
        run_in_threads(fail_first, range(100), 1)
    assert done == [0]


def test_helpers_are_kept_for_several_stages() -> None:
    def name(barrier: threading.Barrier) -> str:
        barrier.wait(timeout=10)  # so that each thread takes one
        return threading.current_thread().name

    with helper_threads(3):
        seen = [set(run_in_threads(name, [threading.Barrier(3)] * 3, 3)) for _ in range(5)]
        inner = run_in_threads(lambda item: run_in_threads(lambda other: item * other, [1, 2, 3], 3), [10, 20], 3)
    assert seen == [seen[0]] * 5
    assert len(seen[0]) == 3
    assert inner == [[10, 20, 30], [20, 40, 60]]
    alive = {thread.name for thread in threading.enumerate()}
    assert alive & seen[0] == {threading.current_thread().name}


def test_work_is_done_without_helpers_where_no_thread_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    assert run_in_threads(lambda item: 2 * item, range(5), 3) == [0, 2, 4, 6, 8]


def test_results_of_threads_come_in_order() -> None:
    for threads in (1, 2, 7):
        assert run_in_threads(lambda item: item * item, range(100), threads) == [item * item for item in range(100)]
    assert run_in_threads(lambda item: item, [], 3) == []


def test_restart_interval_bounds() -> None:
    assert pillow_pixels(jpeg.encode(noisy_gradient(9, 9), jpeg.EncoderSettings(restart_interval=65535))).shape[0] == 9
    with pytest.raises(ParameterError, match="restart interval"):
        jpeg.EncoderSettings(restart_interval=65536)
    with pytest.raises(ParameterError, match="restart interval"):
        jpeg.EncoderSettings(restart_interval=-1)
