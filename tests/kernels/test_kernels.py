"""The compiled extension: its stub, checks of its arguments, and worked examples of entropy coding and decoding."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import foveal._kernels as _kernels

STUB = Path(_kernels.__file__).with_name("_kernels.pyi")
if not STUB.exists():  # an editable install keeps the extension elsewhere
    STUB = Path(__file__).parents[2] / "src" / "foveal" / "_kernels.pyi"


def stub_signatures() -> dict[str, list[str]]:
    signatures = {}
    for node in ast.parse(STUB.read_text()).body:
        if isinstance(node, ast.FunctionDef):
            signatures[node.name] = [argument.arg for argument in node.args.args]
        if isinstance(node, ast.ClassDef) and node.name != "ScanFailure":
            (constructor,) = (member for member in node.body if isinstance(member, ast.FunctionDef))
            signatures[node.name] = [argument.arg for argument in constructor.args.args[1:]]
    return signatures


def bound_signatures() -> dict[str, list[str]]:
    """Return the arguments of each function, from nanobind's docstrings: lines 'name(first: type, ...) -> type'."""
    signatures = {}
    for name in vars(_kernels):
        if name.startswith("_"):
            continue
        bound = getattr(_kernels, name)
        if isinstance(bound, int) or (isinstance(bound, type) and issubclass(bound, Enum)):
            continue
        called = bound.__init__ if isinstance(bound, type) else bound
        overloads = {
            tuple(re.findall(r"(?:\(|, )(\w+): ", line))
            for line in called.__doc__.splitlines()
            if line.startswith(f"{called.__name__}(")
        }
        assert len(overloads) == 1, f"overloads of {name} differ in their arguments"
        signatures[name] = list(overloads.pop())
    return signatures


def test_the_stub_matches_the_extension() -> None:
    assert stub_signatures() == bound_signatures()
    constants = [str(node.target.id) for node in ast.parse(STUB.read_text()).body if isinstance(node, ast.AnnAssign)]
    assert constants == [name for name, value in vars(_kernels).items() if isinstance(value, int)]


def planes(*shape: int) -> np.ndarray:
    return np.zeros(shape, dtype=np.float32)


def blocks(*shape: int) -> np.ndarray:
    return np.zeros((*shape, 64), dtype=np.int16)


STEPS = np.full(64, 16, dtype=np.float32)
EVEN = np.ones((1, 64), dtype=np.float32)
HISTOGRAM = np.zeros((2, 2, 256), dtype=np.uint32)


def index(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.uint8)


LEVEL_STEPS = np.ones(64, dtype=np.uint16)
TABLE = _kernels.DecodingTable((0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0), bytes(range(12)))
DATA = np.zeros(8 + 512, dtype=np.uint8)  # eight bytes of data and the padding that the decoder needs


def samples(*shape: int) -> np.ndarray:
    return np.zeros(shape, dtype=np.uint8)


def decode_scan(**changed: Any) -> _kernels.ScanFailure:
    """Decode a scan of one grey block of zeros, with some arguments changed."""
    grids = changed.pop("grids", [blocks(*changed.pop("shape", (1, 1)))])
    intervals = changed.pop("intervals", ((0, 8),))
    state = _kernels.DecodingState()
    for name, value in changed.pop("state", {}).items():
        setattr(state, name, value)
    arguments = {
        "data": DATA,
        "restart_interval": 0,
        "band": (0, 63, 0, 0),
        "components": [(1, 1, TABLE, TABLE)],
        "first_row": 0,
        "block_bits": [],
    }
    return _kernels.decode_scan(
        **(arguments | changed),
        intervals=np.array(intervals, dtype=np.int64).reshape(-1, 2),
        grids=grids,
        state=state,
    )


def test_the_call_that_the_others_break_works() -> None:
    assert decode_scan() == _kernels.ScanFailure.NONE


@pytest.mark.parametrize("interval", [(0, 9), (5, 4), (-1, 4), (-1, -1), (9, 9), (2**62, 2**62)])
def test_intervals_outside_the_data_are_missing(interval: tuple[int, int]) -> None:
    assert decode_scan(intervals=(interval,)) == _kernels.ScanFailure.NO_INTERVAL


def test_a_state_behind_the_interval_is_out_of_data() -> None:
    assert decode_scan(intervals=((0, 1),), state={"bit_position": 64, "mcu": 1}, shape=(1, 2)) == (
        _kernels.ScanFailure.OUT_OF_DATA
    )


