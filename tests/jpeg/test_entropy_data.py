"""Positions in the data of a scan as offsets in the file."""

from __future__ import annotations

import numpy as np
import pytest
from damaged_files import (
    offset_of,
)
from jpeg_files import patched, random_coefficients

import foveal
from foveal import jpeg
from foveal.errors import FormatError


def test_faults_name_the_byte_of_the_file_behind_stuffing_and_restarts() -> None:
    """The fault is a code of sixteen ones, which no Huffman table has, in the last restart interval."""
    rng = np.random.default_rng(5)
    coefficients = random_coefficients([(1, 1)], (64, 64))
    coefficients.blocks[0][:, :, 1:] = rng.integers(-600, 600, (8, 8, 63))
    data = jpeg.write_coefficients(coefficients, restart_interval=8)
    assert data.count(b"\xff\0") > 10
    start = offset_of(data, 0xD6) + 2
    with pytest.raises(FormatError, match="Huffman table, found none") as raised:
        foveal.decode(patched(data, start, b"\xfe" * 9))
    byte = int(str(raised.value).split(":")[0].removeprefix("byte ").replace(",", ""))
    assert start <= byte < start + 9
