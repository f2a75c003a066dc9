"""Checks of the options of `foveal.encode`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pictures import noisy_gradient

import foveal
from foveal.errors import FovealError, ParameterError

PIXELS = noisy_gradient(48, 64)


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
def test_options_out_of_range_or_of_a_wrong_type_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ParameterError) as raised:
        foveal.encode(PIXELS, **wrong)
    assert "\n" not in str(raised.value)
    assert isinstance(raised.value, FovealError)
    assert isinstance(raised.value, ValueError)


def test_numbers_and_masks_of_numpy_are_accepted() -> None:
    mask = np.zeros((6, 8), dtype=bool)
    mask[2:4, 3:6] = True
    expected = foveal.encode(PIXELS, quality=70, threads=2, saliency=mask.astype(float))
    assert foveal.encode(PIXELS, quality=np.float32(70), threads=np.int64(2), saliency=mask) == expected


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"quality": 50, "target_size": 1000}, "give one of quality, target_size"),
        ({"target_score": 50, "target_size": 1000}, "give one of"),
        ({"target_size": 0}, "target_size"),
        ({"target_size": 10.5}, "target_size"),
        ({"target_score": 100.1}, "target_score"),
        ({"verify": True}, "verify needs a target_score"),
        ({"verify": 1, "target_score": 50}, "verify must be"),
    ],
)
def test_wrong_or_contradicting_targets_are_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        foveal.encode(noisy_gradient(9, 9), **wrong)  # type: ignore[arg-type]
