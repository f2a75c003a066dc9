"""Photos a second of a batch by its engines, on the same cores: the local pool, processes by manifest, and Ray.

Start-up is not counted: a run is measured from the moment when its first photos are finished. The engines take turns,
so that other work on the machine hits all of them. `busy` is the share of the time that the workers spent on photos; it
depends less on other work than the speed does. Needs the extra `ray`:

    python -m bench.batch_engines --photos 600 --jobs 2 --rounds 2
"""

from __future__ import annotations

import argparse
import io
import json
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import skimage.data
from PIL import Image

from foveal.batch import BatchSettings, LocalStorage
from foveal.batch.ledger import Ledger
from foveal.batch.manifest_run import plan_manifest, process_locally
from foveal.batch.naming import Naming
from foveal.batch.plan import Plan
from foveal.batch.ray_data import RayOptions, process_on_ray
from foveal.batch.run import Batch
from foveal.optimization import OptimizeOptions

_ROWS_PER_SHARD = 8

_Finished = tuple[int, float]  # number of photos, and the seconds that workers spent on them


def main() -> None:
    """Measure the engines in turns, and print one line of JSON for each run and one for the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=int, default=600)
    parser.add_argument("--side", type=int, default=256, help="width and height of the photos in pixels")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--lossless", action="store_true", help="the quickest work on a photo, without the network")
    parser.add_argument("--quality", type=float, help="requantize to a quality instead of what each photo needs")
    parser.add_argument("--engines", nargs="+", choices=tuple(_ENGINES), default=tuple(_ENGINES))
    options = parser.parse_args()
    if options.lossless:
        settings = BatchSettings(OptimizeOptions(lossless=True, saliency=None))
    else:
        settings = BatchSettings(OptimizeOptions(quality=options.quality))
    speeds: dict[str, list[float]] = {name: [] for name in options.engines}
    with tempfile.TemporaryDirectory() as folder:
        sources = _write_photos(Path(folder) / "photos", options.photos, options.side)
        for _ in range(options.rounds):
            for name in options.engines:
                output = Path(folder) / "out"
                shutil.rmtree(output, ignore_errors=True)
                speed, busy, total_seconds = _measure(
                    _ENGINES[name](sources, output, settings, options.jobs), options.jobs
                )
                if len(list(output.glob("*.jpg"))) != options.photos:
                    raise SystemExit(f"{name} has not written all photos")
                speeds[name].append(speed)
                report = {
                    "engine": name,
                    "photos_per_second": round(speed, 2),
                    "busy": round(busy, 3),
                    "seconds": round(total_seconds, 1),
                }
                print(json.dumps(report), flush=True)
    medians = {name: statistics.median(values) for name, values in speeds.items()}
    base = medians[options.engines[0]]
    print(json.dumps({f"{name} / {options.engines[0]}": round(value / base, 3) for name, value in medians.items()}))


def _measure(finished: Iterator[_Finished], jobs: int) -> tuple[float, float, float]:
    """Return photos a second after the start, the share of it that workers spent on photos, and the whole seconds."""
    started = time.perf_counter()
    skipped = jobs * _ROWS_PER_SHARD
    counted, work_seconds, first = 0, 0.0, None
    for count, seconds in finished:
        now = time.perf_counter()
        if first is not None:
            counted += count
            work_seconds += seconds
            last = now
        else:
            skipped -= count
            if skipped <= 0:
                first = now
    if first is None or counted == 0:
        raise SystemExit("too few photos to measure")
    return counted / (last - first), work_seconds / (last - first) / jobs, time.perf_counter() - started


def _run_pool(sources: Sequence[Path], output: Path, settings: BatchSettings, jobs: int) -> Iterator[_Finished]:
    naming = Naming(str(output), (), None)
    output.mkdir()
    with closing(Plan(in_place=False)) as plan, closing(Ledger(str(output / "ledger"))) as ledger:
        for source in sources:
            plan.add(LocalStorage().state(str(source)), naming.targets_of(source.name))
        plan.check()
        work = Batch(plan, settings, jobs, False)
        ledger.start_run(settings)
        for outcome in work.run(ledger, lambda: False):
            yield 1, outcome.seconds


def _run_manifest(sources: Sequence[Path], output: Path, settings: BatchSettings, jobs: int) -> Iterator[_Finished]:
    plan = plan_manifest(_write_manifest(sources), str(output), settings, rows_per_shard=_ROWS_PER_SHARD)
    for report in process_locally(plan.manifest, plan.batch, plan.last_parts, jobs):
        yield sum(report.statuses.values()), report.seconds


def _run_ray(sources: Sequence[Path], output: Path, settings: BatchSettings, jobs: int) -> Iterator[_Finished]:
    plan = plan_manifest(_write_manifest(sources), str(output), settings, rows_per_shard=_ROWS_PER_SHARD)
    for report in process_on_ray(plan.manifest, plan.batch, plan.last_parts, RayOptions(jobs=jobs)):
        yield sum(report.statuses.values()), report.seconds


_ENGINES: dict[str, Callable[[Sequence[Path], Path, BatchSettings, int], Iterator[_Finished]]] = {
    "pool": _run_pool,
    "manifest": _run_manifest,
    "ray": _run_ray,
}


def _write_manifest(sources: Sequence[Path]) -> str:
    import pyarrow.parquet

    path = sources[0].parent.parent / "photos.parquet"
    columns = {"source": [str(source) for source in sources], "target": [source.name for source in sources]}
    pyarrow.parquet.write_table(pyarrow.table(columns), path)
    return str(path)


def _write_photos(folder: Path, count: int, side: int) -> list[Path]:
    """Write crops of scikit-image's photographs as JPEGs."""
    folder.mkdir()
    photos = [skimage.data.astronaut(), skimage.data.coffee(), skimage.data.chelsea()]
    rng = np.random.default_rng(0)
    paths = []
    for index in range(count):
        photo = photos[index % len(photos)]
        row, column = rng.integers(0, np.maximum(1, np.array(photo.shape[:2]) - side))
        file = io.BytesIO()
        Image.fromarray(photo[row : row + side, column : column + side]).save(file, "JPEG", quality=92)
        paths.append(folder / f"{index:06}.jpg")
        paths[-1].write_bytes(file.getvalue())
    return paths


if __name__ == "__main__":
    main()
