"""Gains averaged over photos, written as a table and drawn as a figure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from bench.gaze.measure import Gain, Setting

HEADINGS = ("quality", "map", "strength", "PSNR there", "SSIM there", "whole photo")
LOSS_ALLOWED = -2  # change of SSIMULACRA2 of the whole photo that is accepted at the default strength


@dataclass(frozen=True)
class Row:
    """Mean changes over photos with standard errors: PSNR in dB, SSIM, SSIMULACRA2."""

    setting: Setting
    change: tuple[float, float, float]
    standard_error: tuple[float, float, float]

    @property
    def cells(self) -> tuple[str, ...]:
        """Cells of the table as text, in the order of HEADINGS."""
        decibels, similarity, whole = self.change
        setting = self.setting
        changes = (f"{decibels:+.2f} dB", f"{similarity:+.4f}", f"{whole:+.1f}")
        return (f"{setting.quality:g}", setting.map_name, f"{setting.strength:g}", *changes)


def average_gains(photos: Sequence[Sequence[Gain]]) -> list[Row]:
    """Average the gains of each setting over photos, which all have the same settings in the same order."""
    rows = []
    for same in zip(*photos, strict=True):
        changes = np.array([gain.change for gain in same])
        errors = changes.std(axis=0, ddof=min(1, len(changes) - 1)) / np.sqrt(len(changes))
        rows.append(Row(same[0].setting, tuple(changes.mean(axis=0).tolist()), tuple(errors.tolist())))
    return rows


def to_markdown(rows: Sequence[Row]) -> str:
    """Format rows as a Markdown table for the documentation."""
    lines = [HEADINGS, ("---:", "---", "---:", "---:", "---:", "---:"), *(row.cells for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def save(stem: Path, rows: Sequence[Row], about: dict[str, Any]) -> None:
    """Write rows to `stem`.md, `stem`.json (which also holds `about`) and `stem`.png."""
    stem.parent.mkdir(parents=True, exist_ok=True)
    stem.with_suffix(".md").write_text(to_markdown(rows))
    each = [
        {**vars(row.setting), "psnr_db": row.change[0], "ssim": row.change[1], "ssimulacra2": row.change[2]}
        | {"standard_errors": row.standard_error}
        for row in rows
    ]
    stem.with_suffix(".json").write_text(json.dumps({**about, "rows": each}, indent=1) + "\n")
    draw(rows, stem.with_suffix(".png"))


def draw(rows: Sequence[Row], path: Path) -> None:
    """Plot gain where people looked against loss of the whole: a line for each map, a column for each quality."""
    qualities = sorted({row.setting.quality for row in rows})
    figure = Figure(figsize=(5 * len(qualities) + 1, 7), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(2, len(qualities), squeeze=False, sharex="col", sharey="row")
    for panels, quality in zip(grid.T, qualities, strict=True):
        panels[0].set_title(f"at the bytes of quality {quality:g} without a map")
        panels[1].set_xlabel("whole photo: change of SSIMULACRA2")
        for axes, score in zip(panels, (0, 1), strict=True):
            for name in dict.fromkeys(row.setting.map_name for row in rows):
                _draw_map(
                    axes, [row for row in rows if (row.setting.map_name, row.setting.quality) == (name, quality)], score
                )
            axes.axvline(LOSS_ALLOWED, color="black", linewidth=0.5, linestyle="dashed")
            axes.grid(alpha=0.3)
    for axes, label in zip(grid[:, 0], ("PSNR in dB", "SSIM"), strict=True):
        axes.set_ylabel(f"where people looked: change of {label}")
    grid[0, 0].legend()
    figure.savefig(path, dpi=110)


def _draw_map(axes: Any, rows: Sequence[Row], score: int) -> None:
    """Plot the line of one map from the origin (no map), and label each point with its strength."""
    points = [(0.0, 0.0), *((row.change[2], row.change[score]) for row in rows)]
    axes.plot(*zip(*points, strict=True), marker="o", markersize=3, linewidth=1, label=rows[0].setting.map_name)
    for row, point in zip(rows, points[1:], strict=True):
        axes.annotate(f"{row.setting.strength:g}", point, xytext=(3, 3), textcoords="offset points", fontsize=7)
