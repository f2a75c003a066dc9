"""What `foveal.encode` decides, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from other_readers import marker_segments, pillow_pixels
from pictures import noisy_gradient

import foveal
from foveal.allocate.effort import EFFORTS
from foveal.encoding import EncodeOptions, encode_photo
from foveal.errors import FovealError, ParameterError
from foveal.metrics import psnr, ssimulacra2

PIXELS = noisy_gradient(48, 64)


def sof(data: bytes) -> tuple[int, list[int]]:
    """Code of the SOF marker and the sampling factors of the components."""
    code, payload = next(each for each in marker_segments(data) if each[0] in (0xC0, 0xC1, 0xC2))
    return code, [payload[7 + 3 * c] for c in range(payload[5])]


def test_defaults() -> None:
    chosen = encode_photo(foveal.Photo(PIXELS), EncodeOptions())
    assert foveal.encode(PIXELS) == foveal.encode(
        PIXELS,
        quality=chosen.quality,
        saliency="gaze",
        strength=0.5,
        allocation="rdo",
        subsampling="4:2:0",
        progressive=True,
        effort="balanced",
        restart_interval=0,
        threads=1,
        metadata="keep",
    )


@pytest.mark.parametrize(
    ("subsampling", "luma"),
    [("4:4:4", 0x11), (444, 0x11), ("422", 0x21), ("4:2:2", 0x21), ("4:4:0", 0x12), (440, 0x12), (420, 0x22)],
)
def test_names_of_subsampling(subsampling: str | int, luma: int) -> None:
    assert sof(foveal.encode(PIXELS, subsampling=subsampling))[1] == [luma, 0x11, 0x11]


def test_grey_has_one_component_whatever_the_subsampling() -> None:
    assert sof(foveal.encode(PIXELS[:, :, 0].copy(), subsampling="4:2:0"))[1] == [0x11]


def test_progressive_and_baseline() -> None:
    large = np.tile(PIXELS, (8, 8, 1))
    for effort in EFFORTS:
        assert sof(foveal.encode(large, effort=effort, saliency=None))[0] == 0xC2
    assert sof(foveal.encode(PIXELS))[0] == 0xC0  # where one scan is smaller
    assert sof(foveal.encode(PIXELS, progressive=False))[0] == 0xC0
    assert sof(foveal.encode(PIXELS, progressive=False, effort="best"))[0] == 0xC0


@pytest.mark.parametrize(
    "wrong",
    [
        {"quality": -0.1},
        {"quality": 100.1},
        {"quality": float("nan")},
        {"quality": "80"},
        {"quality": True},
        {"strength": -0.01},
        {"strength": 1.01},
        {"strength": None},
        {"saliency": "magic"},
        {"saliency": np.zeros((3, 3, 3))},
        {"saliency": np.full((3, 3), 2.0)},
        {"saliency": np.zeros((3, 3), dtype=np.uint8)},
        {"allocation": "guess"},
        {"subsampling": "4:1:1"},
        {"subsampling": 411},
        {"subsampling": None},
        {"effort": "heroic"},
        {"effort": np.array(["fast", "best"])},
        {"restart_interval": -1},
        {"restart_interval": 65536},
        {"restart_interval": 1.5},
        {"threads": 0},
        {"threads": 1.5},
        {"metadata": "some"},
        {"exif": "text"},
        {"progressive": "no"},
        {"saliency": 0.5},
        {"saliency": [[0.0, 1.0]]},
    ],
    ids=str,
)
def test_arguments_that_make_no_sense(wrong: dict[str, Any]) -> None:
    with pytest.raises(ParameterError) as raised:
        foveal.encode(PIXELS, **wrong)
    assert "\n" not in str(raised.value)
    assert isinstance(raised.value, FovealError)
    assert isinstance(raised.value, ValueError)


def test_numbers_and_masks_of_numpy_are_fine() -> None:
    mask = np.zeros((6, 8), dtype=bool)
    mask[2:4, 3:6] = True
    expected = foveal.encode(PIXELS, quality=70, threads=2, saliency=mask.astype(float))
    assert foveal.encode(PIXELS, quality=np.float32(70), threads=np.int64(2), saliency=mask) == expected


def test_quality_rises_with_quality(astronaut: np.ndarray) -> None:
    encoded = [foveal.encode(astronaut, quality=q, saliency=None, subsampling=420) for q in (5, 20, 40, 60, 80, 95)]
    sizes = [len(data) for data in encoded]
    qualities = [psnr(pillow_pixels(data), astronaut) for data in encoded]
    assert sizes == sorted(sizes)
    assert qualities == sorted(qualities)


def test_more_effort_scores_more_for_about_the_same_bytes(coffee: np.ndarray) -> None:
    fast, balanced, best = (foveal.encode(coffee, quality=75, saliency=None, effort=e) for e in EFFORTS)
    scores = [ssimulacra2(coffee, pillow_pixels(data)) for data in (fast, balanced, best)]
    assert scores == sorted(set(scores))
    assert len(balanced) < 1.02 * len(fast)
    assert len(best) < 1.005 * len(balanced)
    assert psnr(pillow_pixels(balanced), coffee) > psnr(pillow_pixels(fast), coffee) - 0.5


def test_encode_photo_says_what_it_did() -> None:
    encoded = encode_photo(foveal.Photo(PIXELS), EncodeOptions(quality=70, saliency="center"))
    assert (encoded.quality, encoded.subsampling, encoded.saliency_name) == (70, "4:2:0", "center")
    assert encoded.weights.shape == (6, 8)
    assert encoded.weights[3, 4] > encoded.weights[0, 0]
    assert encode_photo(foveal.Photo(PIXELS[:, :, 0].copy()), EncodeOptions(saliency=None)).subsampling == "grey"
