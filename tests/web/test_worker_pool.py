"""The pool of worker processes: order, limits, replacement, and processes that end."""

from __future__ import annotations

import asyncio
import math
import os
import re
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from foveal.checks import check_number
from foveal.errors import ParameterError
from foveal.web.errors import BusyError, StoppedError, SupersededError
from foveal.web.worker import Worker, make_task
from foveal.web.worker_pool import WorkerPool

Test = Callable[[WorkerPool], Awaitable[None]]
LONG = make_task(time.sleep, 60)


def run(test: Test, **options: Any) -> None:
    async def body() -> None:
        pool = WorkerPool(**{"max_waiting": 8, "job_seconds": 30, "workers": 2, **options})
        try:
            await test(pool)
        finally:
            pool.close()

    asyncio.run(body())


@pytest.fixture(autouse=True)
def no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foveal.web.worker_pool._GRACE_SECONDS", 0.0)


def test_results_and_errors_come_back() -> None:
    async def test(pool: WorkerPool) -> None:
        results = await asyncio.gather(*(pool.run(make_task(math.factorial, number)) for number in range(6)))
        assert results == [1, 1, 2, 6, 24, 120]
        assert await pool.run(make_task(os.getpid)) != os.getpid()
        with pytest.raises(StoppedError, match="internal error: ValueError"):
            await pool.run(make_task(math.sqrt, -1))
        with pytest.raises(ParameterError, match="x must be a number from 0 to 1, not 2"):
            await pool.run(make_task(check_number, "x", 2, 0, 1))

    run(test)


def test_a_newer_job_replaces_the_older_one_of_its_key() -> None:
    async def test(pool: WorkerPool) -> None:
        running = asyncio.create_task(pool.run(LONG, key="photo"))
        other = asyncio.create_task(pool.run(LONG, key="other photo"))
        await asyncio.sleep(0)
        waiting = asyncio.create_task(pool.run(LONG, key="waiting"))
        await asyncio.sleep(0)
        newest = asyncio.create_task(pool.run(make_task(math.sqrt, 4), key="waiting"))
        with pytest.raises(SupersededError):
            await waiting
        assert (
            await asyncio.wait_for(pool.run(make_task(math.sqrt, 9), key="photo"), 20) == 3
        )  # its process was stopped
        with pytest.raises(SupersededError):
            await running
        assert await newest == 2
        assert not other.done()
        other.cancel()

    run(test)


def test_too_many_waiting_jobs_are_refused_with_a_clear_word() -> None:
    async def test(pool: WorkerPool) -> None:
        jobs = [asyncio.create_task(pool.run(LONG)) for _ in range(2 + 3)]
        await asyncio.sleep(0)
        with pytest.raises(BusyError, match="busy: 3 jobs are waiting"):
            await pool.run(LONG)
        for job in jobs:
            job.cancel()

    run(test, max_waiting=3)


def test_slow_jobs_leave_a_worker_for_quick_ones() -> None:
    async def test(pool: WorkerPool) -> None:
        slow = [asyncio.create_task(pool.run(LONG, is_slow=True)) for _ in range(4)]
        await asyncio.sleep(0)
        for number in range(5):
            assert await asyncio.wait_for(pool.run(make_task(math.factorial, number)), 20) == math.factorial(number)
        assert not any(job.done() for job in slow)
        for job in slow:
            job.cancel()

    run(test)


def test_a_job_that_takes_too_long_is_stopped() -> None:
    async def test(pool: WorkerPool) -> None:
        with pytest.raises(StoppedError, match=r"longer than 0\.5 seconds"):
            await pool.run(LONG)
        with pytest.raises(StoppedError, match="longer"):  # also while the process is replaced
            await pool.run(LONG)

    run(test, job_seconds=0.5)


def test_a_process_that_crashes_is_replaced() -> None:
    async def test(pool: WorkerPool) -> None:
        for _ in range(2):
            with pytest.raises(StoppedError, match="ended unexpectedly"):
                await pool.run(make_task(os._exit, 3))
        assert await pool.run(make_task(math.sqrt, 16)) == 4

    run(test)


def test_a_job_that_nobody_waits_for_makes_room() -> None:
    async def test(pool: WorkerPool) -> None:
        abandoned = [asyncio.create_task(pool.run(LONG)) for _ in range(3)]
        await asyncio.sleep(0)
        for job in abandoned:
            job.cancel()
        assert await asyncio.wait_for(pool.run(make_task(math.sqrt, 25)), 20) == 5

    run(test)


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the blocked signals are read from /proc")
def test_a_worker_does_not_get_ctrl_c_while_it_starts() -> None:
    worker = Worker()
    try:
        status = Path(f"/proc/{worker._process.pid}/status").read_text()
    finally:
        worker.stop()
    blocked = int(re.search(r"^SigBlk:\s*(\w+)$", status, re.MULTILINE)[1], 16)
    assert blocked >> (signal.SIGINT - 1) & 1
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def test_a_waiter_that_is_cancelled_after_its_job_does_not_stop_the_worker() -> None:
    async def test(pool: WorkerPool) -> None:
        waiter = asyncio.create_task(pool.run(make_task(math.sqrt, 36)))
        await asyncio.sleep(0)
        (job,) = pool._running
        # The pool takes the worker back in the step that sets the result, and the waiter goes on in a later step.
        while job in pool._running:
            await asyncio.sleep(0)
        assert not waiter.done()
        waiter.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiter
        others = await asyncio.gather(*(pool.run(make_task(time.sleep, 0.2)) for _ in range(pool.size)))
        assert others == [None] * pool.size

    run(test)


def test_a_stopped_worker_is_not_used_again() -> None:
    worker = Worker()
    assert worker.is_usable()
    worker.stop()
    assert not worker.is_usable()  # also while its process is being ended
