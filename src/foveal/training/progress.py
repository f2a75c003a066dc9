"""Log file and progress bar of a training run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from foveal.training.checkpoint import Position


class RunLog:
    """Log of one JSON object per line, each with its position in the run.

    Entries beyond the position that a run resumes from are dropped, because the steps are repeated.
    """

    def __init__(self, path: Path, start: Position) -> None:
        self._path = path
        kept = [entry for entry in self.entries() if entry["at"] <= [start.phase, start.step]]
        path.write_text("".join(json.dumps(entry) + "\n" for entry in kept))

    def entries(self) -> list[dict[str, Any]]:
        """Return all entries in order, without a last line that was cut off by an interruption."""
        if not self._path.exists():
            return []
        lines = self._path.read_text().splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.endswith("\n")]

    def write(self, at: Position, entry: dict[str, Any]) -> None:
        """Append an entry to the log."""
        with self._path.open("a") as file:
            file.write(json.dumps({"at": [at.phase, at.step], **entry}) + "\n")


class ProgressBar:
    """Progress bar of one phase."""

    def __init__(self, progress: Progress, task: TaskID) -> None:
        self._progress, self._task = progress, task

    def show(self, step: int, entry: dict[str, float]) -> None:
        """Show the number of steps done and their scores."""
        scores = (
            f"loss {entry['loss']:.3f}  accuracy {entry['accuracy']:.1%}  {entry['images_per_second']:.0f} images/s"
        )
        if "gaze_loss" in entry:
            scores += f"  gaze {entry['gaze_loss']:.3f}"
        self._progress.update(self._task, completed=step, scores=scores)


@contextmanager
def progress_bar(name: str, steps: int, done: int) -> Iterator[ProgressBar]:
    """Show a progress bar on a terminal while the context is open."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[scores]}"),
    )
    with Progress(*columns) as progress:
        yield ProgressBar(progress, progress.add_task(name, total=steps, completed=done, scores=""))
