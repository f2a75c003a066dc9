"""The table of scores as text, shared by terminal, sheet and page."""

from __future__ import annotations

import math
from collections.abc import Iterator

from foveal.comparison.compare import Comparison, Entry

SCORE_HEADINGS = ("SSIMULACRA2", "SSIM", "PSNR")
HEADINGS = ("encoder", "quality", "bytes", *SCORE_HEADINGS, *SCORE_HEADINGS)
GROUPS = ("whole photo", "where people look")  # headings above three scores each
NOTES = (
    "No file is larger than foveal's; MozJPEG and jpegli take whole qualities only. All are 4:2:0 and",
    "without metadata. The same quality means something else to each encoder.",
    "Where people look: SSIM and PSNR are weighted by foveal's own map, SSIMULACRA2 is that of the most salient part.",
)
_NO_SCORE = "-"


def format_row(entry: Entry) -> tuple[str, ...]:
    """Return the row of an entry: a text for each of HEADINGS."""
    scores = entry.scores
    return (
        entry.name,
        f"{entry.quality:g}",
        f"{len(entry.data):,}",
        _format_score(scores.ssimulacra2, "{:.1f}"),
        _format_score(scores.ssim, "{:.4f}"),
        _format_score(scores.psnr, "{:.2f} dB"),
        _format_score(scores.salient_ssimulacra2, "{:.1f}"),
        _format_score(scores.salient_ssim, "{:.4f}"),
        _format_score(scores.salient_psnr, "{:.2f} dB"),
    )


def format_table(comparison: Comparison) -> Iterator[str]:
    """Yield the lines of the table for a terminal."""
    rows = [HEADINGS, *(format_row(entry) for entry in comparison.entries)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    indent = sum(widths[:3]) + 2 * 2  # columns are two spaces apart
    group_width = sum(widths[3:6]) + 2 * 2
    yield (" " * indent + "".join(f"  {name:>{group_width}}" for name in GROUPS)).rstrip()
    for name, *numbers in rows:
        yield f"{name:<{widths[0]}}" + "".join(
            f"  {text:>{width}}" for text, width in zip(numbers, widths[1:], strict=True)
        )


def _format_score(value: float | None, form: str) -> str:
    if value is None:
        return _NO_SCORE
    return form.format(value) if math.isfinite(value) else "no loss"
