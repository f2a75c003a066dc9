"""Cache of measurements on disk, with one small file for each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile


@dataclass(frozen=True)
class Point:
    """Measurement of one file: the encoder's setting, the size in bytes, and the scores by metric."""

    setting: float
    size_bytes: int
    scores: dict[str, float]


@dataclass(frozen=True)
class Key:
    """Cache key: everything that a measurement depends on.

    Parameters
    ----------
    encoder
        Name of the encoder.
    encoder_version
        Version of the encoder, which changes whenever its files might change.
    setting
        Setting of the encoder, such as the quality.
    photo_digest
        Hash of the photo's pixels.
    scores_version
        Version of the metrics, which changes whenever the scores of a file might change.
    """

    encoder: str
    encoder_version: str
    setting: float
    photo_digest: str
    scores_version: str


class Cache:
    """Cache in a folder, which is created when needed; several processes may use it at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: Key, measure: Callable[[], Point]) -> Point:
        """Return a cached measurement, or measure and cache it."""
        path = self._path(key)
        try:
            return Point(**json.loads(path.read_text())["point"])
        except FileNotFoundError:
            point = measure()
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=path.parent, suffix=".part", delete=False) as file:
            json.dump({"key": asdict(key), "point": asdict(point)}, file)
        Path(file.name).replace(path)  # atomic, so that no other process sees half a file
        return point

    def _path(self, key: Key) -> Path:
        digest = hashlib.sha256(json.dumps(asdict(key)).encode()).hexdigest()[:32]
        return self.folder / key.encoder / f"{digest}.json"
