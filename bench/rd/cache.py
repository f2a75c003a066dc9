"""Cache of measurements on disk, with one small file for each."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any


@dataclass(frozen=True)
class FileKey:
    """Cache key of an encoded file: everything that it depends on.

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
    """

    encoder: str
    encoder_version: str
    setting: float
    photo_digest: str


@dataclass(frozen=True)
class ScoreKey:
    """Cache key of a score: everything that it depends on. Files that decode alike share their scores.

    Parameters
    ----------
    metric
        Name of the metric.
    metric_version
        Version of the metric, which changes whenever its scores might change.
    photo_digest
        Hash of the photo's pixels.
    decoded_digest
        Hash of the decoded file's pixels.
    """

    metric: str
    metric_version: str
    photo_digest: str
    decoded_digest: str


class Cache:
    """Cache in a folder, which is created when needed; several processes may use it at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, key: FileKey | ScoreKey, measure: Callable[[], Any]) -> Any:
        """Return a cached measurement, or measure and cache it; it must be representable in JSON."""
        path = self._path(key)
        try:
            return json.loads(path.read_text())["measured"]
        except FileNotFoundError:
            measured = measure()
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=path.parent, suffix=".part", delete=False) as file:
            json.dump({"key": asdict(key), "measured": measured}, file)
        Path(file.name).replace(path)  # atomic, so that no other process sees half a file
        return measured

    def _path(self, key: FileKey | ScoreKey) -> Path:
        digest = hashlib.sha256(json.dumps(asdict(key)).encode()).hexdigest()[:32]
        return self.folder / (key.encoder if isinstance(key, FileKey) else key.metric) / f"{digest}.json"
