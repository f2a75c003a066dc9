"""A worker process, which runs tasks one after the other, and can be stopped in the middle of one."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

from foveal.errors import FovealError
from foveal.threads import sigint_blocked
from foveal.web.errors import StoppedError

# A forked child would inherit the server's sockets and the state of its threads.
_CONTEXT = multiprocessing.get_context("spawn")


class Task(NamedTuple):
    """A function of a module, with its arguments; all must be picklable, and so must the result."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    options: dict[str, Any]


def make_task(function: Callable[..., Any], *arguments: Any, **options: Any) -> Task:
    """Return the task of calling a function with these arguments."""
    return Task(function, arguments, options)


class Worker:
    """A process that runs tasks. It ends with the process that started it.

    Parameters
    ----------
    module
        Module that the process imports before its first task, which then need not wait for it; None for none.
    """

    def __init__(self, module: str | None = None) -> None:
        self._is_broken = False
        self._connection, theirs = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(target=_work, args=(theirs, module), daemon=True)
        with sigint_blocked():
            self._process.start()
        theirs.close()  # so that the end of the process is seen at our end of the pipe

    def run(self, task: Task) -> Any:
        """Run a task and wait for its result.

        Raises
        ------
        FovealError
            The error that the task raised.
        StoppedError
            The process has ended before the task, or the task raised an error that is not a FovealError.
        """
        try:
            self._connection.send(task)
            result, error = self._connection.recv()
        except (EOFError, OSError) as problem:
            self._is_broken = True
            raise StoppedError("the work on this photo ended unexpectedly; perhaps memory ran out") from problem
        if error is not None:
            raise error
        return result

    def is_usable(self) -> bool:
        """Return whether the process can run another task."""
        return not self._is_broken and self._process.is_alive()

    def stop(self) -> None:
        """End the process at once, whatever it does."""
        self._is_broken = True  # the process may seem alive for a moment after it was killed
        self._process.kill()


def _work(connection: Connection, module: str | None) -> None:
    """Run tasks from a connection until it is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the server, whose end ends this process
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if module:
        import_module(module)
    while True:
        try:
            task: Task = connection.recv()
        except (EOFError, OSError):
            return
        answer: tuple[Any, FovealError | None]
        try:
            answer = task.function(*task.arguments, **task.options), None
        except FovealError as error:
            answer = None, error
        except MemoryError:
            answer = None, StoppedError("out of memory")
        except Exception as error:
            answer = None, StoppedError(f"internal error: {type(error).__name__}: {error}")
        try:
            connection.send(answer)
        except OSError:
            return
