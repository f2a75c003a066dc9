"""Fixtures of the tests of encoding."""

from __future__ import annotations

import numpy as np
import pytest
import skimage.data


@pytest.fixture(scope="session")
def rocket() -> np.ndarray:
    """A part of scikit-image's photograph of a rocket, 320 x 400 pixels."""
    return np.ascontiguousarray(skimage.data.rocket()[60:380, 160:560])
