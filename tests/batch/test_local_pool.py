"""Worker processes: errors of starting, stopping, and a parent that is gone."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

import pytest
from batch_jobs import PLAIN, job_of, jpeg_bytes

from foveal.batch import LocalStorage, NoRecord
from foveal.batch.ledger import Ledger
from foveal.batch.local_pool import Pool, WorkerError


class CannotStart(LocalStorage):
    """A storage that ends the process that unpickles it."""

    def __reduce__(self) -> tuple[object, ...]:
        return os._exit, (3,)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number in range(3):
        (tmp_path / f"{number}.jpg").write_bytes(jpeg_bytes(90 + number))
    return tmp_path


def test_workers_that_cannot_start_are_an_error(folder: Path) -> None:
    jobs = [job_of(folder / "0.jpg", folder / "out.jpg")]
    with pytest.raises(WorkerError, match="exit code 3"):
        list(Pool(PLAIN, CannotStart(), 1).run(iter(jobs), NoRecord(), lambda: False))


def test_no_job_is_taken_after_a_stop(folder: Path) -> None:
    jobs = iter([job_of(folder / f"{number}.jpg", folder / f"out-{number}.jpg") for number in range(3)])
    outcomes = []
    for outcome in Pool(PLAIN, LocalStorage(), 1).run(jobs, NoRecord(), lambda: bool(outcomes)):
        outcomes.append(outcome)  # noqa: PERF402 (the pool looks at the list meanwhile)
    assert [outcome.status for outcome in outcomes] == ["written"]
    assert len(list(jobs)) == 2


def test_without_jobs_no_process_starts() -> None:
    assert list(Pool(PLAIN, CannotStart(), 5).run(iter([]), NoRecord(), lambda: False)) == []


def test_a_caller_that_goes_away_leaves_no_process_and_a_ledger_that_can_be_used(folder: Path) -> None:
    jobs = [job_of(folder / f"{number}.jpg", folder / f"out-{number}.jpg") for number in range(3)]
    with closing(Ledger(folder / "ledger")) as ledger:
        outcomes = Pool(PLAIN, LocalStorage(), 2).run(iter(jobs), ledger, lambda: False)
        next(outcomes)
        outcomes.close()
    with closing(Ledger(folder / "ledger")) as ledger:
        ledger.settle(LocalStorage())
        known = {Path(outcome.target).name for outcome in ledger.outcomes()}
    assert known == {path.name for path in folder.glob("out-*.jpg")}
