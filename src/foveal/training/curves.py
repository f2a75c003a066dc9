"""Plot of the training curves of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

QUANTITIES = {"loss": "loss of the scenes", "accuracy": "top class is there", "gaze_loss": "loss of gaze"}


def draw_curves(entries: list[dict[str, Any]], path: Path) -> None:
    """Plot losses and accuracy of a log over the steps of all phases, as a PNG file."""
    steps, borders = _running_steps(entries)
    figure = Figure(figsize=(7, 2.4 * len(QUANTITIES)), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, (name, title) in zip(figure.subplots(len(QUANTITIES), sharex=True), QUANTITIES.items(), strict=True):
        points = [(step, entry[name]) for step, entry in zip(steps, entries, strict=True) if name in entry]
        axes.plot([x for x, _ in points], [y for _, y in points], linewidth=1)
        axes.set_ylabel(title)
        axes.grid(alpha=0.3)
        for step, phase in borders:
            axes.axvline(step, color="black", linewidth=0.5)
            axes.annotate(phase, (step, 1), xycoords=("data", "axes fraction"), fontsize=7, rotation=90, va="top")
    axes.set_xlabel("step")
    figure.savefig(path, dpi=110)


def _running_steps(entries: list[dict[str, Any]]) -> tuple[list[int], list[tuple[int, str]]]:
    """Return the step of each entry counted from the start of the run, and the first step of each phase."""
    steps, borders = [], []
    before = last = 0
    phase = None
    for entry in entries:
        if entry["phase"] != phase:
            phase, before = entry["phase"], last
            borders.append((before, entry["phase"]))
        last = before + entry["at"][1]
        steps.append(last)
    return steps, borders
