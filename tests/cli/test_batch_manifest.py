"""The command `foveal batch --manifest`: what it prints, its exit codes, and options that do not go together."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from command_line import Run, one_line
from manifest_batches import names, photo, write_manifest, write_photos

PLAIN = ("--lossless", "--saliency", "none", "-j", "1")


@pytest.fixture
def parquet() -> None:
    """Skip a test where the packages of the extra `ray` that it needs are not installed."""
    pytest.importorskip("pyarrow")
    pytest.importorskip("fsspec")


@pytest.fixture
def manifest(parquet: None, tmp_path: Path) -> str:
    write_photos(str(tmp_path / "photos"), 4)
    columns = {"source": [f"photos/{name}" for name in names(4)], "target": names(4)}
    return write_manifest(tmp_path / "photos.parquet", columns)


def test_a_manifest_is_done_and_continued(run: Run, manifest: str) -> None:
    done = run("batch", "--manifest", "photos.parquet", "-o", "out", *PLAIN)
    assert done.code == 0
    assert done.out.startswith("4 files: 4 written\n")
    assert sorted(path.name for path in Path("out").glob("*.jpg")) == names(4)
    again = run("batch", "--manifest", "photos.parquet", "-o", "out", *PLAIN)
    assert "4 finished before" in again.out
    changed = run("batch", "--manifest", "photos.parquet", "-o", "out", "--metadata", "none", *PLAIN)
    assert (changed.code, changed.err) == (
        0,
        "foveal: warning: settings have changed since the last run; files are done again\n",
    )
    report = run("batch", "--report", "out/_foveal")
    assert run("batch", "--report", "out").out == report.out
    assert report.out.startswith("4 files: 4 written\n")


def test_lines_of_json_and_failures(run: Run, manifest: str) -> None:
    Path("photos/0002.jpg").write_bytes(photo(2)[:200])
    done = run("batch", "--manifest", manifest, "-o", "out", "--ledger", "results", "--json-lines", *PLAIN)
    assert done.code == 1
    assert done.err.count("\n") == 1
    assert "photos/0002.jpg: " in done.err
    *_, last = [json.loads(line) for line in done.out.splitlines()]
    summary = last["summary"]
    assert (summary["written"], summary["failed"], summary["left"]) == (3, 1, 0)
    assert Path("results/batch.json").exists()
    listed = json.loads(run("batch", "--report", "results", "--json-lines").out)
    assert [failure["source"].rpartition("/")[2] for failure in listed["failures"]] == ["0002.jpg"]


@pytest.mark.usefixtures("parquet")
def test_sources_and_targets_in_memory(run: Run, tmp_path: Path) -> None:
    sources = write_photos("memory://command/photos", 2)
    write_manifest(tmp_path / "m.parquet", {"source": sources})
    assert run("batch", "--manifest", "m.parquet", "-o", "memory://command/out", "--quiet", *PLAIN).code == 0


@pytest.mark.usefixtures("parquet")
def test_ray_refuses_the_memory_of_one_process(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="the extra `cluster-test` is not installed")
    write_manifest(tmp_path / "m.parquet", {"source": write_photos("memory://command/photos", 2)})
    one_line(
        run("batch", "--manifest", "m.parquet", "-o", "memory://command/other", "--engine", "ray", *PLAIN),
        2,
        "memory:// is of one process",
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--engine", "ray", "a.jpg", "-o", "out"), "--engine needs --manifest"),
        (("--address", "auto", "a.jpg", "-o", "out"), "--address needs --manifest"),
        (("--manifest", "m.parquet"), "--manifest needs -o"),
        (("--manifest", "m.parquet", "a.jpg", "-o", "out"), "--manifest takes no further sources"),
        (("--manifest", "m.parquet", "-o", "out", "--address", "auto"), "--address needs --engine ray"),
        (("--manifest", "m.parquet", "--in-place"), "--in-place cannot be given with --manifest"),
        (("--manifest", "m.parquet", "-o", "out", "--widths", "20"), "--widths cannot be given with --manifest"),
    ],
)
def test_options_that_do_not_go_together(arguments: tuple[str, ...], message: str, run: Run) -> None:
    refused = run("batch", *arguments)
    assert refused.code == 2
    assert message in refused.err


def test_what_cannot_be_read_or_written_is_one_line(run: Run, manifest: str) -> None:
    one_line(run("batch", "--manifest", "none.parquet", "-o", "out"), 1, "none.parquet")
    one_line(run("batch", "--manifest", "photo.png", "-o", "out"), 1, "photo.png: not a Parquet file")
    one_line(run("batch", "--manifest", manifest, "-o", "ftp://host/out"), 2, "cannot create a file exclusively")
    one_line(run("batch", "--report", "photos"), 1, "photos")


@pytest.mark.parametrize(
    ("engine", "module", "words"), [("local", "pyarrow.parquet", "pyarrow"), ("ray", "ray", "Ray")]
)
def test_missing_extras_are_named(
    engine: str, module: str, words: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    refused = run("batch", "--manifest", "photos.parquet", "-o", "out", "--engine", engine, *PLAIN)
    one_line(refused, 1, words, "pip install 'foveal[ray]'")
    assert not Path("out").exists()
