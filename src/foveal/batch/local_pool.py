"""Worker processes of this machine: each takes one job after another, and the parent alone writes the ledger.

    parent                            worker
      Job              ------------>    reads the source, makes a file
      intent, commit   <------------    "intent": waits for the answer
      go on            ------------>    writes the target
      outcome, commit  <------------    "finished"
      next Job         <------------    "done"

A worker has one job at a time and the parent holds no others, so that memory does not grow with the number of jobs. A
worker that dies fails its job only. If the parent dies, the connection of every worker breaks: it ends after its job,
and before writing a target whose intent has not been answered.

Processes are spawned, never forked: a fork would copy threads and locks in whatever state they are.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import reduction
from multiprocessing.connection import Connection, wait
from typing import Any, Protocol

from foveal.batch.jobs import BatchSettings, Job, Outcome
from foveal.batch.shard import Record, failed_outcome, process_shard
from foveal.batch.storage import Storage
from foveal.errors import FovealError
from foveal.threads import sigint_blocked

_WAIT_SECONDS = 0.5  # between looks at whether to stop


class Log(Record, Protocol):
    """What the parent writes: a ledger. Intents and outcomes take effect with `commit`."""

    lock: int | None  # descriptor of a locked file, which the workers hold, too

    def commit(self) -> None:
        """Write what has been stored to disk."""

    def settle_target(self, target: str, storage: Storage) -> Outcome | None:
        """Return the outcome of a target that was written although its worker died; None if it was not."""


class WorkerError(FovealError):
    """Worker processes cannot be started."""


@dataclass(frozen=True)
class Pool:
    """The settings of a pool of workers.

    Parameters
    ----------
    settings
        Options of optimization and encoding.
    storage
        Files of sources and targets; every worker gets a copy.
    workers
        Largest number of processes.
    """

    settings: BatchSettings
    storage: Storage
    workers: int

    def run(self, jobs: Iterator[Job], ledger: Log, must_stop: Callable[[], bool]) -> Iterator[Outcome]:
        """Do jobs, and yield each outcome as soon as it is in the ledger.

        Parameters
        ----------
        jobs
            Jobs; each is taken when a worker is free.
        ledger
            Ledger that is written. Workers hold its lock, too.
        must_stop
            Asked before each job: if it returns True no further job begins, and those in flight are finished.

        Raises
        ------
        WorkerError
            A worker ended before it could take a job.
        FovealError, OSError
            The ledger cannot be written.
        """
        workers: list[_Worker] = []
        try:
            while True:
                self._assign(workers, jobs, ledger, must_stop)
                busy = [worker for worker in workers if worker.job is not None]
                if not busy:
                    return
                yield from self._listen(busy, ledger)
                workers = [worker for worker in workers if not worker.is_dead]
        finally:
            for worker in workers:
                worker.end()

    def _assign(self, workers: list[_Worker], jobs: Iterator[Job], ledger: Log, must_stop: Callable[[], bool]) -> None:
        """Give a job to every idle worker, and start workers as long as there are jobs for them."""
        while not must_stop():
            idle = next((worker for worker in workers if worker.job is None), None)
            if idle is None and len(workers) >= self.workers:
                return
            job = next(jobs, None)
            if job is None:
                return
            if idle is None:
                idle = _Worker.start(self, ledger.lock)
                workers.append(idle)
            idle.give(job)

    def _listen(self, busy: list[_Worker], ledger: Log) -> Iterator[Outcome]:
        """Handle the messages that have arrived, with one commit for all of them."""
        outcomes: list[Outcome] = []
        answers: list[_Worker] = []
        ready = wait([worker.connection for worker in busy], _WAIT_SECONDS)
        for worker in busy:
            if worker.connection in ready:
                kind, outcome = worker.receive()
                if kind == "intent" and outcome is not None:
                    ledger.intent(outcome)
                    answers.append(worker)
                elif kind == "finished" and outcome is not None:
                    worker.waiting.discard(outcome.target)
                    outcomes.append(outcome)
                elif kind == "dead":
                    outcomes += self._bury(worker, ledger)
        for outcome in outcomes:
            ledger.finished(outcome)
        ledger.commit()
        for worker in answers:
            worker.answer()
        yield from outcomes

    def _bury(self, worker: _Worker, ledger: Log) -> Iterator[Outcome]:
        """Yield the outcomes of the targets that a dead worker has not reported; some may have been written."""
        if not worker.has_begun:
            raise WorkerError(f"worker processes cannot be started: {worker.describe_end()}")
        for target in (each for each in worker.last_job.targets if each.key in worker.waiting):
            written = ledger.settle_target(target.key, self.storage)
            reason = f"{worker.describe_end()} while it worked on this file"
            yield written or failed_outcome(worker.last_job, target, self.settings, reason)


@dataclass(eq=False)
class _Worker:
    """A worker process as the parent sees it."""

    process: Any  # a Process of the context "spawn"
    connection: Connection[Any, Any]
    job: Job | None = None  # None while it is idle
    waiting: set[str] = field(default_factory=set)  # targets of the job without an outcome
    has_begun: bool = False
    is_dead: bool = False

    @classmethod
    def start(cls, pool: Pool, lock: int | None) -> _Worker:
        """Start a worker process and the connection to it."""
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        arguments = (theirs, pool.settings, pool.storage, _InheritedLock(lock))
        process = context.Process(target=_work, args=arguments, daemon=True)
        with sigint_blocked():
            process.start()
        theirs.close()
        return cls(process, ours)

    @property
    def last_job(self) -> Job:
        """The job that the worker has."""
        if self.job is None:
            raise ValueError("the worker is idle")
        return self.job

    def give(self, job: Job) -> None:
        """Send a job. That the worker has died is noticed when its answer is awaited."""
        self.job, self.waiting = job, {target.key for target in job.targets}
        with suppress(OSError):
            self.connection.send(job)

    def receive(self) -> tuple[str, Outcome | None]:
        """Return the next message of the worker; "dead" if it has ended."""
        try:
            kind, outcome = self.connection.recv()
        except (EOFError, OSError):
            self.is_dead = True
            self.process.join()
            return "dead", None
        self.has_begun = True
        if kind == "done":
            self.job = None
        return kind, outcome

    def answer(self) -> None:
        """Tell the worker that its intent is on disk."""
        with suppress(OSError):
            self.connection.send("go on")

    def describe_end(self) -> str:
        """Say how the process has ended."""
        code = self.process.exitcode
        if code is not None and code < 0:
            name = signal.Signals(-code).name if -code in signal.valid_signals() else str(-code)
            return f"the worker process was killed ({name})"
        return f"the worker process ended (exit code {code})"

    def end(self) -> None:
        """Close the connection, by which the process ends after its job, and wait for it."""
        self.connection.close()
        self.process.join()


class _InheritedLock:
    """Descriptor of a locked file, which a spawned process inherits, so that the lock lasts until it ends."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor

    def __getstate__(self) -> dict[str, Any]:
        return {"_descriptor": None if self._descriptor is None else reduction.DupFd(self._descriptor)}

    def hold(self) -> int | None:
        """Take over the descriptor in the spawned process."""
        return None if self._descriptor is None else self._descriptor.detach()  # type: ignore[attr-defined]


class _PipeRecord:
    """The record of a worker: it sends everything to the parent, and waits until an intent is on disk."""

    def __init__(self, connection: Connection[Any, Any]) -> None:
        self._connection = connection

    def intent(self, outcome: Outcome) -> None:
        """Send an intent, and wait for the answer; end the process if the parent is gone."""
        try:
            self._connection.send(("intent", outcome))
            self._connection.recv()
        except (EOFError, OSError):
            raise SystemExit(1) from None

    def finished(self, outcome: Outcome) -> None:
        """Send an outcome; end the process if the parent is gone."""
        try:
            self._connection.send(("finished", outcome))
        except OSError:
            raise SystemExit(1) from None


def _work(connection: Connection[Any, Any], settings: BatchSettings, storage: Storage, lock: _InheritedLock) -> None:
    """Do jobs until the connection breaks. This is the main function of a worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    lock.hold()
    record = _PipeRecord(connection)
    with suppress(EOFError, OSError):
        connection.send(("begun", None))
        while True:
            for _ in process_shard([connection.recv()], settings, storage, record):
                pass
            connection.send(("done", None))
