"""Every encoder at every setting on every photo: sizes and scores, from the cache where they are there."""

from __future__ import annotations

import functools
import hashlib
import multiprocessing
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from bench.rd import scores
from bench.rd.cache import Cache, Key, Point
from bench.rd.encoders import Encoder
from foveal.jpeg import EightBitPixels

Curves = dict[str, list[Point]]  # of one photo, by encoder


def curves_of(
    photo: EightBitPixels,
    encoders: Sequence[Encoder],
    cache_folder: Path,
    metrics: Collection[str] = tuple(scores.METRICS),
) -> Curves:
    """Measure encoders on a photo; what is kept on disk has the scores of all metrics, whichever are asked for."""
    cache = Cache(cache_folder)
    photo_digest = hashlib.sha256(repr(photo.shape).encode() + photo.tobytes()).hexdigest()
    original = functools.cache(partial(scores.Original, photo))  # prepared when something must be measured

    def measured(encoder: Encoder, setting: float, metrics: tuple[str, ...]) -> Point:
        data = encoder.encode(photo, setting)
        return Point(setting, len(data), original(metrics).scores(data))

    def point(encoder: Encoder, setting: float) -> Point:
        if encoder.version is None:
            return measured(encoder, setting, tuple(metrics))
        key = Key(encoder.name, encoder.version, setting, photo_digest, scores.version())
        return cache.get(key, partial(measured, encoder, setting, tuple(scores.METRICS)))

    return {encoder.name: [point(encoder, setting) for setting in encoder.settings] for encoder in encoders}


def curves_of_all(
    photos: Mapping[str, EightBitPixels], encoders: Sequence[Encoder], cache_folder: Path, jobs: int = 1
) -> Iterator[tuple[str, Curves]]:
    """Measure encoders on photos, several photos at a time: the name of each with its curves, in their order."""
    tasks = [
        (photo, [encoder for encoder in encoders if encoder.most_photos is None or index < encoder.most_photos])
        for index, photo in enumerate(photos.values())
    ]
    if jobs == 1:
        yield from zip(photos, (curves_of(*task, cache_folder) for task in tasks), strict=True)
        return
    with ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn")) as pool:
        results = pool.map(curves_of, *zip(*tasks, strict=True), [cache_folder] * len(tasks))
        yield from zip(photos, results, strict=True)