def test_unstuffing_and_finding_back() -> None:
    """Data with stuffed bytes, fill bytes, a restart marker and the marker that ends the scan."""
    file = b"ab\xff\0c\xff\xff\xd3d\xff\xff\0\xff\0ef\xff\xff\xd9gh"
    data, restarts, count, end = _kernels.unstuff_scan(file, 0, 9)
    assert data[:-512].tobytes() == b"ab\xffcd\xff\xffef"
    assert not data[-512:].any()
    assert (restarts.tolist(), count, end) == ([[4, 5, 3]], 1, 16)
    offsets = [_kernels.stuffed_offset(file, 0, position) for position in range(10)]
    assert offsets == [0, 1, 2, 4, 8, 9, 12, 14, 15, 16]
    assert _kernels.unstuff_scan(file, 0, 0)[1:3][0].shape == (0, 3)
    assert _kernels.unstuff_scan(b"ab", 2, 9)[3] == 2
    assert _kernels.unstuff_scan(b"ab\xff", 0, 9)[3] == 2


@pytest.mark.parametrize(
    "call",
    [
        lambda: _kernels.rgb_to_ycbcr(np.zeros((9, 8, 3), np.uint8), planes(3, 8, 8)),
        lambda: _kernels.rgb_to_ycbcr(np.zeros((8, 8, 4), np.uint8), planes(3, 8, 8)),
        lambda: _kernels.rgb_to_ycbcr(np.zeros((0, 8, 3), np.uint8), planes(3, 8, 8)),
        lambda: _kernels.rgb_to_ycbcr(np.zeros((8, 8, 3), np.uint8), planes(1, 8, 8)),
        lambda: _kernels.grey_to_plane(np.zeros((8, 9), np.uint8), planes(1, 8, 8)),
        lambda: _kernels.downsample(planes(8, 8), 2, 2, planes(4, 5)),
        lambda: _kernels.downsample(planes(8, 8), 3, 1, planes(8, 2)),
        lambda: _kernels.sharpen(planes(8, 8), 2, 2, 1.0, 1, planes(8, 8)),
        lambda: _kernels.sharpen(planes(8, 8), 2, 2, 1.0, 0, planes(8, 7)),
        lambda: _kernels.sharpen(planes(8, 8), 3, 2, 1.0, 0, planes(8, 8)),
        lambda: _kernels.sharpen(planes(8, 8), 2, 2, 1.0, -1, planes(8, 8)),
        lambda: _kernels.sharpen(planes(8, 0), 2, 2, 1.0, 0, planes(8, 0)),
        lambda: _kernels.ac_strengths(blocks(2), planes(3), planes(2), planes(2)),
        lambda: _kernels.ac_strengths(blocks(2), planes(2), planes(1), planes(2)),
        lambda: _kernels.ac_strengths(blocks(2), planes(2), planes(2), planes(3)),
        lambda: _kernels.area_means(samples(4, 4), samples(5, 4)),
        lambda: _kernels.area_means(samples(4, 4), samples(4, 5)),
        lambda: _kernels.area_means(samples(4, 4), samples(0, 4)),
        lambda: _kernels.area_means(samples(4, 4, 3), samples(4, 4, 1)),
        lambda: _kernels.area_means(samples(4, 4, 3), samples(4, 4)),
        lambda: _kernels.area_means(samples(4), samples(4)),
        lambda: _kernels.color_loss(samples(8, 8), 0, planes(2, 1, 1)),
        lambda: _kernels.color_loss(samples(8, 8, 4), 0, planes(2, 1, 1)),
        lambda: _kernels.color_loss(samples(0, 8, 3), 0, planes(2, 0, 1)),
        lambda: _kernels.color_loss(samples(8, 8, 3), 0, planes(3, 1, 1)),
        lambda: _kernels.color_loss(samples(8, 8, 3), 0, planes(2, 1, 2)),
        lambda: _kernels.color_loss(samples(8, 9, 3), 0, planes(2, 1, 1)),
        lambda: _kernels.color_loss(samples(9, 8, 3), 1, planes(2, 2, 1)),
        lambda: _kernels.color_loss(samples(9, 8, 3), -1, planes(2, 1, 1)),
        lambda: _kernels.forward_dct(planes(8, 12), blocks(1, 1)),
        lambda: _kernels.forward_dct(planes(16, 8), blocks(1, 1)),
        lambda: _kernels.forward_dct_unrounded(planes(8, 12), planes(1, 1, 64)),
        lambda: _kernels.quantize_dead_zones(blocks(2), STEPS, planes(3), EVEN, index(0, 0)),
        lambda: _kernels.quantize_dead_zones(blocks(2), STEPS, planes(2), EVEN, index(0)),
        lambda: _kernels.quantize_dead_zones(blocks(2), STEPS, planes(2), EVEN, index(0, 1)),
        lambda: _kernels.settle_dc(blocks(2), np.zeros(3, np.int16), np.zeros(2, np.uint8), 16.0),
        lambda: _kernels.settle_dc(blocks(2), np.zeros(2, np.int16), np.zeros(3, np.uint8), 16.0),
        lambda: _kernels.settle_dc(blocks(2), np.zeros(2, np.int16), np.zeros(2, np.uint8), 0.0),
        lambda: _kernels.dering(blocks(2), index(0), STEPS, planes(2)),
        lambda: _kernels.dering(blocks(2), index(0, 0), STEPS, planes(1)),
        lambda: _kernels.dering(blocks(2), index(0, 0), STEPS / 32, planes(2)),
        lambda: _kernels.mark_saturated(np.zeros((9, 8, 3), np.uint8), np.zeros((1, 1), np.uint8)),
        lambda: _kernels.mark_saturated(np.zeros(8, np.uint8), np.zeros((1, 1), np.uint8)),
        lambda: _kernels.quantize_per_block(blocks(2), STEPS[None], np.array([0, 1], np.uint8), STEPS),
        lambda: _kernels.trellis(blocks(2), STEPS, planes(1), EVEN, index(0, 0), 0.0, planes(11, 63), 1.0, 4),
        lambda: _kernels.trellis(blocks(2), STEPS, planes(2), EVEN, index(0), 0.0, planes(11, 63), 1.0, 4),
        lambda: _kernels.trellis(blocks(1), STEPS, planes(1), EVEN, index(1), 0.0, planes(11, 63), 1.0, 4),
        lambda: _kernels.trellis(blocks(1), STEPS, planes(1), EVEN, index(0), 0.0, planes(11, 63), 1.0, 0),
        lambda: _kernels.trellis(blocks(1), STEPS, planes(1), EVEN, index(0), 0.51, planes(11, 63), 1.0, 4),
        lambda: _kernels.trellis(blocks(1), STEPS, planes(1), EVEN, index(0), -0.01, planes(11, 63), 1.0, 4),
        lambda: _kernels.ground_parts(np.zeros((9, 8, 3), np.uint8), 3, 64, np.zeros((1, 1), np.uint8)),
        lambda: _kernels.ground_parts(np.zeros((8, 8, 2), np.uint8), 3, 64, np.zeros((1, 1), np.uint8)),
        lambda: _kernels.ground_parts(np.zeros(8, np.uint8), 3, 64, np.zeros((1, 1), np.uint8)),
        lambda: _kernels.ground_parts(np.zeros((8, 8, 3), np.uint8), 256, 64, np.zeros((1, 1), np.uint8)),
        lambda: _kernels.ground_parts(np.zeros((8, 8, 3), np.uint8), -1, 64, np.zeros((1, 1), np.uint8)),
        lambda: _kernels.ground_parts(np.zeros((8, 8, 3), np.uint8), 3, 256, np.zeros((1, 1), np.uint8)),
        lambda: _kernels.ground_parts(np.zeros((8, 8, 3), np.uint8), 3, -1, np.zeros((1, 1), np.uint8)),
        lambda: _kernels.tally_scan([blocks(1, 1)], [(2, 1, 0)], (0, 63, 0, 0), 0, 0, 1, HISTOGRAM),
        lambda: _kernels.tally_scan([blocks(1, 1)], [(1, 1, 2)], (0, 63, 0, 0), 0, 0, 1, HISTOGRAM),
        lambda: _kernels.tally_scan([blocks(1, 1)], [(1, 1, 0)], (0, 64, 0, 0), 0, 0, 1, HISTOGRAM),
        lambda: _kernels.tally_scan([blocks(1, 1)], [(1, 1, 0)], (0, 63, 0, 0), 0, 0, 2, HISTOGRAM),
        lambda: _kernels.tally_scan([blocks(1, 1)], [(1, 1, 0)], (0, 63, 0, 0), -1, 0, 1, HISTOGRAM),
        lambda: _kernels.tally_scan([blocks(1, 1)] * 5, [(1, 1, 0)] * 5, (0, 63, 0, 0), 0, 0, 1, HISTOGRAM),
        lambda: _kernels.tally_scan([blocks(1, 1)] * 2, [(1, 1, 0)] * 2, (1, 63, 0, 0), 0, 0, 1, HISTOGRAM),
        lambda: _kernels.record_scan([blocks(1, 1)], [(1, 1, 0)], (0, 63, 0, 0), 0, 0, 2, HISTOGRAM),
        lambda: _kernels.record_scan(
            [blocks(1, 1)], [(1, 1, 0)], (0, 63, 0, 0), 0, 0, 1, np.zeros((2, 5, 256), np.uint32)
        ),
        lambda: _kernels.write_recorded(np.zeros(1, np.uint32), np.full((2, 1, 256, 2), 17, np.uint32)),
        lambda: _kernels.write_recorded(np.zeros(1, np.uint32), np.zeros((2, 5, 256, 2), np.uint32)),
        lambda: _kernels.write_recorded(np.array([514 << 20], np.uint32), np.zeros((2, 1, 256, 2), np.uint32)),
        lambda: _kernels.join_strips([(b"\0", 9, [])]),
        lambda: _kernels.join_strips([(b"\0", 8, [9])]),
        lambda: _kernels.join_strips([(b"\0", 8, [5, 4])]),
        lambda: _kernels.DecodingTable((0,) * 15 + (1,), b""),
        lambda: _kernels.DecodingTable((3,) + (0,) * 15, b"abc"),
        lambda: _kernels.DecodingTable((-1, 1) + (0,) * 14, b""),
        lambda: _kernels.unstuff_scan(b"abc", 4, 9),
        lambda: _kernels.unstuff_scan(b"abc", -1, 9),
        lambda: _kernels.stuffed_offset(b"abc", 4, 0),
        lambda: decode_scan(data=DATA[:100]),
        lambda: decode_scan(band=(0, 63, 1, 0)),
        lambda: decode_scan(band=(0, 63, 0, 1)),
        lambda: decode_scan(band=(1, 5, 0, 0), components=[(1, 1, TABLE, None)]),
        lambda: decode_scan(first_row=1 << 62),
        lambda: _kernels.upsample_triangle(samples(4, 4), 2, 2, 2**63 - 1, samples(8, 8)),
        lambda: _kernels.upsample_replicate(samples(4, 4), (1, 2), (1, 2), 2**63 - 1, samples(8, 8)),
        lambda: decode_scan(intervals=()),
        lambda: decode_scan(restart_interval=-1),
        lambda: decode_scan(restart_interval=1, shape=(2, 1)),
        lambda: decode_scan(band=(0, 64, 0, 0)),
        lambda: decode_scan(band=(0, 63, 0, 14)),
        lambda: decode_scan(components=[(1, 1, None, TABLE)]),
        lambda: decode_scan(components=[(1, 1, TABLE, None)]),
        lambda: decode_scan(components=[(2, 1, TABLE, TABLE)]),
        lambda: decode_scan(components=[(5, 1, TABLE, TABLE)]),
        lambda: decode_scan(components=[(1, 1, TABLE, TABLE)] * 2),
        lambda: decode_scan(first_row=-1),
        lambda: decode_scan(first_row=1),
        lambda: decode_scan(state={"mcu": -1}),
        lambda: decode_scan(state={"bit_position": 65}),
        lambda: decode_scan(state={"bit_position": -1}),
        lambda: decode_scan(state={"eob_run": -1}),
        lambda: decode_scan(state={"unused_bytes": -1}),
        lambda: decode_scan(block_bits=[np.zeros((1, 2), np.uint32)]),
        lambda: decode_scan(block_bits=[np.zeros((1, 1), np.uint32)] * 2),
        lambda: _kernels.inverse_dct(blocks(1, 1), LEVEL_STEPS, samples(8, 9)),
        lambda: _kernels.inverse_dct(blocks(1, 2), LEVEL_STEPS, samples(8, 8)),
        lambda: _kernels.inverse_dct(blocks(1, 1), LEVEL_STEPS, samples(8, 16)[:, ::2]),
        lambda: _kernels.upsample_triangle(samples(4, 4), 1, 1, 0, samples(4, 4)),
        lambda: _kernels.upsample_triangle(samples(4, 4), 3, 1, 0, samples(4, 12)),
        lambda: _kernels.upsample_triangle(samples(4, 4), 2, 2, 0, samples(8, 9)),
        lambda: _kernels.upsample_triangle(samples(4, 4), 2, 2, 1, samples(8, 8)),
        lambda: _kernels.upsample_triangle(samples(4, 4), 2, 2, -1, samples(8, 8)),
        lambda: _kernels.upsample_triangle(samples(0, 4), 2, 2, 0, samples(8, 8)),
        lambda: _kernels.upsample_replicate(samples(4, 4), (2, 1), (1, 1), 0, samples(8, 8)),
        lambda: _kernels.upsample_replicate(samples(4, 4), (1, 5), (1, 1), 0, samples(8, 8)),
        lambda: _kernels.upsample_replicate(samples(4, 4), (1, 2), (1, 2), -1, samples(8, 8)),
        lambda: _kernels.ycbcr_to_rgb([samples(4, 4)] * 2, samples(4, 4, 3)),
        lambda: _kernels.ycbcr_to_rgb([samples(4, 4)] * 3, samples(4, 5, 3)),
        lambda: _kernels.ycbcr_to_rgb([samples(4, 4)] * 3, samples(5, 4, 3)),
        lambda: _kernels.interleave([samples(4, 4)] * 3, samples(4, 4, 4)),
        lambda: _kernels.interleave([], samples(4, 4, 0)),
    ],
)
def test_arrays_that_do_not_fit_are_refused(call: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: _kernels.DecodingTable((0,) * 15, b""),
        lambda: decode_scan(data=DATA.astype(np.int8)),
        lambda: _kernels.rgb_to_ycbcr(np.zeros((8, 8, 3), np.float64), planes(3, 8, 8)),
        lambda: _kernels.forward_dct(planes(8, 8), np.zeros((1, 1, 64), np.int32)),
        lambda: _kernels.forward_dct_unrounded(planes(8, 8), blocks(1, 1)),
        lambda: _kernels.quantize(blocks(2, 2)[:, ::2][:, 0], STEPS[:63]),
    ],
)
def test_arrays_of_another_type_are_refused(call: object) -> None:
    with pytest.raises(TypeError):
        call()


