"""Weights and bits of blocks on the page."""

from __future__ import annotations

import pytest
from explain_pages import PHOTO, SETTINGS, make_page
from naive_jpeg import NaiveFile


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_the_bits_of_all_blocks_are_those_of_the_scans(settings: dict[str, object]) -> None:
    shown = make_page(PHOTO, **settings)
    naive = NaiveFile(shown.jpeg())
    by_component = [0] * 3
    for scan in naive.scans:
        for (component, _, _), bits in scan.bits.items():
            by_component[component] += len(bits)
    names = ("y", "cb", "cr")
    assert [shown.data(f"this-file-bits-of-{name}") for name in names] == by_component
    total = shown.data("this-file-bits-of-all-blocks")
    assert total == sum(by_component)
    assert 0 <= sum(scan.data_bits for scan in naive.scans) - total < 8 * len(naive.scans)
    size_bytes = shown.data("this-file-bytes-of-the-file")
    assert size_bytes == shown.data("file-bytes") == len(shown.jpeg())
    parts = ("bytes-of-all-blocks", "bytes-of-headers-tables-padding")
    assert sum(shown.data(f"this-file-{part}") for part in parts) == size_bytes


@pytest.mark.parametrize("allocation", ["rdo", "quality-map"])
def test_the_use_of_weights_depends_on_the_allocation(allocation: str) -> None:
    text = make_page(PHOTO, allocation=allocation).text("weights")
    assert ("with steps of its own" in text) == (allocation == "quality-map")
