"""What a batch still has to do, given a ledger of what was done before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

from foveal.batch.jobs import BatchSettings, Job, Outcome, hash_of
from foveal.batch.ledger import Ledger
from foveal.batch.storage import Storage


@dataclass
class Resumed:
    """Numbers of targets by what the ledger says of them.

    Parameters
    ----------
    finished
        Targets of jobs that are finished.
    settings_changed, source_changed
        Targets that are made again, because of other settings or because the source is not the one that was read.
    """

    finished: int = 0
    settings_changed: int = 0
    source_changed: int = 0


@dataclass(frozen=True)
class Comparison:
    """Comparison of jobs with what a ledger and a storage say of their targets.

    Parameters
    ----------
    ledger
        Outcomes of earlier runs.
    settings
        Settings of this run.
    storage
        Files of sources and targets.
    overwrite
        Whether targets may be replaced that the ledger does not know.
    """

    ledger: Ledger
    settings: BatchSettings
    storage: Storage
    overwrite: bool = False

    def unfinished_jobs(self, jobs: Iterable[Job], resumed: Resumed) -> Iterator[Job]:
        """Yield the jobs that are not finished, one by one, and count the targets of the others in `resumed`."""
        for job in jobs:
            known = [self.ledger.outcome_of(target.key) for target in job.targets]
            if all(self._is_finished(job, outcome) for outcome in known):
                resumed.finished += len(job.targets)
                continue
            if any(outcome is not None and outcome.settings_id != self.settings.fingerprint() for outcome in known):
                resumed.settings_changed += len(job.targets)
            elif any(outcome is not None and _is_of_other_source(job, outcome) for outcome in known):
                resumed.source_changed += len(job.targets)
            yield job if job.in_place else replace(job, overwrite=self.overwrite or self._are_ours(job, known))

    def _is_finished(self, job: Job, outcome: Outcome | None) -> bool:
        """Return whether a target needs no more work: its outcome is of this source and settings, and it exists."""
        if outcome is None or outcome.status == "failed" or outcome.settings_id != self.settings.fingerprint():
            return False
        if job.in_place:
            return self._is_result(job, outcome)
        if outcome.job_id != job.job_id(self.settings):
            return False
        return outcome.status == "skipped" or self._version_of(outcome.target) is not None

    def _is_result(self, job: Job, outcome: Outcome) -> bool:
        """Return whether a file in place is one that a batch has left: by its size and time, or else by its bytes."""
        size_bytes = outcome.size_bytes_before if outcome.status == "skipped" else outcome.size_bytes_after
        version = outcome.source_version if outcome.status == "skipped" else outcome.target_version
        if job.source.size_bytes != size_bytes:
            return False
        if job.source.version == version:
            return True
        with suppress(OSError):
            return hash_of(self.storage.read(job.source.key)) == (outcome.output_sha256 or outcome.source_sha256)
        return False

    def _are_ours(self, job: Job, known: list[Outcome | None]) -> bool:
        """Return whether all existing targets of a job are as a batch has written them."""
        for target, outcome in zip(job.targets, known, strict=True):
            found = self._version_of(target.key)
            if found is not None and (outcome is None or found != (outcome.size_bytes_after, outcome.target_version)):
                return False
        return True

    def _version_of(self, key: str) -> tuple[int, str] | None:
        """Return the size and the version of a file; None if there is none."""
        try:
            found = self.storage.state(key)
        except OSError:
            return None
        return found.size_bytes, found.version


def _is_of_other_source(job: Job, outcome: Outcome) -> bool:
    """Return whether an outcome is of another state of the source."""
    if outcome.status == "failed":
        return False
    if job.in_place:
        return True  # otherwise it would be finished
    return (outcome.source_version, outcome.size_bytes_before) != (job.source.version, job.source.size_bytes)
