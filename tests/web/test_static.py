"""The files of the page: they name only each other, and hold nothing that its policy would refuse."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import foveal

STATIC = Path(foveal.__file__).parent / "web" / "static"
HTML = (STATIC / "index.html").read_text()
SCRIPTS = sorted(STATIC.glob("*.js"))
ALL = "\n".join(path.read_text() for path in STATIC.iterdir())


def test_nothing_is_inline() -> None:
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", HTML)
    assert re.findall(r"<script[^>]*>([^<]*)</script>", HTML) == [""]
    assert not re.search(r"\beval\(|new Function|innerHTML|document\.write", ALL)


def test_nothing_is_loaded_from_elsewhere() -> None:
    addresses = set(re.findall(r"(?:https?:)?//[\w.-]+\.\w+", ALL)) - {"//www.w3.org", "http://www.w3.org"}
    assert addresses == set()


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_imports_exist(path: Path) -> None:
    source = path.read_text()
    for names, module in re.findall(r"import \{([^}]*)\} from \"\./([\w.]+)\"", source):
        exported = set(
            re.findall(r"^export (?:async )?(?:class|function|const) (\w+)", (STATIC / module).read_text(), re.M)
        )
        wanted = {name.strip() for name in names.split(",") if name.strip()}
        assert wanted <= exported, module
        for name in wanted:
            assert len(re.findall(rf"\b{name}\b", source)) > 1, f"{name} is not used"


def test_every_element_that_a_script_looks_for_is_on_the_page() -> None:
    ids = set(re.findall(r'\bid="([\w-]+)"', HTML))
    wanted = set(re.findall(r'find\("([\w-]+)"\)', ALL))
    assert wanted - ids == set()
    assert len(re.findall(r'\bid="', HTML)) == len(ids)  # no identifier twice


def test_every_control_has_a_name() -> None:
    for kind, attributes in re.findall(r"<(input|select|canvas|iframe|textarea)\b([^>]*)>", HTML):
        named = "aria-label" in attributes or "title=" in attributes
        found = re.search(r'\bid="([\w-]+)"', attributes)
        labelled = found and re.search(rf'<label\b[^>]*\bfor="{found[1]}"', HTML)
        wrapped = found and re.search(rf'<label[^>]*>(?:(?!</label>).)*id="{found[1]}"', HTML, re.S)
        choice = 'type="radio"' in attributes  # within its label
        assert named or labelled or wrapped or choice, (kind, attributes)
    for attributes, text in re.findall(r"<button\b([^>]*)>(.*?)</button>", HTML, re.S):
        assert "aria-label" in attributes or text.strip()


def test_files_are_short_enough_to_read() -> None:
    assert {path.name: len(path.read_text().splitlines()) for path in SCRIPTS if path.stat().st_size > 11_000} == {}
