"""Which files a batch finds: folders, patterns and lists, links, and what is left alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from foveal.batch.discovery import LeftAlone, Search, is_jpeg, is_picture


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of empty files, which is the current folder's `photos`."""
    monkeypatch.chdir(tmp_path)
    for name in (
        "b.jpg",
        "a.JPG",
        "notes.txt",
        "sub/c.png",
        "sub/deep/ü d.jpeg",
        "other/e.webp",
        "other/.foveal-1.tmp",
    ):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return tmp_path / "photos"


def find(*arguments: str, **options: object) -> tuple[list[str], LeftAlone]:
    left_alone = LeftAlone()
    found = list(Search(arguments, **options).find(left_alone))
    assert all(Path(each.path).is_absolute() and Path(each.path).is_file() for each in found)
    return [each.relative for each in found], left_alone


def test_a_folder_is_searched_with_all_below_it(tree: Path) -> None:
    names, left_alone = find("photos")
    assert names == ["a.JPG", "b.jpg", "other/e.webp", "sub/c.png", "sub/deep/ü d.jpeg"]
    assert (left_alone.other_files, left_alone.links) == (1, 0)


def test_files_keep_their_names_and_others_are_counted(tree: Path) -> None:
    assert find("photos/sub/c.png", "photos/notes.txt") == (["c.png"], LeftAlone(other_files=1))


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("photos/*.jpg", ["b.jpg"]),
        ("photos/**/*.jpeg", ["sub/deep/ü d.jpeg"]),
        ("photos/s*/*.png", ["sub/c.png"]),
        ("ph*/[ab].*", ["photos/a.JPG", "photos/b.jpg"]),
    ],
)
def test_patterns_keep_the_folders_from_the_first_wildcard_on(pattern: str, names: list[str], tree: Path) -> None:
    assert find(pattern)[0] == names


def test_a_name_with_the_characters_of_a_pattern_is_meant_literally(tree: Path) -> None:
    (tree / "x[1].jpg").write_bytes(b"")
    (tree / "x1.jpg").write_bytes(b"")
    assert find("photos/x[1].jpg")[0] == ["x[1].jpg"]


@pytest.mark.parametrize("argument", ["photos/none.jpg", "photos/*.tiff", "none", "none/*"])
def test_what_is_not_there_is_an_error(argument: str, tree: Path) -> None:
    with pytest.raises(FileNotFoundError) as error:
        find("photos", argument)
    assert error.value.filename == argument


def test_listed_files_keep_their_relative_folders(tree: Path) -> None:
    listed = ("photos/sub/c.png", "./photos/b.jpg", str(tree / "a.JPG"), "photos/../photos/other/e.webp")
    assert find(listed=listed)[0] == ["photos/sub/c.png", "photos/b.jpg", "a.JPG", "photos/other/e.webp"]
    os.chdir(tree / "sub")
    assert find(listed=("../b.jpg",))[0] == ["b.jpg"]


@pytest.mark.parametrize("path", ["photos", "photos/none.jpg"])
def test_a_list_names_only_files(path: str, tree: Path) -> None:
    with pytest.raises(OSError, match="directory"):
        find(listed=(path,))


def test_the_folder_of_the_targets_is_not_searched(tree: Path) -> None:
    assert find("photos", excluded="photos/sub")[0] == ["a.JPG", "b.jpg", "other/e.webp"]
    (tree.parent / "link").symlink_to(tree / "sub")
    assert find("photos", excluded="link")[0] == ["a.JPG", "b.jpg", "other/e.webp"]
    assert len(find("photos", excluded="not there yet")[0]) == 5


def test_links_do_not_lead_out_of_the_tree(tree: Path) -> None:
    outside = tree.parent / "outside"
    outside.mkdir()
    (outside / "x.jpg").write_bytes(b"")
    (tree / "out.jpg").symlink_to(outside / "x.jpg")
    (tree / "folder").symlink_to(outside)
    (tree / "loop").symlink_to(tree)
    (tree / "dangling.jpg").symlink_to("nothing")
    (tree / "inside.jpg").symlink_to("sub/c.png")
    names, left_alone = find("photos")
    assert names == ["a.JPG", "b.jpg", "inside.jpg", "other/e.webp", "sub/c.png", "sub/deep/ü d.jpeg"]
    assert left_alone.links == 4
    names, left_alone = find("photos", in_place=True)
    assert "inside.jpg" not in names
    assert left_alone.links == 5
    assert find("photos/*.jpg") == (["b.jpg", "inside.jpg"], LeftAlone(links=2))


def test_a_link_that_is_named_is_followed_and_in_place_stands_for_its_file(tree: Path) -> None:
    (tree.parent / "named.jpg").symlink_to(tree / "b.jpg")
    (plain,) = Search(("named.jpg",)).find(LeftAlone())
    (in_place,) = Search(("named.jpg",), in_place=True).find(LeftAlone())
    assert (plain.path, in_place.path) == (str(tree.parent / "named.jpg"), os.path.realpath(tree / "b.jpg"))


def test_names_that_are_no_text_are_found(tree: Path) -> None:
    name = os.fsdecode(b"\xff.jpg")
    (tree / name).write_bytes(b"")
    assert name in find("photos")[0]


@pytest.mark.parametrize(
    ("arguments", "listed", "expected"),
    [
        (("photos",), (), "photos"),
        (("photos/sub", "photos/other"), (), "photos"),
        (("photos/b.jpg",), (), "photos"),
        (("photos/s*/*.png",), (), "photos"),
        ((), ("photos/sub/c.png", "photos/sub/deep/ü d.jpeg"), "photos/sub"),
    ],
)
def test_the_folder_that_holds_all(
    arguments: tuple[str, ...], listed: tuple[str, ...], expected: str, tree: Path
) -> None:
    assert Search(arguments, listed).common_folder() == str(tree.parent / expected)


def test_pictures_are_told_by_their_endings() -> None:
    assert [is_jpeg(name) for name in ("a.jpg", "a.JPEG", "a.jfif", "a.png", "jpg", ".jpg")] == [True] * 3 + [False] * 3
    assert [is_picture(name) for name in ("a.heic", "a.tif", "a.txt", "a")] == [True, True, False, False]
    assert [is_picture(name) for name in ("a.jpe", "a.HEIF", "a.svg", "a.npz")] == [True, True, False, False]
