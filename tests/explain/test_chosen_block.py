"""The choice of the block that a page shows in detail."""

from __future__ import annotations

import numpy as np
import pytest
from explain_pages import PHOTO, make_page

from foveal.errors import ParameterError
from foveal.explain.chosen_block import choose_block


@pytest.mark.parametrize("block", [(-1, 0), (0, -1), (14, 0), (0, 11)])
def test_blocks_outside_the_photo(block: tuple[int, int]) -> None:
    with pytest.raises(ParameterError, match=r"^there is no block [^\n]* from 0,0 to 13,10$"):
        make_page(PHOTO, block)


def test_the_chosen_block_is_the_one_in_the_middle_of_the_highest_weights() -> None:
    bits = np.zeros((6, 9))
    bits[5, 0] = 1
    weights = np.full((6, 9), 0.5, np.float32)
    assert choose_block(None, weights, bits).row == 5  # all alike: the one of most bits
    weights[1:4, 4:9] = 1
    chosen = choose_block(None, weights, bits)
    assert (chosen.row, chosen.column) == (2, 6)
    assert chosen.neighbourhood == (slice(0, 48), slice(8, 72))
    assert (chosen.row_in_neighbourhood, chosen.column_in_neighbourhood) == (2, 5)
