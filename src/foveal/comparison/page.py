"""A comparison as one HTML page that needs nothing else: pictures are in it, scripts are not."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from html import escape

import numpy as np
from numpy.typing import NDArray

from foveal.comparison import table
from foveal.comparison.compare import Comparison
from foveal.comparison.overview import outlined, where_people_look
from foveal.comparison.regions import Region
from foveal.comparison.sheet import REGION_TITLES
from foveal.photo.writing import png_bytes

_OVERVIEW_SIDE = 480  # pixels of the longer side
_STYLE = """
:root { color-scheme: light dark; --paper: #fff; --ink: #1f2328; --pale: #59636e; --line: #d1d9e0;
  --salient: #d9480f; --background: #1864ab; }
@media (prefers-color-scheme: dark) { :root { --paper: #0d1117; --ink: #e6edf3; --pale: #9198a1; --line: #3d444d;
  --salient: #ff922b; --background: #74c0fc; } }
body { margin: 1rem auto; padding: 0 1rem; max-width: 115rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; line-height: 1.25; overflow-wrap: anywhere; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
h2.salient { color: var(--salient); }
h2.background { color: var(--background); }
p { max-width: 45rem; color: var(--pale); }
.pictures { display: flex; flex-wrap: wrap; gap: 1rem; }
figure { margin: 0; }
figcaption { font-weight: 600; }
figcaption span { display: block; font-weight: 400; color: var(--pale); }
img { display: block; max-width: 100%; height: auto; }
img.crop { image-rendering: pixelated; }
.scores { overflow-x: auto; margin: 1.5rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; white-space: nowrap; }
th, td { padding: .3rem .7rem; text-align: right; }
thead th { font-weight: 400; color: var(--pale); }
thead tr:last-child th, tbody tr { border-bottom: 1px solid var(--line); }
thead th[colspan] { text-align: center; border-bottom: 1px solid var(--line); }
tr > th:first-child { text-align: left; padding-left: 0; position: sticky; left: 0;
  background: var(--paper); }
"""


def page(comparison: Comparison, name: str) -> str:
    """Write a comparison as HTML, for wide and narrow, light and dark screens.

    Parameters
    ----------
    name
        What the photo is called, any text.
    """
    title = f"{name}, encoded in {len(comparison.entries[0].data):,} bytes"
    return "\n".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{escape(title)}</h1>",
            *_overview(comparison, name),
            *_table(comparison),
            f"<p>{escape(' '.join(table.NOTES))}</p>",
            *(f"<p>{escape(line)}.</p>" for line in comparison.left_out),
            *(line for index in range(len(comparison.regions)) for line in _crops(comparison, index)),
            "</body>\n</html>\n",
        ]
    )


def _overview(comparison: Comparison, name: str) -> Iterator[str]:
    profile = comparison.icc_profile
    yield '<div class="pictures">'
    parts = " and ".join(f"{REGION_TITLES[region.name].lower()}" for region in comparison.regions)
    photo = outlined(comparison, _OVERVIEW_SIDE)
    yield _figure("photo", _image(photo, f"{name}, in which are outlined {parts}", profile))
    seen = where_people_look(comparison, _OVERVIEW_SIDE)
    yield _figure("where people look", _image(seen, f"{name}, dim where people do not look", profile))
    yield "</div>"


def _table(comparison: Comparison) -> Iterator[str]:
    groups = "".join(f'<th scope="colgroup" colspan="3">{name}</th>' for name in table.GROUPS)
    yield '<div class="scores" role="region" aria-label="Scores" tabindex="0">\n<table>\n<thead>'
    yield f'<tr><td colspan="3"></td>{groups}</tr>'
    headings = "".join(f'<th scope="col">{heading}</th>' for heading in table.HEADINGS)
    yield f"<tr>{headings}</tr>\n</thead>\n<tbody>"
    for name, *figures in map(table.cells, comparison.entries):
        yield f'<tr><th scope="row">{escape(name)}</th>{"".join(f"<td>{figure}</td>" for figure in figures)}</tr>'
    yield "</tbody>\n</table>\n</div>"


def _crops(comparison: Comparison, index: int) -> Iterator[str]:
    region, profile = comparison.regions[index], comparison.icc_profile
    title = REGION_TITLES[region.name]
    yield f'<h2 class="{region.name}">{title}, {100 * region.zoom} %</h2>\n<div class="pictures">'
    original = comparison.pixels[region.slices]
    yield _figure("original", _image(original, f"{title}, original", profile, region), "<span>&nbsp;</span>")
    for entry in comparison.entries:
        size = f"{len(entry.data):,} bytes"
        image = _image(entry.crops[index], f"{title}, by {entry.name} in {size}", profile, region)
        yield _figure(entry.name, image, f"<span>{size}</span>")
    yield "</div>"


def _figure(name: str, image: str, more: str = "") -> str:
    return f"<figure><figcaption>{escape(name)}{more}</figcaption>{image}</figure>"


def _image(pixels: NDArray[np.uint8], text: str, icc_profile: bytes | None, region: Region | None = None) -> str:
    """A picture without loss in the page itself, enlarged where it is of a region."""
    kind, zoom = (' class="crop"', region.zoom) if region else ("", 1)
    height, width = (zoom * side for side in pixels.shape[:2])
    data = b64encode(png_bytes(np.ascontiguousarray(pixels), icc_profile)).decode()
    sizes = f'width="{width}" height="{height}"'
    return f'<img{kind} {sizes} alt="{escape(text)}" src="data:image/png;base64,{data}">'
