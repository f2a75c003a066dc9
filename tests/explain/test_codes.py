"""The codes of single blocks, against a naive reader of the file."""

from __future__ import annotations

import numpy as np
import pytest
from jpeg_files import SCRIPTS
from naive_jpeg import NaiveFile
from pictures import noisy_gradient

from foveal import jpeg
from foveal.errors import FormatError
from foveal.explain.anatomy import find_positions
from foveal.explain.codes import read_block_codes
from foveal.explain.file_scans import read_scans
from foveal.jpeg.huffman import DEFAULT_TABLES


@pytest.mark.parametrize("quality", [20, 85])
@pytest.mark.parametrize("make_script", SCRIPTS)
def test_codes_of_every_block_in_every_scan(make_script: jpeg.ScriptMaker, quality: int) -> None:
    pixels = noisy_gradient(34, 51)
    settings = jpeg.EncoderSettings(tables=jpeg.annex_k_tables(quality), script=make_script)
    data = jpeg.encode(pixels, settings)
    naive, stored = NaiveFile(data), jpeg.read_coefficients(data)
    for row, column in np.ndindex(stored.frame.block_grid):
        followed = find_positions(stored, row, column)
        reads = list(read_scans(data, followed, np.s_[:8, :8]))
        assert [read.scan for read in reads] == list(stored.script)
        for read, scan in zip(reads, naive.scans, strict=True):
            for component, codes in read.codes.items():
                spot = followed[component]
                assert "".join(code.bits for code in codes) == scan.bits[component, spot.row, spot.column]
                levels = stored.blocks[component][spot.row, spot.column]
                for code in codes:
                    if code.index:
                        cut = abs(int(levels[code.index])) >> read.scan.approximation_low << read.scan.approximation_low
                        assert code.value == np.sign(levels[code.index]) * cut


def test_bits_that_are_not_a_code() -> None:
    tables = DEFAULT_TABLES[0, 0], DEFAULT_TABLES[1, 0]
    with pytest.raises(FormatError, match="expected a code"):
        read_block_codes(jpeg.Scan((0,)), tables, "1" * 40, np.zeros(64, np.int16))