def test_an_instruction_set_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="not available"):
        _kernels.use_instruction_set("avx1024")


@pytest.mark.parametrize("kernel", ["quantize", "quantize_dead_zones", "quantize_per_block", "trellis"])
def test_levels_stay_within_what_can_be_coded(kernel: str) -> None:
    """With steps of 1, DC levels are clamped to -1024..1023 and AC levels to +-1023 (T.81 tables F.1 and F.2)."""
    values = np.array([-32768, -16392, -16384, -16376, -16368, 16352, 16368, 16384, 32767], dtype=np.int16)
    coefficients = np.repeat(values[:, None], 64, axis=1).copy()
    count = len(values)
    if kernel == "quantize":
        _kernels.quantize(coefficients, STEPS)
    elif kernel == "quantize_dead_zones":
        _kernels.quantize_dead_zones(coefficients, STEPS, planes(count), EVEN, np.zeros(count, np.uint8))
    elif kernel == "quantize_per_block":
        _kernels.quantize_per_block(coefficients, STEPS[None], np.zeros(count, np.uint8), STEPS)
    else:
        weights, even = np.full(count, 1e6, np.float32), np.ones((1, 64), np.float32)
        _kernels.trellis(coefficients, STEPS, weights, even, np.zeros(count, np.uint8), 0.4, planes(11, 63), 1.0, 4)
    away = np.sign(values) * np.floor(np.abs(values.astype(int)) / 16 + 0.5)
    assert coefficients[:, 0].tolist() == np.clip(away, -1024, 1023).tolist()
    nearest = np.sign(values) * np.ceil(np.abs(values.astype(int)) / 16 - 0.5) if kernel == "trellis" else away
    for k in range(1, 64):
        assert coefficients[:, k].tolist() == np.clip(nearest, -1023, 1023).tolist()


