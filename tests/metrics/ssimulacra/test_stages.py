"""SSIMULACRA 2, against plain versions of its stages; its scores: test_ssimulacra2_scores.py."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from scipy.ndimage import convolve1d

import foveal._kernels as _kernels
from foveal.errors import ParameterError
from foveal.metrics import Ssimulacra2Reference, ssimulacra2
from foveal.metrics.ssimulacra.recursive_gaussian import recursive_gaussian
from foveal.metrics.ssimulacra.xyb import srgb_light, xyb_sizes

GAUSSIAN = recursive_gaussian(1.5)[1]
STABILITY = np.float32(0.0009)


@pytest.fixture(params=_kernels.instruction_sets())
def instruction_set(request: pytest.FixtureRequest) -> Iterator[str]:
    _kernels.use_instruction_set(request.param)
    yield request.param
    _kernels.use_instruction_set(_kernels.instruction_sets()[0])


def recursion(samples: np.ndarray) -> np.ndarray:
    """Blur along the first axis in double precision by the recursion, zeros around."""
    length = len(samples)
    padded = np.concatenate([np.zeros((10, *samples.shape[1:])), samples, np.zeros((4, *samples.shape[1:]))])
    out = np.zeros_like(padded)
    for gain, feedback in GAUSSIAN:
        wave = np.zeros_like(padded)
        for n in range(6, length + 10):  # the output at n is the one of sample n - 10
            wave[n] = gain * (padded[n - 6] + padded[n + 4]) - feedback * wave[n - 1] - wave[n - 2]
        out += wave
    return out[10 : 10 + length]


def response() -> np.ndarray:
    """What the blur makes of a single sample, four samples to either side."""
    impulse = np.zeros(21)
    impulse[10] = 1
    return recursion(impulse)[6:15]


def convolved(samples: np.ndarray) -> np.ndarray:
    """Blur both ways with the response, in double precision, of planes (rows, channels, columns)."""
    across = convolve1d(samples.astype(np.float64), response(), axis=2, mode="constant")
    return convolve1d(across, response(), axis=0, mode="constant")


def fused(a: np.ndarray, b: float, c: np.ndarray) -> np.ndarray:
    """a b + c, rounded once."""
    return (a.astype(np.float64) * np.float64(np.float32(b)) + c).astype(np.float32)


def drifting_across(rows: np.ndarray) -> np.ndarray:
    """Blur along the second axis in single precision, four columns at once, as libjxl rounds."""
    count, columns = rows.shape
    padded = np.zeros((count, columns + 20), dtype=np.float32)
    padded[:, 10:-10] = rows
    last = [np.zeros(count, np.float32) for _ in GAUSSIAN]
    before = [np.zeros(count, np.float32) for _ in GAUSSIAN]
    out = np.zeros_like(rows)
    column = -4
    while column < columns:
        steps = 4 if 8 <= column < columns - 7 else 1
        sums = [padded[:, column + k + 4] + padded[:, column + k + 14] for k in range(steps)]
        waves = []
        for i, (gain, feedback) in enumerate(GAUSSIAN):
            ones = [0, 1, -feedback, feedback**2 - 1, -(feedback**3) + 2 * feedback]
            ones.append(feedback**4 - 3 * feedback**2 + 1)
            wave = []
            for k in range(steps):
                value = sums[0] * np.float32(gain * ones[k + 1])
                for j in range(1, k + 1):
                    value = fused(sums[j], gain * ones[k - j + 1], value)
                value = fused(before[i], -ones[k + 1], value)
                wave.append(fused(last[i], ones[k + 2], value))
            before[i], last[i] = [last[i], *wave][-2:]
            waves.append(wave)
        for k in range(steps):
            if column + k >= 0:
                out[:, column + k] = waves[0][k] + (waves[1][k] + waves[2][k])
        column += steps
    return out


def drifting_down(rows: np.ndarray) -> np.ndarray:
    """Blur along the first axis in single precision, as libjxl rounds."""
    padded = np.concatenate([np.zeros((10, rows.shape[1]), np.float32), rows, np.zeros((4, rows.shape[1]), np.float32)])
    waves = [[np.zeros(rows.shape[1], np.float32)] * 2 for _ in GAUSSIAN]
    out = []
    for n in range(6, len(rows) + 10):
        for wave, (gain, feedback) in zip(waves, GAUSSIAN, strict=True):
            decayed = fused(wave[-1], -feedback, -wave[-2])
            wave.append(fused(padded[n - 6] + padded[n + 4], gain, decayed))
        out.append(waves[0][-1] + (waves[1][-1] + waves[2][-1]))
    return np.stack(out[4:])


def drifting(planes: np.ndarray) -> np.ndarray:
    return np.stack([drifting_down(drifting_across(planes[:, c])) for c in range(3)], axis=1)


def plain_sums(first: np.ndarray, second: np.ndarray, blur: object) -> np.ndarray:
    """(channels, 6) sums of the error maps, the formulas written down."""
    mean1, mean2 = blur(first), blur(second)
    variance = (blur(first * first) - mean1 * mean1) + (blur(second * second) - mean2 * mean2) + STABILITY
    covariance = 2 * (blur(first * second) - mean1 * mean2) + STABILITY
    structure = 1 - (1 - (mean1 - mean2) ** 2) * covariance / variance.astype(np.float64)
    gained = (1 + np.abs(second - mean2, dtype=np.float64)) / (1 + np.abs(first - mean1, dtype=np.float64)) - 1
    maps = [np.maximum(each, 0) for each in (structure, gained, -gained)]
    return np.stack([(each**power).sum(axis=(0, 2)) for each in maps for power in (1, 4)], axis=1)


def kernel_sums(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    sums = np.zeros((3, 6))
    for channel in range(3):
        _kernels.error_sums(first, second, channel, GAUSSIAN, sums[channel])
    return sums


def test_the_blur_is_nearly_a_gaussian_and_ends_after_four_samples() -> None:
    radius, _ = recursive_gaussian(1.5)
    assert radius == 5
    gaussian = np.exp(-(np.arange(-4, 5) ** 2) / (2 * 1.5**2)) / (1.5 * np.sqrt(2 * np.pi))
    assert np.abs(response() - gaussian).max() < 0.002
    assert response().sum() == pytest.approx(1, abs=1e-12)
    impulse = np.zeros(41)
    impulse[20] = 1
    assert np.abs(np.delete(recursion(impulse), range(16, 25))).max() < 1e-12


@pytest.mark.parametrize("shape", [(1, 1), (4, 4), (5, 9), (8, 8), (13, 16), (9, 127), (12, 128), (31, 300)], ids=str)
def test_error_sums_of_texture(shape: tuple[int, int], instruction_set: str) -> None:
    """Where there is texture, rounding does not matter: convolution in double precision gives the same."""
    rng = np.random.default_rng(sum(shape))
    first = rng.uniform(0.1, 0.9, (shape[0], 3, shape[1])).astype(np.float32)
    second = (first + rng.normal(0, 0.1, first.shape)).astype(np.float32)
    expected = plain_sums(first, second, convolved)
    np.testing.assert_allclose(kernel_sums(first, second), expected, rtol=2e-4)


@pytest.mark.parametrize("shape", [(61, 300), (40, 130), (9, 19)], ids=str)
def test_error_sums_of_flat_pictures_drift_as_those_of_the_reference(
    shape: tuple[int, int], instruction_set: str
) -> None:
    """Where there is none, rounding errors of the recursion are the variance: they must be just these."""
    rng = np.random.default_rng(7)
    first = np.full((shape[0], 3, shape[1]), 0.85, dtype=np.float32)
    second = first + np.float32(0.002) * rng.integers(0, 2, first.shape).astype(np.float32)
    found, expected = kernel_sums(first, second), plain_sums(first, second, drifting)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    if shape[1] == 300:
        assert np.abs(found / plain_sums(first, second, convolved) - 1).max() > 1e-4


def test_both_instruction_sets_give_the_same_score(astronaut: np.ndarray) -> None:
    distorted = (astronaut // 4 * 4 + 2).astype(np.uint8)
    scores = set()
    for name in _kernels.instruction_sets():
        _kernels.use_instruction_set(name)
        scores.add(ssimulacra2(astronaut, distorted))
    _kernels.use_instruction_set(_kernels.instruction_sets()[0])
    assert len(scores) == 1


def test_xyb(instruction_set: str) -> None:
    """From the definition of XYB, in double precision; both builds must agree to the bit."""
    values = np.array([0, 1e-6, 0.001, 0.02, 0.2, 0.5, 0.9, 1], dtype=np.float32)
    linear = np.array(list(itertools.product(values, repeat=3)), dtype=np.float32)[:509]  # a last vector of five
    planes = np.ascontiguousarray(linear.T)[None].copy()
    _kernels.linear_to_xyb(planes)
    absorbance = np.array([[0.3, 0.622, 0.078], [0.23, 0.692, 0.078], [0.24342269, 0.20476744, 0.55180987]])
    bias = 0.0037930732552754493
    long, medium, short = np.cbrt(absorbance @ linear.T.astype(np.float64) + bias) - np.cbrt(bias)
    y = (long + medium) / 2
    expected = np.stack([7 * (long - medium) + 0.42, y + 0.01, short - y + 0.55])
    assert np.abs(planes[0] - expected).max() < 5e-6
    if instruction_set != _kernels.instruction_sets()[0]:
        _kernels.use_instruction_set(_kernels.instruction_sets()[0])
        other = np.ascontiguousarray(linear.T)[None].copy()
        _kernels.linear_to_xyb(other)
        np.testing.assert_array_equal(planes, other)


def test_light_of_srgb() -> None:
    value = np.arange(256) / 255
    exact = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    assert np.abs(srgb_light() - exact).max() < 1e-6
    assert srgb_light()[[0, 255]].tolist() == [0, 1]


@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (2, 2), (3, 5), (8, 17), (9, 64)])
def test_halving_repeats_the_last_samples(rows: int, columns: int) -> None:
    planes = np.random.default_rng(3).random((rows, 3, columns)).astype(np.float32)
    out = np.empty((-(-rows // 2), 3, -(-columns // 2)), dtype=np.float32)
    _kernels.halve(planes, out)
    even = np.pad(planes, ((0, rows % 2), (0, 0), (0, columns % 2)), mode="edge").astype(np.float64)
    expected = (even[::2, :, ::2] + even[::2, :, 1::2] + even[1::2, :, ::2] + even[1::2, :, 1::2]) / 4
    assert np.abs(out - expected).max() < 1e-6


@pytest.mark.parametrize(
    ("side", "sides"), [(8, [8, 4]), (17, [17, 9, 5]), (112, [112, 56, 28, 14, 7]), (113, [113, 57, 29, 15, 8, 4])]
)
def test_small_pictures_are_looked_at_in_fewer_sizes(side: int, sides: list[int]) -> None:
    pixels = np.zeros((side, side + 3, 3), dtype=np.uint8)
    assert [planes.shape[0] for planes in xyb_sizes(pixels, 1)] == sides
    assert [planes.shape[0] for planes in xyb_sizes(pixels[:, :-3], 1)] == sides


@pytest.mark.parametrize("height", [512, 8, 9])
def test_equal_pictures_score_100(astronaut: np.ndarray, height: int) -> None:
    assert ssimulacra2(astronaut[:height], astronaut[:height]) == 100
    assert ssimulacra2(astronaut[:height, :, 0], astronaut[:height, :, 0]) == 100


def test_scores_fall_with_distortion(astronaut: np.ndarray) -> None:
    noise = np.random.default_rng(0).normal(0, 1, astronaut.shape)
    scores = [
        ssimulacra2(astronaut, np.clip(astronaut + sigma * noise, 0, 255).astype(np.uint8))
        for sigma in (0, 1, 3, 10, 30, 100)
    ]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == len(scores)
    assert scores[-1] < 0


def test_grey_is_rgb_with_equal_channels(astronaut: np.ndarray) -> None:
    grey, darker = astronaut[:100, :200, 1], astronaut[:100, :200, 1] // 2
    as_rgb = [np.repeat(pixels[:, :, None], 3, axis=2) for pixels in (grey, darker)]
    assert ssimulacra2(grey, darker) == ssimulacra2(*as_rgb)


def test_views_score_as_their_copies(astronaut: np.ndarray) -> None:
    views = astronaut[::2, ::-3], astronaut[1::2, ::-3]
    assert ssimulacra2(*views) == ssimulacra2(*(np.ascontiguousarray(view) for view in views))


def test_the_score_does_not_depend_on_threads_nor_on_a_kept_reference(astronaut: np.ndarray) -> None:
    photo = np.tile(astronaut, (2, 2, 1))  # more than one strip
    reference = Ssimulacra2Reference(photo, threads=3)
    distorted = [photo // 2 * 2, photo // 8 * 8]
    expected = [ssimulacra2(photo, each) for each in distorted]
    for threads in (1, 2, 5):
        assert [reference.score(each, threads=threads) for each in distorted] == expected


def test_the_order_matters(astronaut: np.ndarray) -> None:
    distorted = astronaut // 16 * 16
    assert abs(ssimulacra2(astronaut, distorted) - ssimulacra2(distorted, astronaut)) > 0.1


@pytest.mark.parametrize(
    ("reference", "distorted"),
    [
        (np.zeros((1, 1, 3), np.uint8), np.zeros((1, 1, 3), np.uint8)),
        (np.zeros((7, 9), np.uint8), np.zeros((7, 9), np.uint8)),
        (np.zeros((9, 7, 3), np.uint8), np.zeros((9, 7, 3), np.uint8)),
        (np.zeros((0, 9, 3), np.uint8), np.zeros((0, 9, 3), np.uint8)),
        (np.zeros((9, 9, 4), np.uint8), np.zeros((9, 9, 4), np.uint8)),
        (np.zeros((9, 9), np.uint16), np.zeros((9, 9), np.uint16)),
        (np.zeros((9, 9), np.uint8), np.zeros((9, 9, 3), np.uint8)),
        (np.zeros((9, 9), np.uint8), np.zeros((9, 10), np.uint8)),
        (np.zeros(81, np.uint8), np.zeros(81, np.uint8)),
    ],
)
def test_what_cannot_be_compared(reference: np.ndarray, distorted: np.ndarray) -> None:
    with pytest.raises(ParameterError, match=r"^[^\n]+$"):
        ssimulacra2(reference, distorted)


def planes(*shape: int) -> np.ndarray:
    return np.zeros(shape, dtype=np.float32)


@pytest.mark.parametrize(
    "call",
    [
        lambda: _kernels.linear_light(np.zeros((2, 3, 3), np.uint8), planes(256), planes(2, 3, 2)),
        lambda: _kernels.linear_light(np.zeros((0, 3, 3), np.uint8), planes(256), planes(0, 3, 3)),
        lambda: _kernels.halve(planes(4, 3, 4), planes(2, 3, 1)),
        lambda: _kernels.halve(planes(5, 3, 4), planes(2, 3, 2)),
        lambda: _kernels.linear_to_xyb(planes(4, 3, 0)),
        lambda: _kernels.error_sums(planes(4, 3, 4), planes(4, 3, 5), 0, GAUSSIAN, np.zeros(6)),
        lambda: _kernels.error_sums(planes(4, 3, 4), planes(5, 3, 4), 0, GAUSSIAN, np.zeros(6)),
        lambda: _kernels.error_sums(planes(4, 3, 4), planes(4, 3, 4), 3, GAUSSIAN, np.zeros(6)),
        lambda: _kernels.error_sums(planes(4, 3, 4), planes(4, 3, 4), -1, GAUSSIAN, np.zeros(6)),
    ],
)
def test_arrays_that_do_not_fit_are_refused(call: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: _kernels.linear_light(np.zeros((2, 2, 3), np.uint8), planes(255), planes(2, 3, 2)),
        lambda: _kernels.halve(planes(4, 4, 4), planes(2, 4, 2)),
        lambda: _kernels.linear_to_xyb(np.zeros((4, 3, 4))),
        lambda: _kernels.error_sums(planes(4, 3, 4), planes(4, 3, 4), 0, GAUSSIAN[:2], np.zeros(6)),
        lambda: _kernels.error_sums(planes(4, 3, 4), planes(4, 3, 4), 0, GAUSSIAN, np.zeros(5)),
    ],
)
def test_arrays_of_another_type_are_refused(call: object) -> None:
    with pytest.raises(TypeError):
        call()
