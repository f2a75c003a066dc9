"""The work of one process on its jobs: it writes their files and yields their outcomes. All engines call this.

read the source -> make its files -> for each target: record the intent -> write -> record the outcome
"""

from __future__ import annotations

import errno
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from foveal.batch.jobs import BatchSettings, FileState, Job, Outcome, Target, hash_of
from foveal.batch.pictures import Picture, make_pictures
from foveal.batch.storage import Storage
from foveal.errors import FovealError

# Errors of writing that every further target would meet, too.
_STOPPING_ERRORS = (errno.ENOSPC, errno.EROFS, errno.EDQUOT)


class Record(Protocol):
    """What keeps the outcomes, such as a ledger.

    After a crash between `intent` and `finished`, the hashes of an intent tell whether its target was written.
    """

    def intent(self, outcome: Outcome) -> None:
        """Keep durably the outcome that writing a target will have, before it is written."""

    def finished(self, outcome: Outcome) -> None:
        """Keep the outcome of a target."""


class NoRecord:
    """A record, or a log of `local_pool.Pool`, that keeps nothing.

    It is for storages whose claims are enough, for callers that keep the outcomes, and for dry runs.
    """

    lock: int | None = None

    def intent(self, outcome: Outcome) -> None:
        """Do nothing, see `Record.intent`."""

    def finished(self, outcome: Outcome) -> None:
        """Do nothing, see `Record.finished`."""

    def commit(self) -> None:
        """Do nothing, see `local_pool.Log.commit`."""

    def settle_target(self, target: str, storage: Storage) -> Outcome | None:
        """Return None, because it is not known whether the target was written; see `local_pool.Log.settle_target`."""
        return None


def process_shard(
    jobs: Iterable[Job], settings: BatchSettings, storage: Storage, record: Record | None = None
) -> Iterator[Outcome]:
    """Do jobs one after another, and yield an outcome for each target as soon as it is known.

    Errors of a file, also a lack of memory, end as outcomes with the status "failed" and abort nothing. The same
    job makes the same bytes whenever it is done: one that is done again finds its target and leaves it.

    Parameters
    ----------
    jobs
        Jobs, which may come from a generator; each is taken when the one before it has been done.
    settings
        Options of optimization and encoding.
    storage
        Files of sources and targets.
    record
        Receives intents and outcomes; None for `NoRecord`.
    """
    work = _Work(settings, storage, NoRecord() if record is None else record)
    for job in jobs:
        for outcome in work.process(job):
            work.record.finished(outcome)
            yield outcome


def failed_outcome(job: Job, target: Target, settings: BatchSettings, reason: str) -> Outcome:
    """Return the outcome of a target for which nothing could be made."""
    return Outcome(
        job_id=job.job_id(settings),
        source=job.source.key,
        target=target.key,
        status="failed",
        settings_id=settings.fingerprint(),
        reason=reason,
        size_bytes_before=job.source.size_bytes,
        source_version=job.source.version,
    )


@dataclass(frozen=True)
class _Work:
    """The work on jobs, with what all of them share.

    Parameters
    ----------
    settings
        Options of optimization and encoding.
    storage
        Files of sources and targets.
    record
        Receives intents.
    """

    settings: BatchSettings
    storage: Storage
    record: Record

    def process(self, job: Job) -> Iterator[Outcome]:
        """Do one job; errors of the source are failures of all targets that have no outcome yet."""
        clock = _Clock()
        waiting = list(job.targets)
        try:
            if job.in_place:  # it is replaced only in the state in which it was read
                job = replace(job, source=self.storage.state(job.source.key))
            data = self.storage.read(job.source.key)
            for picture in make_pictures(data, job, self.settings):
                outcome = replace(self._describe(picture, job, data), seconds=clock.lap())
                outcome = self._write(picture, job, outcome, clock)
                waiting.remove(picture.target)
                yield outcome
        except Exception as error:
            for target in waiting:
                yield replace(failed_outcome(job, target, self.settings, reason_of(error)), seconds=clock.lap())

    def _describe(self, picture: Picture, job: Job, data: bytes) -> Outcome:
        """Return the outcome that a picture has once it is written."""
        return Outcome(
            job_id=job.job_id(self.settings),
            source=job.source.key,
            target=picture.target.key,
            status=picture.status,
            settings_id=self.settings.fingerprint(),
            reason=picture.reason,
            rung=picture.rung,
            size_bytes_before=len(data),
            size_bytes_after=0 if picture.data is None else len(picture.data),
            source_version=job.source.version,
            source_sha256=hash_of(data),
            output_sha256="" if picture.data is None else hash_of(picture.data),
            width=picture.width,
            height=picture.height,
            quality=picture.quality,
            warnings=picture.warnings,
        )

    def _write(self, picture: Picture, job: Job, outcome: Outcome, clock: _Clock) -> Outcome:
        """Write the file of a picture, if there is one; return the outcome with the time and the target's version."""
        if picture.data is None:
            return outcome
        if job.in_place and picture.status == "kept":
            return replace(outcome, target_version=job.source.version)
        try:
            if job.in_place and self.storage.state(job.source.key) != job.source:
                raise OSError(errno.ESTALE, "was changed while it was read; it is left alone")
            self.record.intent(outcome)
            if job.in_place or job.overwrite:
                written = self.storage.replace(picture.target.key, picture.data, keep_times=job.in_place)
            else:
                written = _claim(picture.target.key, picture.data, self.storage)
        except OSError as error:
            return replace(
                outcome,
                status="failed",
                reason=f"cannot be written: {reason_of(error)}",
                rung="",
                size_bytes_after=0,
                output_sha256="",
                seconds=outcome.seconds + clock.lap(),
                stops_batch=error.errno in _STOPPING_ERRORS,
            )
        return replace(outcome, target_version=written.version, seconds=outcome.seconds + clock.lap())


def _claim(key: str, data: bytes, storage: Storage) -> FileState:
    """Create a target; one that holds these very bytes already was written by this job, done before.

    Raises
    ------
    FileExistsError
        The target exists and holds other bytes.
    """
    try:
        return storage.write_new(key, data)
    except FileExistsError:
        found = storage.state(key)
        if found.size_bytes != len(data) or storage.read(key) != data:
            raise FileExistsError(errno.EEXIST, "another file of this name exists (--overwrite replaces it)") from None
        return found


def reason_of(error: Exception) -> str:
    """Return the reason of a failure in one line."""
    if isinstance(error, MemoryError):
        text = "out of memory"
    elif isinstance(error, FovealError):
        text = str(error)
    elif isinstance(error, OSError):
        text = error.strerror or str(error)
    else:
        text = f"internal error: {type(error).__name__}: {error}"
    return " ".join(text.split())


class _Clock:
    """Seconds between laps."""

    def __init__(self) -> None:
        self._last = time.perf_counter()

    def lap(self) -> float:
        """Return the seconds since the last lap."""
        now = time.perf_counter()
        self._last, seconds = now, now - self._last
        return seconds
