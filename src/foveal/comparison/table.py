"""The figures of a comparison, as text: the same wherever they are shown."""

from __future__ import annotations

import math
from collections.abc import Iterator

from foveal.comparison.compare import Comparison, Entry

SCORE_HEADINGS = ("SSIMULACRA2", "SSIM", "PSNR")
HEADINGS = ("encoder", "quality", "bytes", *SCORE_HEADINGS, *SCORE_HEADINGS)
GROUPS = ("whole photo", "where people look")  # what each three scores are of
NOTES = (
    "No file is larger than foveal's; MozJPEG and jpegli take whole qualities only. All are 4:2:0 and",
    "without metadata. The same quality means something else to each encoder.",
    "Where people look: SSIM and PSNR are weighted by foveal's own map, SSIMULACRA2 is that of the most salient part.",
)
_NONE = "-"


def format_row(entry: Entry) -> tuple[str, ...]:
    """A row of the table, a text for each of HEADINGS."""
    scores = entry.scores
    return (
        entry.name,
        f"{entry.quality:g}",
        f"{len(entry.data):,}",
        _formatted(scores.ssimulacra2, "{:.1f}"),
        _formatted(scores.ssim, "{:.4f}"),
        _formatted(scores.psnr, "{:.2f} dB"),
        _formatted(scores.salient_ssimulacra2, "{:.1f}"),
        _formatted(scores.salient_ssim, "{:.4f}"),
        _formatted(scores.salient_psnr, "{:.2f} dB"),
    )


def format_table(comparison: Comparison) -> Iterator[str]:
    """The table for a terminal."""
    rows = [HEADINGS, *(format_row(entry) for entry in comparison.entries)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    before = sum(widths[:3]) + 2 * 2
    group = sum(widths[3:6]) + 2 * 2
    yield (" " * before + "".join(f"  {name:>{group}}" for name in GROUPS)).rstrip()
    for name, *figures in rows:
        yield f"{name:<{widths[0]}}" + "".join(f"  {f:>{width}}" for f, width in zip(figures, widths[1:], strict=True))


def _formatted(value: float | None, form: str) -> str:
    if value is None:
        return _NONE
    return form.format(value) if math.isfinite(value) else "no loss"
