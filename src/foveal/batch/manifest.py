"""Manifests: Parquet files that list the photos of a batch. They are read in shards and never held as a whole.

A manifest is one Parquet file, or a folder of them, with these columns:

    source    text               URL, absolute path, or name below the folder of the manifest's file
    target    text, optional     URL, absolute path, or name below the folder of the results; see `target_name`
    width     integer, optional  width of the target's picture; null for the size of the source
    size      integer, optional  size of the source in bytes
    version   text, optional     ETag, or anything else that changes with the content of the source

A shard is a number of consecutive rows of one row group. Its number depends on the manifest and on the size of shards
alone, so that a run that is continued finds the same shards.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from foveal.batch.url_storage import UrlStorage, join_key, open_system
from foveal.errors import FormatError, MissingExtraError
from foveal.files import PICTURE_ENDINGS

COLUMNS = {"source": "string", "target": "string", "width": "int64", "size": "int64", "version": "string"}


class Row(NamedTuple):
    """One row of a manifest; None stands for what it does not say."""

    source: str
    target: str
    width: int | None
    size_bytes: int | None
    version: str | None


@dataclass(frozen=True)
class RowGroup:
    """A row group of a manifest's file, which one task reads at once.

    Parameters
    ----------
    file
        Key of the Parquet file.
    index
        Position of the row group in the file.
    row_count
        Number of rows.
    first_shard
        Number of the first shard of the row group.
    """

    file: str
    index: int
    row_count: int
    first_shard: int


@dataclass(frozen=True)
class Manifest:
    """A manifest, of which only the footers have been read.

    Parameters
    ----------
    footers
        For each file: its key, the numbers of rows of its row groups, and a code for its content.
    """

    footers: tuple[tuple[str, tuple[int, ...], str], ...]

    @cached_property
    def row_count(self) -> int:
        """Number of rows in all files."""
        return sum(sum(counts) for _, counts, _ in self.footers)

    @cached_property
    def identity(self) -> str:
        """Code of 64 hexadecimal digits for the content, whatever the place and the time of the files."""
        return hashlib.sha256(json.dumps([footer[1:] for footer in self.footers]).encode()).hexdigest()

    def row_groups(self, rows_per_shard: int) -> Iterator[RowGroup]:
        """Yield the row groups in order, with the numbers of their shards."""
        first_shard = 0
        for file, counts, _ in self.footers:
            for index, count in enumerate(counts):
                yield RowGroup(file, index, count, first_shard)
                first_shard += -(-count // rows_per_shard)

    def shard_count(self, rows_per_shard: int) -> int:
        """Return the number of shards."""
        return sum(-(-group.row_count // rows_per_shard) for group in self.row_groups(rows_per_shard))


def open_manifest(key: str) -> Manifest:
    """Read the footers of a manifest, and check its columns.

    Raises
    ------
    FormatError
        A file is not Parquet or has not the right columns, or there is none.
    OSError
        A file cannot be read.
    MissingExtraError
        pyarrow or fsspec is not installed.
    """
    parquet = import_parquet()
    files = _files(key)
    if not files:
        raise FormatError(f"{key}: no .parquet file in the folder")
    footers = []
    for file in files:
        with _open_parquet(file, parquet) as opened:
            _check_columns(file, opened.schema_arrow)
            metadata = opened.metadata
            counts = tuple(metadata.row_group(index).num_rows for index in range(metadata.num_row_groups))
            code = hashlib.sha256(json.dumps(metadata.to_dict(), default=str).encode()).hexdigest()
        footers.append((file, counts, code))
    return Manifest(tuple(footers))


def read_shards(group: RowGroup, rows_per_shard: int, output: str) -> Iterator[tuple[int, list[Row]]]:
    """Yield the number and the rows of each shard of a row group, with complete targets.

    Parameters
    ----------
    group
        Row group to read.
    rows_per_shard
        Number of rows of a shard; the last one of a row group may have fewer.
    output
        Path or URL of the folder that relative targets are below.
    """
    folder = group.file.rpartition("/")[0]
    with _open_parquet(group.file, import_parquet()) as opened:
        present = [name for name in COLUMNS if name in opened.schema_arrow.names]
        batches = opened.iter_batches(rows_per_shard, row_groups=[group.index], columns=present)
        for number, batch in enumerate(batches, group.first_shard):
            yield number, [_row(values, folder, output) for values in batch.to_pylist()]


def read_targets(manifest: Manifest, output: str, batch_rows: int = 65536) -> Iterator[list[str]]:
    """Yield all targets of a manifest, some at a time."""
    for keys in read_keys(manifest, output, batch_rows):
        yield [target for _, target in keys]


def read_keys(manifest: Manifest, output: str, batch_rows: int = 65536) -> Iterator[list[tuple[str, str]]]:
    """Yield the source and the target of all rows of a manifest, some at a time."""
    for group in manifest.row_groups(batch_rows):
        for _, rows in read_shards(group, batch_rows, output):
            yield [(row.source, row.target) for row in rows]


def target_name(source: str) -> str:
    """Return the name of the target of a source for which the manifest names none.

    It is the path of the source without protocol, and ends in .jpg: `s3://photos/a/b.png` becomes `photos/a/b.jpg`.
    """
    parts = urlsplit(source) if "://" in source else None
    name = PurePosixPath((source if parts is None else parts.netloc + parts.path).lstrip("/"))
    return str(name if name.suffix.lower() in PICTURE_ENDINGS["JPEG"] else name.with_suffix(".jpg"))


def import_parquet() -> Any:
    """Return the module `pyarrow.parquet`; raise MissingExtraError if it is not installed."""
    try:
        import pyarrow.parquet  # imported late: the extra `ray`
    except ImportError as error:
        raise MissingExtraError(f"Parquet files need pyarrow ({error}): pip install 'foveal[ray]'") from error
    return pyarrow.parquet


def _files(key: str) -> Sequence[str]:
    """Return the files of a manifest: itself, or those of a folder in the order of their names."""
    system, path = open_system(key)
    try:
        is_folder = system.isdir(path)
    except Exception as error:  # botocore and paramiko have exceptions of their own
        raise OSError(f"{key}: {' '.join(str(error).split())}") from error
    if not is_folder:
        return [key]
    return [join_key(key, name) for name in sorted(UrlStorage().names(key)) if name.endswith(".parquet")]


def _open_parquet(file: str, parquet: Any) -> Any:
    import pyarrow

    system, path = open_system(file)
    try:
        opened = system.open(path, "rb")
    except FileNotFoundError as error:
        raise FileNotFoundError(f"{file}: there is no such file") from error
    try:
        return parquet.ParquetFile(opened, memory_map=False, pre_buffer=False)
    except pyarrow.ArrowInvalid as error:
        raise FormatError(f"{file}: not a Parquet file") from error


def _check_columns(file: str, schema: Any) -> None:
    import pyarrow

    if "source" not in schema.names:
        raise FormatError(f"{file}: has no column `source`, only {', '.join(schema.names) or 'none'}")
    is_right = {
        "string": lambda kind: pyarrow.types.is_string(kind) or pyarrow.types.is_large_string(kind),
        "int64": pyarrow.types.is_integer,
    }
    for name, expected in COLUMNS.items():
        if name in schema.names and not is_right[expected](schema.field(name).type):
            raise FormatError(f"{file}: the column `{name}` must be {expected}, not {schema.field(name).type}")


def _row(values: dict[str, Any], folder: str, output: str) -> Row:
    """Return a row with complete keys."""
    source = values["source"]
    if not source:
        return Row("", "", None, None, None)
    target = values.get("target") or target_name(source)
    return Row(
        join_key(folder, source),
        join_key(output, target),
        values.get("width"),
        values.get("size"),
        values.get("version"),
    )
