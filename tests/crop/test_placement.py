"""Where windows are placed: what they keep, what they divide, headroom, thirds and the middle."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from foveal.crop import placement
from foveal.crop.placement import Position, Positions, Scene

MAPS = hnp.arrays(np.float32, st.tuples(st.integers(1, 30), st.integers(1, 30)), elements=st.floats(0, 1, width=32))


def disc(size: tuple[int, int], center: tuple[float, float], radius: float) -> np.ndarray:
    y, x = np.mgrid[: size[0], : size[1]]
    return (np.hypot(y - center[0], x - center[1]) <= radius).astype(np.float32)


def place(found: np.ndarray, window: tuple[int, int]) -> Position:
    """Return the position of the best window of a photo with a pixel for each value of the map."""
    rows, columns = (Positions.every(*each) for each in zip(found.shape, window, strict=True))
    return Scene(found).place(rows, columns)


@given(MAPS, st.data())
@settings(max_examples=60, deadline=None)
def test_shares_are_sums_over_the_window(found: np.ndarray, data: st.DataObject) -> None:
    height, width = found.shape
    window = data.draw(st.integers(1, height)), data.draw(st.integers(1, width))
    rows, columns = (Positions.every(*each) for each in zip(found.shape, window, strict=True))
    shares = Scene(found).share_inside(rows, columns)
    values = found.astype(np.float64) if found.any() else np.ones(found.shape)
    expected = [
        [values[y : y + window[0], x : x + window[1]].sum() / values.sum() for x in columns.starts] for y in rows.starts
    ]
    np.testing.assert_allclose(shares, expected, atol=1e-9)


def test_shares_at_fractions_of_cells() -> None:
    """A photo of 8 x 8 pixels with a map of 2 x 2: a window of 4 x 4 at (2, 2) has a quarter of each value."""
    found = np.array([[0.1, 0.2], [0.3, 0.4]])
    middle = Positions(8, 4, np.array([2]))
    assert Scene(found).share_inside(middle, middle)[0, 0] == pytest.approx(0.25)
    corner = Positions(8, 4, np.array([0]))
    assert Scene(found).share_inside(corner, middle)[0, 0] == pytest.approx(0.15)


@given(MAPS, st.data())
@settings(max_examples=60, deadline=None)
def test_the_place_is_one_of_the_positions_and_nearly_the_best(found: np.ndarray, data: st.DataObject) -> None:
    window = [data.draw(st.integers(1, side)) for side in found.shape]
    rows, columns = (Positions.every(*each) for each in zip(found.shape, window, strict=True))
    scene = Scene(found)
    y, x = scene.place(rows, columns)
    assert y in rows.starts
    assert x in columns.starts
    share = scene.share_inside(rows, columns)
    # No object costs more than CUT_COST and ROOM_COST of its mass, and all six at most six times that of the whole map.
    lost = share.max() - share[list(rows.starts).index(y), list(columns.starts).index(x)]
    assert lost <= placement.TIE + 6 * (placement.CUT_COST + placement.ROOM_COST) + 1e-9


def test_a_window_goes_where_the_map_is() -> None:
    found = np.full((60, 90), 0.001, np.float32) + disc((60, 90), (40, 70), 5)
    y, x = place(found, (30, 30))
    assert y <= 35
    assert y + 30 >= 46
    assert x <= 65
    assert x + 30 >= 76


def test_an_object_is_not_divided() -> None:
    """The window that keeps most of this map cuts the face at its left; one that keeps a little less does not."""
    found = np.zeros((40, 96), np.float32)
    found[:, 37:60] = 0.34  # 13.6 in a column
    found[14:27, 20:37] = 1  # 13 in a column
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(placement, "CUT_COST", 0)
        patch.setattr(placement, "ROOM_COST", 0)
        patch.setattr(placement, "TIE", 0)
        assert place(found, (40, 32)).x == 28
    assert place(found, (40, 32)).x <= 20


def test_there_is_room_above_an_object() -> None:
    found = np.zeros((100, 40), np.float32)
    found += disc((100, 40), (50, 20), 8)
    found[50:95] += 0.01  # more to see below
    y, _ = place(found, (50, 40))
    assert y <= 42 - placement.ROOM_ABOVE * 16 + 1


def test_a_small_object_comes_to_a_third_where_that_costs_nothing() -> None:
    y, x = place(disc((200, 300), (100, 150), 4), (90, 120))
    assert (100.5 - y) / 90 == pytest.approx(1 / 3, abs=0.02) or (100.5 - y) / 90 == pytest.approx(2 / 3, abs=0.02)
    assert (150.5 - x) / 120 == pytest.approx(1 / 3, abs=0.02) or (150.5 - x) / 120 == pytest.approx(2 / 3, abs=0.02)


def test_a_large_object_comes_to_the_middle() -> None:
    y, x = place(disc((90, 200), (45, 100), 35), (90, 90))
    assert y == 0
    assert x + 45 == pytest.approx(100.5, abs=3)


@pytest.mark.parametrize("found", [np.zeros((7, 9)), np.ones((7, 9), bool), np.full((1, 1), 0.3, np.float16)])
@pytest.mark.parametrize(("length", "window"), [(100, 40), (100, 41), (5_000, 1_000), (1, 1), (30, 30)])
def test_without_anything_to_see_the_window_is_in_the_middle(found: np.ndarray, length: int, window: int) -> None:
    along = Positions.every(length, window)
    y, x = Scene(found).place(along, along)
    assert abs(y - (length - window) / 2) <= 0.5
    assert abs(x - (length - window) / 2) <= 0.5


@pytest.mark.parametrize(
    ("arguments", "starts"),
    [
        ((10, 10), [0]),
        ((10, 7), [0, 1, 2, 3]),
        ((40, 8, 16), [0, 16, 32]),
        ((39, 8, 16), [0, 16]),
        ((40, 7, 16, 1), [1, 17, 33]),
        ((40, 8, 16, 15), [15, 31]),
    ],
)
def test_positions(arguments: tuple[int, ...], starts: list[int]) -> None:
    assert list(Positions.every(*arguments).starts) == starts


def test_very_many_positions_are_thinned_out() -> None:
    starts = Positions.every(60_000, 1).starts
    assert len(starts) <= 257
    assert (starts[0], starts[-1]) == (0, 59_999)
    assert 30_000 in starts or 29_999 in starts


@given(MAPS, st.floats(0, 0.9), st.floats(0.05, 0.1))
@settings(max_examples=30, deadline=None)
def test_the_focus_is_inside_the_window(found: np.ndarray, start: float, length: float) -> None:
    y, x = Scene(found).focus((start, start + length), (0, 1))
    assert start <= y <= start + length
    assert 0 <= x <= 1


def test_the_focus_is_the_centre_of_what_is_shown() -> None:
    found = np.zeros((10, 20))
    found[4, 2], found[4, 18] = 1, 1
    assert Scene(found).focus((0, 1), (0, 1)) == pytest.approx((0.45, 0.525))
    assert Scene(found).focus((0, 1), (0, 0.5)) == pytest.approx((0.45, 0.125))
