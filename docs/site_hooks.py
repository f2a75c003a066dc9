"""Hooks of MkDocs: pages and pictures that lie outside docs, links to files without a page, the drawing of rooms."""

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
GALLERY = ROOT / "build" / "gallery"  # pictures, and HTML that shows them, made by docs/generate_gallery.py
FENCED = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s#:]+)(#[^)\s]*)?\)")
MERMAID = re.compile(r"^```mermaid\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that lie outside docs, and the pictures of the gallery if they were made."""
    for path, name in OUTSIDE.items():
        files.append(File.generated(config, name, content=(ROOT / path).read_text()))
    for picture in sorted(GALLERY.glob("*.jpg")):
        files.append(File.generated(config, f"gallery/{picture.name}", abs_src_path=str(picture)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Make links right for the site, and draw the rooms without a script."""
    name = page.file.src_uri
    markdown = MERMAID.sub(lambda found: rooms(found[1]), markdown)
    parts = FENCED.split(markdown)
    parts[::2] = [LINK.sub(lambda found: link(found, name), text) for text in parts[::2]]
    sliders = GALLERY / "sliders.html"
    if name == "gallery.md" and sliders.exists():
        parts.append(f"\n\n{sliders.read_text()}\n")
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
    """Return a Mermaid flowchart as bands of boxes, top to bottom, with its arrows as lists below.

    Material for MkDocs draws Mermaid by a script from another host.
    """
    bands: list[list[str]] = [[]]
    thick, thin = [], []
    for line in map(str.strip, source.splitlines()):
        if line.startswith("subgraph") or line == "end":
            bands.append([])
        elif node := re.fullmatch(r'\w+\["(.*)"\]', line):
            bands[-1].append(f"<span>{node[1]}</span>")
        elif arrow := re.fullmatch(r"(\w+) ==>\|(.+)\| (\w+)", line):
            thick.append(f"<li>{arrow[1]} → {arrow[3]}: {arrow[2]}</li>")
        elif arrow := re.fullmatch(r"(\w+) --> (.+)", line):
            thin.append(f"<li>{arrow[1]} → {arrow[2].replace(' &', ',')}</li>")
    drawing = "".join(f"<div>{''.join(band)}</div>" for band in bands if band)
    lists = "".join(
        f"<details><summary>{name} arrows</summary><ul>{''.join(arrows)}</ul></details>"
        for name, arrows in (("Thick", thick), ("Thin", thin))
    )
    return f'<div class="rooms">{drawing}</div>{lists}'
