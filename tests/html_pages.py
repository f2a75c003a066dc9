"""HTML pages as a browser reads them: tags, texts and embedded pictures."""

from __future__ import annotations

import base64
import io
from html.parser import HTMLParser

import numpy as np
from PIL import Image


class HtmlContent(HTMLParser):
    """Attributes of the images, names of the tags, and texts of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.images: list[dict[str, str | None]] = []
        self.tags: set[str] = set()
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag == "img":
            self.images.append(dict(attrs))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def parse_html(html: str) -> HtmlContent:
    parser = HtmlContent()
    parser.feed(html)
    return parser


def embedded_pictures(html: str) -> list[np.ndarray]:
    """Pixels of the images of a page, all of them PNG files in data: URIs."""
    found = []
    for image in parse_html(html).images:
        kind, data = str(image["src"]).split(",")
        assert kind == "data:image/png;base64"
        with Image.open(io.BytesIO(base64.b64decode(data))) as opened:
            found.append(np.asarray(opened))
    return found
