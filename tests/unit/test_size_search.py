"""The search for a file of a given size, on encoders whose sizes are known by formula."""

from __future__ import annotations

import math

import pytest

from foveal.size_search import of_size


def smooth(quality: float) -> bytes:
    """1,000 bytes at quality 0, 20,086 at 100."""
    return bytes(round(1000 * math.exp(0.03 * quality)))


@pytest.mark.parametrize("size_bytes", [1000, 1500, 4444, 20_000, 20_086])
def test_a_smooth_encoder_is_met_within_a_thousandth(size_bytes: int) -> None:
    data, quality = of_size(smooth, size_bytes, near=80)
    assert len(data) == pytest.approx(size_bytes, rel=0.001)
    assert data == smooth(quality)


@pytest.mark.parametrize(("size_bytes", "quality"), [(10, 0), (10**6, 100)])
def test_beyond_the_scale_its_end_is_nearest(size_bytes: int, quality: float) -> None:
    assert of_size(smooth, size_bytes, near=50)[1] == quality


def test_where_sizes_jump_the_nearer_side_is_taken() -> None:
    def jumping(quality: float) -> bytes:
        return bytes(1000 if quality < 40 else 2000)

    assert len(of_size(jumping, 1300, near=70)[0]) == 1000
    assert len(of_size(jumping, 1700, near=10)[0]) == 2000
