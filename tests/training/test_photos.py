"""Labelled photos of zips and folders, decoded and cached."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from shapes import CLASSES, write_zip

from foveal.errors import FormatError, ParameterError
from foveal.training.photos import NO_CLASS, LabelledPhotos, find_photos, load_photos


def test_photos_of_a_zip_are_labelled_by_their_folders(photos: LabelledPhotos) -> None:
    assert photos.class_names == CLASSES
    assert len(photos) == len(photos.pictures) == 32  # of 40, of which a fifth is for validation
    assert (photos.labels == NO_CLASS).sum() == 8
    for label, brightest in ((0, 0), (1, 1), (2, 2)):  # crosses are red, discs green, squares blue
        rgb = photos.pictures[int(np.flatnonzero(photos.labels == label)[0])].astype(int)
        saturated = rgb[np.ptp(rgb, axis=2) > 100]
        assert saturated.mean(axis=0).argmax() == brightest


@pytest.mark.parametrize("per_folder", [1, 5, 20, 21, None])
def test_the_first_photos_of_each_class_of_a_tree_are_read(tmp_path: Path, per_folder: int | None) -> None:
    for name in ("cat", "dog"):
        (tmp_path / "tree" / name).mkdir(parents=True)
        for number in range(20):
            Image.new("RGB", (300, 200), (number, 0, 0)).save(tmp_path / "tree" / name / f"{number:02}.png")
    (tmp_path / "tree" / "cat" / "notes.txt").write_text("not a photo")
    found = load_photos([tmp_path / "tree"], per_folder)
    count = 20 if per_folder is None else min(per_folder, 20)
    assert found.labels.tolist() == [0] * count + [1] * count
    assert [int(rgb[0, 0, 0]) for rgb in found.pictures] == [*range(count)] * 2
    assert found.pictures[0].shape == (128, 192, 3)  # the short side is at most 128


def test_sources_that_hold_nothing_are_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.zip").write_bytes(b"PK nothing")
    with zipfile.ZipFile(tmp_path / "bad-photo.zip", "w") as archive:
        archive.writestr("train/cat/1.png", b"not a picture")
    for name in ("missing", "empty"):
        with pytest.raises(ParameterError, match=name):
            find_photos([tmp_path / name])
    with pytest.raises(FormatError, match="broken"):
        find_photos([tmp_path / "broken.zip"])
    with pytest.raises(FormatError, match=r"1\.png"):
        load_photos([tmp_path / "bad-photo.zip"])


def test_a_broken_photo_in_a_zip_is_named(tmp_path: Path) -> None:
    source = tmp_path / "shapes.zip"
    write_zip(source, photos_of_class=5)
    with zipfile.ZipFile(source) as archive:
        member = archive.infolist()[7]
    data = bytearray(source.read_bytes())
    data[member.header_offset + 30 + len(member.filename) + 60] ^= 0xFF  # in what is stored, behind the local header
    source.write_bytes(data)
    with pytest.raises(FormatError, match=member.filename):
        load_photos([source])
