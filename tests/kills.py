"""Kill commands at random moments, and look at what they leave: `python tests/kills.py 200`.

Half of the runs encode a photo, half write a TIFF of 36 MB. A third of the signals arrive just after the temporary file
has appeared. After each signal the output must be the old file or the whole new one. After SIGINT and SIGTERM there
must be no temporary file, after SIGKILL none once the next run has written into the folder.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

FOVEAL = [sys.executable, "-m", "foveal"]
OLD = b"the old file"
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)
EXIT_CODES = {signal.SIGKILL: -9, signal.SIGTERM: 143, signal.SIGINT: 130}
MESSAGES = {signal.SIGKILL: "", signal.SIGTERM: "foveal: terminated\n", signal.SIGINT: "foveal: interrupted\n"}


@dataclass(frozen=True)
class Job:
    """A command, its output in the current folder, the bytes of the output, and the seconds that it takes."""

    arguments: tuple[str, ...]
    output: str
    data: bytes
    seconds: float


@dataclass
class Report:
    """What the runs ended with, and what was wrong."""

    outcomes: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)


def make_jobs(folder: Path) -> list[Job]:
    """Make the inputs in a folder, and measure the commands."""
    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (60, 90, 3), dtype=np.uint8)
    Image.fromarray(np.kron(small, np.ones((8, 8, 1), np.uint8))).save(folder / "photo.png")
    Image.fromarray(np.kron(small, np.ones((50, 44, 1), np.uint8))).save(folder / "large.jpg")
    jobs = []
    for arguments, output in (
        (("encode", str(folder / "photo.png"), "-o", "out.jpg"), "out.jpg"),
        (("decode", str(folder / "large.jpg"), "-o", "out.tif"), "out.tif"),
    ):
        times = []
        for _ in range(4):  # the first run compiles
            start = time.monotonic()
            subprocess.run([*FOVEAL, *arguments], cwd=folder, check=True, capture_output=True)
            times.append(time.monotonic() - start)
        jobs.append(Job(arguments, output, (folder / output).read_bytes(), min(times)))
    return jobs


def temporaries(folder: Path) -> list[Path]:
    return list(folder.glob(".foveal-*"))


def kill_one(job: Job, number: signal.Signals, rng: random.Random, folder: Path, report: Report) -> None:
    """Start a command in an empty folder, send it a signal at a random moment, and check what it leaves."""
    output = folder / job.output
    is_new = rng.random() < 0.5
    if not is_new:
        output.write_bytes(OLD)
    process = subprocess.Popen(
        [*FOVEAL, *job.arguments], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    start = time.monotonic()
    if rng.random() < 1 / 3:
        while process.poll() is None and not temporaries(folder):
            pass
        time.sleep(rng.uniform(0, 0.02))
    else:
        time.sleep(rng.uniform(0, job.seconds))
    moment = time.monotonic() - start
    process.send_signal(number)
    _, message = process.communicate(timeout=100)
    where = f"{number.name} after {moment:.3f} s of {job.arguments[0]}"
    left = temporaries(folder)
    if process.returncode == 0:
        outcome = "finished before"
    elif process.returncode == EXIT_CODES[number] and message == MESSAGES[number]:
        outcome = f"ended by {number.name}" + (", temporary file left" if left else "")
    elif "foveal" not in message.replace("foveal\n", "") or process.returncode == -number:
        outcome = f"{number.name} while Python itself started"
    else:
        outcome = f"{number.name}, other"
        report.problems.append(f"{where}: exit code {process.returncode}, {message!r}")
    report.outcomes[outcome] += 1
    if left and number != signal.SIGKILL:
        report.problems.append(f"{where}: left {left}")
    found = output.read_bytes() if output.exists() else None
    if found not in (job.data, None if is_new else OLD):
        report.problems.append(f"{where}: the output is neither the old file nor the new one")
    if left:
        subprocess.run(
            [*FOVEAL, "encode", job.arguments[1], "-o", "next.jpg"], cwd=folder, capture_output=True, check=True
        )
        if temporaries(folder):
            report.problems.append(f"{where}: the next run left {temporaries(folder)}")


def kill_many(count: int, seed: int = 0, signals: Sequence[signal.Signals] = SIGNALS) -> Report:
    """Kill runs of the commands at random moments, by each signal in turn."""
    rng = random.Random(seed)  # noqa: S311 (no secrets)
    report = Report()
    with tempfile.TemporaryDirectory() as inputs:
        jobs = make_jobs(Path(inputs))
        for index in range(count):
            with tempfile.TemporaryDirectory() as folder:
                kill_one(jobs[index % len(jobs)], signals[index % len(signals)], rng, Path(folder), report)
    return report


if __name__ == "__main__":
    found = kill_many(int(sys.argv[1]))
    for outcome, times in sorted(found.outcomes.items()):
        print(f"{times:4} {outcome}")
    print("\n".join(found.problems) or "nothing wrong")
    sys.exit(bool(found.problems))
