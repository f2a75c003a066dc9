"""The block on the page, against jpeglib and a naive reader of the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from explain_pages import PHOTO, SETTINGS, make_page
from naive_jpeg import NaiveFile
from other_readers import read_levels
from pictures import noisy_gradient

import foveal
from foveal.jpeg import NATURAL_INDEX


def find_positions_of_block(frame_factors: list[tuple[int, int]], block: tuple[int, int]) -> list[tuple[int, int, int]]:
    """Component, row and column of the blocks that hold a block of the photo, (x, y)."""
    h_max, v_max = frame_factors[0]
    return [(i, block[1] * v // v_max, block[0] * h // h_max) for i, (h, v) in enumerate(frame_factors)]


@pytest.mark.parametrize("block", [(0, 0), (7, 4), (13, 10)], ids=str)
@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_levels_tables_and_codes_of_the_block_are_those_of_the_file(
    settings: dict[str, object], block: tuple[int, int], tmp_path: Path
) -> None:
    shown = make_page(PHOTO, block, **settings)
    data = shown.jpeg()
    choices = {"saliency": "spectral", **settings}
    assert data == foveal.encode(PHOTO, metadata="none", **choices)  # type: ignore[arg-type]
    naive = NaiveFile(data)
    levels, tables = read_levels(data, tmp_path)
    for spot in find_positions_of_block(naive.factors, block):
        component, row, column = spot
        name = ["Y", "Cb", "Cr"][component]
        own = levels[component][row, column]
        np.testing.assert_array_equal(naive.levels[spot], own)
        np.testing.assert_array_equal(shown.grid(f"{name.lower()}-levels").reshape(64)[NATURAL_INDEX], own)
        np.testing.assert_array_equal(shown.grid(f"{name.lower()}-steps").reshape(64)[NATURAL_INDEX], tables[component])
        rows = shown.rows(f"codes-{name.lower()}")
        bits = "".join(row[2].replace(" ", "") for row in rows)
        assert bits == naive.bits_of(spot)
        assert sum(int(row[3]) for row in rows) == len(bits)
        assert [name, f"{len(bits)}"] in shown.rows("block-bits")


def test_levels_that_differ_from_rounding_are_outlined() -> None:
    shown = make_page(noisy_gradient(64, 64, None), (2, 2), quality=50)
    coefficients, steps, levels = (shown.grid(f"y-{name}") for name in ("coefficients", "steps", "levels"))
    shares = coefficients / steps
    certain = np.abs(np.abs(shares) % 1 - 0.5) > 0.5 / steps + 1e-9  # the page shows coefficients as integers
    rounded = np.sign(shares) * np.floor(np.abs(shares) + 0.5)
    cells = np.array([cell.get("class", "") for cell in shown.by_id("y-levels").iter("td")]).reshape(8, 8)
    outlined = np.char.find(cells, "changed") >= 0
    assert outlined.any()
    np.testing.assert_array_equal(outlined[certain], (rounded != levels)[certain])
