"""Measurement of sizes and scores: every encoder at every setting on every photo, with a cache."""

from __future__ import annotations

import functools
import hashlib
import multiprocessing
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bench.rd import scores
from bench.rd.cache import Cache, FileKey, ScoreKey
from bench.rd.encoders import Encoder
from foveal.comparison import peers
from foveal.jpeg import EightBitPixels


@dataclass(frozen=True)
class Point:
    """Measurement of one file: the encoder's setting, the size in bytes, and the scores by metric."""

    setting: float
    size_bytes: int
    scores: dict[str, float]


Curves = dict[str, list[Point]]  # rate-distortion curves of one photo, by name of the encoder


def measure_curves(
    photo: EightBitPixels,
    encoders: Sequence[Encoder],
    cache_folder: Path,
    metrics: Collection[str] | None = None,
) -> Curves:
    """Measure encoders on a photo by some metrics, by default by all that are installed.

    Sizes are cached for encoders that have a version. Scores are cached for all of them, by content of the decoded
    file, so that a file that decodes as another one did is not scored again.
    """
    measurement = _Measurement(
        photo, Cache(cache_folder), tuple(scores.find_installed() if metrics is None else metrics)
    )
    return {
        encoder.name: [measurement.measure(encoder, setting) for setting in encoder.settings] for encoder in encoders
    }


class _Measurement:
    """Measurement of files of one photo."""

    def __init__(self, photo: EightBitPixels, cache: Cache, metrics: tuple[str, ...]) -> None:
        self._photo, self._cache, self._metrics = photo, cache, metrics
        self._digest = _hash(photo)
        # References are prepared only if something must be scored.
        self._reference = functools.cache(lambda metric: scores.METRICS[metric](photo))

    def measure(self, encoder: Encoder, setting: float) -> Point:
        """Return the measurement of a file; it is encoded and decoded only if something is not cached."""
        encode = functools.cache(partial(encoder.encode, self._photo, setting))
        decode = functools.cache(lambda: peers.decode_for_viewing(encode()))

        def describe() -> list[int | str]:
            return [len(encode()), _hash(decode())]

        if encoder.version is None:
            size_bytes, decoded_digest = describe()
        else:
            key = FileKey(encoder.name, encoder.version, setting, self._digest)
            size_bytes, decoded_digest = self._cache.get(key, describe)
        found = {metric: self._score(metric, str(decoded_digest), decode) for metric in self._metrics}
        return Point(setting, int(size_bytes), found)

    def _score(self, metric: str, decoded_digest: str, decode: Callable[[], EightBitPixels]) -> float:
        key = ScoreKey(metric, scores.version(metric), self._digest, decoded_digest)
        return float(self._cache.get(key, lambda: self._reference(metric).score(decode())))


def _hash(pixels: EightBitPixels) -> str:
    return hashlib.sha256(repr(pixels.shape).encode() + pixels.tobytes()).hexdigest()


def measure_all_curves(
    photos: Mapping[str, EightBitPixels], encoders: Sequence[Encoder], cache_folder: Path, jobs: int = 1
) -> Iterator[tuple[str, Curves]]:
    """Yield the name and the curves of each photo in order, measuring `jobs` photos in parallel."""
    tasks = [
        (photo, [encoder for encoder in encoders if encoder.most_photos is None or index < encoder.most_photos])
        for index, photo in enumerate(photos.values())
    ]
    if jobs == 1:
        yield from zip(photos, (measure_curves(*task, cache_folder) for task in tasks), strict=True)
        return
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        results = pool.map(measure_curves, *zip(*tasks, strict=True), [cache_folder] * len(tasks))
        yield from zip(photos, results, strict=True)
