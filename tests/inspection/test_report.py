"""Map of bits per block, and the report as JSON."""

from __future__ import annotations

import json

import numpy as np
import pytest
from jpeg_files import pillow_file, random_file
from pictures import noisy_gradient
from PIL import Image

import foveal
from foveal import jpeg

IMAGE = Image.fromarray(noisy_gradient(70, 90))


def test_the_map_of_bits_adds_up_and_shows_where_they_went() -> None:
    pixels = np.full((64, 96), 128, dtype=np.uint8)
    pixels[24:32, 40:48] = noisy_gradient(8, 8, None)
    bits = foveal.inspect(foveal.encode(pixels, progressive=False, saliency=None)).bits_map()
    assert bits.shape == (8, 12)
    assert np.unravel_index(bits.argmax(), bits.shape) == (3, 5)
    for factors in ([(2, 2), (1, 1), (1, 1)], [(1, 2), (1, 1), (1, 1)], [(1, 1)], [(2, 2)], [(3, 1), (2, 1), (1, 1)]):
        found = foveal.inspect(random_file(factors, (70, 90)))
        counted = sum(
            int(bits[: component.block_rows, : component.block_columns].sum())
            for component, bits in zip(found.frame.components, found.block_bits, strict=True)
        )
        assert found.bits_map().shape == (9, 12)
        assert found.bits_map().sum() == pytest.approx(counted)


def test_everything_goes_into_json() -> None:
    data = pillow_file(IMAGE, progressive=True, subsampling="4:2:0", quality=60, comment="é", icc_profile=b"x" * 200)
    report = json.loads(json.dumps(foveal.inspect(data).to_dict()))
    assert (report["width"], report["height"], report["size_bytes"]) == (90, 70, len(data))
    assert report["quality"] == {"value": 60, "exact": True}
    assert report["components"][0]["quantization_table"] == jpeg.annex_k_tables(60)[0].natural.tolist()
    assert sum(sum(scan["bits"]) for scan in report["scans"]) == sum(part["bits"] for part in report["components"])
    assert report["segments"][0] == {"marker": "SOI", "offset": 0, "size_bytes": 2, "kind": ""}
    assert report["metadata"]["icc_profile_bytes"] == 200
    assert report["notes"] == []


def test_huffman_tables_of_scans() -> None:
    report = foveal.inspect(pillow_file(IMAGE, optimize=False)).to_dict()["scans"][0]
    assert len(report["huffman_tables"]) == 3
    assert report["huffman_tables"][0]["dc"]["huffval"] == list(range(12))  # table K.3
    assert report["huffman_tables"][0]["ac"]["bits"][-1] == 125  # table K.5
