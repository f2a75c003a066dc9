"""Pages name only files, headings, modules and commands that exist, and are wrapped to be read in an editor."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "foveal"
README = ROOT / "README.md"
PAGES = [
    README,
    ROOT / "CHANGELOG.md",
    ROOT / "SECURITY.md",
    *sorted(ROOT.glob("docs/**/*.md")),
    *sorted(PACKAGE.rglob("*.md")),
]
if (CONTRIBUTING := ROOT / "CONTRIBUTING.md").exists():
    PAGES.append(CONTRIBUTING)
GENERATED = ROOT / "docs" / "cli.md"
MAX_COLUMNS = 100
MAX_README_LINES = 99

FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
CODE_SPAN = re.compile(r"`([^`]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
PATH_FROM_ROOT = re.compile(r"(?<![\w./-])(?:src|bench|tests|docs|\.ci)/[\w./-]*\w(?![\w<*{])")
SOURCE_FILE = re.compile(r"[\w./-]+\.(?:py|pyi|cpp|hpp|css)")
DOTTED_NAME = re.compile(r"(?<![\w./-])((?:foveal|bench)(?:\.[A-Za-z_]\w*)+)")
COMMAND = re.compile(r"python\s+-m\s+((?:foveal|bench)[\w.]*\w)")


def broken_links(text: str, page: Path) -> Iterator[str]:
    """Links to files and headings that do not exist."""
    for target in LINK.findall(CODE_SPAN.sub("", FENCE.sub("", text))):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if name and not file.exists():
            yield f"link to {target}"
        elif anchor and anchor not in anchors(file.read_text() if name else text):
            yield f"link to heading {target}"


def anchors(text: str) -> set[str]:
    """Anchors that GitHub gives to the headings of a page."""
    headings = (heading.lower() for heading in HEADING.findall(FENCE.sub("", text)))
    return {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in headings}


def missing_files(text: str) -> Iterator[str]:
    """Files and folders of the repository that a page names but that do not exist.

    Source files may be named from the root, from src/foveal, or, beside others of their folder, by name alone.
    """
    for path in PATH_FROM_ROOT.findall(text):
        if not (ROOT / path).exists():
            yield f"path {path}"
    rooms = {entry.name for entry in PACKAGE.iterdir() if entry.is_dir()}
    for span in CODE_SPAN.findall(FENCE.sub("", text)):
        if not (SOURCE_FILE.fullmatch(span) or (re.fullmatch(r"[\w./-]+", span) and span.split("/")[0] in rooms)):
            continue
        if "/" in span:
            exists = (ROOT / span).exists() or (PACKAGE / span).exists()
        else:
            exists = span in rooms or any(any((ROOT / folder).rglob(span)) for folder in ("src", "bench", "tests"))
        if not exists:
            yield f"path {span}"


def missing_names(text: str) -> Iterator[str]:
    """Modules, and names in modules, that a page mentions but that do not exist."""
    for dotted in DOTTED_NAME.findall(text):
        source, rest = source_of(dotted)
        if rest and not re.search(rf"\b{rest[0]}\b", source):
            yield f"name {dotted}"


def source_of(dotted: str) -> tuple[str, list[str]]:
    """Source of the longest leading part of a dotted name that is a module, and the parts that remain."""
    top, *parts = dotted.split(".")
    folder = PACKAGE if top == "foveal" else ROOT / top
    while parts and (folder / parts[0]).is_dir():
        folder /= parts.pop(0)
    for ending in (".py", ".pyi"):  # a module, or the stub of the extension
        if parts and (module := folder / f"{parts[0]}{ending}").exists():
            return module.read_text(), parts[1:]
    return (folder / "__init__.py").read_text(), parts


def missing_commands(text: str) -> Iterator[str]:
    """Modules that a page runs by `python -m` but that cannot be run."""
    for dotted in COMMAND.findall(text):
        top, *parts = dotted.split(".")
        place = (PACKAGE if top == "foveal" else ROOT / top).joinpath(*parts)
        module = place / "__main__.py" if place.is_dir() else place.with_suffix(".py")
        if not module.exists() or '__name__ == "__main__"' not in module.read_text():
            yield f"command python -m {dotted}"


def long_lines(text: str) -> Iterator[str]:
    """Lines of prose, without pictures and the targets of links, that are longer than MAX_COLUMNS."""
    without_code = FENCE.sub(lambda fence: "\n" * fence[0].count("\n"), text)
    for number, line in enumerate(without_code.splitlines(), 1):
        prose = re.sub(r"\]\([^)]*\)", "]", re.sub(r"!\[[^\]]*\]\([^)]*\)", "", line))
        if len(prose) > MAX_COLUMNS and not line.startswith("|"):
            yield f"line {number} has {len(prose)} columns"


def problems(text: str, page: Path) -> list[str]:
    """Everything that is wrong with a page."""
    found = [*broken_links(text, page), *missing_files(text), *missing_names(text), *missing_commands(text)]
    return found if page == GENERATED else [*found, *long_lines(text)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_what_exists_and_is_wrapped(page: Path) -> None:
    assert not problems(page.read_text(), page)


def test_the_readme_is_short() -> None:
    assert len(README.read_text().splitlines()) <= MAX_README_LINES


GOOD = """# A page

