"""Jobs that may kill their process: each is done in another one, whose end is the failure of that job alone."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

from foveal.batch.jobs import BatchSettings, Job, Outcome
from foveal.batch.shard import failed_outcome, process_shard
from foveal.batch.storage import Storage
from foveal.threads import sigint_blocked


def process_guarded(jobs: Iterable[Job], settings: BatchSettings, storage: Storage) -> Iterator[Outcome]:
    """Do jobs like `process_shard`, but in a process that takes nothing with it when it dies.

    Parameters
    ----------
    jobs
        Jobs to do.
    settings
        Options of optimization and encoding.
    storage
        Files of sources and targets; it is pickled.
    """
    pool: ProcessPoolExecutor | None = None
    try:
        for job in jobs:
            if pool is None:
                pool = ProcessPoolExecutor(1, multiprocessing.get_context("spawn"))
            try:
                with sigint_blocked():  # this may start the process
                    future = pool.submit(_process_one, job, settings, storage)
                yield from future.result()
            except BrokenProcessPool:
                pool = None
                yield from _failures(job, settings)
    finally:
        if pool is not None:
            pool.shutdown(cancel_futures=True)


def _process_one(job: Job, settings: BatchSettings, storage: Storage) -> list[Outcome]:
    return list(process_shard([job], settings, storage))


def _failures(job: Job, settings: BatchSettings) -> list[Outcome]:
    reason = "the process that worked on it died; it may need more memory than there is"
    return [failed_outcome(job, target, settings, reason) for target in job.targets]
