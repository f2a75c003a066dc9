"""Colour transform of the encoder, against the equations of T.871 and the report."""

from __future__ import annotations

import io
import itertools
from pathlib import Path

import numpy as np
import pytest
from other_readers import read_levels
from pictures import original_planes
from PIL import Image

from foveal.jpeg import color

# Y, Cb and Cr (rows) from R, G and B by the equations of T.871 clause 7, Conversion to and from RGB.
TO_YCBCR = np.array(
    [
        [0.299, 0.587, 0.114],
        [-0.299 / 1.772, -0.587 / 1.772, 0.886 / 1.772],
        [0.701 / 1.402, -0.587 / 1.402, -0.114 / 1.402],
    ]
)


@pytest.mark.parametrize(("dtype", "level"), [(np.uint8, 1), (np.uint16, 257)])
def test_colour_conversion(dtype: type[np.generic], level: int) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, np.iinfo(dtype).max, (13, 37, 3), endpoint=True).astype(dtype)
    pixels[0, :3] = np.array([[0, 0, 0], [255, 255, 255], [255, 0, 0]]) * level
    planes = color.to_planes(pixels, 13, 37)
    expected = np.moveaxis(pixels / level @ TO_YCBCR.T, 2, 0) - np.array([128, 0, 0])[:, None, None]
    assert np.abs(planes - expected).max() < 1e-4


def test_the_factors_of_the_report_are_ours_rounded() -> None:
    printed = [[0.299, 0.587, 0.114], [-0.1687, -0.3313, 0.5], [0.5, -0.4187, -0.0813]]
    assert np.round(TO_YCBCR, 4).tolist() == printed


def test_sixteen_bit_pixels_are_not_rounded_to_eight() -> None:
    ramp = np.linspace(20000, 20256, 64).astype(np.uint16)[None, :].repeat(8, axis=0)
    plane = color.to_planes(ramp, 8, 64)[0]
    assert len(np.unique(plane)) == 64
    assert np.abs(plane - (ramp / 257 - 128)).max() < 1e-4


@pytest.mark.parametrize("channels", [None, 3])
def test_edges_are_repeated(channels: int | None) -> None:
    shape = (5, 11) if channels is None else (5, 11, channels)
    pixels = np.random.default_rng(1).integers(0, 256, shape).astype(np.uint8)
    padding = ((0, 3), (0, 5), (0, 0))[: pixels.ndim]
    padded = color.to_planes(np.pad(pixels, padding, mode="edge"), 8, 16)
    np.testing.assert_array_equal(color.to_planes(pixels, 8, 16), padded)


def test_every_color_becomes_the_samples_of_libjpeg() -> None:
    """By the fixed-point formula of libjpeg's jccolor.c."""
    green, blue = np.divmod(np.arange(65536), 256)
    pixels = np.empty((1, 65536, 3), dtype=np.uint8)
    pixels[0, :, 1], pixels[0, :, 2] = green, blue
    for red in range(256):
        pixels[..., 0] = red
        np.testing.assert_array_equal(color.to_samples(pixels, 1, 65536), original_planes(pixels) - 128)


def test_samples_of_eight_bits_are_those_of_libjpeg(tmp_path: Path) -> None:
    """Flat blocks of random and extreme colours, written by libjpeg-turbo with steps of 1: DC is 8 times the sample."""
    rng = np.random.default_rng(8)
    extremes = np.array(list(itertools.product((0, 1, 127, 128, 254, 255), repeat=3)))
    colors = np.concatenate(
        [extremes, [[0, 0, 250], [0, 4, 168], [0, 8, 86]], rng.integers(0, 256, (1997 - len(extremes), 3))]
    ).astype(np.uint8)
    pixels = np.repeat(np.repeat(colors.reshape(40, 50, 3), 8, axis=0), 8, axis=1)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", qtables=[[1] * 64, [1] * 64], subsampling=0)
    levels, _ = read_levels(file.getvalue(), tmp_path)
    samples = color.to_samples(pixels, *pixels.shape[:2])
    for plane, expected in zip(samples, levels, strict=True):
        np.testing.assert_array_equal(plane[::8, ::8], expected[:, :, 0] / 8)


def test_samples_of_sixteen_bits_and_of_grey_are_not_rounded() -> None:
    rng = np.random.default_rng(9)
    wide = rng.integers(0, 65536, (16, 24, 3)).astype(np.uint16)
    np.testing.assert_array_equal(color.to_samples(wide, 16, 24), color.to_planes(wide, 16, 24))
    grey = rng.integers(0, 256, (16, 24)).astype(np.uint8)
    np.testing.assert_array_equal(color.to_samples(grey, 16, 24), color.to_planes(grey, 16, 24))
