"""Section about one block: its samples, DCT coefficients, levels and decoded samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from foveal.drawing.html import Markup, details, element, figure, figure_row, paragraph, section
from foveal.explain.anatomy import BlockAnatomy
from foveal.explain.facts import Facts
from foveal.explain.pictures import embed_exactly
from foveal.jpeg import BLOCK_SIDE

Shade = Callable[[int, float], str | None]  # from a value and the largest absolute value of its table to a CSS style


def block_section(facts: Facts) -> Markup:
    """Make the section that shows the numbers of the block at every stage, in each component."""
    luma, *chroma = facts.anatomy
    name = facts.component_names[0]
    kept, rounded = np.count_nonzero(luma.levels), np.count_nonzero(luma.rounded_levels)
    changes = (
        f" Plain rounding would keep {rounded}. Outlined levels differ from plain rounding: there the encoder saves "
        "bits that reduce the error more in other places."
        if (luma.levels != luma.rounded_levels).any()
        else ""
    )
    return section(
        "block",
        "One block, from pixels to levels",
        paragraph(
            "The discrete cosine transform (DCT) converts the 64 samples of the block to 64 coefficients, one for each "
            "pair of a horizontal and a vertical frequency: DC, which is proportional to the mean, at the top left, "
            "the highest frequencies at the bottom right. Most of what the eye sees is in a few of them. Each "
            "coefficient is divided by its step in the quantization table and rounded to a level; this quantization is "
            f"the main loss of JPEG. Of the 64 levels of {name}, {kept} {'is' if kept == 1 else 'are'} not "
            f"zero.{changes}"
        ),
        figure_row(
            figure(
                f"{name} of the block: in the photo on the left, as decoded on the right.",
                _draw_before_and_after(luma),
            ),
            *_tables(luma, name),
        ),
        *(
            details(f"The same for {other}", _coverage(facts, anatomy), figure_row(*_tables(anatomy, other)))
            for other, anatomy in zip(facts.component_names[1:], chroma, strict=True)
        ),
    )


def _draw_before_and_after(anatomy: BlockAnatomy) -> Markup:
    before = np.rint(np.clip(anatomy.samples, 0, 255)).astype(np.uint8)
    gap = np.full((BLOCK_SIDE, 1), 128, dtype=np.uint8)
    picture = np.concatenate([before, gap, anatomy.decoded], axis=1)
    return embed_exactly(picture, "The block enlarged: on the left as in the photo, on the right as decoded")


def _tables(anatomy: BlockAnatomy, name: str) -> Iterator[Markup]:
    """Make a table of 8 by 8 numbers for each stage of the block."""
    key = name.lower()
    changed = anatomy.levels != anatomy.rounded_levels
    error = anatomy.decoded - np.rint(anatomy.samples)
    rms = float(np.sqrt(np.mean((anatomy.decoded - anatomy.samples) ** 2)))
    yield figure(
        f"Samples of {name}, 0 to 255.", _number_table(np.rint(anatomy.samples), f"{key}-samples", _grey_shade)
    )
    yield figure(
        "DCT coefficients of the samples minus 128.",
        _number_table(np.rint(anatomy.coefficients), f"{key}-coefficients", _signed_shade),
    )
    yield figure(
        "Quantization table: the step of each coefficient.",
        _number_table(anatomy.steps, f"{key}-steps", _neutral_shade),
    )
    yield figure(
        "Levels in the file: coefficient / step, rounded.",
        _number_table(anatomy.levels, f"{key}-levels", _signed_shade, changed),
    )
    yield figure("Samples as decoded.", _number_table(anatomy.decoded, f"{key}-restored", _grey_shade))
    yield figure(
        f"Error of the decoded samples: {rms:.1f} root mean square.",
        _number_table(error, f"{key}-error", _signed_shade),
    )


def _coverage(facts: Facts, anatomy: BlockAnatomy) -> Markup:
    component = facts.frame.components[anatomy.position.component]
    across, down = facts.frame.h_max // component.h_factor, facts.frame.v_max // component.v_factor
    if across == down == 1:
        return paragraph("The block covers the same 8 × 8 pixels.")
    return paragraph(
        f"The chrominance block that covers the chosen block: its 64 samples stand for {8 * across} × {8 * down} "
        "pixels."
    )


def _number_table(
    values: NDArray[np.integer | np.floating],
    identifier: str,
    shade: Shade,
    outlined: NDArray[np.bool_] | None = None,
) -> Markup:
    """Make a table of (8, 8) numbers with backgrounds by `shade`, some of them outlined."""
    most = float(np.abs(values).max())
    rows = []
    for row in range(BLOCK_SIDE):
        cells = []
        for column in range(BLOCK_SIDE):
            value = int(values[row, column])
            classes = ["zero"] * (value == 0) + ["changed"] * bool(outlined is not None and outlined[row, column])
            cells.append(
                element("td", f"{value}", style=shade(value, most), class_=" ".join(classes) if classes else None)
            )
        rows.append(element("tr", *cells))
    return element("table", element("tbody", *rows), id=identifier, class_="grid")


def _grey_shade(value: int, _: float) -> str:
    shade = min(max(value, 0), 255)
    return f"background:rgb({shade},{shade},{shade});color:{'#000' if shade > 127 else '#fff'}"


def _signed_shade(value: int, most: float) -> str | None:
    if value == 0:
        return None
    strength = 0.1 + 0.5 * (np.log1p(abs(value)) / np.log1p(most))
    return f"background:rgba({'220,80,40' if value > 0 else '40,110,220'},{strength:.2f})"


def _neutral_shade(value: int, most: float) -> str:
    return f"background:rgba(128,128,128,{0.45 * value / most:.2f})"
