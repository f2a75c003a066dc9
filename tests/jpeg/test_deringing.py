"""White and black ground that overshoots where decoders clamp it, against a plain implementation with SciPy's DCT."""

from __future__ import annotations

import io

import numpy as np
import pytest
import scipy.fft
from hypothesis import given, settings
from hypothesis import strategies as st
from pictures import noisy_gradient
from PIL import Image, ImageDraw, ImageFont

import foveal
import foveal._kernels as _kernels
from foveal import jpeg
from foveal.jpeg import NATURAL_INDEX

WHITE, BLACK = 127, -128
# Coefficients are rounded to units of 1/16: by Parseval's theorem no sample changes by more than 8 half units, and
# single precision adds less than 0.01.
ROUNDING = 8 / 32 + 0.01


def samples_of(coefficients: np.ndarray) -> np.ndarray:
    """Samples (n, 8, 8), centred on 0, of coefficients (n, 64) in zig-zag order, in sixteenths."""
    natural = np.empty(coefficients.shape)
    natural[:, NATURAL_INDEX] = coefficients / 16
    return scipy.fft.idctn(natural.reshape(-1, 8, 8), axes=(1, 2), norm="ortho")


def coefficients_of(samples: np.ndarray) -> np.ndarray:
    """Coefficients (n, 64) in zig-zag order, in sixteenths, not rounded."""
    natural = scipy.fft.dctn(samples, axes=(1, 2), norm="ortho")
    return 16 * natural.reshape(-1, 64)[:, NATURAL_INDEX]


def plain_deringing(blocks: np.ndarray, steps: np.ndarray, width: float) -> tuple[np.ndarray, np.ndarray]:
    """Two rounds of rounding with a dead zone, with a target that overshoots as the decoded block does.

    Returns also which blocks have no coefficient so near to a tie that single precision could round it otherwise.
    """
    samples, threshold = samples_of(blocks), min(0.5 + width, 1.5)
    white, black = samples > WHITE - 0.5, samples < BLACK + 0.5
    share = (white | black).mean(axis=(1, 2), keepdims=True)
    coefficients, is_clear = blocks.astype(np.float64), np.ones(len(blocks), bool)
    for number in range(2):
        magnitudes = np.abs(coefficients / steps)
        levels = np.copysign(np.minimum(np.trunc(magnitudes + 0.5), 1023), coefficients)
        too_small = magnitudes < threshold
        too_small[:, 0] = False
        if number > 0:  # at first, coefficients are whole numbers of sixteenths, which single precision divides well
            distance = np.minimum(np.abs(magnitudes % 1 - 0.5), np.abs(magnitudes - threshold))
            is_clear &= (distance > 1e-3).all(axis=1)
        decoded = samples_of(np.where(too_small, 0, levels) * steps)
        gain = 1 + 0.75 * share
        target = np.where(white, WHITE + np.clip((decoded - WHITE) * gain, 0, 64), samples)
        target = np.where(black, BLACK - np.clip((BLACK - decoded) * gain, 0, 64), target)
        coefficients = coefficients_of(target)
    is_flat = np.ptp(np.where(white, 1, np.where(black, -1, 0)), axis=(1, 2)) == 0  # no ground, or nothing else
    return np.where(is_flat[:, np.newaxis], blocks, np.rint(coefficients)), is_clear


def shapes_on_ground(rng: np.random.Generator, count: int, ground: int) -> np.ndarray:
    """Blocks of coefficients of rectangles of any level, with some noise, on white or black ground."""
    samples = np.full((count, 8, 8), ground)
    for block in samples:
        top, left = rng.integers(0, 7, 2)
        bottom, right = rng.integers(top + 1, 9), rng.integers(left + 1, 9)
        noise = rng.normal(0, 6, (bottom - top, right - left))
        block[top:bottom, left:right] = np.clip(rng.integers(-128, 128) + noise, -128, 127)
    return np.rint(coefficients_of(samples)).astype(np.int16)


@pytest.mark.parametrize("ground", [WHITE, BLACK])
@pytest.mark.parametrize("quality", [20, 50, 75, 95])
@pytest.mark.parametrize("width", [0, 0.375, 2])
def test_the_kernel_equals_the_plain_implementation(ground: int, quality: int, width: float) -> None:
    rng = np.random.default_rng(quality)
    blocks, steps = shapes_on_ground(rng, 200, ground), jpeg.annex_k_tables(quality)[0].steps_in_sixteenths
    expected, is_clear = plain_deringing(blocks, steps.astype(np.float64), width)
    found = blocks.copy()
    _kernels.dering(found, np.ones(len(blocks), np.uint8), steps, np.full(len(blocks), width, np.float32))
    assert np.abs(found - expected)[is_clear].max() <= 1
    assert (is_clear & (found != blocks).any(axis=1)).mean() > 0.3


