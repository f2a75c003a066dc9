"""Errors of blocks and scans on the page."""

from __future__ import annotations

import numpy as np
import pytest
from explain_pages import PHOTO, make_page

from foveal import jpeg
from foveal.explain.sections.result import block_errors


def test_every_scan_is_shown_with_its_bytes() -> None:
    shown = make_page(PHOTO)
    captions = [each.text or "" for each in shown.by_id("scans").iter("figcaption")]
    data = shown.jpeg()
    script = jpeg.read_coefficients(data).script
    assert len(captions) == len(script) == len(list(shown.by_id("scans").iter("img"))) / 2
    assert f"{len(data) - 2:,} bytes so far" in captions[-1]  # all but EOI


@pytest.mark.parametrize("shape", [(16, 24, 3), (17, 23, 3), (5, 3), (8, 8)])
def test_errors_of_blocks(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    first, second = (rng.integers(0, 256, shape, np.uint8) for _ in range(2))
    expected = [
        [
            np.sqrt(np.mean((first[y : y + 8, x : x + 8].astype(float) - second[y : y + 8, x : x + 8]) ** 2))
            for x in range(0, shape[1], 8)
        ]
        for y in range(0, shape[0], 8)
    ]
    np.testing.assert_allclose(block_errors(first, second), expected, rtol=1e-6)
