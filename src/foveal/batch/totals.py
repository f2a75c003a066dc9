"""Sums over the outcomes of a batch."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from foveal.batch.jobs import Outcome


@dataclass
class Totals:
    """Sums over the outcomes of a run. A source counts once, however many targets it has.

    Parameters
    ----------
    statuses, rungs
        Numbers of targets by status, and of targets with a file by rung.
    skipped
        Numbers of skipped targets by reason.
    sources
        Number of sources of these targets.
    larger
        Number of files that are larger than their source.
    size_bytes_before, size_bytes_after
        Bytes of the sources and of the files, of the targets that were written or kept.
    megapixels
        Megapixels of the pictures that were written or kept.
    started
        Time of `time.monotonic` at which the batch began.
    """

    statuses: Counter[str] = field(default_factory=Counter)
    rungs: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    sources: int = 0
    larger: int = 0
    size_bytes_before: int = 0
    size_bytes_after: int = 0
    megapixels: float = 0.0
    started: float = field(default_factory=time.monotonic)
    # Whether the bytes of a source are in the sum, for the sources that may have further outcomes.
    _open: dict[str, bool] = field(default_factory=dict, repr=False)

    def add(self, outcome: Outcome) -> None:
        """Add an outcome to the sums."""
        if outcome.source not in self._open:
            self.sources += 1
            self._open[outcome.source] = False
        self.statuses[outcome.status] += 1
        if outcome.status == "skipped":
            self.skipped[outcome.reason] += 1
        if outcome.status in ("written", "kept"):
            self.rungs[outcome.rung] += 1
            self.larger += outcome.size_bytes_after > outcome.size_bytes_before
            self.size_bytes_before += 0 if self._open[outcome.source] else outcome.size_bytes_before
            self._open[outcome.source] = True
            self.size_bytes_after += outcome.size_bytes_after
            self.megapixels += outcome.megapixels

    def close_source(self, source: str) -> None:
        """Forget a source, of which no further outcome follows, so that memory does not grow with their number."""
        self._open.pop(source, None)

    @property
    def targets(self) -> int:
        """Number of targets that have an outcome."""
        return self.statuses.total()

    @property
    def saved_bytes(self) -> int:
        """Bytes that were saved; negative if the files are larger than the sources."""
        return self.size_bytes_before - self.size_bytes_after

    @property
    def seconds(self) -> float:
        """Seconds since the batch began."""
        return time.monotonic() - self.started

    def as_dict(self) -> dict[str, Any]:
        """Return the sums by name, for JSON."""
        statuses = {name: self.statuses[name] for name in ("written", "kept", "skipped", "failed")}
        return {
            **statuses,
            "rungs": dict(sorted(self.rungs.items())),
            "sources": self.sources,
            "larger": self.larger,
            "size_bytes_before": self.size_bytes_before,
            "size_bytes_after": self.size_bytes_after,
            "megapixels": round(self.megapixels, 3),
        }


def format_bytes(size_bytes: float) -> str:
    """Return a number of bytes with a unit: 999 bytes, 1.5 KB (1,500 bytes), 2.0 MB, 3.1 GB, 4.2 TB."""
    value, unit = float(size_bytes), "bytes"
    for larger in ("KB", "MB", "GB", "TB"):
        if abs(value) < 1000:
            break
        value, unit = value / 1000, larger
    return f"{value:,.0f} bytes" if unit == "bytes" else f"{value:,.1f} {unit}"


def format_change(before: int, after: int) -> str:
    """Return the change of a size, such as "12.3 MB to 8.1 MB (-34.1%)"."""
    share = f" ({after / before - 1:+.1%})" if before else ""
    return f"{format_bytes(before)} to {format_bytes(after)}{share}"
