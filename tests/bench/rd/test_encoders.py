"""The encoders of the benchmark: files, versions, qualities, and what is not installed."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest
from PIL import Image

from bench.rd import encoders
from bench.rd.encoders import MissingPeerError


@pytest.mark.parametrize("name", [name for name in encoders.NAMES if name != "guetzli"])
def test_all_encoders_write_progressive_files_of_4_2_0(name: str, chelsea: np.ndarray) -> None:
    try:
        encoder = encoders.find_encoder(name)
    except MissingPeerError as error:
        pytest.skip(str(error))
    pixels = chelsea[:201, :303]
    sizes = []
    for quality in (encoder.settings[0], encoder.settings[-1]):
        data = encoder.encode(pixels, quality)
        with Image.open(io.BytesIO(data)) as image:
            assert image.size == (303, 201)
            if "progressive" not in image.info:  # ours, where sequential scans are smaller
                assert len(data) <= 1.005 * len(encoder.encode(pixels, quality, progressive=False))
            assert [layer[1:3] for layer in image.layer] == [(2, 2), (1, 1), (1, 1)]
        sizes.append(len(data))
    assert sizes[1] > 2 * sizes[0]


@pytest.mark.parametrize("name", ["mozjpeg", "jpegli", "guetzli"])
def test_missing_peers_are_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoders.shutil, "which", lambda program: None)
    monkeypatch.setattr(sys, "path", [])  # where installed packages are looked for
    with pytest.raises(MissingPeerError, match="is not installed"):
        encoders.find_encoder(name)


def test_versions_tell_encoders_apart() -> None:
    ours = [encoders.find_encoder(name).version for name in encoders.NAMES if name.startswith("foveal")]
    assert len(set(ours)) == len(ours)
    assert all(encoders.foveal_version() in version for version in ours)


@pytest.mark.parametrize(
    ("count", "expected"), [(2, (20, 95)), (3, (20, 75, 95)), (8, (20, 32, 50, 69, 80, 87, 92, 95))]
)
def test_qualities(count: int, expected: tuple[int, ...]) -> None:
    """Quantizer steps from 250 to 10 % of libjpeg's: the middle is 50 %, which is quality 75."""
    assert encoders.qualities(count) == expected


def test_no_quality_twice() -> None:
    found = encoders.qualities(1000)
    assert found == tuple(range(20, 96))
