"""Sections about the result: errors of blocks, progressive scans, sizes and scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from foveal.drawing.colors import brightest_value
from foveal.drawing.html import Content, Markup, element, figure, figure_row, paragraph, section, table
from foveal.explain.facts import MAX_SSIM_PIXELS, EncodedFile, Facts
from foveal.explain.pictures import embed_exactly, embed_heat_map, embed_photo, heat_legend
from foveal.inspection import describe_scan
from foveal.jpeg import BLOCK_SIDE, EightBitPixels, block_grid


def error_section(facts: Facts) -> Markup:
    """Make the section that shows the error of each block, here and in the content-blind encode."""
    files = {"This file": facts.file} | (
        {} if facts.blind is None else {"Content-blind, about the same bytes": facts.blind}
    )
    errors = {name: block_errors(facts.original, file.pixels) for name, file in files.items()}
    most = max(brightest_value(each) for each in errors.values())
    details = {"The photo": facts.original} | {name: file.pixels for name, file in files.items()}
    part = facts.block.neighbourhood
    return section(
        "error",
        "Where the error is",
        paragraph(
            "The decoded file differs from the photo, most in fine texture and in blocks that gave up many "
            "coefficients. The larger the error of a block (root mean square, on the scale from 0 to 255), the lighter "
            "it is."
        ),
        figure_row(
            *(
                figure(f"{name}.", embed_heat_map(each, most, f"Error of each block: {name}"))
                for name, each in errors.items()
            )
        ),
        heat_legend("0", f"{most:.1f} or more"),
        *_compare_errors(facts, errors),
        paragraph("Around the chosen block, pixel by pixel:"),
        element(
            "div",
            *(
                figure(f"{name}.", embed_exactly(pixels[part], f"Pixels near the block: {name}", facts.page_profile))
                for name, pixels in details.items()
            ),
            class_="row",
        ),
    )


def _compare_errors(facts: Facts, errors: dict[str, NDArray[np.float64]]) -> list[Markup]:
    """Make a paragraph with the errors of salient and other blocks, here and in the content-blind encode."""
    salient = facts.salient_blocks
    if len(errors) == 1 or not salient.any():
        return []
    own, blind = (
        [float(np.sqrt(np.mean(each[part] ** 2))) for part in (salient, ~salient)] for each in errors.values()
    )
    return [
        paragraph(
            f"In the {salient.mean():.0%} of blocks with the highest weights, the error is {own[0]:.2f} here and "
            f"{blind[0]:.2f} in the content-blind encode; in the other blocks it is {own[1]:.2f} and {blind[1]:.2f}."
        )
    ]


def block_errors(original: EightBitPixels, decoded: EightBitPixels) -> NDArray[np.float64]:
    """Return the root mean square error of each 8x8-pixel block, over its pixels inside the photo: (rows, columns)."""
    squares = (original.astype(np.float32) - decoded.astype(np.float32)) ** 2
    if squares.ndim == 3:
        squares = squares.mean(axis=2)
    rows, columns = (np.arange(count) * BLOCK_SIDE for count in block_grid(*squares.shape))
    sums = np.add.reduceat(np.add.reduceat(squares, rows, axis=0, dtype=np.float64), columns, axis=1)
    heights, widths = (np.diff([*starts, side]) for starts, side in zip((rows, columns), squares.shape, strict=True))
    return np.asarray(np.sqrt(sums / (heights[:, np.newaxis] * widths)))


def scans_section(facts: Facts) -> Markup:
    """Make the section that shows the decoded photo after each scan."""
    size = len(facts.file.data)
    names = facts.component_names
    if len(facts.scans) == 1:
        introduction = (
            "This file is baseline: a single scan contains everything, and the photo appears from top to bottom."
        )
    else:
        introduction = (
            f"This file is progressive: each of its {len(facts.scans)} scans sends a part of every block, low "
            "frequencies first. This is what a decoder shows after each scan, before the rest of the file has arrived."
        )
    frames = [
        figure(
            f"Scan {number}: {describe_scan(step.scan)} of "
            f"{', '.join(names[index] for index in step.scan.components)}. "
            f"{step.end:,} bytes so far, {step.end / size:.0%}.",
            embed_photo(step.thumbnail, f"The photo after scan {number}", facts.page_profile),
            embed_exactly(step.detail, f"The blocks around the chosen one after scan {number}", facts.page_profile),
        )
        for number, step in enumerate(facts.scans, start=1)
    ]
    return section("scans", "Scan by scan", paragraph(introduction), figure_row(*frames, small=True))


def sizes_section(facts: Facts) -> Markup:
    """Make the section that compares sizes and scores with a content-blind encode and a lossless file."""
    pixels = facts.frame.width * facts.frame.height
    files = {f"this file, quality {facts.file.quality:g}": facts.file}
    if facts.blind is not None:
        files[f"content-blind, quality {facts.blind.quality:.1f}"] = facts.blind
    rows = [_score_row(facts, name, file, pixels) for name, file in files.items()]
    lossless = (
        "PNG, lossless",
        f"{facts.png_size_bytes:,}",
        f"{8 * facts.png_size_bytes / pixels:.2f}",
        "∞",
        "∞",
        "1",
        "100",
    )
    ratio = facts.png_size_bytes / len(facts.file.data)
    depth = " (of its pixels at 8 bits)" if facts.photo.pixels.itemsize > 1 else ""
    return section(
        "sizes",
        "Lossy against lossless: sizes and scores",
        paragraph(
            f"A PNG keeps every bit of the photo{depth} and takes {facts.png_size_bytes:,} bytes; this file takes "
            f"{len(facts.file.data):,}, {_describe_ratio(ratio)}. The table measures what was lost: PSNR counts errors "
            "of pixels, “where people look” weights them by the map, SSIM compares structure, and SSIMULACRA2 agrees "
            "best with what people see (70 is high quality, 90 hard to tell from the original)."
        ),
        table(
            ("", "bytes", "bits per pixel", "PSNR", "PSNR where people look", "SSIM", "SSIMULACRA2"),
            [*rows, lossless],
            id="scores",
            class_="list numbers",
        ),
        *_note_missing_scores(rows),
    )


def _describe_ratio(ratio: float) -> str:
    return (
        f"{ratio:.1f} times less"
        if ratio >= 1
        else f"{1 / ratio:.1f} times more, because so small a file consists mostly of headers"
    )


def _score_row(facts: Facts, name: str, file: EncodedFile, pixels: int) -> tuple[Content, ...]:
    scores = facts.scores(file)
    return (
        name,
        element("data", f"{len(file.data):,}", value=len(file.data)),
        f"{8 * len(file.data) / pixels:.2f}",
        _format_decibels(scores.psnr),
        _format_decibels(scores.salient_psnr),
        "-" if scores.ssim is None else f"{scores.ssim:.4f}",
        "-" if scores.ssimulacra2 is None else f"{scores.ssimulacra2:.1f}",
    )


def _format_decibels(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.2f} dB" if np.isfinite(value) else "∞"


def _note_missing_scores(rows: list[tuple[Content, ...]]) -> list[Markup]:
    if "-" not in rows[0]:
        return []
    return [
        paragraph(
            "“-” stands for a score that is missing: there is no map, the photo is too small for the score or too "
            f"large for SSIM (more than {MAX_SSIM_PIXELS / 1e6:g} million pixels), or scikit-image, which computes "
            "SSIM, is not installed."
        )
    ]
