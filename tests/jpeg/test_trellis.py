"""Trellis quantization, against exhaustive search, and its estimates of bits."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import foveal._kernels as _kernels
from foveal import jpeg
from foveal.jpeg import trellis
from foveal.jpeg.frame import Frame
from foveal.jpeg.trellis import Rates, estimate_rates, sample_rates


def cost(
    levels: np.ndarray,
    magnitudes: np.ndarray,
    weight: float | np.ndarray,
    run_size: np.ndarray,
    eob: float,
    lift: float = 0.0,
) -> float:
    """Return the weighted squared error of a block plus its bits."""
    lifted = np.where(levels == 0, magnitudes, magnitudes + lift)
    total = float((weight * (lifted - np.abs(levels)) ** 2)[1:].sum())
    last = 0
    for k in np.flatnonzero(levels[1:]) + 1:
        total += float(run_size[int(abs(levels[k])).bit_length(), k - last - 1])
        last = k
    return total + (eob if last != 63 else 0)


def exhaustive(
    magnitudes: np.ndarray, weight: float | np.ndarray, run_size: np.ndarray, eob: float, lift: float
) -> float:
    """Return the least cost over all choices of the trellis: each nonzero level kept, one less, or zero."""
    # Ties are rounded to the smaller level.
    rounded = np.where(magnitudes > 0.5, np.ceil(magnitudes + lift - 0.5), 0).astype(int)
    positions = [k for k in range(1, 64) if rounded[k] > 0]
    best = np.inf
    choices = [sorted({0, rounded[k], rounded[k] - 1}) for k in positions]
    for combination in itertools.product(*choices):
        levels = np.zeros(64, dtype=int)
        levels[positions] = combination
        best = min(best, cost(levels, magnitudes, weight, run_size, eob, lift))
    return best


@given(
    seed=st.integers(0, 2**32 - 1),
    nonzero=st.integers(0, 7),
    distortion_weight=st.sampled_from([0.5, 2.0, 8.0, 20.0, 100.0]),
    at_the_end=st.booleans(),
    lift=st.sampled_from([0.0, 0.04, 0.3, 0.5]),
)
@example(seed=235, nonzero=6, distortion_weight=20.0, at_the_end=False, lift=0.0)  # a magnitude of exactly 1/2
@example(seed=235, nonzero=6, distortion_weight=100.0, at_the_end=False, lift=0.5)
@settings(deadline=None)
def test_trellis_finds_the_least_cost(
    seed: int, nonzero: int, distortion_weight: float, at_the_end: bool, lift: float
) -> None:
    rng = np.random.default_rng(seed)
    rates = estimate_rates(rng.integers(0, 1000, 256).astype(np.uint32))
    table = jpeg.QuantizationTable(tuple(rng.integers(1, 40, 64).tolist()))
    block = np.zeros((1, 64), dtype=np.int16)
    positions = rng.choice(np.arange(1, 64), nonzero, replace=False)
    if at_the_end and nonzero:
        positions[0] = 63
    positions = np.unique(positions)
    block[0, positions] = (rng.normal(0, 2.5, len(positions)) * table.steps_in_sixteenths[positions]).astype(np.int16)
    block[0, 0] = 777
    magnitudes = np.abs(block[0].astype(np.float64)) / table.steps_in_sixteenths
    signs = np.sign(block[0])
    weights = np.array([distortion_weight], dtype=np.float32)
    by_frequency = rng.uniform(0.5, 2, 64).astype(np.float32)
    distortion_weight = distortion_weight * by_frequency.astype(np.float64)
    expected = exhaustive(magnitudes, distortion_weight, rates.run_size_bits, rates.end_of_block_bits, lift)
    _kernels.trellis(
        block,
        table.steps_in_sixteenths,
        weights,
        by_frequency[np.newaxis],
        np.zeros(1, np.uint8),
        lift,
        rates.run_size_bits,
        rates.end_of_block_bits,
        63,
    )
    assert (block[0] * signs >= 0).all()
    assert block[0, 0] == np.floor(777 / table.steps_in_sixteenths[0] + 0.5)
    found = cost(block[0], magnitudes, distortion_weight, rates.run_size_bits, rates.end_of_block_bits, lift)
    assert found == pytest.approx(expected, rel=1e-4, abs=1e-3)


def windowed_search(magnitudes: np.ndarray, weight: float, rates: Rates, look_back: int) -> float:
    """Return the least cost over paths of the trellis with steps from the start or over at most `look_back` nodes."""
    rounded = np.ceil(magnitudes - 0.5).astype(int)
    nodes = [(0, 0.0)]  # position, least cost of a path that ends there, with the zeros before it
    zeros = np.concatenate([[0.0, 0.0], np.cumsum(weight * magnitudes[1:] ** 2)])  # up to position k - 1
    for k in (k for k in range(1, 64) if rounded[k] > 0):
        best = np.inf
        for before, reach in [nodes[0], *nodes[1:][-look_back:]]:
            skipped = zeros[k] - zeros[before + 1] if before else zeros[k]
            for level in {rounded[k], rounded[k] - 1} - {0}:
                bits = float(rates.run_size_bits[int(level).bit_length(), k - before - 1])
                best = min(best, reach + skipped + bits + weight * (magnitudes[k] - level) ** 2)
        nodes.append((k, best))
    return min(
        reach + zeros[64] - (zeros[k + 1] if k else 0) + (0 if k == 63 else rates.end_of_block_bits)
        for k, reach in nodes
    )


@pytest.mark.parametrize(("look_back", "cheap_from"), [(1, 6), (2, 1), (3, 2), (4, 3), (4, 6), (5, 4), (63, 6)])
def test_trellis_looks_back_as_far_as_it_is_told(look_back: int, cheap_from: int) -> None:
    """Codes of long runs are cheap, so that the best path skips many coefficients in a row."""
    rng = np.random.default_rng(look_back)
    table = jpeg.QuantizationTable((16,) * 64)
    cheap_runs = np.full((11, 63), 30, np.float32)
    cheap_runs[:, cheap_from:] = 4
    rates = Rates(cheap_runs, 2.0)
    weights = np.array([4.0], dtype=np.float32)
    for _ in range(50):
        block = np.zeros((1, 64), dtype=np.int16)
        block[0, 1:40] = (rng.choice([-1, 1], 39) * rng.uniform(0.6, 2.4, 39) * table.steps_in_sixteenths[1:40]).astype(
            int
        )
        magnitudes = np.abs(block[0].astype(np.float64)) / table.steps_in_sixteenths
        even, profile = np.ones((1, 64), np.float32), np.zeros(1, np.uint8)
        _kernels.trellis(block, table.steps_in_sixteenths, weights, even, profile, 0.0, cheap_runs, 2.0, look_back)
        found = cost(block[0], magnitudes, 4.0, cheap_runs, 2.0)
        assert found == pytest.approx(windowed_search(magnitudes, 4.0, rates, look_back), rel=1e-4)


def test_each_block_has_the_weights_of_its_profile(coffee: np.ndarray) -> None:
    """Blocks of two profiles have the levels that each profile gives to the whole picture; chroma takes the larger."""
    pixels = coffee[:64, :96].copy()
    frame = jpeg.frame_of(pixels, "4:2:0")
    factors = np.random.default_rng(5).uniform(0.2, 4, (2, 64)).astype(np.float32)
    index = np.zeros(frame.block_grid, np.uint8)
    index[3:, 5:] = 1
    weights = (np.full(frame.block_grid, 5, np.float32),)

    def levels_by(**options: Any) -> tuple[np.ndarray, ...]:
        settings = jpeg.EncoderSettings(quantizer=jpeg.Trellis(weights, **options))
        return jpeg.quantize(jpeg.transform(pixels, frame, 1), frame, settings).blocks

    mixed = levels_by(profiles=jpeg.FrequencyProfiles(factors, index))
    alone = [levels_by(frequency_weights=(row,)) for row in factors]
    assert any((first != second).any() for first, second in zip(*alone, strict=True))
    for component, found, first, second in zip(frame.components, mixed, *alone, strict=True):
        profile = frame.largest_of_covered_blocks(index, component)[..., np.newaxis]
        np.testing.assert_array_equal(found, np.where(profile == 1, second, first))


def test_each_table_has_its_frequency_weights_and_its_lift(coffee: np.ndarray) -> None:
    """Components quantized with three sets of weights have the levels that each set gives alone."""
    pixels = coffee[:64, :96].copy()
    frame = jpeg.frame_of(pixels, "4:2:0")
    rng = np.random.default_rng(4)
    weights = tuple(rng.uniform(2, 20, frame.block_grid).astype(np.float32) for _ in range(3))
    by_frequency = tuple(rng.uniform(0.3, 3, 64).astype(np.float32) for _ in range(3))
    lifts = (0.0, 0.2, 0.5)
    tables = tuple(jpeg.QuantizationTable((step,) * 64) for step in (9, 5, 3))

    def levels_by(*quantizer: Sequence[Any]) -> tuple[np.ndarray, ...]:
        settings = jpeg.EncoderSettings(tables=tables, quantizer=jpeg.Trellis(*quantizer))
        return jpeg.quantize(jpeg.transform(pixels, frame, 1), frame, settings).blocks

    together = levels_by(weights, by_frequency, lifts)
    for index in range(3):
        alone = levels_by((weights[index],), (by_frequency[index],), (lifts[index],))
        np.testing.assert_array_equal(together[index], alone[index])
        assert index == 0 or not np.array_equal(together[index], levels_by(weights, by_frequency)[index])


def test_weights_are_rounded_before_they_decide(coffee: np.ndarray) -> None:
    frame = Frame.of_picture(*coffee.shape[:2], (2, 2))
    weights = np.full(frame.block_grid, 10, dtype=np.float32)
    encoded = {
        jpeg.encode(coffee, jpeg.EncoderSettings(quantizer=jpeg.Trellis((weights + np.float32(noise),) * 2)))
        for noise in (0, 1e-2, -1e-2)
    }
    assert len(encoded) == 1


def test_rates_of_a_histogram() -> None:
    """Symbols (run, size): half EOB, a quarter (0, 1), an eighth ZRL, an eighth (1, 2)."""
    histogram = np.zeros(256, dtype=np.uint32)
    histogram[[0x00, 0x01, 0xF0, 0x12]] = np.array([4, 2, 1, 1]) * 2**20
    rates = estimate_rates(histogram)
    assert rates.end_of_block_bits == pytest.approx(1, abs=1e-3)
    assert rates.run_size_bits[1, 0] == pytest.approx(2 + 1, abs=1e-3)
    assert rates.run_size_bits[2, 1] == pytest.approx(3 + 2, abs=1e-3)
    assert rates.run_size_bits[2, 33] == pytest.approx(2 * 3 + 3 + 2, abs=1e-3)
    assert rates.run_size_bits[5, 5] == 16 + 5  # symbol that does not occur: the longest code


def test_symbols_never_seen_count_half_a_time() -> None:
    histogram = np.zeros(256, dtype=np.uint32)
    histogram[0x01] = 1024
    bits = estimate_rates(histogram).run_size_bits
    assert bits[2, 3] == pytest.approx(np.log2((1024 + 255 * 0.5) / 0.5) + 2, abs=1e-3)


def test_rates_are_sampled_all_over_the_picture() -> None:
    """Every 16th block of a picture 32 blocks wide would come from two of its columns, here without AC."""
    blocks = np.zeros((512, 32, 64), dtype=np.int16)  # enough blocks for a sample of every 16th
    blocks[:, :, 1:6] = 16 * 50
    blocks[:, ::16] = 0
    rates = sample_rates(blocks, jpeg.annex_k_tables(50)[0])
    assert rates.run_size_bits[3, 0] - 3 < 4


@pytest.mark.parametrize(("count", "sampled"), [(7, 7), (1023, 1023), (2051, 513), (65_536, 4096), (262_144, 4096)])
def test_how_many_blocks_rates_come_from(count: int, sampled: int, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    monkeypatch.setattr(trellis, "estimate_rates", lambda histogram: seen.append(int(histogram.sum())))
    sample_rates(np.zeros((count, 1, 64), np.int16), jpeg.annex_k_tables(50)[0])  # each block has one symbol, EOB
    assert seen == [sampled]
