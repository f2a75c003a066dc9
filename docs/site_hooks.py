"""Hooks of MkDocs: pages that lie outside docs, links to files that are not on the site, the drawing of rooms."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parents[1]
# Pages outside docs, by path in the repository, and their names on the site.
OUTSIDE = {
    "README.md": "index.md",
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "src/foveal/saliency/network.md": "network.md",
}
SOURCES = {name: path for path, name in OUTSIDE.items()}
FENCED = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s#:]+)(#[^)\s]*)?\)")
MERMAID = re.compile(r"^```mermaid\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that lie outside docs."""
    for path, name in OUTSIDE.items():
        files.append(File.generated(config, name, content=(ROOT / path).read_text()))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Make links right for the site, and draw the rooms without a script."""
    name = page.file.src_uri
    markdown = MERMAID.sub(lambda found: rooms(found[1]), markdown)
    parts = FENCED.split(markdown)
    parts[::2] = [LINK.sub(lambda found: link(found, name), text) for text in parts[::2]]
    return "".join(parts)


def link(found: re.Match[str], name: str) -> str:
    """Return a link of the page `name` as the site needs it; of a link to a file without a page, only its text."""
    picture, text, target, anchor = found.groups(default="")
    source = SOURCES.get(name, f"docs/{name}")
    path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
    if path in OUTSIDE:
        goal = OUTSIDE[path]
    elif path.startswith("docs/"):
        goal = path.removeprefix("docs/")
    else:
        return text
    return f"{picture}[{text}]({posixpath.relpath(goal, posixpath.dirname(name) or '.')}{anchor})"


def rooms(source: str) -> str:
    """Return a Mermaid flowchart as bands of boxes, top to bottom, without its arrows.

    Material for MkDocs draws Mermaid by a script from another host. The bands alone say which room may import which.
    """
    bands: list[list[str]] = [[]]
    for line in map(str.strip, source.splitlines()):
        if line.startswith("subgraph") or line == "end":
            bands.append([])
        elif node := re.fullmatch(r'\w+\["(.*)"\]', line):
            bands[-1].append(f"<span>{node[1]}</span>")
    return '<div class="rooms">' + "".join(f"<div>{''.join(band)}</div>" for band in bands if band) + "</div>"
