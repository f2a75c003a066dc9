"""A comparison as one HTML page that needs no other file: the pictures are in it, and it has no scripts."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

import numpy as np

from foveal.comparison import table
from foveal.comparison.compare import Comparison
from foveal.comparison.overview import draw_map, draw_outlines
from foveal.comparison.regions import Region
from foveal.comparison.sheet import REGION_TITLES
from foveal.drawing.html import Markup, document, element, embed, paragraph
from foveal.jpeg import EightBitPixels
from foveal.photo.writing import png_bytes

_OVERVIEW_SIDE = 480  # pixels of the longer side


def write_page(comparison: Comparison, name: str) -> str:
    """Write a comparison as an HTML page for wide and narrow, light and dark screens.

    Parameters
    ----------
    name
        Name of the photo, any text.
    """
    title = f"{name}, encoded in {len(comparison.entries[0].data):,} bytes"
    return document(
        title,
        element("h1", title),
        _overview(comparison, name),
        _score_table(comparison),
        paragraph(" ".join(table.NOTES)),
        *(paragraph(f"{line}.") for line in comparison.left_out),
        *(part for index in range(len(comparison.regions)) for part in _crops(comparison, index)),
        style=files(__package__).joinpath("style.css").read_text(encoding="utf-8"),
    )


def _overview(comparison: Comparison, name: str) -> Markup:
    profile = comparison.icc_profile
    parts = " and ".join(f"{REGION_TITLES[region.name].lower()}" for region in comparison.regions)
    photo = draw_outlines(comparison, _OVERVIEW_SIDE)
    saliency = draw_map(comparison, _OVERVIEW_SIDE)
    return element(
        "div",
        _captioned("photo", _picture(photo, f"{name}, in which are outlined {parts}", profile)),
        _captioned("where people look", _picture(saliency, f"{name}, dim where people do not look", profile)),
        class_="pictures",
    )


def _score_table(comparison: Comparison) -> Markup:
    groups = [element("th", name, scope="colgroup", colspan=3) for name in table.GROUPS]
    headings = [element("th", heading, scope="col") for heading in table.HEADINGS]
    head = element("thead", element("tr", element("td", colspan=3), *groups), element("tr", *headings))
    rows = (
        element("tr", element("th", name, scope="row"), *(element("td", figure) for figure in figures))
        for name, *figures in map(table.format_row, comparison.entries)
    )
    scores = element("table", head, element("tbody", *rows))
    return element("div", scores, class_="scores", role="region", aria_label="Scores", tabindex=0)


def _crops(comparison: Comparison, index: int) -> Iterator[Markup]:
    region, profile = comparison.regions[index], comparison.icc_profile
    title = REGION_TITLES[region.name]
    yield element("h2", f"{title}, {100 * region.zoom} %", class_=region.name)
    original = _picture(comparison.pixels[region.slices], f"{title}, original", profile, region)
    figures = [_captioned("original", original, element("span", "\N{NO-BREAK SPACE}"))]
    for entry in comparison.entries:
        size = f"{len(entry.data):,} bytes"
        crop = _picture(entry.crops[index], f"{title}, by {entry.name} in {size}", profile, region)
        figures.append(_captioned(entry.name, crop, element("span", size)))
    yield element("div", *figures, class_="pictures")


def _captioned(name: str, picture: Markup, *more: Markup) -> Markup:
    return element("figure", element("figcaption", name, *more), picture)


def _picture(pixels: EightBitPixels, alt: str, icc_profile: bytes | None, region: Region | None = None) -> Markup:
    """Embed pixels without loss; a crop is shown enlarged by the zoom of its region."""
    height, width = ((region.zoom if region else 1) * side for side in pixels.shape[:2])
    data = png_bytes(np.ascontiguousarray(pixels), icc_profile)
    return embed(data, "image/png", (height, width), alt, class_="crop" if region else None)
