"""docs/architecture.md against the package: its rooms, their layers in pyproject.toml, and their imports."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "foveal"
PAGE = (ROOT / "docs" / "architecture.md").read_text()

GROUND = "ground"  # the node that stands for all modules directly in the package
EXTENSION = "kernels"  # the folder of C++ sources, which Python sees as foveal._kernels
JOURNEY = ("photo", "saliency", "allocate", "encoding", "jpeg", GROUND)

Arrow = tuple[str, str]
Layers = list[set[str]]


@dataclass
class Drawing:
    """The parts of a Mermaid flowchart: nodes, bands of nodes from top to bottom, thin and thick arrows."""

    nodes: set[str] = field(default_factory=set)
    bands: Layers = field(default_factory=list)
    imports: set[Arrow] = field(default_factory=set)
    journey: list[Arrow] = field(default_factory=list)


def drawing_of(page: str) -> Drawing:
    """Read the only Mermaid drawing of a page; a line that is not understood is an error."""
    (source,) = re.findall(r"```mermaid\n(.*?)```", page, re.DOTALL)
    drawing, in_band = Drawing(), False
    for line in filter(None, map(str.strip, source.splitlines()[1:])):
        if re.fullmatch(r'subgraph \w+ \[" "\]', line):
            drawing.bands.append(set())
            in_band = True
        elif line == "end":
            in_band = False
        elif node := re.fullmatch(r'(\w+)\[".*"\]', line):
            drawing.nodes.add(node[1])
            if in_band:
                drawing.bands[-1].add(node[1])
        elif thin := re.fullmatch(r"(\w+) --> (\w+(?: & \w+)*)", line):
            drawing.imports |= {(thin[1], target) for target in thin[2].split(" & ")}
        elif thick := re.fullmatch(r"(\w+) ==>\|[^|]+\| (\w+)", line):
            drawing.journey.append((thick[1], thick[2]))
        else:
            raise ValueError(f"not understood: {line}")
    return drawing


def rooms() -> set[str]:
    """Return the folders of the package that hold sources."""
    return {path.parent.name for path in PACKAGE.glob("*/*") if path.suffix in (".py", ".hpp")}


def layers_of_the_contract() -> Layers:
    """Return the layers of rooms in pyproject.toml from top to bottom, without modules directly in the package."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract["type"] == "layers")
    only_rooms = [set(layer.split(" | ")) & rooms() for layer in layers]
    return [layer for layer in only_rooms if layer]


def arrows_not_downward(imports: set[Arrow], layers: Layers) -> set[Arrow]:
    """Return arrows that go up, stay in a layer, or end at a node without a layer; all rooms are above the ground."""
    depths = {room: depth for depth, layer in enumerate([*layers, {GROUND, EXTENSION}]) for room in layer}
    return {
        (source, target)
        for source, target in imports
        if source not in depths or target not in depths or depths[source] >= depths[target]
    }


def imports_of_rooms() -> set[Arrow]:
    """Return every pair of rooms of which the first imports the second."""
    found = set()
    for room in rooms():
        for path in (PACKAGE / room).rglob("*.py"):
            found |= {(room, _room_of(module)) for module in _imported_modules(ast.parse(path.read_text()))}
    return {(room, imported) for room, imported in found if room != imported}


def _imported_modules(module: ast.Module) -> Iterator[str]:
    """Yield the first name below `foveal` of everything that a module imports from the package."""
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and node.module == "foveal":
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("foveal."):
            yield str(node.module).split(".")[1]
        elif isinstance(node, ast.Import):
            yield from (alias.name.split(".")[1] for alias in node.names if alias.name.startswith("foveal."))


def _room_of(module: str) -> str:
    if module == "_kernels":
        return EXTENSION
    return module if module in rooms() else GROUND


def reachable(start: str, arrows: set[Arrow]) -> set[str]:
    """Return all nodes at which a path of arrows from `start` ends."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        here = waiting.pop()
        new = {target for source, target in arrows if source == here} - found
        found |= new
        waiting += new
    return found


def not_shown(imports: set[Arrow], drawn: set[Arrow]) -> set[Arrow]:
    """Return imports for which there is neither an arrow nor a path of arrows."""
    return {(room, imported) for room, imported in imports if imported not in reachable(room, drawn)}


def test_the_drawing_and_the_headings_name_the_rooms() -> None:
    assert drawing_of(PAGE).nodes == rooms() | {GROUND}
    headings = re.findall(r"^### (.+)$", PAGE, re.MULTILINE)
    assert sorted(headings) == sorted(rooms())


def test_the_bands_are_the_layers_of_the_contract() -> None:
    assert drawing_of(PAGE).bands == layers_of_the_contract()


def test_no_thin_arrow_goes_up() -> None:
    assert arrows_not_downward(drawing_of(PAGE).imports, layers_of_the_contract()) == set()


def test_thin_arrows_are_the_imports() -> None:
    drawn = drawing_of(PAGE).imports
    assert drawn - imports_of_rooms() == set(), "arrows without an import"
    assert not_shown(imports_of_rooms(), drawn) == set(), "imports without an arrow or a path of arrows"


def test_thick_arrows_follow_the_photograph() -> None:
    assert drawing_of(PAGE).journey == list(pairwise(JOURNEY))
    numbers = {room: int(number) for number, room in re.findall(r"<b>(\d) (\w+)</b>", PAGE)}
    assert numbers == {room: number for number, room in enumerate((*JOURNEY[:-1], "files"), 1)}


@pytest.mark.parametrize("page", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_files_that_are_named_exist(page: str) -> None:
    """Paths in backticks start at the repository or at src/foveal; those with a placeholder are not looked for."""
    text = (ROOT / page).read_text()
    paths = re.findall(r"`([\w./-]+/[\w.-]+\.(?:py|pyi|hpp|cpp|md|toml|json|onnx))`", text)
    assert paths
    assert [path for path in paths if not (ROOT / path).exists() and not (PACKAGE / path).exists()] == []
    links = re.findall(r"\]\(([^)#:]+)[^):]*\)", text)
    assert links
    assert [link for link in links if not (ROOT / page).parent.joinpath(link).exists()] == []


WRONG = """
```mermaid
flowchart TB
    subgraph a [" "]
        cli["<b>cli</b>"]
    end
    subgraph b [" "]
        photo["<b>1 photo</b>"]
        pca["<b>pca</b>"]
    end
    ground["files"]
    cli --> photo & ground
    photo --> cli & pca & lost
    photo ==>|pixels| cli
```
"""


def test_the_checks_find_mistakes_in_a_drawing() -> None:
    drawing = drawing_of(WRONG)
    assert drawing.nodes == {"cli", "photo", "pca", GROUND}
    assert drawing.bands == [{"cli"}, {"photo", "pca"}]
    assert drawing.journey == [("photo", "cli")]
    upward, sideways, unknown = ("photo", "cli"), ("photo", "pca"), ("photo", "lost")
    assert arrows_not_downward(drawing.imports, drawing.bands) == {upward, sideways, unknown}
    assert arrows_not_downward({("cli", "photo"), ("cli", GROUND)}, drawing.bands) == set()
    assert not_shown({("cli", "pca"), ("cli", "photo"), ("pca", "cli")}, drawing.imports) == {("pca", "cli")}


@pytest.mark.parametrize("line", ["photo -.-> cli", "photo --> ", "photo ==> cli", "style photo fill:#fff"])
def test_a_line_that_is_not_understood_is_an_error(line: str) -> None:
    with pytest.raises(ValueError, match="not understood"):
        drawing_of(f"```mermaid\nflowchart TB\n    {line}\n```")
