"""Kill whole batches at random moments and resume them: `python tests/batch_kills.py 30`.

Each batch is killed by SIGKILL five times, its workers with it every other time, and then runs to its end. Most kills
come when a file has been finished, within the time that the next ones take. Half of the batches work in place. At the
end every file must be there once, made of its original, and no temporary file be left.
"""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

from batch_jobs import PLAIN, jpeg_bytes
from pictures import noisy_gradient

from foveal.batch.jobs import hash_of
from foveal.batch.ledger import DEFAULT_NAME, Ledger
from foveal.optimization import optimize_file

ARGUMENTS = ("--saliency", "none", "--quality", "70", "--min-saving", "2%", "--quiet", "--jobs", "2")


def kill_and_resume(folder: Path, kills: int, count: int, chance: random.Random) -> list[str]:
    """Run a batch of `count` files that is killed `kills` times, then to its end; return what is wrong afterwards."""
    in_place = chance.random() < 0.5
    sources = {f"{n}.jpg": jpeg_bytes(60 + n % 40, noisy_gradient(160 + n, 200)) for n in range(count)}
    source, written = folder / "in", folder / ("in" if in_place else "out")
    source.mkdir()
    for name, data in sources.items():
        (source / name).write_bytes(data)
    command = [sys.executable, "-m", "foveal", "batch", str(source), *ARGUMENTS]
    command += ["--in-place"] if in_place else ["-o", str(written)]
    for _ in range(kills):
        process = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)
        if chance.random() < 0.8:
            wait_for_progress(process, written / DEFAULT_NAME)
        time.sleep(chance.uniform(0, 0.3))
        print(f"{count_finished(written / DEFAULT_NAME)} of {count} finished", end="; ", flush=True)
        kill: Callable[[int, int], None] = os.killpg if chance.random() < 0.5 else os.kill
        with suppress(ProcessLookupError):  # it has ended by itself
            kill(process.pid, signal.SIGKILL)
        if process.wait() not in (0, -signal.SIGKILL):
            return [f"a run ended with exit code {process.returncode}"]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    problems = [] if finished.returncode == 0 else [f"exit code {finished.returncode}: {finished.stderr}"]
    return problems + check(sources, source, written, in_place)


def wait_for_progress(process: subprocess.Popen[bytes], ledger: Path) -> None:
    """Wait until another file is finished, or the batch has ended."""
    before = count_finished(ledger)
    while process.poll() is None and count_finished(ledger) == before:
        time.sleep(0.01)


def count_finished(ledger: Path) -> int:
    """Return the number of outcomes in a ledger; 0 if there is none."""
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"{ledger.as_uri()}?mode=ro", uri=True)) as database:
        return int(database.execute("SELECT count(*) FROM outcomes").fetchone()[0])
    return 0


def check(sources: dict[str, bytes], source: Path, written: Path, in_place: bool) -> list[str]:
    """Return what is wrong with the files and the ledger of a batch that is finished."""
    options = {**PLAIN.as_dict()["optimize"], "quality": 70.0, "threads": 1}
    results = {name: optimize_file(data, type(PLAIN.optimize)(**options)).data for name, data in sources.items()}
    problems = []
    names = {each.name for each in written.iterdir() if not each.name.startswith(DEFAULT_NAME)}
    if names != set(sources):
        problems.append(f"files {sorted(names ^ set(sources))}")
    for name in sorted(names & set(sources)):
        if (written / name).read_bytes() != results[name]:
            problems.append(f"{name} holds other bytes")
        if not in_place and (source / name).read_bytes() != sources[name]:
            problems.append(f"the source {name} has changed")
    with closing(Ledger(written / DEFAULT_NAME)) as ledger:
        hashes = {Path(each.target).name: (each.source_sha256, each.output_sha256) for each in ledger.outcomes()}
    expected = {name: (hash_of(data), hash_of(results[name])) for name, data in sources.items()}
    if hashes != expected:
        problems.append(f"ledger: {sorted(name for name in expected if hashes.get(name) != expected[name])}")
    return problems


def main() -> int:
    """Kill as many times as the command line says, 5 times each batch; return 1 if anything is wrong."""
    chance, wrong, kills = random.Random(), 0, int(sys.argv[1])  # noqa: S311
    for start in range(0, kills, 5):
        with tempfile.TemporaryDirectory() as folder:
            problems = kill_and_resume(Path(folder), min(5, kills - start), 60, chance)
        print(f"\n{min(start + 5, kills)} kills: {'; '.join(problems) or 'all right'}", flush=True)
        wrong += bool(problems)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
