"""A comparison as an HTML page: one file with its pictures, without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from foveal.comparison import table
from foveal.comparison.compare import Comparison
from foveal.comparison.overview import draw_map, draw_outlines
from foveal.comparison.regions import Region
from foveal.comparison.sheet import REGION_TITLES, region_title
from foveal.drawing.html import Markup, document, element, paragraph
from foveal.drawing.pictures import embed_pixels
from foveal.jpeg import EightBitPixels

_OVERVIEW_SIDE = 480  # pixels of the longer side


def write_page(comparison: Comparison, name: str) -> str:
    """Write a comparison as an HTML page for wide and narrow, light and dark screens.

    Parameters
    ----------
    comparison
        Files, scores and crops.
    name
        Name of the photo, text that is not yet escaped.

    Returns
    -------
    str
        The page, see `html.document`.
    """
    title = f"{name}, encoded in {len(comparison.entries[0].data):,} bytes"
    return document(
        title,
        element("h1", title),
        _overview(comparison, name),
        _score_table(comparison),
        paragraph(" ".join(table.NOTES)),
        *(paragraph(f"{line}.") for line in comparison.left_out),
        *(part for index in range(len(comparison.regions)) for part in _region(comparison, index)),
        style=files(__package__).joinpath("style.css").read_text(encoding="utf-8"),
    )


def _overview(comparison: Comparison, name: str) -> Markup:
    """Make pictures of the whole photo, with the regions outlined and under the map."""
    regions = " and ".join(f"{REGION_TITLES[region.name].lower()}" for region in comparison.regions)
    pictures: dict[str, tuple[NDArray[np.uint8], str]] = {
        "photo": (draw_outlines(comparison, _OVERVIEW_SIDE), f"{name}, with outlines of {regions}"),
        "where people look": (draw_map(comparison, _OVERVIEW_SIDE), f"{name}, dim where people do not look"),
    }
    return element(
        "div",
        *(
            _figure(title, embed_pixels(pixels, alt, comparison.icc_profile))
            for title, (pixels, alt) in pictures.items()
        ),
        class_="pictures",
    )


def _score_table(comparison: Comparison) -> Markup:
    groups = [element("th", name, scope="colgroup", colspan=3) for name in table.GROUPS]
    headings = [element("th", heading, scope="col") for heading in table.HEADINGS]
    head = element("thead", element("tr", element("td", colspan=3), *groups), element("tr", *headings))
    rows = (
        element("tr", element("th", name, scope="row"), *(element("td", number) for number in numbers))
        for name, *numbers in map(table.format_row, comparison.entries)
    )
    scores = element("table", head, element("tbody", *rows))
    return element("div", scores, class_="scores", role="region", aria_label="Scores", tabindex=0)


def _region(comparison: Comparison, index: int) -> Iterator[Markup]:
    """Make a heading and the crops of one region: of the original, then of each file."""
    region, profile = comparison.regions[index], comparison.icc_profile
    title = REGION_TITLES[region.name]
    yield element("h2", region_title(region), class_=region.name)
    original = _crop(comparison.pixels[region.slices], f"{title}, original", profile, region)
    figures = [_figure("original", original, element("span", "\N{NO-BREAK SPACE}"))]
    for entry in comparison.entries:
        size = f"{len(entry.data):,} bytes"
        crop = _crop(entry.crops[index], f"{title}, by {entry.name} in {size}", profile, region)
        figures.append(_figure(entry.name, crop, element("span", size)))
    yield element("div", *figures, class_="pictures")


def _crop(pixels: EightBitPixels, alt: str, icc_profile: bytes | None, region: Region) -> Markup:
    return embed_pixels(pixels, alt, icc_profile, zoom=region.zoom, class_="crop")


def _figure(title: str, picture: Markup, *details: Markup) -> Markup:
    """Make a figure with a caption above the picture."""
    return element("figure", element("figcaption", title, *details), picture)
