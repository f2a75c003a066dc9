"""Pictures of every kind, for property tests."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp


@st.composite
def pictures(draw: st.DrawFn, dtypes: tuple[str, ...] = ("uint8", "uint16")) -> np.ndarray:
    """Arrays of every legal shape and type: noise, flat, ramps, black-and-white, and what hypothesis thinks of."""
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    height, width = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    channels = draw(st.sampled_from([None, 1, 3]))
    shape = (height, width) if channels is None else (height, width, channels)
    kind = draw(st.sampled_from(["any", "noise", "flat", "ramp", "extremes"]))
    full = np.iinfo(dtype).max
    if kind == "any":
        return draw(hnp.arrays(dtype, shape))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    if kind == "noise":
        return rng.integers(0, full, shape, endpoint=True).astype(dtype)
    if kind == "flat":
        return np.full(shape, rng.integers(0, full, endpoint=True), dtype)
    if kind == "extremes":
        return rng.choice(np.array([0, full], dtype), shape)
    return (
        (np.linspace(0, full, height * width).reshape(height, width, 1) * np.ones(channels or 1))
        .astype(dtype)
        .reshape(shape)
    )
