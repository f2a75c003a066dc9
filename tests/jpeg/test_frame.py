"""Size limits of frames, and values for the blocks of their components."""

from __future__ import annotations

import numpy as np
import pytest

from foveal.errors import LimitError, ParameterError
from foveal.jpeg.frame import Frame


@pytest.mark.parametrize(
    ("height", "width", "legal"),
    [(0, 5, False), (5, 0, False), (1, 65535, True), (65535, 1, True), (1, 65536, False), (65536, 1, False)],
)
def test_sides_of_a_frame(height: int, width: int, legal: bool) -> None:
    if legal:
        Frame.of_picture(height, width, (2, 2))
    else:
        with pytest.raises(LimitError, match="65,535"):
            Frame.of_picture(height, width, (2, 2))


def test_weights_of_subsampled_blocks_are_those_of_the_most_important_block_below() -> None:
    frame = Frame.of_picture(40, 24, (2, 2))  # 5 x 3 blocks, 3 x 2 MCUs
    weights = np.arange(15, dtype=np.float32).reshape(5, 3)
    assert frame.largest_of_covered_blocks(weights, frame.components[1]).tolist() == [[4, 5], [10, 11], [13, 14]]
    luma = frame.largest_of_covered_blocks(weights, frame.components[0])
    assert luma.shape == (6, 4)
    assert luma[:5, :3].tolist() == weights.tolist()
    with pytest.raises(ParameterError, match="a value for each"):
        frame.largest_of_covered_blocks(weights[1:], frame.components[0])
