"""One block: its samples, coefficients and levels."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from foveal.drawing.html import Markup, element, figure, figure_row, fold, paragraph, section
from foveal.explain import pictures
from foveal.explain.anatomy import BlockAnatomy
from foveal.explain.facts import Facts
from foveal.jpeg import BLOCK_SIDE

Shade = Callable[[int, float], str | None]  # a value and the largest of its grid -> style


def block_section(facts: Facts) -> Markup:
    """The numbers of the block, stage by stage, in each component."""
    luma, *chroma = facts.anatomy
    name = facts.component_names[0]
    kept, rounded = np.count_nonzero(luma.levels), np.count_nonzero(luma.rounded)
    given_up = (
        f" Plain rounding would keep {rounded}; where it gives another level, outlined, the encoder found that the "
        "bits do more elsewhere."
        if (luma.levels != luma.rounded).any()
        else ""
    )
    return section(
        "block",
        "One block, from pixels to levels",
        paragraph(
            "The discrete cosine transform writes the block's 64 samples as a sum of 64 waves: flat ones at the top "
            "left, the finest at the bottom right. Most of what the eye sees is in a few of them. Each coefficient is "
            "divided by a step of the quantization table and rounded; that is the one place where JPEG loses "
            f"something. Of 64 levels of {name}, {kept} {'is' if kept == 1 else 'are'} not zero.{given_up}"
        ),
        figure_row(
            figure(
                f"{name} of the block in the photo, and as decoded.",
                _side_by_side(luma),
            ),
            *_grids(luma, name),
        ),
        *(
            fold(f"The same for {other}", _covered(facts, anatomy), figure_row(*_grids(anatomy, other)))
            for other, anatomy in zip(facts.component_names[1:], chroma, strict=True)
        ),
    )


def _side_by_side(anatomy: BlockAnatomy) -> Markup:
    before = np.rint(np.clip(anatomy.samples, 0, 255)).astype(np.uint8)
    gap = np.full((BLOCK_SIDE, 1), 128, dtype=np.uint8)
    both = np.concatenate([before, gap, anatomy.restored], axis=1)
    return pictures.drawing(both, "The block enlarged: on the left as in the photo, on the right as decoded")


def _grids(anatomy: BlockAnatomy, name: str) -> Iterator[Markup]:
    key = name.lower()
    changed = anatomy.levels != anatomy.rounded
    error = anatomy.restored - np.rint(anatomy.samples)
    rms = float(np.sqrt(np.mean((anatomy.restored - anatomy.samples) ** 2)))
    yield figure(f"Samples of {name}, 0 to 255.", _number_grid(np.rint(anatomy.samples), f"{key}-samples", _grey))
    yield figure(
        "DCT coefficients of the samples minus 128.",
        _number_grid(np.rint(anatomy.coefficients), f"{key}-coefficients", _signed),
    )
    yield figure("Quantization table: the step for each.", _number_grid(anatomy.steps, f"{key}-steps", _plain))
    yield figure(
        "Levels in the file: coefficient / step, rounded.",
        _number_grid(anatomy.levels, f"{key}-levels", _signed, changed),
    )
    yield figure("Samples as decoded.", _number_grid(anatomy.restored, f"{key}-restored", _grey))
    yield figure(f"What is lost: {rms:.1f} on average (RMS).", _number_grid(error, f"{key}-error", _signed))


def _covered(facts: Facts, anatomy: BlockAnatomy) -> Markup:
    component = facts.frame.components[anatomy.spot.component]
    across, down = facts.frame.h_max // component.h_factor, facts.frame.v_max // component.v_factor
    if across == down == 1:
        return paragraph("The block of the same 8 × 8 pixels.")
    return paragraph(
        f"The colour block that covers the chosen one: its 64 samples stand for {8 * across} × {8 * down} pixels."
    )


def _number_grid(
    values: NDArray[np.integer | np.floating],
    identifier: str,
    shade: Shade,
    outlined: NDArray[np.bool_] | None = None,
) -> Markup:
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


def _grey(value: int, _: float) -> str:
    shade = min(max(value, 0), 255)
    return f"background:rgb({shade},{shade},{shade});color:{'#000' if shade > 127 else '#fff'}"


def _signed(value: int, most: float) -> str | None:
    if value == 0:
        return None
    strength = 0.1 + 0.5 * (np.log1p(abs(value)) / np.log1p(most))
    return f"background:rgba({'220,80,40' if value > 0 else '40,110,220'},{strength:.2f})"


def _plain(value: int, most: float) -> str:
    return f"background:rgba(128,128,128,{0.45 * value / most:.2f})"
