"""What came out: where the error is, the scans one by one, and sizes and scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foveal.drawing.html import Content, Markup, element, figure, figure_row, paragraph, section, table
from foveal.explain.facts import MAX_SSIM_PIXELS, Facts, JudgedFile
from foveal.explain.pictures import drawing, heat_legend, heat_map, photograph
from foveal.inspection import describe_scan
from foveal.jpeg import BLOCK_SIDE, EightBitPixels, block_grid

_BRIGHT_SHARE = 0.995


def error_section(facts: Facts) -> Markup:
    """Where the error is."""
    files = {"This file": facts.file} | (
        {} if facts.blind is None else {"Content-blind, about the same bytes": facts.blind}
    )
    errors = {name: block_errors(facts.original, file.pixels) for name, file in files.items()}
    most = max(max(float(np.quantile(each, _BRIGHT_SHARE)) for each in errors.values()), 1.0)
    close = {"The photo": facts.original} | {name: file.pixels for name, file in files.items()}
    part = facts.block.neighbourhood
    return section(
        "error",
        "Where the error is",
        paragraph(
            "The decoded file differs from the photo, most where there is fine texture and where a block gave up much. "
            "Each block is as light as its error is large (root of the mean square, in steps of 255)."
        ),
        figure_row(
            *(figure(f"{name}.", heat_map(each, most, f"Error of each block: {name}")) for name, each in errors.items())
        ),
        heat_legend("0", f"{most:.1f} or more"),
        *_moved(facts, errors),
        paragraph("Around the chosen block, pixel by pixel:"),
        element(
            "div",
            *(
                figure(f"{name}.", drawing(pixels[part], f"EightBitPixels near the block: {name}", facts.copy_profile))
                for name, pixels in close.items()
            ),
            class_="row",
        ),
    )


def _moved(facts: Facts, errors: dict[str, NDArray[np.float64]]) -> list[Markup]:
    """The error of the most salient blocks and of the rest, here and in the content-blind encode."""
    salient = facts.salient_blocks
    if len(errors) == 1 or not salient.any():
        return []
    own, blind = (
        [float(np.sqrt(np.mean(each[part] ** 2))) for part in (salient, ~salient)] for each in errors.values()
    )
    return [
        paragraph(
            f"In the {salient.mean():.0%} of blocks that weigh most, the error is {own[0]:.2f} here and {blind[0]:.2f} "
            f"in the content-blind encode; in the others it is {own[1]:.2f} and {blind[1]:.2f}."
        )
    ]


def block_errors(original: EightBitPixels, decoded: EightBitPixels) -> NDArray[np.float64]:
    """Root mean square error of each block of 8x8 pixels, over what of it lies in the photo: (rows, columns)."""
    squares = (original.astype(np.float32) - decoded.astype(np.float32)) ** 2
    if squares.ndim == 3:
        squares = squares.mean(axis=2)
    rows, columns = (np.arange(count) * BLOCK_SIDE for count in block_grid(*squares.shape))
    sums = np.add.reduceat(np.add.reduceat(squares, rows, axis=0, dtype=np.float64), columns, axis=1)
    heights, widths = (np.diff([*starts, side]) for starts, side in zip((rows, columns), squares.shape, strict=True))
    return np.asarray(np.sqrt(sums / (heights[:, np.newaxis] * widths)))


def scans_section(facts: Facts) -> Markup:
    """Progressive scans as a film strip."""
    size = len(facts.file.data)
    names = facts.component_names
    if len(facts.scans) == 1:
        told = "This file is baseline: one scan holds everything, and the photo appears from top to bottom."
    else:
        told = (
            f"This file is progressive: its {len(facts.scans)} scans each send a part of every block, coarse waves "
            "first. This is what a decoder shows after each of them, while the rest is still on its way."
        )
    frames = [
        figure(
            f"Scan {number}: {describe_scan(read.scan)} of "
            f"{', '.join(names[index] for index in read.scan.components)}. "
            f"{read.end:,} bytes so far, {read.end / size:.0%}.",
            photograph(read.thumbnail, f"The photo after scan {number}", facts.copy_profile),
            drawing(read.detail, f"The blocks around the chosen one after scan {number}", facts.copy_profile),
        )
        for number, read in enumerate(facts.scans, start=1)
    ]
    return section("scans", "Scan by scan", paragraph(told), figure_row(*frames, small=True))


def sizes_section(facts: Facts) -> Markup:
    """Sizes and scores, and a lossless file for contrast."""
    pixels = facts.frame.width * facts.frame.height
    files = {f"this file, quality {facts.file.quality:g}": facts.file}
    if facts.blind is not None:
        files[f"content-blind, quality {facts.blind.quality:.1f}"] = facts.blind
    rows = [_row(facts, name, file, pixels) for name, file in files.items()]
    lossless = ("PNG, lossless", f"{facts.png_bytes:,}", f"{8 * facts.png_bytes / pixels:.2f}", "∞", "∞", "1", "100")
    ratio = facts.png_bytes / len(facts.file.data)
    depth = " (of its pixels at 8 bits)" if facts.photo.pixels.itemsize > 1 else ""
    return section(
        "sizes",
        "Lossy against lossless: sizes and scores",
        paragraph(
            f"A PNG keeps every bit of the photo{depth} and takes {facts.png_bytes:,} bytes; this file takes "
            f"{len(facts.file.data):,}, {_times(ratio)}. What it lost is measured below: PSNR counts errors of pixels, "
            "“where people look” weighs them by the map, SSIM compares structure, and SSIMULACRA2 comes nearest to "
            "what people say (70 is high quality, 90 hard to tell from the original)."
        ),
        table(
            ("", "bytes", "bits per pixel", "PSNR", "PSNR where people look", "SSIM", "SSIMULACRA2"),
            [*rows, lossless],
            id="scores",
            class_="list numbers",
        ),
        *_missing(rows),
    )


def _times(ratio: float) -> str:
    return (
        f"{ratio:.1f} times less" if ratio >= 1 else f"{1 / ratio:.1f} times more: so small a photo is mostly headers"
    )


def _row(facts: Facts, name: str, file: JudgedFile, pixels: int) -> tuple[Content, ...]:
    scores = facts.scores(file)
    return (
        name,
        element("data", f"{len(file.data):,}", value=len(file.data)),
        f"{8 * len(file.data) / pixels:.2f}",
        _decibels(scores.psnr),
        _decibels(scores.salient_psnr),
        "-" if scores.ssim is None else f"{scores.ssim:.4f}",
        "-" if scores.ssimulacra2 is None else f"{scores.ssimulacra2:.1f}",
    )


def _decibels(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.2f} dB" if np.isfinite(value) else "∞"


def _missing(rows: list[tuple[Content, ...]]) -> list[Markup]:
    if "-" not in rows[0]:
        return []
    return [
        paragraph(
            "-: there is no map, the photo is too small for the score, it is too large for SSIM (more than "
            f"{MAX_SSIM_PIXELS / 1e6:g} million pixels), or scikit-image, which computes SSIM, is not installed."
        )
    ]
