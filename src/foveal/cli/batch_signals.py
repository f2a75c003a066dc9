"""What Ctrl-C does to a batch: the files in flight are finished, and a second Ctrl-C ends at once."""

from __future__ import annotations

import os
import signal
import threading
from types import FrameType
from typing import Any

_INTERRUPTED = 130  # exit code


class DrainOnSigint:
    """Context in which the first SIGINT only sets `is_requested`; the second ends the process.

    Whatever the second one leaves undone is done by the next run. Where SIGINT is ignored it stays ignored.
    """

    def __init__(self) -> None:
        self.is_requested = False
        self._before: Any = signal.SIG_IGN

    def __enter__(self) -> DrainOnSigint:
        self._before = signal.getsignal(signal.SIGINT)
        if threading.current_thread() is threading.main_thread() and self._before != signal.SIG_IGN:
            signal.signal(signal.SIGINT, self._handle)
        return self

    def __exit__(self, *_: object) -> None:
        if signal.getsignal(signal.SIGINT) == self._handle:
            signal.signal(signal.SIGINT, self._before)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        if self.is_requested:
            os.write(2, b"\nfoveal: interrupted\n")
            os._exit(_INTERRUPTED)
        self.is_requested = True
        os.write(2, b"\nfoveal: finishing the files in flight; Ctrl-C again ends at once\n")
