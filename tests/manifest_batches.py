"""Folders of small photos with a manifest, and what a finished batch must look like, for tests with and without Ray."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pictures import noisy_gradient
from PIL import Image

from foveal.batch import BatchSettings
from foveal.batch.manifest_run import ManifestPlan, plan_manifest
from foveal.batch.results import Results
from foveal.batch.url_storage import UrlStorage
from foveal.encoding import EncodeOptions
from foveal.optimization import OptimizeOptions, optimize_file

LOSSLESS = BatchSettings(OptimizeOptions(saliency=None, lossless=True), EncodeOptions(saliency=None))
WITHOUT_METADATA = BatchSettings(
    OptimizeOptions(saliency=None, lossless=True, metadata="none"), EncodeOptions(saliency=None)
)


def photo(index: int, side: int = 40) -> bytes:
    """Return a JPEG that differs from those of other indices."""
    pixels = np.roll(noisy_gradient(side, side + 16), index, axis=1)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=90, comment=f"photo {index}".encode())
    return file.getvalue()


def write_photos(folder: str, count: int, side: int = 40) -> list[str]:
    """Write photos to a path or URL, and return their keys."""
    keys = [f"{folder}/{index:04}.jpg" for index in range(count)]
    for index, key in enumerate(keys):
        UrlStorage().replace(key, photo(index, side))
    return keys


def write_manifest(path: Path, columns: dict[str, Sequence[Any]], rows_per_group: int = 10) -> str:
    """Write a manifest, and return its path."""
    import pyarrow.parquet

    pyarrow.parquet.write_table(pyarrow.table(columns), path, row_group_size=rows_per_group)
    return str(path)


def plan_photos(
    folder: Path, output: str, count: int, settings: BatchSettings = LOSSLESS, rows_per_shard: int = 4
) -> ManifestPlan:
    """Write photos and their manifest into a folder, if they are not there yet, and plan a batch of them."""
    manifest = folder / "photos.parquet"
    if not manifest.exists():
        write_manifest(manifest, {"source": write_photos(str(folder / "photos"), count), "target": names(count)})
    return plan_manifest(str(manifest), output, settings, rows_per_shard=rows_per_shard)


def names(count: int) -> list[str]:
    return [f"{index:04}.jpg" for index in range(count)]


def check_finished(plan: ManifestPlan, count: int, side: int = 40) -> list[dict[str, Any]]:
    """Check that each photo has one target, the right one, and one row of the results; return the rows."""
    rows = [row for table in Results(plan.batch.results).tables() for row in table.to_pylist()]
    assert sorted(row["target"] for row in rows) == [f"{plan.batch.output}/{name}" for name in names(count)]
    assert {row["status"] for row in rows} <= {"written", "kept"}
    storage = UrlStorage()
    assert sorted(storage.names(plan.batch.output)) == names(count)
    for index, name in enumerate(names(count)):
        data = storage.read(f"{plan.batch.output}/{name}")
        assert data == optimize_file(photo(index, side), plan.batch.settings.optimize).data
        Image.open(io.BytesIO(data)).load()
    left = [name for name in storage.names(plan.batch.results) if ".try" in name]
    assert left == []
    parts = [name for name in storage.names(plan.batch.results) if name.endswith(".parquet")]
    assert len(parts) == plan.shard_count
    return rows
