"""Measurement of sizes and scores: every encoder at every setting on every photo, with a cache."""

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

Curves = dict[str, list[Point]]  # rate-distortion curves of one photo, by name of the encoder


def measure_curves(
    photo: EightBitPixels,
    encoders: Sequence[Encoder],
    cache_folder: Path,
    metrics: Collection[str] = tuple(scores.METRICS),
) -> Curves:
    """Measure encoders on a photo by some metrics; cached measurements have the scores of all metrics."""
    cache = Cache(cache_folder)
    photo_digest = hashlib.sha256(repr(photo.shape).encode() + photo.tobytes()).hexdigest()
    original = functools.cache(partial(scores.Original, photo))  # prepared only if something must be measured

    def measure(encoder: Encoder, setting: float, metrics: tuple[str, ...]) -> Point:
        data = encoder.encode(photo, setting)
        return Point(setting, len(data), original(metrics).scores(data))

    def look_up_or_measure(encoder: Encoder, setting: float) -> Point:
        if encoder.version is None:
            return measure(encoder, setting, tuple(metrics))
        key = Key(encoder.name, encoder.version, setting, photo_digest, scores.version())
        return cache.get(key, partial(measure, encoder, setting, tuple(scores.METRICS)))

    return {
        encoder.name: [look_up_or_measure(encoder, setting) for setting in encoder.settings] for encoder in encoders
    }


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