def test_a_refinement_scan_ends_with_eob_rather_than_runs_of_zeros() -> None:
    """T.81 figure G.7, K <= EOB: zeros after the last coefficient that becomes nonzero in this scan need no ZRL."""
    levels = np.zeros((1, 1, 64), dtype=np.int16)
    levels[0, 0, 1], levels[0, 0, 30] = 1, 2  # becomes nonzero in this scan; was nonzero before, has a correction bit
    histogram = np.zeros((2, 1, 256), dtype=np.uint32)
    raw_bits = _kernels.tally_scan([levels], [(1, 1, 0)], (1, 63, 1, 0), 0, 0, 1, histogram)
    assert {int(symbol): int(count) for symbol, count in enumerate(histogram[1, 0]) if count} == {0x01: 1, 0x00: 1}
    assert raw_bits == 2  # a sign bit and a correction bit


def recorded_symbols(levels: np.ndarray, band: tuple[int, int, int, int]) -> list[tuple[int, int, int]]:
    """Return what a scan of one row of blocks records: (AC symbol or -1, additional bits, their number)."""
    histogram = np.zeros((2, 1, 256), dtype=np.uint32)
    words, _ = _kernels.record_scan([levels], [(1, 1, 0)], band, 0, 0, 1, histogram)
    raw = 2 * 256
    return [
        (-1 if word >> 20 == raw else (word >> 20) - 256, word & 0xFFFF, word >> 16 & 15) for word in words.tolist()
    ]


