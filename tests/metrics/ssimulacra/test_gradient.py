"""The gradient of SSIMULACRA 2, against difference quotients of a plain score in double precision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import convolve1d

import foveal._kernels as _kernels
from foveal.errors import ParameterError
from foveal.metrics import Ssimulacra2Reference, ssimulacra2
from foveal.metrics.ssimulacra.gradient import srgb_light_derivatives
from foveal.metrics.ssimulacra.recursive_gaussian import impulse_response, recursive_gaussian
from foveal.metrics.ssimulacra.score import WEIGHTS
from foveal.metrics.ssimulacra.xyb import srgb_light

GAUSSIAN = recursive_gaussian(1.5)[1]
HALF = impulse_response(GAUSSIAN)
KERNEL = np.concatenate([HALF[:0:-1], HALF])
ABSORBANCE = np.array([[0.3, 0.622, 0.078], [0.23, 0.692, 0.078], [0.24342269, 0.20476744, 0.55180987]])
BIAS = 0.0037930732552754493


def blur(plane: np.ndarray) -> np.ndarray:
    across = convolve1d(plane, KERNEL, axis=1, mode="constant")
    return convolve1d(across, KERNEL, axis=0, mode="constant")


def light(samples: np.ndarray) -> np.ndarray:
    value = samples / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def scales_of(samples: np.ndarray) -> Iterator[np.ndarray]:
    """Yield (H, W, 3) XYB at up to six scales, of samples that need not be whole numbers."""
    linear = light(samples.astype(np.float64))
    for scale in range(6):
        long, medium, short = np.moveaxis(np.cbrt(linear @ ABSORBANCE.T + BIAS) - np.cbrt(BIAS), 2, 0)
        y = (long + medium) / 2
        yield np.stack([7 * (long - medium) + 0.42, y + 0.01, short - y + 0.55], axis=2)
        if scale == 5 or min(linear.shape[:2]) < 8:
            return
        even = np.pad(linear, ((0, linear.shape[0] % 2), (0, linear.shape[1] % 2), (0, 0)), mode="edge")
        linear = (even[::2, ::2] + even[::2, 1::2] + even[1::2, ::2] + even[1::2, 1::2]) / 4


def error_maps(first: np.ndarray, second: np.ndarray) -> list[np.ndarray]:
    mean1, mean2 = blur(first), blur(second)
    variance = blur(first * first) - mean1 * mean1 + blur(second * second) - mean2 * mean2 + 0.0009
    covariance = 2 * (blur(first * second) - mean1 * mean2) + 0.0009
    structure = 1 - (1 - (mean1 - mean2) ** 2) * covariance / variance
    gained = (1 + np.abs(second - mean2)) / (1 + np.abs(first - mean1)) - 1
    return [np.maximum(each, 0) for each in (structure, gained, -gained)]


def plain_norms(reference: np.ndarray, distorted: np.ndarray) -> np.ndarray:
    """Return the norms of the error maps: (channels, scales, norms, maps)."""
    if distorted.ndim == 2:
        reference, distorted = (np.repeat(each[:, :, None], 3, axis=2) for each in (reference, distorted))
    norms = []
    for first, second in zip(scales_of(reference), scales_of(distorted), strict=True):
        by_channel = [error_maps(first[:, :, c], second[:, :, c]) for c in range(3)]
        norms.append([[[(m**p).mean() ** (1 / p) for m in maps] for p in (1, 4)] for maps in by_channel])
    return np.array(norms).swapaxes(0, 1)


def plain_score(reference: np.ndarray, distorted: np.ndarray) -> float:
    flat = plain_norms(reference, distorted).ravel()
    error = 0.9562382616834844 * (flat @ WEIGHTS.ravel()[: flat.size])
    error = 2.326765642916932 * error - 0.020884521182843837 * error**2 + 6.248496625763138e-05 * error**3
    return 100 - 10 * error**0.6276336467831387


def plain_log_error(reference: np.ndarray, distorted: np.ndarray, structure_share: float) -> float:
    norms = plain_norms(reference, distorted)
    total = norms.ravel() @ WEIGHTS.ravel()[: norms.size]
    exponents = np.array([0.0448, 0.2856, 0.3001, 0.2363, 0.1333])[: norms.shape[1]]  # of MS-SSIM
    structure = norms[:, : len(exponents), 0, 0]
    colour = structure[0, 1:] + structure[2, 1:]
    structural = exponents @ structure[1] + 0.3 * exponents[1:] @ colour
    return (1 - structure_share) * np.log(total) + structure_share * np.log(structural)


def slope_along(
    reference: np.ndarray,
    distorted: np.ndarray,
    direction: np.ndarray,
    step: float = 1e-3,
    function: Callable[[np.ndarray, np.ndarray], float] = plain_score,
) -> float:
    move = step * direction.astype(np.float64)
    ahead, behind = function(reference, distorted + move), function(reference, distorted - move)
    return (ahead - behind) / (2 * step)


def coarse(pixels: np.ndarray) -> np.ndarray:
    """Return a version that is off by up to 16, without samples at the ends of the transfer function."""
    noise = np.random.default_rng(pixels.size).integers(-8, 9, pixels.shape)
    return np.clip(pixels // 16 * 16 + 8 + noise, 2, 253).astype(np.uint8)


@pytest.mark.parametrize(
    "shape",
    [
        (8, 8, 3),
        (8, 8),
        (9, 17, 3),
        (16, 7 * 17, 3),
        (67, 131, 3),
        (67, 131),
        (113, 120, 3),
        (40, 257, 3),
        (226, 225, 3),
    ],
    ids=str,
)
def test_gradient_of_photographs(shape: tuple[int, ...], astronaut: np.ndarray, instruction_set: str) -> None:
    photo = astronaut[100 : 100 + shape[0], 100 : 100 + shape[1]]
    reference = np.ascontiguousarray(photo if len(shape) == 3 else photo[:, :, 1])
    distorted = coarse(reference)
    assert plain_score(reference, distorted) == pytest.approx(ssimulacra2(reference, distorted), abs=0.3)
    gradient = Ssimulacra2Reference(reference).gradient(distorted)
    assert gradient.shape == shape
    assert gradient.dtype == np.float32
    rng = np.random.default_rng(0)
    tilt = np.linspace(-1, 1, shape[1])[:, None] if len(shape) == 3 else np.linspace(-1, 1, shape[1])
    directions = [gradient / np.linalg.norm(gradient), np.ones(shape), np.broadcast_to(tilt, shape)]
    directions += [np.sign(gradient) * (rng.random(shape) < 0.2) for _ in range(2)]
    for direction in directions:
        expected, found = slope_along(reference, distorted, direction), float((gradient * direction).sum())
        largest = float(np.linalg.norm(gradient) * np.linalg.norm(direction))  # derivative by a step of this length
        assert expected != 0
        assert found == pytest.approx(expected, rel=0.01, abs=1e-3 * largest)


def test_gradient_of_random_directions(astronaut: np.ndarray) -> None:
    """Derivatives in random directions are small, so the errors of eight of them are judged together."""
    reference = np.ascontiguousarray(astronaut[:96, 200:290])
    distorted = coarse(reference)
    gradient = Ssimulacra2Reference(reference).gradient(distorted)
    rng = np.random.default_rng(5)
    found, expected = [], []
    for _ in range(8):
        direction = rng.normal(size=reference.shape)
        found.append(float((gradient * direction).sum()))
        expected.append(slope_along(reference, distorted, direction))
    assert np.linalg.norm(expected) > 0.01
    assert np.linalg.norm(np.subtract(found, expected)) < 0.01 * np.linalg.norm(expected)


def test_a_step_along_the_gradient_scores_better_and_one_against_it_worse(astronaut: np.ndarray) -> None:
    """Steps of whole sample values, judged by the score itself."""
    reference = np.ascontiguousarray(astronaut)
    distorted = coarse(reference)
    kept = Ssimulacra2Reference(reference)
    gradient = kept.gradient(distorted)
    step = (np.sign(gradient) * (np.abs(gradient) > np.quantile(np.abs(gradient), 0.98))).astype(np.int64)
    better, worse = (kept.score((distorted + sign * step).astype(np.uint8)) for sign in (1, -1))
    assert better > kept.score(distorted) + 0.1
    assert worse < kept.score(distorted) - 0.1


@pytest.mark.parametrize("share", [0, 0.7, 1])
@pytest.mark.parametrize("shape", [(8, 8, 3), (67, 131), (226, 225, 3)], ids=str)
def test_gradient_of_the_logarithm_of_a_mean_error(
    shape: tuple[int, ...], share: float, astronaut: np.ndarray, instruction_set: str
) -> None:
    photo = astronaut[100 : 100 + shape[0], 100 : 100 + shape[1]]
    reference = np.ascontiguousarray(photo if len(shape) == 3 else photo[:, :, 1])
    distorted = coarse(reference)
    gradient = Ssimulacra2Reference(reference).log_error_gradient(distorted, share)
    assert (gradient.shape, gradient.dtype) == (shape, np.float32)
    rng = np.random.default_rng(1)
    steepest = float(np.linalg.norm(gradient))
    function = partial(plain_log_error, structure_share=share)
    for direction in (gradient / steepest, np.sign(gradient) * (rng.random(shape) < 0.2)):
        expected = slope_along(reference, distorted, direction, function=function)
        largest = steepest * float(np.linalg.norm(direction))
        assert expected > 0
        assert float((gradient * direction).sum()) == pytest.approx(expected, rel=0.02, abs=1e-3 * largest)


def test_equal_pictures_have_no_slope_of_the_logarithm_either(astronaut: np.ndarray) -> None:
    reference = Ssimulacra2Reference(astronaut[:64, :64].copy())
    assert not reference.log_error_gradient(astronaut[:64, :64].copy(), 0.7).any()


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan"), "half"])
def test_a_share_is_a_number_from_0_to_1(share: float) -> None:
    picture = np.zeros((9, 9, 3), np.uint8)
    with pytest.raises(ParameterError, match=r"^structure_share must be a number from 0 to 1[^\n]*$"):
        Ssimulacra2Reference(picture).log_error_gradient(picture, share)


def test_the_gradient_is_that_of_rgb_with_equal_channels(astronaut: np.ndarray) -> None:
    grey, darker = astronaut[:100, :200, 1], coarse(astronaut[:100, :200, 1])
    as_rgb = [np.repeat(pixels[:, :, None], 3, axis=2) for pixels in (grey, darker)]
    expected = Ssimulacra2Reference(as_rgb[0]).gradient(as_rgb[1]).sum(axis=2)
    np.testing.assert_allclose(Ssimulacra2Reference(grey).gradient(darker), expected, rtol=1e-5)


def test_it_does_not_depend_on_threads_nor_on_the_instruction_set(astronaut: np.ndarray) -> None:
    photo = np.tile(astronaut, (2, 2, 1))[:, :1001]  # more than one strip
    reference, distorted = Ssimulacra2Reference(photo), coarse(photo)
    expected = reference.gradient(distorted)
    for threads in (2, 5):
        np.testing.assert_array_equal(reference.gradient(distorted, threads=threads), expected)
    for name in reversed(_kernels.instruction_sets()):
        _kernels.use_instruction_set(name)
        np.testing.assert_array_equal(reference.gradient(distorted), expected)


def test_equal_pictures_have_no_slope(astronaut: np.ndarray) -> None:
    assert not Ssimulacra2Reference(astronaut).gradient(astronaut).any()


@settings(max_examples=40, deadline=None)
@given(
    shape=hnp.array_shapes(min_dims=2, max_dims=2, min_side=8, max_side=40),
    seed=st.integers(0, 1000),
    spread=st.integers(4, 40),
)
def test_of_any_noise_the_gradient_is_the_steepest_way_up(shape: tuple[int, int], seed: int, spread: int) -> None:
    """In colour, as X of grey noise is flat, where rounding errors change the score but not the plain one."""
    rng = np.random.default_rng(seed)
    reference = rng.integers(40, 215, (*shape, 3)).astype(np.uint8)
    distorted = (reference + rng.integers(-spread, spread + 1, reference.shape)).astype(np.uint8)
    gradient = Ssimulacra2Reference(reference).gradient(distorted)
    steepest = float(np.linalg.norm(gradient))
    assert steepest > 0
    assert slope_along(reference, distorted, gradient / steepest, 1e-4) == pytest.approx(steepest, rel=0.05)


def test_slopes_of_light() -> None:
    exact = (light(np.arange(256) + 1e-4) - light(np.arange(256) - 1e-4)) / 2e-4
    np.testing.assert_allclose(srgb_light_derivatives(), exact, rtol=1e-5)
    np.testing.assert_allclose(np.gradient(srgb_light())[1:-1], exact[1:-1], rtol=0.12)


@pytest.mark.parametrize(
    "distorted", [np.zeros((9, 10, 3), np.uint8), np.zeros((9, 9), np.uint8), np.zeros((9, 9, 3), np.uint16)]
)
def test_what_cannot_be_compared(distorted: np.ndarray) -> None:
    with pytest.raises(ParameterError, match=r"^[^\n]+$"):
        Ssimulacra2Reference(np.zeros((9, 9, 3), np.uint8)).gradient(distorted)


def planes(*shape: int) -> np.ndarray:
    return np.zeros(shape, dtype=np.float32)


@pytest.mark.parametrize(
    "call",
    [
        lambda: _kernels.error_slopes(planes(4, 3, 4), planes(4, 3, 5), 0, planes(5), planes(2, 3), planes(4, 3, 4)),
        lambda: _kernels.error_slopes(planes(4, 3, 4), planes(4, 3, 4), 0, planes(5), planes(2, 3), planes(3, 3, 4)),
        lambda: _kernels.error_slopes(planes(4, 3, 4), planes(4, 3, 4), 3, planes(5), planes(2, 3), planes(4, 3, 4)),
        lambda: _kernels.error_slopes(planes(0, 3, 4), planes(0, 3, 4), 0, planes(5), planes(2, 3), planes(0, 3, 4)),
        lambda: _kernels.xyb_to_linear_slopes(planes(4, 3, 4), planes(4, 3, 3)),
        lambda: _kernels.add_slopes_of_half(planes(2, 3, 2), planes(5, 3, 4)),
        lambda: _kernels.add_slopes_of_half(planes(2, 3, 3), planes(4, 3, 4)),
        lambda: _kernels.linear_to_sample_slopes(np.zeros((2, 3, 3), np.uint8), planes(256), planes(2, 3, 2)),
    ],
)
def test_arrays_that_do_not_fit_are_refused(call: object) -> None:
    with pytest.raises(ValueError, match=r".+"):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: _kernels.error_slopes(planes(4, 3, 4), planes(4, 3, 4), 0, planes(4), planes(2, 3), planes(4, 3, 4)),
        lambda: _kernels.error_slopes(planes(4, 3, 4), planes(4, 3, 4), 0, planes(5), planes(3, 2), planes(4, 3, 4)),
        lambda: _kernels.linear_to_sample_slopes(np.zeros((2, 2, 3), np.uint8), planes(255), planes(2, 3, 2)),
    ],
)
def test_arrays_of_another_type_are_refused(call: object) -> None:
    with pytest.raises(TypeError):
        call()
