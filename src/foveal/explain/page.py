"""The page of `foveal explain`: header, table of contents, and a section for each stage of encoding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.resources import files
from typing import Any

from numpy.typing import NDArray
from PIL import Image

from foveal.drawing import html
from foveal.drawing.html import Markup, element, figure, paragraph
from foveal.encoding import Encoded, EncodeOptions
from foveal.explain.facts import Facts, find_facts
from foveal.explain.pictures import embed_file, embed_photo, reduce_photo
from foveal.explain.sections.block import block_section
from foveal.explain.sections.codes import codes_section
from foveal.explain.sections.network import network_section
from foveal.explain.sections.photo import chroma_section, grid_section, planes_section
from foveal.explain.sections.result import error_section, scans_section, sizes_section
from foveal.explain.sections.spending import bits_section, saliency_section, weights_section
from foveal.files import Source
from foveal.photo import Photo, as_photo
from foveal.saliency import NETWORK_METHODS

MAX_EMBEDDED_BYTES = 2_000_000  # of a JPEG that the page contains

# Identifier, entry in the table of contents, and function of each section, in the order of the page.
_SECTIONS: tuple[tuple[str, str, Callable[[Facts], Markup]], ...] = (
    ("planes", "Planes", planes_section),
    ("chroma", "Colour", chroma_section),
    ("grid", "Grid", grid_section),
    ("block", "One block", block_section),
    ("codes", "Codes", codes_section),
    ("network", "Network", network_section),
    ("saliency", "Saliency", saliency_section),
    ("weights", "Weights", weights_section),
    ("bits", "Bits", bits_section),
    ("error", "Error", error_section),
    ("scans", "Scans", scans_section),
    ("sizes", "Sizes and scores", sizes_section),
)


@dataclass(frozen=True, eq=False)
class Explanation:
    """A page and the encode that it describes.

    Parameters
    ----------
    html
        The whole page.
    encoded
        Result of the encode.
    block
        (x, y) of the block that the page shows in detail: its column and row.
    """

    html: str
    encoded: Encoded
    block: tuple[int, int]


def explain(
    image: Photo | Image.Image | NDArray[Any] | Source,
    options: EncodeOptions,
    *,
    name: str = "a photo",
    block: tuple[int, int] | None = None,
) -> Explanation:
    """Make a page that shows every stage of encoding a photo.

    Parameters
    ----------
    image
        The photo, of a type that `foveal.encode` accepts. It is encoded upright and with no metadata except its colour
        profile, so that the page reveals neither a place nor a device.
    options
        Options of the encode; `metadata` counts as "none", `restart_interval` as 0.
    name
        Name of the photo on the page.
    block
        (x, y) of the block to show in detail: its column and row among the 8x8-pixel blocks of the photo as displayed,
        from 0. None for the most salient block.

    Returns
    -------
    Explanation
        The page is one HTML file without scripts that loads nothing from the network. It contains the JPEG if that has
        at most MAX_EMBEDDED_BYTES.

    Raises
    ------
    ParameterError
        The photo does not have the block, or an argument is one that `foveal.encode` refuses.
    UnsupportedError, LimitError, TargetError, ModelError
        The errors of `foveal.encode`.

    References
    ----------
    K. Kishore, "AI in Image Processing", B.Tech report, IIT Palakkad, chapters 3 and 4.
    """
    facts = find_facts(as_photo(image), options, block)
    links = (element("li", element("a", title, href=f"#{key}")) for key, title, _ in _SECTIONS)
    page = html.document(
        f"How foveal encoded {name}",
        _header(facts, name),
        element("nav", element("ol", *links), aria_label="Sections"),
        element("main", *(make(facts) for _, _, make in _SECTIONS)),
        element("footer", f"Made by foveal {version('foveal')}. All numbers are from this encode."),
        style=files(__package__).joinpath("style.css").read_text(encoding="utf-8"),
    )
    return Explanation(page, facts.encoded, (facts.block.column, facts.block.row))


def _header(facts: Facts, name: str) -> Markup:
    height, width = facts.photo.displayed_size
    encoded, size = facts.encoded, len(facts.file.data)
    bits = 8 * size / (height * width)
    raw = 8 * facts.photo.pixels.nbytes / (height * width)
    prominence = f", prominence {encoded.confidence:.2f}" if encoded.saliency_name in NETWORK_METHODS else ""
    return element(
        "header",
        element("h1", f"How foveal encoded {name}"),
        paragraph(
            f"{width:,} × {height:,} pixels became a JPEG of ",
            element("data", f"{size:,}", value=size, id="file-bytes"),
            f" bytes: {bits:.2f} bits per pixel instead of {raw:.0f}. Quality {encoded.quality:g}, "
            f"{encoded.subsampling}, saliency {encoded.saliency_name}{prominence}. This page shows every stage of "
            "encoding this photo.",
        ),
        _result(facts),
    )


def _result(facts: Facts) -> Markup:
    data = facts.file.data
    alt = f"The result: a JPEG of {len(data):,} bytes"
    if len(data) > MAX_EMBEDDED_BYTES:
        copy = embed_photo(reduce_photo(Photo(facts.file.pixels)), alt, facts.page_profile)
        return figure("The result, reduced: the JPEG file itself is too large for this page.", copy)
    picture = embed_file(data, "image/jpeg", (facts.frame.height, facts.frame.width), alt, id="result")
    return figure("The result. This picture is the JPEG file itself, and can be saved.", picture)
