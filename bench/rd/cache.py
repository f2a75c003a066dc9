"""Measurements on disk, a small file each: what was measured once is not measured again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile


@dataclass(frozen=True)
class Point:
    """A file of a photo: the encoder's setting, its size, and its scores by metric."""

    setting: float
    size_bytes: int
    scores: dict[str, float]


@dataclass(frozen=True)
class Key:
    """What a measurement depends on.

    Parameters
    ----------
    encoder, encoder_version, setting
        What made the file; the version changes whenever its files might.
    photo_digest
        Of the photo's content, whatever its name.
    scores_version
        Changes whenever the scores of a file might.
    """

    encoder: str
    encoder_version: str
    setting: float
    photo_digest: str
    scores_version: str


class Cache:
    """Measurements in a folder, which is made when the first is kept; any number of processes may use it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: Key, measure: Callable[[], Point]) -> Point:
        """Return what was measured, or measure and keep it."""
        path = self._path(key)
        try:
            return Point(**json.loads(path.read_text())["point"])
        except FileNotFoundError:
            point = measure()
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=path.parent, suffix=".part", delete=False) as file:
            json.dump({"key": asdict(key), "point": asdict(point)}, file)
        Path(file.name).replace(path)  # whole or not at all
        return point

    def _path(self, key: Key) -> Path:
        digest = hashlib.sha256(json.dumps(asdict(key)).encode()).hexdigest()[:32]
        return self.folder / key.encoder / f"{digest}.json"
