"""Pages of `foveal explain` as a reader sees them, made of a small photo."""

from __future__ import annotations

import base64
from xml.etree import ElementTree

import numpy as np
from pictures import noisy_gradient

from foveal.encoding import EncodeOptions
from foveal.explain import explain

PHOTO = noisy_gradient(83, 107)


class ExplainPage:
    """A page as a reader sees it. It must be well-formed XML."""

    def __init__(self, html: str) -> None:
        self.html = html
        self.root = ElementTree.fromstring(html.removeprefix("<!DOCTYPE html>\n"))  # noqa: S314 (written by foveal)

    def by_id(self, identifier: str) -> ElementTree.Element:
        (found,) = (each for each in self.root.iter() if each.get("id") == identifier)
        return found

    def has(self, identifier: str) -> bool:
        return any(each.get("id") == identifier for each in self.root.iter())

    def data(self, identifier: str) -> int:
        """Value of a <data> element, which must equal its text."""
        found = self.by_id(identifier)
        assert found.text is not None
        assert int(found.text.replace(",", "")) == int(found.attrib["value"])
        return int(found.attrib["value"])

    def grid(self, identifier: str) -> np.ndarray:
        """Numbers of a table of a block, (8, 8)."""
        rows = self.by_id(identifier).iter("tr")
        return np.array([[int(cell.text or "") for cell in row.iter("td")] for row in rows])

    def rows(self, identifier: str) -> list[list[str]]:
        body = self.by_id(identifier).find("tbody")
        assert body is not None
        return [["".join(cell.itertext()).strip() for cell in row] for row in body]

    def text(self, identifier: str) -> str:
        return "".join(self.by_id(identifier).itertext())

    def jpeg(self) -> bytes:
        """The JPEG file that the page contains."""
        return base64.b64decode(self.by_id("result").attrib["src"].removeprefix("data:image/jpeg;base64,"))


def make_page(pixels: np.ndarray, block: tuple[int, int] | None = None, **choices: object) -> ExplainPage:
    options = EncodeOptions(threads=1, **{"saliency": "spectral", **choices})  # type: ignore[arg-type]
    return ExplainPage(explain(pixels, options, block=block).html)


SETTINGS = {
    "progressive": {},
    "baseline": {"progressive": False},
    "best": {"effort": "best", "quality": 95},
    "coarse": {"quality": 10},
    "4:4:4": {"subsampling": "4:4:4", "saliency": None},
    "4:2:2": {"subsampling": "4:2:2", "progressive": False},
    "4:4:0": {"subsampling": "4:4:0"},
}
