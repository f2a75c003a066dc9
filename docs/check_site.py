"""Check a built site: `python docs/check_site.py build/site`. MkDocs checks links in Markdown, this the pages as built.

Every link within the site, also in pages made from docstrings, leads to a file and a heading, and no page loads
anything from another host. Links to other hosts are not followed.
"""

from __future__ import annotations

import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

LOADED = {"audio", "iframe", "img", "link", "script", "source", "video"}
LINKED = {"a", *LOADED}


class PageReader(HTMLParser):
    """Reader of a page: the addresses that it links to or loads, and its anchors."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[tuple[str, str]] = []
        self.anchors: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the addresses and the anchor of an element."""
        values = {name: value or "" for name, value in attrs}
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        if tag in LINKED:
            self.addresses += [(tag, values[name]) for name in ("href", "src") if values.get(name)]


@cache
def read(page: Path) -> PageReader:
    """Read a page."""
    reader = PageReader()
    reader.feed(page.read_text())
    return reader


def problems(page: Path) -> list[str]:
    """Return what is wrong with the addresses in a page."""
    found = []
    for tag, address in read(page).addresses:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc:
            if tag in LOADED and parts.scheme != "data":
                found.append(f"loads {address}")
            continue
        target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        if target.is_dir():
            target /= "index.html"
        if not target.is_file():
            found.append(f"link to {address}")
        elif parts.fragment and target.suffix == ".html" and unquote(parts.fragment) not in read(target).anchors:
            found.append(f"link to heading {address}")
    return found


def main() -> None:
    """Print the problems of all pages; exit with 1 if there are any."""
    site = Path(sys.argv[1]).resolve()
    pages = [page for page in sorted(site.rglob("*.html")) if page.name != "404.html"]  # its links start at the root
    lines = [f"{page.relative_to(site)}: {problem}" for page in pages for problem in problems(page)]
    print(*lines, f"{len(pages)} pages, {len(lines)} broken links", sep="\n")
    sys.exit(bool(lines) or not pages)


if __name__ == "__main__":
    main()
