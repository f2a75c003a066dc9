"""The page docs/json.md against what the commands print: every field with its type, and no others."""

from __future__ import annotations

import json
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from foveal.cli.main import run

PAGE = Path(__file__).parents[2] / "docs" / "json.md"
_ANY_NAMES = ("bytes_by_kind", "rungs", "skipped_reasons")  # objects whose names are values, not fields
TYPES = {type(None): "null", bool: "boolean", int: "integer", float: "number", str: "string"}
# Runs of each command that print all of its fields between them; photo.png, photo.jpg and broken.jpg are there.
RUNS = {
    "encode": [
        "encode photo.png -o 1.jpg",
        "encode photo.png -o 2.jpg --target-score 70 --saliency none",
        "encode photo.png -o 3.jpg -q 72.5 --saliency spectral",
    ],
    "optimize": [
        "optimize photo.jpg -o 4.jpg",
        "optimize photo.jpg -o 5.jpg --lossless",
        "optimize noisy.jpg -o 6.jpg",
    ],
    "inspect": ["inspect photo.jpg --plan", "inspect noisy.jpg --plan", "inspect progressive.jpg", "inspect cut.jpg"],
    "saliency": [
        "saliency photo.png -o map.png",
        "saliency photo.png --method msroi",
        "saliency photo.png --method center",
    ],
    "crop": [
        "crop photo.png --aspects 16:9,1:1",
        "crop photo.png --size 60x40 -o 7.jpg -q 62.5 --saliency spectral",
        "crop photo.jpg --zoom 2 --lossless -o 8.jpg",
    ],
    "batch": ["batch noisy.jpg cut.jpg photo.png -o out --saliency none -q 70 --widths 80,600"],
    "batch --manifest": ["batch --manifest photos.parquet -o out --lossless --saliency none -j 1"],
    "batch --dry-run": ["batch noisy.jpg cut.jpg -o out --lossless --saliency none --dry-run --sample 2"],
    "batch --report": ["batch --report ledger.sqlite"],
    "compare": ["compare photo.png --saliency center -q 60", "compare photo.png --saliency center -q 60 -o sheet.png"],
}


def documented() -> dict[str, dict[str, set[str]]]:
    """The types of the fields of each command in the page."""
    found: dict[str, dict[str, set[str]]] = {}
    for part in re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)[1:]:
        command = re.match(r"`foveal (.+) (?:--json|--json-lines)`\n", part)
        assert command
        rows = re.findall(r"^\| `(.+?)` \| ([a-z ]+) \| .+ \|$", part, flags=re.MULTILINE)
        assert len(dict(rows)) == len(rows) == part.count("\n| `")
        found[command[1]] = {path: set(types.split(" or ")) for path, types in rows}
    return found


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield the path and the type of each number, text, boolean and null in a report."""
    if isinstance(value, dict):
        for name, inner in value.items():
            own = "*" if path.endswith(_ANY_NAMES) else name
            yield from leaves(inner, f"{path}.{own}" if path else own)
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner, f"{path}[]")
    else:
        yield path, TYPES[type(value)]


@pytest.fixture
def _photos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, astronaut: np.ndarray) -> None:
    monkeypatch.chdir(tmp_path)
    image = Image.fromarray(astronaut).resize((160, 160))
    image.save("photo.png")
    image.save("photo.jpg", quality=95)
    image.save("progressive.jpg", progressive=True)
    noisy = Path("photo.jpg").read_bytes() + b"trailing bytes"
    Path("noisy.jpg").write_bytes(noisy[:2] + b"\xff\xe1\0\x08Exif\0\0" + noisy[2:])
    Path("cut.jpg").write_bytes(noisy[:-3000])


def _report(arguments: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    assert run([*arguments.split(), "--json"]) == 0
    report, end, rest = capsys.readouterr().out.partition("\n")
    assert (end, rest) == ("\n", "")
    return [report]


def _batch_reports(arguments: str, capsys: pytest.CaptureFixture[str]) -> list[str]:
    """Return the lines that a batch of the photos prints; one of them fails, so that there are failures to report."""
    if "--manifest" in arguments:
        pytest.importorskip("fsspec")
        parquet = pytest.importorskip("pyarrow.parquet")
        table = sys.modules["pyarrow"].table({"source": ["photo.jpg", "cut.jpg"]})
        parquet.write_table(table, "photos.parquet")
    if "--report" in arguments:
        first = "batch noisy.jpg cut.jpg photo.png -o out --lossless --saliency none --ledger ledger.sqlite"
        run(first.split())
        capsys.readouterr()
    assert run([*arguments.split(), "--json-lines"]) == ("-o" in arguments and "--dry-run" not in arguments)
    return capsys.readouterr().out.splitlines()


@pytest.mark.parametrize("command", RUNS)
@pytest.mark.usefixtures("_photos")
def test_every_field_is_documented_with_its_type(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    types = documented()[command]
    printed: defaultdict[str, set[str]] = defaultdict(set)
    for arguments in RUNS[command]:
        reports = _batch_reports(arguments, capsys) if command.startswith("batch") else _report(arguments, capsys)
        for report in reports:
            for path, kind in leaves(json.loads(report)):
                printed[path].add(kind)
    for path, kinds in printed.items():
        allowed = types[path] | ({"integer"} if "number" in types[path] else set())
        assert kinds <= allowed, path
    never = {path for path in types if path not in printed}
    assert never <= {"left_out[]", "warnings[]"}, "documented, but not printed"


def test_all_commands_with_json_are_documented() -> None:
    sources = {
        path.stem: path.read_text() for path in Path(sys.modules[run.__module__].__file__ or "").parent.glob("*.py")
    }
    with_json = {
        name for name, source in sources.items() if re.search(r"^@json_option|--json-lines", source, re.MULTILINE)
    }
    assert with_json == {name.split()[0] for name in documented()}
