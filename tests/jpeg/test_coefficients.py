"""Coefficients: checked, written to files, and read again without loss."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import jpeg_files
import numpy as np
import pytest
from damaged_files import (
    BASELINE,
    PROGRESSIVE,
    decode_leniently,
    offset_of,
)
from jpeg_files import patched, random_coefficients
from other_readers import pillow_pixels
from pictures import noisy_gradient

import foveal
from foveal import jpeg
from foveal.errors import FormatError, FormatWarning, ParameterError
from foveal.jpeg import markers


def test_coefficients_must_fit_their_frame() -> None:
    read = jpeg.read_coefficients(BASELINE)
    with pytest.raises(ParameterError, match="Coefficients, not bytes"):
        jpeg.write_coefficients(BASELINE)
    with pytest.raises(ParameterError, match="of 3 components"):
        replace(read, tables=read.tables[:2])
    with pytest.raises(ParameterError, match="of 3 components"):
        replace(read, blocks=read.blocks[:2])
    for blocks in (read.blocks[0][1:], read.blocks[0][:, 1:], read.blocks[0].astype(np.float32)):
        with pytest.raises(ParameterError, match=r"blocks must be \(6, 8, 64\) int16"):
            replace(read, blocks=(blocks, *read.blocks[1:]))
    for segment in (jpeg.Segment(markers.APP1, b"x" * 65_534), jpeg.Segment(markers.DQT, b"")):
        with pytest.raises(ParameterError, match="application segment"):
            replace(read, segments=(segment,))
    assert replace(read, segments=(jpeg.Segment(markers.APP1, b"x" * 65_533),))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"restart_interval": -1}, "restart interval"),
        ({"restart_interval": 65_536}, "restart interval"),
        ({"restart_interval": 2.5}, "restart interval"),
        ({"threads": 0}, "threads"),
        ({"scripts": jpeg.sequential_script(3)}, "sequence of scripts"),
        ({"scripts": [(jpeg.Scan((0,)),)]}, "in full"),
        ({"scripts": [jpeg.sequential_script(3), (jpeg.Scan((0,)),)]}, "in full"),
    ],
)
def test_write_coefficients_checks_its_arguments(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        jpeg.write_coefficients(jpeg.read_coefficients(BASELINE), **arguments)


def test_levels_that_cannot_be_coded_are_refused_and_the_largest_are_written() -> None:
    for k, least, largest in ((0, -16_384, 16_383), (1, -32_767, 32_767), (63, -32_767, 32_767)):
        for first, second, beyond in ((least, largest, least - 1), (largest, least, largest + 1)):
            coefficients = random_coefficients([(1, 1)], (8, 24))
            coefficients.blocks[0][0, :, k] = [first, second, 0]
            data = jpeg.write_coefficients(coefficients)
            np.testing.assert_array_equal(jpeg.read_coefficients(data).blocks[0], coefficients.blocks[0])
            if beyond <= 32_767:
                coefficients.blocks[0][0, 0, k] = beyond
                with pytest.raises(ParameterError, match=r"within \+-32,767, DC from -16,384 to 16,383"):
                    jpeg.write_coefficients(coefficients)


def test_another_script_changes_no_coefficient() -> None:
    read = jpeg.read_coefficients(foveal.encode(noisy_gradient(50, 70), saliency=None, subsampling="4:2:2"))
    for make in (jpeg.sequential_script, jpeg.spectral_selection_script, jpeg_files.successive_approximation_script):
        again = jpeg.read_coefficients(jpeg.write_coefficients(read, scripts=[make(3)], restart_interval=5))
        assert again.script == make(3)
        assert again.restart_interval == 5
        jpeg_files.assert_same_blocks(read, again)


def test_the_cheapest_script_counts_restart_markers() -> None:
    read = jpeg.read_coefficients(foveal.encode(noisy_gradient(64, 64), saliency=None))
    makers = (jpeg.sequential_script, jpeg.spectral_selection_script, jpeg_files.successive_approximation_script)
    for interval in (0, 1, 3, 20):
        sizes = [len(jpeg.write_coefficients(read, scripts=[make(3)], restart_interval=interval)) for make in makers]
        chosen = jpeg.write_coefficients(read, scripts=[make(3) for make in makers], restart_interval=interval)
        assert len(chosen) == min(sizes)


def test_writing_what_was_cut_off_keeps_what_there_is() -> None:
    """The scans of a truncated file are not a legal script; its coefficients are written with another one."""
    cut = PROGRESSIVE[: offset_of(PROGRESSIVE, markers.DHT, 0, 3)] + b"\xff\xd9"
    with pytest.warns(FormatWarning, match="in full"):
        read = jpeg.read_coefficients(cut)
    written = jpeg.write_coefficients(read)
    np.testing.assert_array_equal(foveal.decode(written), decode_leniently(cut)[0])
    np.testing.assert_array_equal(pillow_pixels(written), decode_leniently(cut)[0])


def test_mcus_of_more_than_ten_blocks_are_not_written_and_read_only_leniently() -> None:
    """T.81 B.2.3, Scan header syntax, limits an MCU to ten blocks; libjpeg refuses larger ones."""
    coefficients = random_coefficients([(3, 3), (1, 2), (1, 1)], (50, 60))
    with pytest.raises(ParameterError, match="at most 10 blocks, not 12"):
        jpeg.write_coefficients(coefficients, scripts=[jpeg.sequential_script(3)])
    alone = jpeg.write_coefficients(coefficients)
    assert jpeg.read_coefficients(alone).script == jpeg.non_interleaved_script(3)

    ten = random_coefficients([(3, 3), (1, 1)], (50, 60))
    data = jpeg.write_coefficients(ten, scripts=[jpeg.sequential_script(2)])
    assert len(jpeg.read_coefficients(data).blocks) == 2
    twelve = patched(data, offset_of(data, markers.SOF0, 11), b"\x43")
    with pytest.raises(FormatError, match="at most 10 blocks, not 13"):
        jpeg.read_coefficients(twelve)
