"""What the networks train on: photos from zips and folders, composed scenes, fixations."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from shapes import CLASSES, SIDE, write_zip

from foveal.errors import FormatError, ParameterError
from foveal.training import gaze_data
from foveal.training.classes import BACKGROUND, class_name
from foveal.training.photos import NO_CLASS, LabelledPhotos, find_photos, load_photos
from foveal.training.scenes import SMALLEST_SHARE, SceneMaker, SceneMix


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, LabelledPhotos]:
    folder = tmp_path_factory.mktemp("photos")
    write_zip(folder / "shapes.zip", photos_of_class=10)
    return load_photos([folder / "shapes.zip"], folder / "cache")


def test_folders_of_the_same_thing_are_one_class() -> None:
    assert class_name("Faces") == class_name("Faces_easy") == "face"
    assert class_name("n02110341") == class_name("dalmatian") == "dalmatian"
    assert class_name("BACKGROUND_Google") == BACKGROUND
    assert class_name("car_side") == "car side"


def test_photos_of_a_zip_are_labelled_by_their_folders(photos: dict[str, LabelledPhotos]) -> None:
    train, validation = photos["train"], photos["val"]
    assert train.class_names == validation.class_names == CLASSES
    assert (len(train), len(validation)) == (32, 8)
    assert (train.labels == NO_CLASS).sum() == 8
    for label, brightest in ((0, 0), (1, 1), (2, 2)):  # crosses are red, discs green, squares blue
        rgb = train.rgb(int(np.flatnonzero(train.labels == label)[0])).astype(int)
        saturated = rgb[np.ptp(rgb, axis=2) > 100]
        assert saturated.mean(axis=0).argmax() == brightest


def test_the_decoded_photos_are_kept_and_made_anew_when_the_source_changes(tmp_path: Path) -> None:
    source, cache = tmp_path / "shapes.zip", tmp_path / "cache"
    write_zip(source, photos_of_class=5)
    first = load_photos([source], cache)["train"]
    kept = next(cache.rglob("pixels.u8"))
    stamp = kept.stat().st_mtime_ns
    assert (load_photos([source], cache)["train"].rgb(3) == first.rgb(3)).all()
    assert kept.stat().st_mtime_ns == stamp
    write_zip(source, photos_of_class=10)
    assert len(load_photos([source], cache)["train"]) == 32


def test_a_tree_without_splits_keeps_every_tenth_photo_for_validation(tmp_path: Path) -> None:
    for name in ("cat", "dog"):
        (tmp_path / "tree" / name).mkdir(parents=True)
        for number in range(20):
            Image.new("RGB", (300, 200), (number, 0, 0)).save(tmp_path / "tree" / name / f"{number:02}.png")
    (tmp_path / "tree" / "cat" / "notes.txt").write_text("not a photo")
    found = load_photos([tmp_path / "tree"], tmp_path / "cache")
    assert (len(found["train"]), len(found["val"])) == (36, 4)
    assert found["val"].rgb(0).shape == (128, 192, 3)  # the short side is at most 128
    assert found["val"].rgb(0)[0, 0, 0] == 9


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
        load_photos([tmp_path / "bad-photo.zip"], tmp_path / "cache")


def test_a_broken_photo_in_a_zip_is_named(tmp_path: Path) -> None:
    source = tmp_path / "shapes.zip"
    write_zip(source, photos_of_class=5)
    with zipfile.ZipFile(source) as archive:
        member = archive.infolist()[7]
    data = bytearray(source.read_bytes())
    data[member.header_offset + 30 + len(member.filename) + 60] ^= 0xFF  # in what is stored, behind the local header
    source.write_bytes(data)
    with pytest.raises(FormatError, match=member.filename):
        load_photos([source], tmp_path / "cache")


@pytest.mark.parametrize("mix", [SceneMix(), SceneMix(mosaics=1), SceneMix(pasted=1)], ids=str)
def test_scenes_know_where_each_object_lies(photos: dict[str, LabelledPhotos], mix: SceneMix) -> None:
    """The colour of a class appears inside of the boxes of its objects, and nowhere else."""
    maker, rng = SceneMaker(photos["train"]), np.random.default_rng(3)
    colored = 0
    for _ in range(30):
        scene = maker.draw(mix, (64, 96), rng)
        assert scene.rgb.shape == (64, 96, 3)
        rgb = scene.rgb.astype(int)
        for label in range(len(CLASSES)):
            inside = np.zeros((64, 96), bool)
            for placed in scene.objects:
                if placed.label == label:
                    box = placed.box
                    inside[box.top : box.bottom, box.left : box.right] = True
            others = np.delete(rgb, label, axis=2).max(axis=2)
            of_class = rgb[:, :, label] - others > 110
            assert not (of_class & ~inside).any() or mix.pasted  # a flat background may have any colour
            colored += int((of_class & inside).any())
    assert colored > 15


def test_pasted_objects_come_in_all_sizes_and_do_not_hide_each_other(photos: dict[str, LabelledPhotos]) -> None:
    maker, rng = SceneMaker(photos["train"]), np.random.default_rng(4)
    shares, numbers, labels = [], set(), set()
    for _ in range(200):
        scene = maker.draw(SceneMix(pasted=1), (160, 160), rng)
        numbers.add(len(scene.objects))
        labels |= {placed.label for placed in scene.objects}
        shares += [(placed.box.height * placed.box.width) ** 0.5 / 160 for placed in scene.objects]
        for first in scene.objects:
            overlaps = [first.box.covered_by(other.box) for other in scene.objects if other is not first]
            assert max(overlaps, default=0) <= 0.3
    assert min(shares) < SMALLEST_SHARE * 1.2
    assert max(shares) > 0.9
    assert numbers == {1, 2, 3, 4}
    assert labels == {NO_CLASS, 0, 1, 2}


def test_the_same_seed_draws_the_same_scene(photos: dict[str, LabelledPhotos]) -> None:
    maker, mix = SceneMaker(photos["train"]), SceneMix(mosaics=0.4, pasted=0.4)
    first, second, other = (maker.draw(mix, (SIDE, SIDE), np.random.default_rng(seed)) for seed in (7, 7, 8))
    assert (first.rgb == second.rgb).all()
    assert first.objects == second.objects
    assert (first.rgb != other.rgb).any()


def write_gaze_set(folder: Path, number: int = 10) -> None:
    """Photos of which everybody looks at one point: a quarter from the left, half way down."""
    (folder / "images").mkdir(parents=True)
    points = {}
    for index in range(1, number + 1):
        Image.new("RGB", (200, 100), (index, 0, 0)).save(folder / "images" / f"{index}.png")
        points[str(index)] = np.array([[0.25, 0.5, observer] for observer in range(3)], np.float32)
    np.savez(folder / "fixations.npz", **points)


def test_the_density_of_fixations_lies_where_they_are(tmp_path: Path) -> None:
    write_gaze_set(tmp_path / "set")
    photo = gaze_data.gaze_photos(tmp_path / "set")[0]
    example = gaze_data.gaze_example(photo, 240, 120)
    assert example.rgb.shape == (120, 240, 3)
    assert example.density.sum() == pytest.approx(1, abs=1e-4)
    assert np.unravel_index(example.density.argmax(), (120, 240)) == (60, 60)
    distances = np.arange(240) - 60
    spread = float((example.density * distances**2).sum()) ** 0.5
    assert spread == pytest.approx(gaze_data.DENSITY_SIGMA * 240, rel=0.02)


def test_folds_hold_each_photo_back_once_and_never_change(tmp_path: Path) -> None:
    write_gaze_set(tmp_path / "set", 10)
    photos = gaze_data.gaze_photos(tmp_path / "set")
    assert [photo.path.stem for photo in photos] == [str(number) for number in range(1, 11)]
    folds = [photo.fold for photo in photos]
    assert sorted(folds) == sorted([*range(gaze_data.FOLDS)] * 2)
    assert folds == [photo.fold for photo in gaze_data.gaze_photos(tmp_path / "set")]


def test_a_mask_stands_in_for_fixations_with_less_trust(tmp_path: Path) -> None:
    for name in ("images", "masks"):
        (tmp_path / name).mkdir()
    mask = np.zeros((100, 60), np.uint8)
    mask[70:90, 10:30] = 200
    Image.fromarray(mask).save(tmp_path / "masks" / "1.png")
    Image.new("RGB", (60, 100)).save(tmp_path / "images" / "1.jpg")
    example = gaze_data.gaze_example(gaze_data.gaze_photos(tmp_path)[0], 240, 144)
    assert example.rgb.shape == (240, 144, 3)  # a portrait
    assert example.trust == gaze_data.MASK_TRUST
    peak = np.unravel_index(example.density.argmax(), example.density.shape)
    assert np.hypot(peak[0] - 192, peak[1] - 48) < 5


def test_every_second_observer_is_of_the_other_half() -> None:
    fixations = np.array([[0.1, 0.1, 4], [0.2, 0.2, 9], [0.3, 0.3, 4], [0.4, 0.4, 6], [0.5, 0.5, 20]], np.float32)
    first, second = gaze_data.observer_halves(fixations)
    assert set(first[:, 2]) == {4, 9}
    assert set(second[:, 2]) == {6, 20}
    alone, nobody = gaze_data.observer_halves(fixations[[0, 2]])
    assert (len(alone), len(nobody)) == (2, 0)


def test_a_folder_of_something_else_is_no_gaze_set(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="fixations"):
        gaze_data.gaze_photos(tmp_path)


def test_nothing_else_in_the_package_asks_for_training() -> None:
    """`import foveal`, its command line and its methods work without the extra `train`."""
    check = (
        "import sys, foveal, foveal.cli.main, foveal.saliency; "
        "print([m for m in sys.modules if m.partition('.')[0] == 'torch' or m.startswith('foveal.training')])"
    )
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
