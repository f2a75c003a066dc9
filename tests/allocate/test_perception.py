"""Tables of a slope, and the numbers of files whose chrominance is not down-sampled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from foveal import jpeg
from foveal.allocate.perception import Trend, perception
from foveal.allocate.tailoring import tailor_to_map


def test_a_slope_makes_steps_of_high_frequencies_coarser() -> None:
    flat = replace(perception().luminance, slope=0.0)
    steeper = replace(flat, slope=0.5)
    (table, weights), (steep_table, steep_weights) = (each.table(2.0) for each in (flat, steeper))
    exact, steep_exact = np.array(table.values) / weights**0.5, np.array(steep_table.values) / steep_weights**0.5
    down, across = np.divmod(jpeg.NATURAL_INDEX, 8)
    np.testing.assert_allclose(steep_exact / exact, np.exp(0.5 * np.hypot(down, across) / 7), rtol=1e-4)


def test_corrected_colour_is_coarser_unless_a_map_takes_half_of_the_weight() -> None:
    tuned = perception()
    assert tuned.corrected_colour > 0
    corrected = tuned.with_corrected_colour()
    for name in ("cb", "cr"):
        coarser = getattr(corrected, name).coarser - getattr(tuned, name).coarser
        assert coarser == pytest.approx(tuned.corrected_colour)
    half = np.full((4, 4), 0.5, np.float32)
    salient, before = (tailor_to_map(each, half, 2.0) for each in (corrected, tuned))
    for found, expected in zip(salient.spectra, before.spectra, strict=True):
        assert found.coarser == pytest.approx(expected.coarser)
    assert replace(corrected, cb=tuned.cb, cr=tuned.cr, attention=tuned.attention) == tuned


def test_without_down_sampling_chrominance_is_coarser_and_a_map_adds_less() -> None:
    tuned = replace(perception(), full_chrominance=Trend(0.4, 0.2))
    for level, coarser in ((1.4, 0.2), (2.2, 0.4), (9.0, 0.6)):
        full = tuned.without_down_sampling(level)
        assert full.cb.coarser - tuned.cb.coarser == pytest.approx(coarser)
        assert full.cr.coarser - tuned.cr.coarser == pytest.approx(coarser)
        halves = {name: getattr(tuned.attention, name) / 2 for name in ("colour_slope", "colour_coarser")}
        attention = replace(tuned.attention, **halves)
        assert full == replace(tuned, cb=full.cb, cr=full.cr, attention=attention)
