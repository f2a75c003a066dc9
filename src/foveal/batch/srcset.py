"""Lists of the sizes of each photo for generators of web sites: JSON, or snippets of HTML with `srcset`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any
from urllib.parse import quote

from foveal.batch.jobs import Outcome
from foveal.drawing.html import Markup, element


def describe_photos(outcomes: Iterable[Outcome], folder: str) -> Iterator[dict[str, Any]]:
    """Yield what was made of each photo, as a dictionary for JSON.

    Parameters
    ----------
    outcomes
        Outcomes, those of a source together.
    folder
        Folder that the paths of the files are relative to.
    """
    for source, group in groupby(outcomes, key=lambda outcome: outcome.source):
        made = sorted((each for each in group if each.status in ("written", "kept")), key=lambda each: each.width)
        if made:
            sizes = [_describe_size(outcome, folder) for outcome in made]
            entry = {"source": source, "sizes": sizes, "srcset": _srcset(sizes)}
            yield {**entry, "html": str(_picture_element(sizes))}


def manifest_as_json(photos: Iterable[dict[str, Any]]) -> str:
    """Return the photos as a JSON document."""
    return json.dumps({"photos": list(photos)}, indent=1) + "\n"


def manifest_as_html(photos: Iterable[dict[str, Any]]) -> str:
    """Return a <picture> element for each photo, one a line, to be pasted into pages."""
    return "".join(f"{photo['html']}\n" for photo in photos)


def _describe_size(outcome: Outcome, folder: str) -> dict[str, Any]:
    path = os.path.relpath(outcome.target, folder).replace(os.sep, "/")
    return {
        "file": path,
        "url": quote(os.fsencode(path)),
        "width": outcome.width,
        "height": outcome.height,
        "size_bytes": outcome.size_bytes_after,
    }


def _srcset(sizes: list[dict[str, Any]]) -> str:
    """Return the value of the attribute `srcset`: URLs with the widths of their pictures."""
    return ", ".join(f"{size['url'].replace(',', '%2C')} {size['width']}w" for size in sizes)


def _picture_element(sizes: list[dict[str, Any]]) -> Markup:
    largest = sizes[-1]
    image = element(
        "img",
        src=largest["url"],
        srcset=_srcset(sizes),
        sizes="100vw",
        width=largest["width"],
        height=largest["height"],
        alt="",
        loading="lazy",
    )
    return element("picture", image)