@settings(max_examples=100, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    kind=st.sampled_from(["noise", "shapes", "extremes"]),
    quality=st.integers(1, 100),
    zone=st.floats(0, 8, width=32),
)
def test_only_white_and_black_samples_change_and_only_outwards(seed: int, kind: str, quality: int, zone: float) -> None:
    rng = np.random.default_rng(seed)
    if kind == "shapes":
        blocks = shapes_on_ground(rng, 16, rng.choice([WHITE, BLACK]))
    else:
        levels = np.arange(-128, 128) if kind == "noise" else np.array([-128, -127, 0, 126, 127])
        blocks = np.rint(coefficients_of(rng.choice(levels, (16, 8, 8)))).astype(np.int16)
    is_marked = rng.integers(0, 2, len(blocks)).astype(np.uint8)
    steps = jpeg.annex_k_tables(quality)[0].steps_in_sixteenths
    found = blocks.copy()
    _kernels.dering(found, is_marked, steps, np.full(len(blocks), zone, np.float32))
    np.testing.assert_array_equal(found[is_marked == 0], blocks[is_marked == 0])
    before, after = samples_of(blocks), samples_of(found)
    white, black = before > WHITE - 0.5, before < BLACK + 0.5
    assert np.abs(after - before)[~white & ~black].max(initial=0) <= ROUNDING
    assert (after[white] >= WHITE - ROUNDING).all()
    assert (after[white] <= WHITE + 64 + ROUNDING).all()
    assert (after[black] <= BLACK + ROUNDING).all()
    assert (after[black] >= BLACK - 64 - ROUNDING).all()


@pytest.mark.parametrize("level", [WHITE, BLACK, 126, -127, 0])
def test_flat_blocks_stay(level: int) -> None:
    blocks = np.rint(coefficients_of(np.full((1, 8, 8), level))).astype(np.int16)
    found = blocks.copy()
    steps = jpeg.annex_k_tables(10)[0].steps_in_sixteenths
    _kernels.dering(found, np.ones(1, np.uint8), steps, np.zeros(1, np.float32))
    np.testing.assert_array_equal(found, blocks)


def text(ground: str, ink: str) -> np.ndarray:
    image = Image.new("RGB", (163, 90), ground)
    pen = ImageDraw.Draw(image)
    for line in range(4):
        pen.text((6 + line, 4 + 21 * line), "Sphinx of black quartz", fill=ink, font=ImageFont.load_default(14))
    return np.asarray(image)


def errors_of(pixels: np.ndarray, quantizer: jpeg.Quantizer, marks: np.ndarray | None) -> tuple[float, int]:
    """Mean squared error of the decoded picture, and size of the file in bytes."""
    settings = jpeg.EncoderSettings(subsampling="4:4:4", tables=jpeg.annex_k_tables(60), quantizer=quantizer)
    frame = jpeg.frame_of(pixels, "4:4:4")
    levels = jpeg.quantize(jpeg.transform(pixels, frame, 1), frame, settings, saturated=marks)
    data = jpeg.write(levels, settings)
    return float(((foveal.decode(data).astype(float) - pixels) ** 2).mean()), len(data)


def two_levels(pixels: np.ndarray) -> np.ndarray:
    return np.where(pixels > 127, 255, 0).astype(np.uint8)


@pytest.mark.parametrize(
    "pixels",
    [text("white", "black"), text("black", "white"), text("white", "#1040c0"), two_levels(text("white", "black"))],
    ids=["black on white", "white on black", "blue on white", "two levels"],
)
def test_text_is_sharper_at_the_same_size(pixels: np.ndarray) -> None:
    marks = jpeg.find_saturated_blocks(pixels)
    assert marks is not None
    weights = np.full(marks.shape, 30, np.float32)
    for quantizer in (jpeg.Trellis((weights,)), jpeg.DeadZone((weights,))):
        error, size = errors_of(pixels, quantizer, marks)
        error_before, size_before = errors_of(pixels, quantizer, np.minimum(marks, 1))
        assert error < 0.8 * error_before
        assert size < 1.04 * size_before


def test_plain_rounding_stays_what_libjpeg_does() -> None:
    pixels = text("white", "black")
    marked, unmarked = (
        errors_of(pixels, jpeg.Rounding(), marks) for marks in (jpeg.find_saturated_blocks(pixels), None)
    )
    assert marked == unmarked


def test_photos_without_white_and_black_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Saturated colours are no ground; one white pixel is."""
    pixels = np.clip(noisy_gradient(64, 64), 1, 254)
    pixels[20:40, 20:40, 0] = 255
    pixels[50:60, 10:30, 2] = 0

    def refuse(*_arguments: object) -> None:
        raise AssertionError

    monkeypatch.setattr(_kernels, "dering", refuse)
    foveal.encode(pixels, quality=75, saliency=None)
    foveal.encode(np.where(pixels == 0, 0, pixels).astype(np.uint16) * 257, quality=75, saliency=None)
    pixels[9, 9] = 255
    with pytest.raises(AssertionError):
        foveal.encode(pixels, quality=75, saliency=None, threads=1)


@pytest.mark.parametrize("quality", [60, 90])
def test_text_stays_sharp_when_it_is_saved_again(quality: int) -> None:
    """With libjpeg, each save darkens the ground: clamping takes away what rings beyond white, not what rings below."""
    pixels = text("white", "black")
    ours = libjpegs = pixels
    for _ in range(5):
        ours = foveal.decode(foveal.encode(ours, quality=quality, saliency=None, subsampling="4:4:4"))
        file = io.BytesIO()
        Image.fromarray(libjpegs).save(file, "JPEG", quality=quality, subsampling=0)
        libjpegs = np.asarray(Image.open(file))
    darker, darker_by_libjpeg = (pixels.mean() - each.mean() for each in (ours, libjpegs))
    assert darker_by_libjpeg > 1
    assert abs(darker) < darker_by_libjpeg / 3
