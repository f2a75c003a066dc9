"""A pool of worker processes with a short queue: newer jobs replace older ones, and slow jobs leave room for others."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from foveal.threads import available_threads
from foveal.web.errors import BusyError, StoppedError, SupersededError
from foveal.web.worker import Task, Worker

_MOST_WORKERS = 4  # each holds a copy of the network and decoded photos in memory
_GRACE_SECONDS = 1.0  # before the process of an abandoned job is stopped; starting another one takes as long


@dataclass(eq=False)
class _Job:
    """A task that waits for a worker or runs, and the future of its result.

    Parameters
    ----------
    task
        Work to do.
    key
        Jobs of the same key replace each other; None for a job that none replaces.
    is_slow
        Whether the job may take seconds.
    result
        Result of the task, or its error.
    worker
        Worker that runs the task, once it runs.
    """

    task: Task
    key: object
    is_slow: bool
    result: asyncio.Future[Any]
    worker: Worker | None = None
    timers: list[asyncio.TimerHandle] = field(default_factory=list)


class WorkerPool:
    """Worker processes that run jobs in the order of their arrival.

    Slow jobs never occupy the last free worker, so that a quick job waits for quick ones only. A job whose `key` is
    that of an older job replaces it: the older one is not started, or its process is stopped.

    Parameters
    ----------
    max_waiting
        Largest number of jobs that wait for a worker.
    job_seconds
        Time after which a job is stopped.
    workers
        Number of processes, at least 2; None for a number that suits the machine.
    module
        Module that each process imports before its first task, or None.
    """

    def __init__(
        self, *, max_waiting: int, job_seconds: float, workers: int | None = None, module: str | None = None
    ) -> None:
        self.size = workers or min(max(2, available_threads()), _MOST_WORKERS)
        self._max_waiting, self._job_seconds = max_waiting, job_seconds
        self._waiting: list[_Job] = []
        self._running: list[_Job] = []
        self._new_worker = partial(Worker, module)
        self._idle = [self._new_worker() for _ in range(self.size)]
        self._threads = ThreadPoolExecutor(self.size)  # each waits for the answer of a worker
        self._pumps: set[asyncio.Task[None]] = set()

    async def run(self, task: Task, *, key: object = None, is_slow: bool = False, may_wait: bool = False) -> Any:
        """Run a task in a worker process, and return its result.

        Parameters
        ----------
        task
            Work to do.
        key
            Key of the job; a later job with the same key replaces this one.
        is_slow
            Whether the job may take seconds.
        may_wait
            Whether the job is accepted even if many jobs wait; for jobs whose number is limited otherwise.

        Raises
        ------
        BusyError
            Too many jobs wait.
        SupersededError
            A newer job with the same key has replaced this one.
        StoppedError
            The job took too long, or its process crashed.
        FovealError
            The error that the task raised.
        """
        if key is not None:
            self._replace(key)
        if len(self._waiting) >= self._max_waiting and not may_wait:
            raise BusyError(f"the server is busy: {len(self._waiting)} jobs are waiting; try again in a few seconds")
        job = _Job(task, key, is_slow, asyncio.get_running_loop().create_future())
        self._waiting.append(job)
        self._start_jobs()
        try:
            return await job.result
        except asyncio.CancelledError:
            self._abandon(job)
            raise

    def close(self) -> None:
        """Stop all processes at once."""
        for job in [*self._waiting, *self._running]:
            self._fail(job, StoppedError("the server ends"))
        for worker in [*self._idle, *(job.worker for job in self._running if job.worker)]:
            worker.stop()
        self._waiting.clear()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _replace(self, key: object) -> None:
        for job in [job for job in (*self._waiting, *self._running) if job.key == key]:
            self._fail(job, SupersededError("a newer request has replaced this one"))
            self._abandon(job)

    def _abandon(self, job: _Job) -> None:
        """Drop a job for which nobody waits."""
        if job in self._waiting:
            self._waiting.remove(job)
        elif job in self._running and job.worker is not None:  # a worker whose job has ended may run another one
            job.timers.append(asyncio.get_running_loop().call_later(_GRACE_SECONDS, job.worker.stop))

    def _start_jobs(self) -> None:
        """Start waiting jobs, oldest first, for which there is a worker."""
        for job in tuple(self._waiting):
            slow = sum(other.is_slow for other in self._running)
            if self._idle and not (job.is_slow and slow >= self.size - 1):
                self._waiting.remove(job)
                self._running.append(job)
                job.worker = self._idle.pop()
                pump = asyncio.create_task(self._run_job(job, job.worker))
                self._pumps.add(pump)
                pump.add_done_callback(self._pumps.discard)

    async def _run_job(self, job: _Job, worker: Worker) -> None:
        loop = asyncio.get_running_loop()
        job.timers.append(loop.call_later(self._job_seconds, self._stop_late, job, worker))
        try:
            result = await loop.run_in_executor(self._threads, worker.run, job.task)
            if not job.result.done():
                job.result.set_result(result)
        except Exception as error:
            self._fail(job, error)
        for timer in job.timers:
            timer.cancel()
        self._running.remove(job)
        with suppress(RuntimeError):  # the pool is closed
            self._idle.append(
                worker if worker.is_usable() else await loop.run_in_executor(self._threads, self._new_worker)
            )
            self._start_jobs()

    def _stop_late(self, job: _Job, worker: Worker) -> None:
        self._fail(job, StoppedError(f"stopped: it took longer than {self._job_seconds:g} seconds"))
        worker.stop()

    @staticmethod
    def _fail(job: _Job, error: Exception) -> None:
        if not job.result.done():
            job.result.set_exception(error)
            job.result.exception()  # marks the error as seen: the one who waits may have gone
