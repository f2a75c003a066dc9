"""Runs a planned batch with worker processes and a ledger, from the jobs that are left to the sums of the outcomes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from foveal.batch.jobs import BatchSettings, Job, Outcome
from foveal.batch.ledger import Ledger
from foveal.batch.local_pool import Pool
from foveal.batch.plan import Plan
from foveal.batch.resuming import Comparison, Resumed
from foveal.batch.storage import LocalStorage, Storage
from foveal.batch.totals import Totals


@dataclass
class Batch:
    """A batch, while it runs and afterwards.

    Parameters
    ----------
    plan
        All jobs, which have been checked.
    settings
        Options of optimization and encoding.
    workers
        Number of worker processes.
    overwrite
        Whether targets may be replaced that the ledger does not know.
    storage
        Files of sources and targets.

    Attributes
    ----------
    totals
        Sums over the outcomes of this run.
    resumed
        Targets that were finished before, or are made again.
    stopped_by
        Outcome after which no further job was begun, because it would have failed for the same reason; else None.
    """

    plan: Plan
    settings: BatchSettings
    workers: int
    overwrite: bool = False
    storage: Storage = field(default_factory=LocalStorage)
    totals: Totals = field(default_factory=Totals)
    resumed: Resumed = field(default_factory=Resumed)
    stopped_by: Outcome | None = None

    @property
    def done(self) -> int:
        """Number of targets that are finished, from this run or one before, or have failed."""
        return self.resumed.finished + self.totals.targets

    def run(self, ledger: Ledger, is_interrupted: Callable[[], bool]) -> Iterator[Outcome]:
        """Do what is left to do, and yield each outcome when it is in the ledger.

        Parameters
        ----------
        ledger
            Ledger, in which a run has been started.
        is_interrupted
            Asked before each job: if it returns True no further job begins.
        """
        comparison = Comparison(ledger, self.settings, self.storage, self.overwrite)
        jobs = comparison.unfinished_jobs(self.plan.jobs(), self.resumed)
        left: Counter[str] = Counter()  # targets without an outcome, of the sources that are being worked on
        pool = Pool(self.settings, self.storage, self.workers)
        ledger.settle(self.storage)  # before the plan is compared with the ledger
        begun = _count_targets(jobs, left)
        for outcome in pool.run(begun, ledger, lambda: is_interrupted() or self.stopped_by is not None):
            self.totals.add(outcome)
            left[outcome.source] -= 1
            if left[outcome.source] <= 0:
                del left[outcome.source]
                self.totals.close_source(outcome.source)
            if outcome.stops_batch:
                self.stopped_by = outcome
            yield outcome


def _count_targets(jobs: Iterator[Job], left: Counter[str]) -> Iterator[Job]:
    """Yield jobs as they are, and enter the number of targets of each in `left`, by the key of its source."""
    for job in jobs:
        left[job.source.key] += len(job.targets)
        yield job
