"""Measure `foveal batch`: processes against one, against the encoder within one process, and memory by files.

python -m bench.batch [--images DIR ...] [--files 200] [--side 384] [--rounds 3] [--memory-files 500 5000]

The files are crops of photographs, saved by libjpeg-turbo at several qualities. Every batch is a new process, whose
start is measured apart, on a single file. Speeds are the best of all rounds; the processor time of a batch, as a ratio
to that of the same work in one process, does not depend on how busy the machine is.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image
from rich.console import Console
from rich.table import Table

from bench.arguments import add_image_folders, new_parser
from bench.photos import load
from foveal.jpeg import EightBitPixels
from foveal.optimization import OptimizeOptions, optimize_file
from foveal.threads import available_threads

_QUALITIES = (75, 85, 90, 95)
_LOOK_SECONDS = 0.05  # between looks at the memory of processes
_MEMORY_SIDE = 32  # pixels; the size of the photos does not grow with their number


class Cost(NamedTuple):
    """Seconds by the clock, and of all processors."""

    seconds: float
    processor_seconds: float


def write_crops(folder: Path, photos: list[EightBitPixels], count: int, side: int) -> None:
    """Write JPEGs of random crops of photos."""
    folder.mkdir()
    chance = np.random.default_rng(0)
    for number in range(count):
        photo = photos[number % len(photos)]
        height, width = (min(side, length) for length in photo.shape[:2])
        top = int(chance.integers(photo.shape[0] - height + 1))
        left = int(chance.integers(photo.shape[1] - width + 1))
        crop = Image.fromarray(photo[top : top + height, left : left + width])
        crop.save(folder / f"{number:06}.jpg", quality=_QUALITIES[number % len(_QUALITIES)])


def run_batch(source: Path, jobs: int, *options: str) -> Cost:
    """Run a batch into a new folder, and return what it cost."""
    with tempfile.TemporaryDirectory() as target:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        subprocess.run(_command(source, Path(target, "out"), jobs, *options), check=True)
        seconds = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Cost(seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def run_in_process(source: Path) -> Cost:
    """Optimize the files in this process, one after another, and write them without flushing."""
    options = OptimizeOptions(threads=1)
    optimize_file(next(iter(sorted(source.iterdir()))).read_bytes(), options)  # loads the network
    with tempfile.TemporaryDirectory() as target:
        start, processor_start = time.perf_counter(), time.process_time()
        for path in sorted(source.iterdir()):
            Path(target, path.name).write_bytes(optimize_file(path.read_bytes(), options).data)
        return Cost(time.perf_counter() - start, time.process_time() - processor_start)


def measure_memory(source: Path, jobs: int) -> tuple[int, int]:
    """Return the peak memory of a batch in bytes: of its parent process, and of its largest worker."""
    with tempfile.TemporaryDirectory() as target:
        process = subprocess.Popen(_command(source, Path(target, "out"), jobs))
        peaks = {process.pid: 0}
        while process.poll() is None:
            for pid in [process.pid, *_children(process.pid)]:
                peaks[pid] = max(peaks.get(pid, 0), _peak_bytes(pid))
            time.sleep(_LOOK_SECONDS)
    parent = peaks.pop(process.pid)
    return parent, max(peaks.values(), default=0)


def _command(source: Path, target: Path, jobs: int, *options: str) -> list[str]:
    batch = [sys.executable, "-m", "foveal", "batch", str(source), "-o", str(target)]
    return [*batch, "--jobs", str(jobs), "--quiet", *options]


def _children(pid: int) -> list[int]:
    with suppress(OSError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def _peak_bytes(pid: int) -> int:
    """Return the peak memory of a process so far; 0 if it has ended."""
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return 0


def measure_speed(folder: Path, files: int, side: int, rounds: int, photos: list[EightBitPixels]) -> Table:
    """Measure batches with one process up to one for each core, and the same work in this process."""
    source, single = folder / "speed", folder / "single"
    write_crops(source, photos, files, side)
    write_crops(single, photos, 1, side)
    counts = sorted({1, available_threads()})
    start = min((run_batch(single, 1) for _ in range(rounds)), key=lambda cost: cost.seconds)
    own = min((run_in_process(source) for _ in range(rounds)), key=lambda cost: cost.seconds)
    best = {jobs: Cost(float("inf"), float("inf")) for jobs in counts}
    for _ in range(rounds):
        for jobs in counts:
            found = run_batch(source, jobs)
            best[jobs] = Cost(*map(min, best[jobs], found))
    table = Table("", "files/s", "x 1 job", "x in process, per core", "processor s", "x in process")
    table.title = f"{files} files of {side} x {side} pixels, best of {rounds} rounds; start {start.seconds:.2f} s"
    table.add_row("in process", f"{files / own.seconds:.1f}", "", "1.00", f"{own.processor_seconds:.2f}", "1.00")
    for jobs, cost in best.items():
        work = cost.seconds - start.seconds
        per_core = own.seconds / work / jobs
        processor = cost.processor_seconds - start.processor_seconds * jobs
        table.add_row(
            f"{jobs} job{'s' * (jobs > 1)}",
            f"{files / work:.1f}",
            f"{(best[1].seconds - start.seconds) / work:.2f}",
            f"{per_core:.2f}",
            f"{processor:.2f}",
            f"{own.processor_seconds / processor:.2f}",
        )
    return table


def measure_growth(folder: Path, counts: list[int], photos: list[EightBitPixels]) -> Table:
    """Measure memory for several numbers of files."""
    table = Table("files", "parent, MB", "largest worker, MB", title="peak memory")
    for count in counts:
        source = folder / f"memory-{count}"
        write_crops(source, photos, count, _MEMORY_SIDE)
        parent, worker = measure_memory(source, available_threads())
        table.add_row(f"{count:,}", f"{parent / 1e6:.1f}", f"{worker / 1e6:.1f}")
        shutil.rmtree(source)
    return table


def main() -> None:
    """Print the tables."""
    parser = new_parser(__doc__)
    add_image_folders(parser)
    parser.add_argument("--files", type=int, default=200)
    parser.add_argument("--side", type=int, default=384, help="pixels")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory-files", type=int, nargs="*", default=[500, 5000])
    arguments = parser.parse_args()
    photos = list(load(arguments.images).values())
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        console.print(measure_speed(Path(folder), arguments.files, arguments.side, arguments.rounds, photos))
        console.print(measure_growth(Path(folder), arguments.memory_files, photos))
    busy = os.getloadavg()[0]
    console.print(f"{available_threads()} cores; {busy:.1f} processes were running or waiting at the end")


if __name__ == "__main__":
    main()
