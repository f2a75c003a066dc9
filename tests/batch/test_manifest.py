"""Manifests: columns, shards that stay the same, names of targets, and two rows with one target."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foveal.batch.collisions import find_collision
from foveal.batch.manifest import Row, open_manifest, read_shards, read_targets, target_name
from foveal.errors import FormatError

pytest.importorskip("pyarrow")
pytest.importorskip("fsspec")

from manifest_batches import write_manifest


def rows_of(path: str, rows_per_shard: int, output: str = "out") -> list[tuple[int, list[Row]]]:
    manifest = open_manifest(path)
    return [
        shard for group in manifest.row_groups(rows_per_shard) for shard in read_shards(group, rows_per_shard, output)
    ]


def test_all_columns_are_read(tmp_path: Path) -> None:
    columns = {
        "source": ["s3://photos/a.jpg", "b.png"],
        "target": ["deep/a.jpg", None],
        "width": [480, None],
        "size": [1000, None],
        "version": ["etag", None],
        "other": [1.5, 2.5],
    }
    path = write_manifest(tmp_path / "m.parquet", columns)
    assert rows_of(path, 10, "s3://bucket/out") == [
        (
            0,
            [
                Row("s3://photos/a.jpg", "s3://bucket/out/deep/a.jpg", 480, 1000, "etag"),
                Row(str(tmp_path / "b.png"), "s3://bucket/out/b.jpg", None, None, None),
            ],
        )
    ]


@settings(deadline=None)
@given(
    counts=st.lists(st.integers(1, 30), min_size=1, max_size=3),
    per_group=st.integers(1, 12),
    per_shard=st.integers(1, 9),
)
def test_every_row_is_in_one_shard(
    counts: list[int], per_group: int, per_shard: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("manifest")
    expected = []
    for file, count in enumerate(counts):
        sources = [f"{file}/{row}.jpg" for row in range(count)]
        write_manifest(folder / f"{file}.parquet", {"source": sources}, per_group)
        expected += sources
    manifest = open_manifest(str(folder))
    shards = rows_of(str(folder), per_shard)
    assert [number for number, _ in shards] == list(range(manifest.shard_count(per_shard)))
    assert [row.source for _, rows in shards for row in rows] == [f"{folder}/{source}" for source in expected]
    assert all(len(rows) <= per_shard for _, rows in shards)
    assert manifest.row_count == len(expected)


def test_the_identity_is_that_of_the_content(tmp_path: Path) -> None:
    first = open_manifest(write_manifest(tmp_path / "a.parquet", {"source": ["a", "b"]}))
    again = open_manifest(write_manifest(tmp_path / "b.parquet", {"source": ["a", "b"]}))
    other = open_manifest(write_manifest(tmp_path / "c.parquet", {"source": ["a", "c"]}))
    assert first.identity == again.identity != other.identity


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("s3://photos/a/b.jpg", "photos/a/b.jpg"),
        ("/data/b.JPEG", "data/b.JPEG"),
        ("b.png", "b.jpg"),
        ("memory://a/b.tar.webp", "a/b.tar.jpg"),
    ],
)
def test_targets_that_are_not_named_follow_the_source(source: str, name: str) -> None:
    assert target_name(source) == name


def test_what_is_no_manifest_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("no Parquet at all")
    (tmp_path / "empty").mkdir()
    wrong = write_manifest(tmp_path / "wrong.parquet", {"path": ["a"]})
    number = write_manifest(tmp_path / "number.parquet", {"source": ["a"], "width": ["480"]})
    for key, message in (
        (str(tmp_path / "text"), "not a Parquet file"),
        (str(tmp_path / "empty"), "no .parquet file in the folder"),
        (wrong, "has no column `source`, only path"),
        (number, "the column `width` must be int64, not string"),
    ):
        with pytest.raises(FormatError, match=message):
            open_manifest(key)
    with pytest.raises(FileNotFoundError, match="there is no such file"):
        open_manifest(str(tmp_path / "none.parquet"))


@given(targets=st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=2), max_size=60))
def test_a_repeated_target_is_found(targets: list[str]) -> None:
    found = find_collision(lambda: [targets[start : start + 7] for start in range(0, len(targets), 7)])
    if len(set(targets)) == len(targets):
        assert found is None
    else:
        assert targets.count(found) > 1


def test_targets_are_read_some_at_a_time(tmp_path: Path) -> None:
    path = write_manifest(tmp_path / "m.parquet", {"source": [f"{index}.jpg" for index in range(25)]}, 10)
    batches = list(read_targets(open_manifest(path), "out", 4))
    assert [len(batch) for batch in batches] == [4, 4, 2, 4, 4, 2, 4, 1]
    assert [target for batch in batches for target in batch] == [f"out/{index}.jpg" for index in range(25)]
