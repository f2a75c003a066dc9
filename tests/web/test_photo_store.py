"""Names of photos, which come from clients."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foveal.web.photo_store import clean_name


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
