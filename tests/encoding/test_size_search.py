"""The size search, against trying every quality."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveal.encoding.size_search import _correct_estimates, find_largest_file


@given(
    growth=st.lists(st.integers(0, 50), min_size=100, max_size=100),
    size=st.integers(1, 3000),
    near=st.floats(-10, 120),
)
def test_the_search_agrees_with_trying_every_quality(growth: list[int], size: int, near: float) -> None:
    sizes = dict(zip(range(1, 101), (1 + np.cumsum(growth)).tolist(), strict=True))
    found = find_largest_file(lambda quality: bytes(sizes[int(quality)]), size, quality_step=1, near=near)
    fitting = [quality for quality, file_size in sizes.items() if file_size <= size]
    assert (found.quality if found else None) == max(fitting, default=None)


@pytest.mark.parametrize(
    ("size", "quality"), [(9, None), (10, 1), (19, 1), (20, 2), (999, 99), (1000, 100), (10**6, 100)]
)
def test_the_search_at_its_boundaries(size: int, quality: int | None) -> None:
    found = find_largest_file(lambda quality: bytes(round(10 * quality)), size, quality_step=1)
    assert (found and (len(found.data), found.quality)) == (quality and (10 * quality, quality))


def test_tried_qualities_are_exact_tenths() -> None:
    tried = []

    def encode(quality: float) -> bytes:
        tried.append(quality)
        return bytes(round(100 * quality))

    found = find_largest_file(encode, 2837, quality_step=0.1)
    assert found is not None
    assert found.quality == 28.3
    assert all(quality == float(f"{quality:.1f}") for quality in tried)
    assert len(tried) < 12
    assert len(set(tried)) == len(tried)


@given(
    growth=st.lists(st.integers(0, 50), min_size=100, max_size=100),
    size=st.integers(1, 3000),
    errors=st.lists(st.floats(0.7, 1.4), min_size=100, max_size=100),
)
def test_wrong_estimates_do_not_change_the_result(growth: list[int], size: int, errors: list[float]) -> None:
    sizes = dict(zip(range(1, 101), (1 + np.cumsum(growth)).tolist(), strict=True))
    found = find_largest_file(
        lambda quality: bytes(sizes[int(quality)]),
        size,
        estimate_size=lambda quality: sizes[int(quality)] * errors[int(quality) - 1],
        quality_step=1,
    )
    fitting = [quality for quality, file_size in sizes.items() if file_size <= size]
    assert (found and (found.quality, len(found.data))) == (fitting[-1], sizes[fitting[-1]]) if fitting else not found


@given(
    sizes=st.lists(st.integers(1, 3000), min_size=100, max_size=100),
    size=st.integers(1, 3000),
    errors=st.lists(st.floats(0.7, 1.4), min_size=100, max_size=100) | st.none(),
)
def test_for_any_sizes_the_file_fits_and_the_next_does_not(
    sizes: list[int], size: int, errors: list[float] | None
) -> None:
    def size_at(quality: float) -> int:
        return sizes[int(quality) - 1]

    estimate = errors and (lambda quality: size_at(quality) * errors[int(quality) - 1])
    found = find_largest_file(
        lambda quality: bytes(size_at(quality)), size, estimate_size=estimate or None, quality_step=1
    )
    if found is None:
        assert size_at(1) > size
    else:
        assert len(found.data) == size_at(found.quality) <= size
        assert found.quality == 100 or size_at(found.quality + 1) > size


@pytest.mark.parametrize(
    ("size", "quality", "made"), [(9, None, [1]), (10, 1, [1, 2]), (1000, 100, [100]), (10**6, 100, [100])]
)
def test_few_files_are_encoded_at_the_ends_of_the_scale(size: int, quality: int | None, made: list[int]) -> None:
    tried = []

    def encode(quality: float) -> bytes:
        tried.append(quality)
        return bytes(round(10 * quality))

    found = find_largest_file(encode, size, estimate_size=lambda quality: 10 * quality, quality_step=1)
    assert (found and found.quality) == quality
    assert tried == made


@pytest.mark.parametrize("factor", [0.5, 0.98, 1, 1.02, 2])
def test_with_estimates_off_by_a_factor_at_most_four_files_are_encoded(factor: float) -> None:
    tried = []

    def size_at(quality: float) -> int:
        return round(3000 * np.exp(quality / 30))

    def encode(quality: float) -> bytes:
        tried.append(quality)
        return bytes(size_at(quality))

    for wanted in range(4_000, 80_000, 7_000):
        tried.clear()
        found = find_largest_file(encode, wanted, estimate_size=lambda q: factor * size_at(q), quality_step=0.02)
        assert found is not None
        assert len(found.data) <= wanted < size_at(found.quality + 0.02)
        assert len(tried) <= 4
        assert len(set(tried)) == len(tried)


def test_estimates_are_corrected_by_the_nearest_files() -> None:
    found = _correct_estimates(
        {10: 50.0, 20: 49.0, 30: 100.0, 35: 100.0, 40: 100.0, 50: 100.0}, {20: bytes(1), 40: bytes(300)}
    )
    assert found[20] == 1  # 1 / 49 * 49 is less
    assert found == pytest.approx({10: 50 / 49, 20: 1, 30: 50 / 49 + 150, 35: 25 / 49 + 225, 40: 300, 50: 300})
    estimates = {10: 50.0}
    assert _correct_estimates(estimates, {}) == estimates
