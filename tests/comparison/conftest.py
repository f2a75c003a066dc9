"""A photo and its comparison, which several tests use."""

from __future__ import annotations

import numpy as np
import pytest

from foveal.comparison import Comparison, compare


@pytest.fixture(scope="session")
def photo(coffee: np.ndarray) -> np.ndarray:
    """A crop of scikit-image's coffee with odd sides."""
    return np.ascontiguousarray(coffee[180:281, 220:373])


@pytest.fixture(scope="session")
def comparison(photo: np.ndarray) -> Comparison:
    """The comparison of the photo at quality 60."""
    return compare(photo, quality=60)
