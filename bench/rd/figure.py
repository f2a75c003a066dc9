"""Plot of rate-distortion curves."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import ScalarFormatter

from bench.rd import scores
from bench.rd.compare import Comparison
from foveal.jpeg import EightBitPixels


def draw(comparison: Comparison, encoders: Sequence[str], photos: Mapping[str, EightBitPixels], path: Path) -> None:
    """Plot mean score against bits per pixel (geometric mean), with a panel for each metric and a point per setting.

    `encoders` are the names of encoders that encoded all photos.
    """
    pixel_counts = np.array([photos[name][..., 0].size for name in comparison.curves])
    metrics = scores.find_installed()
    rows, columns = math.ceil(len(metrics) / 3), 3
    figure = Figure(figsize=(15, 4.5 * rows), layout="constrained")
    for index, metric in enumerate(metrics):
        axes = figure.add_subplot(rows, columns, index + 1)
        for encoder in encoders:
            points = [curves[encoder] for curves in comparison.curves.values()]
            sizes = np.array([[point.size_bytes for point in curve] for curve in points])
            bits_per_pixel = np.exp(np.log(8 * sizes / pixel_counts[:, None]).mean(axis=0))
            means = np.mean([[point.scores[metric] for point in curve] for curve in points], axis=0)
            axes.plot(bits_per_pixel, means, ".-", label=encoder, linewidth=1)
        axes.set(xscale="log", xlabel="bits per pixel", title=" ".join([metric, scores.METRICS[metric].unit]).strip())
        axes.xaxis.set_major_formatter(ScalarFormatter())
        axes.xaxis.set_minor_formatter(ScalarFormatter())
        axes.grid(visible=True, which="both", alpha=0.3)
    figure.axes[0].legend()
    figure.suptitle(f"{len(photos)} photographs")
    figure.savefig(path, dpi=110)
