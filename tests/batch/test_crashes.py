"""Crashes at every step of a file's life, of a worker or of everything: the next run completes, and doubles nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from batch_driver import LEDGER_STEPS, WORKER_STEPS, run_batch
from batch_jobs import PLAIN, jpeg_bytes, names_in
from pictures import noisy_gradient

from foveal.batch.jobs import hash_of
from foveal.batch.ledger import DEFAULT_NAME, Ledger
from foveal.optimization import optimize_file

COUNT = 3
VICTIM = "1.jpg"
SOURCES = {f"{number}.jpg": jpeg_bytes(90 + number, noisy_gradient(24 + number, 40)) for number in range(COUNT)}
RESULTS = {name: optimize_file(data, PLAIN.optimize).data for name, data in SOURCES.items()}

pytestmark = pytest.mark.skipif(os.name != "posix", reason="processes are killed by signals")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    for name, data in SOURCES.items():
        (tmp_path / "in" / name).write_bytes(data)
    return tmp_path


def crash(folder: Path, who: str, step: str, mode: str) -> int:
    """Run a batch that crashes, and return its exit code."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])}
    command = [sys.executable, "-m", "batch_driver", str(folder), who, step, VICTIM, mode]
    finished = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    return finished.returncode


def check_result(folder: Path, mode: str) -> None:
    """Check that every file was made once, of the original, and that nothing else is there."""
    written = folder / ("in" if mode == "in place" else "out")
    assert names_in(written) == sorted(SOURCES)
    assert {name: (written / name).read_bytes() for name in SOURCES} == RESULTS
    if mode != "in place":
        assert {name: (folder / "in" / name).read_bytes() for name in SOURCES} == SOURCES
    with closing(Ledger(folder / DEFAULT_NAME)) as ledger:
        outcomes = {Path(outcome.target).name: outcome for outcome in ledger.outcomes()}
        assert ledger.settle(CannotRead()) == []
    assert sorted(outcomes) == sorted(SOURCES)
    for name, outcome in outcomes.items():
        assert outcome.status == "written"
        assert outcome.source_sha256 == hash_of(SOURCES[name])  # not of a file that was compressed already
        assert outcome.output_sha256 == hash_of(RESULTS[name])
        assert outcome.target_version == str((written / name).stat().st_mtime_ns)


class CannotRead:
    """Storage for a ledger that has no intents left to look at."""

    def read(self, key: str) -> bytes:
        raise AssertionError(key)


# With a folder, only the writing differs.
@pytest.mark.parametrize(
    ("step", "mode"),
    [(step, "in place") for step in (*WORKER_STEPS, *LEDGER_STEPS)]
    + [(step, "folder") for step in ("intent answered", "temporary written", "renamed")],
)
def test_everything_dies_at_a_step(step: str, mode: str, folder: Path) -> None:
    assert crash(folder, "batch", step, mode) == -9
    sources = {name: (folder / "in" / name).read_bytes() for name in SOURCES}
    for name, data in sources.items():
        assert data in (SOURCES[name], RESULTS[name])
    run_batch(folder, in_place=mode == "in place")
    check_result(folder, mode)
    again = run_batch(folder, in_place=mode == "in place")
    assert (again.resumed.finished, again.totals.targets) == (COUNT, 0)


@pytest.mark.parametrize(
    ("step", "mode"), [("read", "folder"), ("temporary written", "in place"), ("renamed", "in place")]
)
def test_a_worker_dies_at_a_step(step: str, mode: str, folder: Path) -> None:
    batch = run_batch(folder, "worker", step, VICTIM, in_place=mode == "in place")
    lost = 0 if step == "renamed" else 1
    assert (batch.totals.statuses["written"], batch.totals.statuses["failed"]) == (COUNT - lost, lost)
    with closing(Ledger(folder / DEFAULT_NAME)) as ledger:
        reasons = [outcome.reason for outcome in ledger.outcomes() if outcome.status == "failed"]
    assert reasons == ["the worker process was killed (SIGKILL) while it worked on this file"] * lost
    run_batch(folder, in_place=mode == "in place")
    check_result(folder, mode)
