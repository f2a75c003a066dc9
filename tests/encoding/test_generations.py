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
LUMINANCE_OF_RGB = np.array([0.299, 0.587, 0.114])  # ITU-T T.871, 7


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


def block_means(luminance: np.ndarray) -> np.ndarray:
    """Mean of the 8x8-pixel blocks that lie wholly in the picture."""
    rows, columns = luminance.shape[0] // 8, luminance.shape[1] // 8
    return luminance[: 8 * rows, : 8 * columns].reshape(rows, 8, columns, 8).mean(axis=(1, 3))


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
    """A colour that a decoder clamps to RGB is another one in the next save, and stays after a few saves."""
    options = {"quality": quality, "subsampling": subsampling, "effort": effort, "allocation": allocation}
    saved = [save(np.full((16, 16, 3), color, dtype=np.uint8), **options)]
    for _ in range(6):
        saved.append(save(saved[-1], **options))
    if ((saved[0] > 0) & (saved[0] < 255)).all():
        np.testing.assert_array_equal(saved[1], saved[0])
    np.testing.assert_array_equal(saved[-1], saved[-2])


@pytest.mark.parametrize(
    "options", [{}, {"effort": "fast"}, {"saliency": "center"}, {"quality": 30}, {"quality": 92}], ids=str
)
def test_decoded_pictures_keep_their_dc(options: dict[str, Any]) -> None:
    """Encoded again, blocks without AC keep it always; others nearly always where the step is above 2."""
    options = {"quality": QUALITY, "saliency": None, "subsampling": "4:4:4", **options}
    flat_blocks = 0
    for pixels in photographs().values():
        data = foveal.encode(pixels, **options)
        decoded = foveal.decode(data)
        first, second = (jpeg.read_coefficients(each) for each in (data, foveal.encode(decoded, **options)))
        may_be_clamped = jpeg.find_saturated_blocks(decoded)
        assert may_be_clamped is not None
        may_be_clamped[decoded.shape[0] // 8 :] = may_be_clamped[:, decoded.shape[1] // 8 :] = 1  # cut by the edge
        parts = zip(first.blocks, second.blocks, first.tables, second.tables, strict=True)
        for before, after, table_before, table_after in parts:
            if table_before.values[0] != table_after.values[0]:
                continue  # another step of DC: the tables go with the photo
            has_ac = before[..., 1:].any(axis=-1) | after[..., 1:].any(axis=-1)
            has_changed = (before[..., 0] != after[..., 0]) & (may_be_clamped == 0)
            flat_blocks += np.count_nonzero(~has_ac & (may_be_clamped == 0))
            assert not (has_changed & ~has_ac).any()
            if table_before.values[0] > 2:
                assert has_changed.mean() <= 0.01
    assert flat_blocks > 0


@pytest.mark.parametrize("options", [{}, {"effort": "fast"}, {"saliency": "center"}, {"quality": 92}], ids=str)
def test_dc_has_no_systematic_error(options: dict[str, Any]) -> None:
    """The mean of DC in the file less DC of the photo's luminance in whole levels is 0 over the photographs.

    Within three standard errors, of the photographs: the blocks of one share colours and their rounding.
    """
    errors = []
    for pixels in photographs().values():
        data = foveal.encode(pixels, **{"quality": QUALITY, "saliency": None, "subsampling": "4:4:4", **options})
        read = jpeg.read_coefficients(data)
        dc = 8 * block_means(np.floor(pixels @ LUMINANCE_OF_RGB + 0.5) - 128)
        rows, columns = dc.shape
        has_clamped_ground = jpeg.find_saturated_blocks(pixels)[:rows, :columns] == 2  # may be blacker or whiter
        error = read.blocks[0][:rows, :columns, 0] * read.tables[0].values[0] - dc
        errors.append(error[~has_clamped_ground].mean())
    assert abs(np.mean(errors)) < 3 * np.std(errors, ddof=1) / np.sqrt(len(errors))
    assert np.abs(errors).max() < 0.25  # 0.03 levels


def test_fifty_saves_cost_no_more_than_those_of_libjpeg() -> None:
    """On average over six photographs, in score and in drift of the means of blocks."""
    scores, libjpeg_scores, drifts, libjpeg_drifts = [], [], [], []
    for pixels in photographs().values():
        ours = theirs = pixels
        for _ in range(GENERATIONS):
            ours, theirs = save(ours, subsampling="4:2:0"), save_by_libjpeg(theirs)
        means, *later_means = (block_means(each @ LUMINANCE_OF_RGB) for each in (pixels, ours, theirs))
        drift, libjpeg_drift = (np.sqrt(((each - means) ** 2).mean()) for each in later_means)
        drifts.append(drift)
        libjpeg_drifts.append(libjpeg_drift)
        scores.append(ssimulacra2(pixels, ours))
        libjpeg_scores.append(ssimulacra2(pixels, theirs))
    assert np.mean(scores) >= np.mean(libjpeg_scores)
    assert np.mean(drifts) < np.mean(libjpeg_drifts)


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
