"""Files of any pixels and settings decode, and their errors are no larger than quantization allows."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from other_readers import pillow_pixels, simplejpeg_pixels
from pictures import original_planes, pictures
from PIL import Image

import foveal
from foveal import jpeg
from foveal.jpeg import annex_k_tables
from foveal.photo import as_photo

# Methods without a network: these tests also run in processes without onnxruntime (.ci/sanitize).
options = st.fixed_dictionaries(
    {"saliency": st.sampled_from(["center", "spectral", None])},
    optional={
        "quality": st.one_of(st.integers(0, 100), st.floats(0, 100)),
        "strength": st.floats(0, 1),
        "allocation": st.sampled_from(["rdo", "quality-map"]),
        "subsampling": st.sampled_from(["auto", "4:4:4", "4:2:2", "4:4:0", "4:2:0", 444, "420"]),
        "progressive": st.booleans(),
        "effort": st.sampled_from(["fast", "balanced", "best"]),
        "restart_interval": st.integers(0, 20),
        "threads": st.integers(1, 3),
    },
)


@settings(max_examples=300, deadline=None)
@given(pixels=pictures(), chosen=options)
def test_any_picture_with_any_settings_decodes(pixels: np.ndarray, chosen: dict[str, Any]) -> None:
    data = foveal.encode(pixels, **chosen)
    assert data[:2] == b"\xff\xd8"
    assert data[-2:] == b"\xff\xd9"
    expected = pixels.shape[:2] if pixels.ndim == 2 or pixels.shape[2] == 1 else pixels.shape
    assert pillow_pixels(data).shape == expected
    assert simplejpeg_pixels(data).shape == expected


def decoded_planes(data: bytes) -> np.ndarray:
    """Y, or Y, Cb and Cr, as decoded, before the conversion to RGB: (components, H, W) float64."""
    with Image.open(io.BytesIO(data)) as image:
        if image.mode == "RGB":
            image.draft("YCbCr", image.size)
        planes = np.asarray(image, dtype=np.float64)
    return planes[np.newaxis] if planes.ndim == 2 else np.moveaxis(planes, 2, 0)


# libjpeg-turbo's inverse DCT "islow" is off by less than half a level, and its output is rounded.
DECODER_ERROR = 1.0


def largest_block_error(quality: float, slot: int) -> float:
    """Root of the sum of squared errors of a block if every coefficient is off by half a step and half a sixteenth."""
    steps = np.array(annex_k_tables(quality)[slot].values)
    return float(np.sqrt((((steps / 2) + 1 / 32) ** 2).sum())) + 8 * DECODER_ERROR


@settings(max_examples=300, deadline=None)
@given(
    pixels=pictures(),
    quality=st.integers(0, 100),
    subsampling=st.sampled_from(["4:4:4", "4:2:2", "4:4:0", "4:2:0"]),
    progressive=st.booleans(),
)
def test_plain_rounding_is_off_by_half_a_step_at_most(
    pixels: np.ndarray, quality: int, subsampling: str, progressive: bool
) -> None:
    script = jpeg.spectral_selection_script if progressive else jpeg.sequential_script
    tables = annex_k_tables(quality)
    settings = jpeg.EncoderSettings(subsampling=subsampling, tables=tables, script=script)
    data = jpeg.encode(as_photo(pixels).pixels, settings)
    for component, (decoded, original) in enumerate(zip(decoded_planes(data), original_planes(pixels), strict=True)):
        if component > 0 and subsampling != "4:4:4":
            break  # down-sampling adds errors to the chroma components
        bound = largest_block_error(quality, min(component, 1))
        for top in range(0, original.shape[0], 8):
            for left in range(0, original.shape[1], 8):
                block = np.s_[top : top + 8, left : left + 8]
                assert np.sqrt(((decoded[block] - original[block]) ** 2).sum()) <= bound


@pytest.mark.parametrize("strength", [0.3, 0.7, 1.0])
@pytest.mark.parametrize("photo", ["astronaut", "chelsea", "coffee", "rocket"])
def test_a_map_gives_a_smaller_file_of_a_photograph(
    photo: str, strength: float, request: pytest.FixtureRequest
) -> None:
    """Of noise, and of few blocks, files may grow by some bytes."""
    pixels = request.getfixturevalue(photo)
    saliency = np.random.default_rng(round(10 * strength)).uniform(0, 0.6, (7, 9))
    blind = foveal.encode(pixels, quality=80, saliency=None)
    assert len(foveal.encode(pixels, quality=80, saliency=saliency, strength=strength)) < len(blind)
