"""Labelled photographs from zips or folders, read into memory.

A source is a zip or a folder laid out `{train,val}/<class>/<photo>`, or `<class>/<photo>`. Photos of `val` are left
out.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from foveal.errors import FormatError, ParameterError
from foveal.training.classes import BACKGROUND, class_name

KEPT_SHORT_SIDE = 128  # pixels; scenes need no more
NO_CLASS = -1
VALIDATION = "val"  # folder of the photos that are not learned from

_PICTURES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")


@dataclass(frozen=True)
class PhotoFile:
    """One photo on disk: a member of a zip, or a file (`archive` is None)."""

    archive: Path | None
    path: str
    folder: str

    @property
    def label_name(self) -> str:
        """Name of the photo's class."""
        return class_name(self.folder)


@dataclass(frozen=True)
class LabelledPhotos:
    """Photos of one object each.

    Attributes
    ----------
    pictures
        RGB (h, w, 3) uint8 of each photo; the short side is at most KEPT_SHORT_SIDE.
    labels
        (photos,) int64, index into `class_names`; NO_CLASS for photos of the background.
    class_names
        Sorted names of the classes, without the background.
    """

    pictures: tuple[NDArray[np.uint8], ...]
    labels: NDArray[np.int64]
    class_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)


def find_photos(sources: Iterable[Path], per_folder: int | None = None) -> list[PhotoFile]:
    """Find the photos of all sources, in a fixed order; at most `per_folder` of each folder, the first by name.

    Raises
    ------
    ParameterError
        A source does not exist or holds no photos in class folders.
    FormatError
        A zip is broken.
    """
    found: list[PhotoFile] = []
    for source in sources:
        if not source.exists():
            raise ParameterError(f"{source} does not exist")
        here = _in_folder(source) if source.is_dir() else _in_zip(source)
        if not here:
            raise ParameterError(f"{source} holds no photos in folders of classes")
        found += here
    if not found:
        raise ParameterError("no photos in folders of classes")
    return _first_of_each_folder(found, per_folder)


def _first_of_each_folder(files: list[PhotoFile], per_folder: int | None) -> list[PhotoFile]:
    seen: Counter[str] = Counter()
    kept = []
    for file in files:
        seen[file.folder] += 1
        if per_folder is None or seen[file.folder] <= per_folder:
            kept.append(file)
    return kept


def _in_zip(archive: Path) -> list[PhotoFile]:
    try:
        with zipfile.ZipFile(archive) as opened:
            names = opened.namelist()
    except zipfile.BadZipFile as error:
        raise FormatError(f"{archive}: {error}") from error
    return [PhotoFile(archive, name, folder) for name, folder in _with_folders(names)]


def _in_folder(root: Path) -> list[PhotoFile]:
    names = [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]
    return [PhotoFile(None, str(root / name), folder) for name, folder in _with_folders(names)]


def _with_folders(names: list[str]) -> list[tuple[str, str]]:
    """Return names like "train/dalmatian/0001.webp" or "dalmatian/0001.webp" in order, each with its class's folder."""
    found = []
    for name in sorted(names):
        *folders, file_name = Path(name).parts
        if file_name.lower().endswith(_PICTURES) and folders and VALIDATION not in folders[-2:-1]:
            found.append((name, folders[-1]))
    return found


def load_photos(sources: Iterable[Path], per_folder: int | None = None) -> LabelledPhotos:
    """Read the photos of all sources; errors are those of `find_photos`, and FormatError for a broken photo."""
    files = find_photos(sources, per_folder)
    names = tuple(sorted({file.label_name for file in files} - {BACKGROUND}))
    numbers = {name: number for number, name in enumerate(names)} | {BACKGROUND: NO_CLASS}
    archives = {path: zipfile.ZipFile(path) for path in {file.archive for file in files} if path}
    try:
        pictures = tuple(_small_rgb(_read(archives, file), file.path) for file in files)
    finally:
        for archive in archives.values():
            archive.close()
    return LabelledPhotos(pictures, np.array([numbers[file.label_name] for file in files], np.int64), names)


def _read(archives: dict[Path, zipfile.ZipFile], file: PhotoFile) -> bytes:
    if file.archive is None:
        return Path(file.path).read_bytes()
    try:
        return archives[file.archive].read(file.path)
    except (zipfile.BadZipFile, zlib.error) as error:
        raise FormatError(f"{file.archive}: {file.path}: {error}") from error


def _small_rgb(data: bytes, name: str) -> NDArray[np.uint8]:
    try:
        with Image.open(io.BytesIO(data)) as image:
            rgb = image.convert("RGB")
    except OSError as error:
        raise FormatError(f"{name}: {error}") from error
    scale = KEPT_SHORT_SIDE / min(rgb.size)
    if scale < 1:
        rgb = rgb.resize((round(rgb.width * scale), round(rgb.height * scale)), Image.Resampling.BOX)
    return np.asarray(rgb)