@pytest.mark.parametrize("count", [32_766, 32_767, 32_768, 65_535])
def test_eob_runs_are_as_long_as_symbols_can_say(count: int) -> None:
    """EOBn has n of 0 to 14, so a run has at most 32,767 blocks.

    T.81 G.1.2.2, Progressive encoding of AC coefficients with Huffman coding.
    """
    found = recorded_symbols(np.zeros((1, count, 64), dtype=np.int16), (1, 63, 0, 0))
    lengths = [(1 << extra_bits) + extra for _, extra, extra_bits in found]
    assert [symbol >> 4 for symbol, _, _ in found] == [length.bit_length() - 1 for length in lengths]
    assert lengths == [32_767] * (count // 32_767) + [count % 32_767] * (count % 32_767 > 0)


def test_eob_runs_end_before_their_correction_bits_are_too_many() -> None:
    """At most 1,024 correction bits wait for the end of an EOB run: those of 16 blocks of 63, but not of 17."""
    found = recorded_symbols(np.full((1, 40, 64), 2, dtype=np.int16), (1, 63, 1, 0))
    runs, correction_bits = [], 0
    for symbol, extra, extra_bits in found:
        if symbol >= 0:
            runs.append((correction_bits, (1 << extra_bits) + extra))
        else:
            correction_bits += extra_bits
            assert extra == 0  # level 2 is 1 and a correction bit of 0
    assert runs == [(0, 16), (16 * 63, 16), (32 * 63, 8)]
    assert correction_bits == 40 * 63


def test_a_scan_is_recorded_as_it_is_counted() -> None:
    """A word is [class][slot][symbol] << 20, the number of additional bits << 16, and these bits (bits.hpp)."""
    levels = np.zeros((1, 2, 64), dtype=np.int16)
    levels[0, 0, 0], levels[0, 0, 20] = 5, -2
    counted, recorded = np.zeros((2, 2, 2, 256), dtype=np.uint32)
    scan = ([levels], [(1, 1, 1)], (0, 63, 0, 0), 1, 0, 1)
    raw_bits = _kernels.tally_scan(*scan, counted)
    words, recorded_raw_bits = _kernels.record_scan(*scan, recorded)
    dc, ac, restart = 256, 768, 1025
    expected = [
        (dc + 3, 3, 5),
        (ac + 0xF0, 0, 0),
        (ac + 0x32, 2, 1),
        (ac, 0, 0),
        (restart, 0, 0),
        (dc, 0, 0),
        (ac, 0, 0),
    ]
    assert words.tolist() == [index << 20 | count << 16 | extra for index, count, extra in expected]
    np.testing.assert_array_equal(recorded, counted)
    assert raw_bits == recorded_raw_bits == 5


def test_recorded_words_become_bits() -> None:
    codes = np.zeros((2, 1, 256, 2), dtype=np.uint32)
    codes[0, 0, 5], codes[1, 0, 0x21] = (0b101, 3), (0xFFFE, 16)
    words = np.array([5 << 20 | 5 << 16 | 0b10011, 512 << 20 | 1 << 16 | 1, 513 << 20, (256 + 0x21) << 20 | 1 << 16])
    written = _kernels.write_recorded(words.astype(np.uint32), codes)
    assert written == (bytes([0b10110011, 0b11111111, 0b11111111, 0b00000000]), 26, [9])
    assert _kernels.write_recorded(words[:0].astype(np.uint32), codes) == (b"", 0, [])


@pytest.mark.parametrize("longest", [1, 15])
def test_recorded_bits_agree_with_strings_of_bits(longest: int) -> None:
    """Bits are written in words of 64; random lengths reach the end of a word in all ways."""
    rng = np.random.default_rng(longest)
    codes = np.zeros((2, 1, 256, 2), dtype=np.uint32)
    codes[1, 0, 7] = 0x7FFF, 16
    for _ in range(200):
        words, text = [], ""
        for _ in range(rng.integers(0, 200 // longest)):
            count = int(rng.integers(1, longest + 1))
            extra = int(rng.integers(0, 1 << count))
            is_symbol = longest == 15 and rng.random() < 0.5
            words.append((263 if is_symbol else 512) << 20 | count << 16 | extra)
            text += ("0" + "1" * 15 if is_symbol else "") + f"{extra:0{count}b}"
        padded = text + "0" * (-len(text) % 8)
        expected = bytes(int(padded[i : i + 8], 2) for i in range(0, len(padded), 8))
        assert _kernels.write_recorded(np.array(words, np.uint32), codes) == (expected, len(text), [])


def test_joining_nothing_but_ones_doubles_the_bytes() -> None:
    strip = (b"\xff" * 10_000, 80_000, [])
    assert _kernels.join_strips([strip, strip]) == b"\xff\x00" * 20_000


def test_strips_are_joined_bit_by_bit() -> None:
    """Strips 101, 1 1111 1111 and 0 are joined and padded with ones; a byte of ones is followed by a stuffed 0."""
    joined = _kernels.join_strips([(b"\xa0", 3, []), (b"\xff\x80", 9, []), (b"\x00", 1, [])])
    assert joined == bytes([0b10111111, 0b11110111])
    assert _kernels.join_strips([(b"\xff", 8, []), (b"\xf0", 4, [])]) == b"\xff\x00\xff\x00"
    assert _kernels.join_strips([]) == b""


def test_restart_markers_count_modulo_eight_and_align() -> None:
    strips = [(b"\x00\x00", 10, [1, 2, 3, 4]), (b"\x00", 5, [0, 1, 2, 3, 4])]
    joined = _kernels.join_strips(strips)
    markers = [joined[i + 1] for i in range(len(joined) - 1) if joined[i] == 0xFF and joined[i + 1] >= 0xD0]
    assert markers == [0xD0, 0xD1, 0xD2, 0xD3, 0xD4, 0xD5, 0xD6, 0xD7, 0xD0]
    assert joined.startswith(bytes([0b01111111, 0xFF, 0xD0, 0b01111111, 0xFF, 0xD1]))


@pytest.mark.parametrize("seed", range(5))
def test_joining_agrees_with_strings_of_bits(seed: int) -> None:
    rng = np.random.default_rng(seed)
    strips, text = [], ""
    for _ in range(20):
        bits = "".join(rng.choice(["0", "1", "1", "1"], rng.integers(0, 200)))
        padded = bits + "0" * (-len(bits) % 8)
        strips.append((bytes(int(padded[i : i + 8], 2) for i in range(0, len(padded), 8)), len(bits), []))
        text += bits
    text += "1" * (-len(text) % 8)
    plain = bytes(int(text[i : i + 8], 2) for i in range(0, len(text), 8))
    assert _kernels.join_strips(strips) == plain.replace(b"\xff", b"\xff\x00")


def bits_of(*fields: str) -> np.ndarray:
    """Return data of some bits, padded to bytes with ones, and the padding that the decoder needs."""
    text = "".join(fields)
    text += "1" * (-len(text) % 8)
    data = np.frombuffer(int(text, 2).to_bytes(len(text) // 8, "big"), np.uint8)
    return np.concatenate([data, np.zeros(512, np.uint8)])


# Tables are made in each test: if hypothesis has run too, parameters of tests still exist when the interpreter ends,
# and nanobind would report tables among them as leaked.
def ac_table() -> _kernels.DecodingTable:
    """Codes 00: 5 zeros and a level of 1 bit; 01: a level of 1 bit; 10: one of 2 bits; 110: EOB (EOB0); 1110: EOB1."""
    return _kernels.DecodingTable((0, 3, 1, 1) + (0,) * 12, bytes((0x51, 0x01, 0x02, 0x00, 0x10)))


def long_ac_table() -> _kernels.DecodingTable:
    return _kernels.DecodingTable((0,) * 11 + (1,) + (0,) * 4, bytes((0x02,)))


def dc_table() -> _kernels.DecodingTable:
    return _kernels.DecodingTable((0, 2) + (0,) * 14, bytes((15, 14)))


@pytest.mark.parametrize("name", _kernels.instruction_sets())
@pytest.mark.parametrize(
    ("band", "make_table", "bits", "expected"),
    [
        ((1, 6, 0, 0), ac_table, ("00", "1"), "NONE"),
        ((1, 5, 0, 0), ac_table, ("00", "1"), "BEYOND_BLOCK"),
        ((1, 5, 1, 0), ac_table, ("00", "1"), "BEYOND_BLOCK"),
        ((1, 5, 0, 0), ac_table, ("10", "11", "110"), "NONE"),
        ((1, 5, 1, 0), ac_table, ("10", "11", "110"), "NO_CODE"),  # refined zeros become +-1
        ((1, 5, 1, 0), long_ac_table, ("0" * 12, "11"), "NO_CODE"),
        ((1, 5, 0, 0), ac_table, ("1111",), "NO_CODE"),
        ((1, 5, 0, 13), ac_table, ("10", "11", "110"), "NONE"),  # 3 << 13
        ((0, 0, 0, 0), dc_table, ("01", "1" * 14), "NONE"),  # 16,383
        ((0, 0, 0, 0), dc_table, ("00", "1" + "0" * 14), "OUT_OF_RANGE"),  # 16,384
        ((0, 0, 0, 0), dc_table, ("00", "0" + "1" * 14), "NONE"),  # -16,384
        ((0, 0, 0, 0), dc_table, ("00", "0" + "1" * 13 + "0"), "OUT_OF_RANGE"),  # -16,385
        ((0, 0, 0, 1), dc_table, ("01", "1" + "0" * 13), "OUT_OF_RANGE"),  # 8,192 << 1
        ((0, 0, 0, 0), dc_table, ("1",), "NO_CODE"),
        ((0, 63, 0, 0), dc_table, ("00", "1" + "0" * 14), "OUT_OF_RANGE"),
        ((0, 63, 0, 0), dc_table, ("1",), "NO_CODE"),
        ((1, 5, 0, 0), ac_table, ("01", "1"), "OUT_OF_DATA"),
    ],
)
def test_codes_by_hand(
    name: str,
    band: tuple[int, int, int, int],
    make_table: Callable[[], _kernels.DecodingTable],
    bits: tuple[str, ...],
    expected: str,
) -> None:
    data, table = bits_of(*bits), make_table()
    if expected == "OUT_OF_DATA":
        data[0] = 0b01101111  # 01 1 01 1, then 11 of EOB: its last bit, 0, would come from the padding
        data = np.concatenate([data[:1], np.zeros(512, np.uint8)])
    _kernels.use_instruction_set(name)
    try:
        failure = decode_scan(
            band=band,
            data=data,
            intervals=((0, len(data) - 512),),
            components=[(1, 1, table, ac_table() if band[1] == 63 else table)],
        )
    finally:
        _kernels.use_instruction_set(_kernels.instruction_sets()[0])
    assert failure == _kernels.ScanFailure[expected]


def test_an_eob_run_ends_with_its_restart_interval() -> None:
    grid = blocks(1, 2)
    first = bits_of("1110", "0")[:1]  # EOB1 with extra bit 0: a run of two blocks
    second = bits_of("01", "1", "110")
    failure = decode_scan(
        data=np.concatenate([first, second]),
        intervals=((0, 1), (1, 2)),
        restart_interval=1,
        band=(1, 5, 0, 0),
        components=[(1, 1, None, ac_table())],
        grids=[grid],
    )
    assert failure == _kernels.ScanFailure.NONE
    assert grid[0, 1, 1] == 1


def test_a_coefficient_is_corrected_once() -> None:
    """Scans out of order send a bit again; as in libjpeg, a bit that is set already is not added again."""
    for level, corrected in ((4, 5), (5, 5), (-4, -5), (-5, -5), (32767, 32767), (-32767, -32767)):
        grid = blocks(1, 1)
        grid[0, 0, 1] = level
        decode_scan(
            data=bits_of("110", "1"),
            intervals=((0, 1),),
            band=(1, 5, 1, 0),
            components=[(1, 1, None, ac_table())],
            grids=[grid],
        )
        assert grid[0, 0, 1] == corrected
