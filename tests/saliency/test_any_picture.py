"""Saliency maps of any picture by any method are finite, of the picture's size, and in [0, 1]."""

from __future__ import annotations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pictures import pictures

import foveal
from foveal.saliency import METHODS


@settings(max_examples=30, deadline=None)
@given(pixels=pictures(), method=st.sampled_from(["auto", *METHODS]))
@example(pixels=np.zeros((1, 1), np.uint8), method="auto")
@example(pixels=np.full((1, 1, 3), 65535, np.uint16), method="msroi")
@example(pixels=np.zeros((3, 120, 3), np.uint8), method="auto")
@example(pixels=np.full((120, 3, 3), 255, np.uint8), method="cam")
def test_a_map_lies_in_the_unit_range(pixels: np.ndarray, method: str) -> None:
    found = foveal.saliency_map(pixels, method)
    assert found.shape == pixels.shape[:2]
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    assert found.min() >= 0
    assert found.max() <= 1
