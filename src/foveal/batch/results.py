"""Results of a batch as Parquet parts: one for each shard, created as a whole and never changed.

    batch.json                      manifest, settings and size of shards of the batch
    shard-00000012.00.parquet       outcomes of the shard 12, a row for each target
    shard-00000012.01.parquet       the same after a later run has redone some of them; it takes the place of .00
    shard-00000012.intent           which targets existed before the batch first touched them
    shard-00000012.00.try0          the part .00 was begun a second time, because its worker was lost

A part is created exclusively: of two workers that do the same shard, one keeps its part. A part is complete for its
shard, so that the highest number is all that counts.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from foveal.batch.jobs import Outcome
from foveal.batch.manifest import import_parquet
from foveal.batch.url_storage import UrlStorage, join_key
from foveal.errors import FormatError, ParameterError, UnsupportedError

_PART = re.compile(r"shard-(\d{8,})\.(\d{2,})\.parquet")
DESCRIPTION_NAME = "batch.json"  # of the file that describes the batch
_FORMAT = 1  # of batch.json and the parts
_MOST_TRIES = 3  # that are counted


@dataclass(frozen=True)
class BatchIdentity:
    """What `batch.json` says of a batch.

    Parameters
    ----------
    manifest_id
        Code for the content of the manifest, see `Manifest.identity`.
    settings_id
        Fingerprint of the settings of the last run, see `BatchSettings.fingerprint`.
    rows_per_shard
        Number of rows of a shard. It stays what it was in the first run.
    """

    manifest_id: str
    settings_id: str
    rows_per_shard: int


class Results:
    """Folder of the results of a batch, at a path or URL.

    Parameters
    ----------
    folder
        Path or URL of the folder.
    """

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._storage = UrlStorage()

    def begin(self, identity: BatchIdentity) -> tuple[BatchIdentity, BatchIdentity | None]:
        """Create `batch.json`, or continue the batch that it describes.

        Returns
        -------
        tuple[BatchIdentity, BatchIdentity | None]
            The identity of this run, and that of the last run, None for the first.

        Raises
        ------
        ParameterError
            The results are those of another manifest.
        UnsupportedError
            The storage does not keep the promise that `write_new` never replaces a file.
        """
        key = join_key(self.folder, DESCRIPTION_NAME)
        try:
            self._storage.write_new(key, _to_json(identity))
        except FileExistsError:
            last = _from_json(key, self._storage.read(key))
            if last.manifest_id != identity.manifest_id:
                raise ParameterError(f"{self.folder}: these are the results of another manifest") from None
            now = BatchIdentity(identity.manifest_id, identity.settings_id, last.rows_per_shard)
            if now != last:
                self._storage.replace(key, _to_json(now))
            return now, last
        self._check_exclusion(key, identity)
        return identity, None

    def last_parts(self) -> dict[int, int]:
        """Return the highest number of a part of each shard that has one."""
        last: dict[int, int] = {}
        for shard, number in self._parts():
            last[shard] = max(number, last.get(shard, number))
        return last

    def remove_replaced_parts(self, last_parts: Mapping[int, int]) -> None:
        """Remove the parts below the highest, which a worker leaves that dies after it has created the next one."""
        for shard, number in self._parts():
            if number < last_parts.get(shard, number):
                self._storage.remove(self._part_key(shard, number))

    def read_part(self, shard: int, number: int) -> list[Outcome]:
        """Return the outcomes in a part."""
        return [_outcome(values) for values in self._read_table(shard, number).to_pylist()]

    def write_part(self, shard: int, number: int, outcomes: Sequence[Outcome]) -> bool:
        """Create a part, and remove the one before it; return False if there is one of this number already."""
        try:
            self._storage.write_new(self._part_key(shard, number), _to_parquet(shard, outcomes))
        except FileExistsError:
            return False
        if number > 0:
            self._storage.remove(self._part_key(shard, number - 1))
        return True

    def write_intent(self, shard: int, existing: Sequence[str]) -> list[str] | None:
        """Note which targets of a shard existed before the batch; return an earlier note if there is one, else None."""
        try:
            self._storage.write_new(self._intent_key(shard), json.dumps(list(existing)).encode())
        except FileExistsError:
            return self.read_intent(shard)
        return None

    def read_intent(self, shard: int) -> list[str] | None:
        """Return which targets of a shard existed before the batch, or None if the batch has not touched it."""
        try:
            return [str(target) for target in json.loads(self._storage.read(self._intent_key(shard)))]
        except FileNotFoundError:
            return None

    def count_try(self, shard: int, number: int) -> int:
        """Note one more try at a part after the first one; return how many were noted before."""
        for tries in range(_MOST_TRIES):
            try:
                self._storage.write_new(self._try_key(shard, number, tries), b"")
            except FileExistsError:
                continue
            return tries
        return _MOST_TRIES

    def forget_tries(self, shard: int, number: int, count: int) -> None:
        """Remove the notes of tries at a part."""
        for tries in range(count):
            self._storage.remove(self._try_key(shard, number, tries))

    def outcomes_by_shard(self) -> Iterator[list[Outcome]]:
        """Yield the outcomes of each shard, in the order of the manifest."""
        parts = self.last_parts()
        if not parts:
            self._storage.state(join_key(self.folder, DESCRIPTION_NAME))  # an error if this is no folder of results
        for shard, number in sorted(parts.items()):
            yield self.read_part(shard, number)

    def tables(self) -> Iterator[Any]:
        """Yield the results as a `pyarrow.Table` for each shard, in the order of the shards."""
        for shard, number in sorted(self.last_parts().items()):
            yield self._read_table(shard, number)

    def _parts(self) -> Iterator[tuple[int, int]]:
        """Yield shard and number of every part."""
        for name in self._storage.names(self.folder):
            match = _PART.fullmatch(name)
            if match is not None:
                yield int(match[1]), int(match[2])

    def _read_table(self, shard: int, number: int) -> Any:
        data = self._storage.read(self._part_key(shard, number))
        return import_parquet().read_table(io.BytesIO(data))

    def _part_key(self, shard: int, number: int) -> str:
        return join_key(self.folder, f"shard-{shard:08}.{number:02}.parquet")

    def _intent_key(self, shard: int) -> str:
        return join_key(self.folder, f"shard-{shard:08}.intent")

    def _try_key(self, shard: int, number: int, tries: int) -> str:
        return join_key(self.folder, f"shard-{shard:08}.{number:02}.try{tries}")

    def _check_exclusion(self, key: str, identity: BatchIdentity) -> None:
        """Create a file that exists: storage that lets this pass would let two workers replace each other's files."""
        try:
            self._storage.write_new(key, _to_json(identity))
        except FileExistsError:
            return
        raise UnsupportedError(f"{key}: the storage ignores conditional writes (If-None-Match), which a batch needs")


