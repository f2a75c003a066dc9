"""Room for photos and results, and names of photos, which come from clients."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveal.web.errors import TooLargeError
from foveal.web.limits import Limits
from foveal.web.photo_store import PhotoStore, clean_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("photo.png", "photo.png"),
        ("my photo (1).JPG", "my photo (1).JPG"),
        ("写真.jpg", "写真.jpg"),
        ("../../x.png", "x.png"),
        ("C:\\a\\b.png", "b.png"),
        (".hidden.png", ".hidden.png"),
        ("..", "photo"),
        ("a/.. ", "photo"),
        ("", "photo"),
        ('a<b>:"c|d?*.png', 'a<b>:"c|d?*.png'),
        ("a\nb.png", "a\\nb.png"),
        ("x" * 300 + ".jpeg", "x" * 250 + ".jpeg"),
        ("x." + "y" * 300, "y" * 255),
    ],
)
def test_names_without_folders(name: str, expected: str) -> None:
    assert clean_name(name) == expected


@given(st.text(max_size=400))
def test_any_text_becomes_the_name_of_a_file(name: str) -> None:
    cleaned = clean_name(name)
    assert 0 < len(cleaned) <= 255
    assert cleaned.isprintable()
    assert "/" not in cleaned
    assert cleaned not in (".", "..")


def test_results_of_others_take_room_from_photos() -> None:
    store = PhotoStore(Limits(held_bytes=100))
    store.result_bytes = 60
    store.check_room(40)
    with pytest.raises(TooLargeError, match="at most 100 bytes"):
        store.check_room(41)
    store.check_results()
    store.result_bytes = 101
    with pytest.raises(TooLargeError, match="fill the memory"):
        store.check_results()
