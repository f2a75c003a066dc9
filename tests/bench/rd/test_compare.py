"""Variants of an encoder are compared with a peer by BD-rate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pictures import noisy_gradient

from bench import rd
from foveal.comparison import peers


def test_variants_against_a_peer(tmp_path: Path) -> None:
    """The peer itself needs 0 % more; ours with a comment of a tenth of each file needs 10 % more."""
    photos = {name: noisy_gradient(180, width) for name, width in (("a", 180), ("b", 200))}

    def padded(pixels: np.ndarray, quality: float) -> bytes:
        data = peers.libjpeg_turbo(pixels, quality)
        return data + bytes(round(len(data) / 10))

    comparison = rd.compare_variants(
        {"same": peers.libjpeg_turbo, "padded": padded},
        photos,
        anchor="pillow",
        settings=4,
        metrics=["PSNR", "SSIMULACRA2"],
        cache_folder=tmp_path,
    )
    for metric in ("PSNR", "SSIMULACRA2"):
        assert comparison.bd_rates("same", metric) == pytest.approx({"a": 0, "b": 0})
        assert comparison.bd_rates("padded", metric) == pytest.approx({"a": 10, "b": 10}, abs=0.02)
        assert comparison.summary("padded", metric).mean == pytest.approx(10, abs=0.02)
    assert len(list(tmp_path.glob("pillow/*.json"))) == 8  # files of the peer only: 2 photos, 4 settings
    assert len(list(tmp_path.glob("PSNR/*.json"))) == 8  # ours decode as the peer's