def schema() -> Any:
    """Return the schema of a part, a `pyarrow.Schema`: the fields of `Outcome`, and the shard."""
    import_parquet()
    import pyarrow

    text, count = pyarrow.string(), pyarrow.int64()
    kinds = {
        "shard": count,
        "job_id": text,
        "source": text,
        "target": text,
        "status": text,
        "settings_id": text,
        "reason": text,
        "rung": text,
        "size_bytes_before": count,
        "size_bytes_after": count,
        "seconds": pyarrow.float64(),
        "source_version": text,
        "target_version": text,
        "source_sha256": text,
        "output_sha256": text,
        "width": count,
        "height": count,
        "quality": pyarrow.float64(),
        "warnings": pyarrow.list_(text),
    }
    return pyarrow.schema(list(kinds.items()))


def _to_parquet(shard: int, outcomes: Sequence[Outcome]) -> bytes:
    import pyarrow

    parquet = import_parquet()
    rows = [{"shard": shard, **outcome.as_dict()} for outcome in outcomes]
    written = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist(rows, schema()), written, compression="zstd")
    return written.getvalue()


def _outcome(values: dict[str, Any]) -> Outcome:
    del values["shard"]
    return Outcome(**{**values, "warnings": tuple(values["warnings"])})


def _to_json(identity: BatchIdentity) -> bytes:
    values = {
        "format": _FORMAT,
        "manifest": identity.manifest_id,
        "settings": identity.settings_id,
        "rows_per_shard": identity.rows_per_shard,
    }
    return (json.dumps(values, indent=2) + "\n").encode()


def _from_json(key: str, data: bytes) -> BatchIdentity:
    try:
        values = json.loads(data)
        if values["format"] != _FORMAT:
            raise FormatError(f"{key}: results of format {values['format']}; this version reads format {_FORMAT}")
        return BatchIdentity(str(values["manifest"]), str(values["settings"]), int(values["rows_per_shard"]))
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"{key}: not the description of a batch") from error