## From a map to bits, "quickly"

See [the README](../README.md), [speed](speed.md#decoding),
[above](#from-a-map-to-bits-quickly) and [a site](https://example.org/docs/none.md).
`src/foveal/files.py`, `jpeg/encoder.py`, `gradient.py`, `kernels/xyb.hpp`, `tests/jpeg`,
`explain/sections/`, `maps/osie/gaze`, `foveal.metrics.ssimulacra2`, `bench.rd.compare_variants`,
`foveal.open("photo.tif")`, `foveal._kernels`, `tests/jpeg/test_<module>.py`.

![The description of a picture stands on one line, however long it is, since it is shown instead of it](images/pca.jpg)

```console
$ python -m bench.rd --images kodak cid22 --jobs 2            # a line of code may be as long as it has to be
$ python -m foveal.training train
```

| a row of a table may be as long as it has to be: it cannot be wrapped in Markdown, whatever is in it |
|---|
"""


@pytest.mark.parametrize(
    ("addition", "problem"),
    [
        ("", None),
        ("[a page](none.md)", "link to none.md"),
        ("[a page\nof two lines](../none.md)", "link to ../none.md"),
        ("![a picture](images/none.png)", "link to images/none.png"),
        ("[a heading](speed.md#none)", "link to heading speed.md#none"),
        ("[a heading](#none)", "link to heading #none"),
        ("`src/foveal/none.py`", "path src/foveal/none.py"),
        ("```\n$ tests/none/run\n```", "path tests/none/run"),
        ("`jpeg/none.py`", "path jpeg/none.py"),
        ("`none/encoder.py`", "path none/encoder.py"),
        ("`none_of_this_name.hpp`", "path none_of_this_name.hpp"),
        ("`explain/none/`", "path explain/none/"),
        ("`foveal.metrics.none_of_this_name`", "name foveal.metrics.none_of_this_name"),
        ("`bench.none`", "name bench.none"),
        ("`python -m bench.none`", "command python -m bench.none"),
        ("`python\n-m bench.gaze`", "command python -m bench.gaze"),  # a package, which has nothing to run
        ("`python -m foveal.files`", "command python -m foveal.files"),
        ("word " * 21, "has 105 columns"),
        ("[" + "word " * 21 + "](speed.md)", "has 107 columns"),
    ],
)
def test_the_checks_find_what_is_wrong(addition: str, problem: str | None) -> None:
    found = problems(f"{GOOD}\n{addition}\n", ROOT / "docs" / "made-up.md")
    assert any(problem in each for each in found) if problem else not found
