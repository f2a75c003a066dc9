"""Sources, jobs and settings for tests of batches: settings without the network, so that a file takes milliseconds."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
from pictures import noisy_gradient
from PIL import Image

from foveal.batch import BatchSettings, Job, LocalStorage, Target
from foveal.encoding import EncodeOptions
from foveal.optimization import OptimizeOptions

PIXELS = noisy_gradient(40, 56)
PLAIN = BatchSettings(OptimizeOptions(saliency=None), EncodeOptions(saliency=None, quality=70))
CONVERTING = replace(PLAIN, convert=True)


def jpeg_bytes(quality: int = 95, pixels: np.ndarray = PIXELS) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=quality)
    return file.getvalue()


def png_bytes(pixels: np.ndarray = PIXELS) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def job_of(source: Path, *targets: Path, width: int | None = None, **options: bool) -> Job:
    """Return a job for a source in its present state."""
    found = LocalStorage().state(str(source))
    return Job(found, tuple(Target(str(target), width) for target in targets), **options)


def names_in(folder: Path) -> list[str]:
    """Return the names of everything in a folder, sorted."""
    return sorted(each.name for each in folder.iterdir())
