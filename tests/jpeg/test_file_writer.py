"""Prices of files and of scans."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jpeg_files import SCRIPTS, random_coefficients, successive_approximation_script

from foveal import jpeg
from foveal.jpeg.file_writer import price_scans


@pytest.mark.parametrize("grey", [False, True])
@pytest.mark.parametrize(
    "script",
    [jpeg.sequential_script, successive_approximation_script, jpeg.QUICK_SEARCH],
    ids=["sequential", "progressive", "search"],
)
@pytest.mark.parametrize("restart_interval", [0, 40])
def test_the_price_of_a_file_is_about_what_it_has(
    script: jpeg.ScriptMaker | jpeg.ScriptSearch, restart_interval: int, grey: bool, coffee: np.ndarray
) -> None:
    pixels = np.ascontiguousarray(coffee[..., 1] if grey else coffee)
    plain = jpeg.EncoderSettings(tables=jpeg.annex_k_tables(75), script=script, restart_interval=restart_interval)
    levels = jpeg.read_coefficients(jpeg.encode(pixels, plain))
    price = jpeg.price(levels, plain)
    assert sum(price) == pytest.approx(len(jpeg.write(levels, plain)), rel=0.003)
    commented = jpeg.price(replace(levels, segments=(*levels.segments, jpeg.Segment(0xFE, bytes(1000)))), plain)
    assert commented == (price.header_bytes + 1004, price.scan_bytes)
    trailed = jpeg.price(replace(levels, trailing=bytes(55)), plain)
    assert trailed == (price.header_bytes + 55, price.scan_bytes)


@given(quality=st.integers(1, 100), side=st.integers(1, 40), seed=st.integers(0, 9))
def test_headers_are_priced_to_the_byte(quality: int, side: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (side, side), dtype=np.uint8)
    settings = jpeg.EncoderSettings(tables=jpeg.annex_k_tables(quality), script=jpeg.sequential_script)
    data = jpeg.encode(pixels, settings)
    end_of_headers = data.index(b"\xff\xda") + 10  # length of SOS with one component
    assert jpeg.price(jpeg.read_coefficients(data), settings).header_bytes == end_of_headers + 2  # EOI


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.__name__)
def test_the_price_of_scans_is_the_size_of_their_file(script: jpeg.ScriptMaker) -> None:
    """Up to two tables for each scan, whose bits are estimated 2 bytes too high; stuffed bytes are not counted."""
    coefficients = random_coefficients([(2, 2), (1, 1), (1, 1)], (200, 120))
    scans = script(3)
    prices = price_scans(coefficients, scans, 0, smallest_sample=1000, threads=1)
    data = jpeg.write_coefficients(coefficients, scripts=[scans])
    scan_bytes = len(data) - data.index(b"\xff\xc4") - 2  # from DHT to EOI
    stuffed = data.count(b"\xff\0")
    assert 0 <= sum(prices.values()) - (scan_bytes - stuffed) <= (2 * 4 + 1) * len(scans)
