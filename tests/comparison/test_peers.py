"""The other encoders: what their files contain."""

from __future__ import annotations

import numpy as np
import pytest
from other_readers import marker_segments, pillow_pixels
from pictures import noisy_gradient

from foveal.comparison import peers


@pytest.mark.parametrize("channels", [3, None], ids=["colour", "grey"])
def test_jpegli_has_the_pixels_of_pyjpegli_in_progressive_scans(channels: int | None) -> None:
    pixels = noisy_gradient(48, 64, channels)
    sequential, progressive = (encode(pixels, 70) for encode in (peers.sequential_jpegli, peers.jpegli))
    frames = [{code for code, _ in marker_segments(data)} & {0xC0, 0xC1, 0xC2} for data in (sequential, progressive)]
    assert frames[0] <= {0xC0, 0xC1}
    assert frames[1] == {0xC2}
    np.testing.assert_array_equal(pillow_pixels(sequential), pillow_pixels(progressive))
