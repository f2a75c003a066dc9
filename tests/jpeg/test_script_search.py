"""The scan script that takes the fewest bytes."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jpeg_files import FACTORS, random_coefficients

import foveal
from foveal import jpeg
from foveal.jpeg import Scan
from foveal.jpeg.file_writer import price_scans
from foveal.jpeg.script import check_script
from foveal.jpeg.script_search import choose_script

SEARCHES = {"quick": jpeg.QUICK_SEARCH, "thorough": jpeg.THOROUGH_SEARCH}
EVERY_ROW = jpeg.ScriptSearch((1, 3, 9), (1, 3), max_low_bits=1, smallest_sample=1000)


def scripts_of_every_kind() -> list[jpeg.Script]:
    """Return all scripts of three components that EVERY_ROW chooses from."""
    sequential = [jpeg.sequential_script(3), jpeg.non_interleaved_script(3), (Scan((0,)), Scan((1, 2)))]
    dc = [((0, 1, 2),), ((0,), (1, 2)), ((0,), (1,), (2,))]
    luma = [(1,), (1, 3), (1, 9), (1, 3, 9)]
    chroma = [(1,), (1, 3)]
    ac = [
        [scans_of(component, starts, low_bits) for starts in (luma, chroma, chroma)[component] for low_bits in (0, 1)]
        for component in range(3)
    ]
    progressive = [(*(Scan(group, 0, 0) for group in groups), *y, *cb, *cr) for groups, y, cb, cr in product(dc, *ac)]
    return [*sequential, *progressive]


def scans_of(component: int, starts: tuple[int, ...], low_bits: int) -> list[Scan]:
    ends = (*(start - 1 for start in starts[1:]), 63)
    bands = [Scan((component,), *band, 0, low_bits) for band in zip(starts, ends, strict=True)]
    return bands + [Scan((component,), 1, 63, 1, 0)] * low_bits


def size_of(coefficients: jpeg.Coefficients, script: jpeg.Script, restart_interval: int = 0) -> int:
    return len(jpeg.write_coefficients(coefficients, scripts=[script], restart_interval=restart_interval))


def levels_of(pixels: np.ndarray, quality: int) -> jpeg.Coefficients:
    settings = jpeg.EncoderSettings(tables=jpeg.annex_k_tables(quality))
    return jpeg.read_coefficients(jpeg.encode(np.ascontiguousarray(pixels), settings))


@pytest.mark.parametrize("quality", [20, 95])
@pytest.mark.parametrize("restart_interval", [0, 1, 50])
def test_no_script_of_the_search_takes_fewer_bytes(quality: int, restart_interval: int, coffee: np.ndarray) -> None:
    """Sizes are estimated without stuffed bytes; low bits are chosen with the bands 1..8 and 9..63."""
    for pixels in (coffee[180:308, 100:260], coffee[:24, :24]):
        levels = levels_of(pixels, quality)
        found = EVERY_ROW.find(levels, restart_interval, 1)
        sizes = [size_of(levels, script, restart_interval) for script in scripts_of_every_kind()]
        assert size_of(levels, found, restart_interval) <= 1.002 * min(sizes)


@settings(deadline=None)
@given(
    kind=st.sampled_from(sorted(FACTORS)),
    size=st.tuples(st.integers(1, 70), st.integers(1, 70)),
    search=st.sampled_from(sorted(SEARCHES)),
    restart_interval=st.integers(0, 9),
    seed=st.integers(0, 99),
)
def test_scripts_are_legal_and_do_not_depend_on_threads(
    kind: str, size: tuple[int, int], search: str, restart_interval: int, seed: int
) -> None:
    coefficients = random_coefficients(FACTORS[kind], size, seed=seed)
    script = SEARCHES[search].find(coefficients, restart_interval, 1)
    check_script(script, coefficients.frame)
    assert SEARCHES[search].find(coefficients, restart_interval, 2) == script


@pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)
def test_scripts_of_both_processes_are_found(search: jpeg.ScriptSearch, coffee: np.ndarray) -> None:
    tiny = search.find(levels_of(coffee[:16, :16], 75), 0, 1)
    assert all(scan.band == jpeg.SEQUENTIAL_BAND for scan in tiny)
    assert len(search.find(levels_of(coffee, 75), 0, 1)) > 4


def test_low_bits_have_scans_of_their_own_where_steps_are_fine(coffee: np.ndarray) -> None:
    most = {
        quality: max(scan.approximation_low for scan in jpeg.THOROUGH_SEARCH.find(levels_of(coffee, quality), 0, 1))
        for quality in (30, 100)
    }
    assert most[30] < most[100] == jpeg.THOROUGH_SEARCH.max_low_bits


def test_low_bits_of_every_component_are_found(coffee: np.ndarray) -> None:
    settings = jpeg.EncoderSettings(subsampling="4:4:4", tables=jpeg.annex_k_tables(100)[:1])  # chroma as fine as luma
    levels = jpeg.read_coefficients(jpeg.encode(coffee, settings))
    script = jpeg.THOROUGH_SEARCH.find(levels, 0, 1)
    for component in range(3):
        assert max(scan.approximation_low for scan in script if scan.components == (component,)) > 0


def test_scripts_without_low_bits_are_tried_although_two_seem_better() -> None:
    """A sunset over dark ground: with the bands that are tried first, two low bits of Y apart take the fewest bytes."""
    y, x = np.mgrid[0:480, 0:720].astype(float)
    colours = np.array([[20, 24, 70], [120, 60, 120], [240, 120, 70], [255, 210, 120]])
    sky = np.stack([np.interp(y / 479, [0, 0.4, 0.75, 1], colours[:, c]) for c in range(3)], axis=2)
    sun = np.exp(-((x - 480) ** 2 + (y - 380) ** 2) / (2 * 60**2))[..., np.newaxis]
    sky = sky * (1 - sun) + np.array([255, 250, 220]) * sun
    rng = np.random.default_rng(0)
    ground = np.array([15, 12, 20]) + rng.normal(0, 4, sky.shape)
    picture = np.where((y > 400 + 15 * np.sin(x / 40))[..., np.newaxis], ground, sky)
    picture = np.clip(picture + rng.uniform(-0.5, 0.5, sky.shape), 0, 255).round().astype(np.uint8)
    levels = jpeg.read_coefficients(foveal.encode(picture, quality=75, saliency=None))
    quick, thorough = (len(jpeg.write(levels, jpeg.EncoderSettings(script=each))) for each in SEARCHES.values())
    assert thorough < quick


def test_an_empty_first_component_limits_no_other(coffee: np.ndarray) -> None:
    """As in black text of a CMYK file."""
    grey = levels_of(coffee[..., 1], 100)
    factors = [(1, 1)] * 4
    levels = random_coefficients(factors, coffee.shape[:2])
    for component in range(3):
        levels.blocks[component][:] = 0
    levels.blocks[3][:] = grey.blocks[0]
    script = jpeg.THOROUGH_SEARCH.find(levels, 0, 1)
    assert max(scan.approximation_low for scan in script if scan.components == (3,)) > 1


def test_a_part_of_the_file_shows_as_much_as_it_can(coffee: np.ndarray) -> None:
    script = jpeg.THOROUGH_SEARCH.find(levels_of(coffee, 95), 0, 1)
    ac = [scan for scan in script if scan.spectral_start > 0]
    assert list(script).index(ac[0]) == sum(scan.spectral_start == 0 for scan in script)  # DC first
    assert (ac[0].components, ac[0].spectral_start) == ((0,), 1)
    firsts = [scan.components for scan in ac if scan.approximation_high == 0]
    chroma = [components != (0,) for components in firsts]
    assert chroma == [False, *sorted(chroma[1:], reverse=True)]  # chroma between low and high frequencies of Y
    assert len(set(chroma[1:])) == 2
    highs = [scan.approximation_high for scan in ac]
    assert highs[len(firsts) :] == sorted(highs[len(firsts) :], reverse=True)
    assert min(highs[len(firsts) :]) > 0


@pytest.mark.parametrize("script", [jpeg.sequential_script, jpeg.spectral_selection_script, *SEARCHES.values()])
@pytest.mark.parametrize("factors", [[(2, 2)] * 3, [(4, 4), (4, 4), (1, 1)], [(4, 4), (1, 1), (1, 1)]])
def test_the_chosen_script_is_legal_for_unusual_factors(
    script: jpeg.ScriptMaker | jpeg.ScriptSearch, factors: list[tuple[int, int]]
) -> None:
    coefficients = random_coefficients(factors, (70, 90))
    check_script(choose_script(script, coefficients, 0, 1), coefficients.frame)


@pytest.mark.parametrize("height", [353, 360, 368])
def test_a_last_row_that_the_picture_cuts_misleads_no_sample(height: int, coffee: np.ndarray) -> None:
    """Blocks that pad an interleaved scan cost little: if they were sampled, it seemed smaller than it is."""
    levels = levels_of(coffee[:height], 60)
    sizes = [size_of(levels, script) for script in (jpeg.sequential_script(3), jpeg.spectral_selection_script(3))]
    for rows in (4, 5, 6, 8):
        scans = [*jpeg.sequential_script(3), *jpeg.spectral_selection_script(3)]
        prices = price_scans(levels, scans, 0, smallest_sample=rows, threads=1)
        sequential, progressive = prices[scans[0]], sum(prices[scan] for scan in scans[1:])
        assert sequential / progressive == pytest.approx(sizes[0] / sizes[1], abs=0.01)


@pytest.mark.parametrize("search", SEARCHES.values(), ids=SEARCHES)
def test_a_sample_of_a_high_picture_finds_a_script_as_good(search: jpeg.ScriptSearch, coffee: np.ndarray) -> None:
    high = np.concatenate([coffee[:, :96], coffee[::-1, 200:296], coffee[:, 400:496]])
    levels = levels_of(high, 75)
    sampled, whole = search.find(levels, 0, 1), jpeg.THOROUGH_SEARCH.find(levels, 0, 1)
    assert size_of(levels, sampled) <= 1.005 * size_of(levels, whole)
