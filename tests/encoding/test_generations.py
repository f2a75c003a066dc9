"""Pictures that are decoded and encoded again and again: what stays, and how much is lost, beside libjpeg-turbo."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import scipy.fft
import skimage.data
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image
from sklearn.datasets import load_sample_images

import foveal
from foveal import jpeg
from foveal.jpeg import NATURAL_INDEX
from foveal.metrics import ssimulacra2

GENERATIONS = 50
QUALITY = 80


def photographs() -> dict[str, np.ndarray]:
    """Six photographs of about 256 x 320 pixels, of which two have blocks that the edges of the picture cut."""
    china, flower = load_sample_images().images
    crops = {
        "astronaut": skimage.data.astronaut()[:256, 100:420],
        "coffee": skimage.data.coffee()[60:316, 70:390],
        "chelsea": skimage.data.chelsea()[40:292, 90:391],
        "rocket": skimage.data.rocket()[:250, 200:517],
        "china": china[60:316, 200:520],
        "flower": flower[60:316, 200:520],
    }
    return {name: np.ascontiguousarray(pixels) for name, pixels in crops.items()}


def save(pixels: np.ndarray, **options: Any) -> np.ndarray:
    """Encode with foveal and decode."""
    return foveal.decode(foveal.encode(pixels, **{"quality": QUALITY, "saliency": None, "threads": 1, **options}))


def save_by_libjpeg(pixels: np.ndarray) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=QUALITY, subsampling=2)
    return np.asarray(Image.open(file))


def block_means(pixels: np.ndarray) -> np.ndarray:
    """Mean luminance of the 8x8-pixel blocks that lie wholly in the picture."""
    rows, columns = pixels.shape[0] // 8, pixels.shape[1] // 8
    luminance = pixels[: 8 * rows, : 8 * columns] @ np.array([0.299, 0.587, 0.114])
    return luminance.reshape(rows, 8, columns, 8).mean(axis=(1, 3))


@settings(max_examples=150, deadline=None)
@given(
    color=st.tuples(*[st.integers(0, 255)] * 3),
    quality=st.floats(1, 100),
    subsampling=st.sampled_from(["4:2:0", "4:4:4"]),
    effort=st.sampled_from(["fast", "balanced", "best"]),
    allocation=st.sampled_from(["rdo", "quality-map"]),
)
@example(color=(72, 81, 166), quality=76.0, subsampling="4:2:0", effort="balanced", allocation="rdo")
@example(color=(0, 0, 255), quality=80.0, subsampling="4:4:4", effort="fast", allocation="rdo")
def test_a_flat_colour_stays_after_the_first_save(
    color: tuple[int, int, int], quality: float, subsampling: str, effort: str, allocation: str
) -> None:
    options = {"quality": quality, "subsampling": subsampling, "effort": effort, "allocation": allocation}
    first = save(np.full((16, 16, 3), color, dtype=np.uint8), **options)
    later = first
    for _ in range(3):
        later = save(later, **options)
    in_range = ((first > 0) & (first < 255)).all()  # a colour outside RGB is clamped, and is another one then
    if in_range:
        np.testing.assert_array_equal(later, first)
    assert np.abs(later.astype(int) - first).max() <= (0 if in_range else 3)


@pytest.mark.parametrize("options", [{}, {"effort": "fast"}, {"saliency": "center"}, {"quality": 92}], ids=str)
def test_flat_blocks_keep_their_dc(options: dict[str, Any]) -> None:
    """Blocks without AC, in the file and when its picture is encoded again, have the same DC in both."""
    for pixels in photographs().values():
        options = {"quality": QUALITY, "saliency": None, "subsampling": "4:4:4", **options}
        first = jpeg.read_coefficients(foveal.encode(pixels, **options))
        second = jpeg.read_coefficients(foveal.encode(save(pixels, **options), **options))
        parts = zip(first.blocks, second.blocks, first.tables, second.tables, strict=True)
        for before, after, table_before, table_after in parts:
            if table_before.values[0] != table_after.values[0]:
                continue  # another step of DC: the tables go with the photo
            flat = ~(before[..., 1:].any(axis=-1) | after[..., 1:].any(axis=-1))
            changed = (before[..., 0] != after[..., 0]) & flat
            assert changed.sum() <= 0.01 * flat.sum()  # where R, G or B was clamped


@pytest.mark.parametrize("options", [{}, {"effort": "fast"}, {"saliency": "center"}, {"quality": 92}], ids=str)
def test_dc_has_no_systematic_error(options: dict[str, Any]) -> None:
    """The mean difference between DC in the file and DC of the photo is 0, within three standard errors."""
    errors = []
    for pixels in photographs().values():
        data = foveal.encode(pixels, **{"quality": QUALITY, "saliency": None, "subsampling": "4:4:4", **options})
        read = jpeg.read_coefficients(data)
        rows, columns = pixels.shape[0] // 8, pixels.shape[1] // 8
        luminance = pixels[: 8 * rows, : 8 * columns] @ np.array([0.299, 0.587, 0.114]) - 128
        dc = 8 * luminance.reshape(rows, 8, columns, 8).mean(axis=(1, 3))
        errors.append((read.blocks[0][:rows, :columns, 0] * read.tables[0].values[0] - dc).ravel())
    found = np.concatenate(errors)
    assert abs(found.mean()) < 3 * found.std() / np.sqrt(found.size)


def test_fifty_saves_cost_no_more_than_those_of_libjpeg() -> None:
    """On average over six photographs; the means of blocks drift less in each of them."""
    scores, libjpeg_scores = [], []
    for pixels in photographs().values():
        ours = theirs = pixels
        for _ in range(GENERATIONS):
            ours, theirs = save(ours, subsampling="4:2:0"), save_by_libjpeg(theirs)
        drifts = [np.sqrt(((block_means(each) - block_means(pixels)) ** 2).mean()) for each in (ours, theirs)]
        assert drifts[0] < drifts[1]
        scores.append(ssimulacra2(pixels, ours))
        libjpeg_scores.append(ssimulacra2(pixels, theirs))
    assert np.mean(scores) >= np.mean(libjpeg_scores)


def test_pixels_of_sixteen_bits_keep_fractions_of_levels_in_dc() -> None:
    """A decoder of more than 8 bits may show them."""
    level = 100.4
    flat = np.full((16, 16), round(level * 257), dtype=np.uint16)
    read = jpeg.read_coefficients(foveal.encode(flat, quality=95, saliency=None))
    values = np.zeros(64)
    values[NATURAL_INDEX] = read.blocks[0][0, 0] * np.array(read.tables[0].values)
    shown = scipy.fft.idctn(values.reshape(8, 8), norm="ortho") + 128
    assert np.abs(shown - level).max() <= read.tables[0].values[0] / 16 + 0.01
    assert np.abs(shown - round(level)).min() > 0.1
