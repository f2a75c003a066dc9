"""A whole batch by manifest: checks before any work, shards by an engine, and what came of all of them."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice, takewhile

from foveal.batch.collisions import find_collision, find_overwritten_source
from foveal.batch.jobs import BatchSettings
from foveal.batch.manifest import Manifest, Row, open_manifest, read_keys, read_shards, read_targets
from foveal.batch.manifest_shard import ManifestBatch, ShardReport, process_manifest_shard
from foveal.batch.results import BatchIdentity, Results
from foveal.batch.url_storage import UrlStorage, check_protocol, join_key, protocol_of
from foveal.errors import ParameterError
from foveal.threads import sigint_blocked

RESULTS_NAME = "_foveal"  # folder of the results below that of the targets
_LEAST_ROWS, _MOST_ROWS = 8, 512  # of a shard; a lost worker loses one shard, and each shard costs three requests
_USUAL_SHARDS = 1000  # into which a manifest is divided, so that many workers end at about the same time
_AHEAD_PER_PROCESS = 2  # shards: one that is done and one that waits


@dataclass(frozen=True)
class ManifestPlan:
    """A batch that has passed the checks before any work.

    Parameters
    ----------
    manifest
        Manifest of the photos.
    batch
        Settings and places of the batch.
    last_parts
        Highest number of a part of each shard that has one, from earlier runs.
    settings_changed
        Whether an earlier run had other settings; its files are made again.
    """

    manifest: Manifest
    batch: ManifestBatch
    last_parts: Mapping[int, int]
    settings_changed: bool

    @property
    def shard_count(self) -> int:
        """Number of shards of the manifest."""
        return self.manifest.shard_count(self.batch.rows_per_shard)


def plan_manifest(
    manifest: str,
    output: str,
    settings: BatchSettings,
    *,
    results: str | None = None,
    overwrite: bool = False,
    rows_per_shard: int | None = None,
) -> ManifestPlan:
    """Check a batch by manifest, and begin or continue its results.

    Parameters
    ----------
    manifest
        Path or URL of a Parquet file, or of a folder of them; see `foveal.batch.manifest`.
    output
        Path or URL of the folder that relative targets are below.
    settings
        Options of optimization and encoding.
    results
        Path or URL of the folder of the results; None for `_foveal` below `output`.
    overwrite
        Whether existing files may be replaced that this batch has not written.
    rows_per_shard
        Number of rows of a shard; None for one that suits the manifest. A batch that is continued keeps its own.

    Raises
    ------
    ParameterError
        Two rows have the same target, existing files may be replaced and a target is the source of another row, or
        the results are those of another manifest.
    FormatError
        The manifest is not Parquet, or has not the right columns.
    OSError
        Something cannot be read or written.
    """
    place = join_key(output, RESULTS_NAME) if results is None else results
    for key in (output, place):
        check_protocol(key)
    opened = open_manifest(manifest)
    collision = find_collision(lambda: read_targets(opened, output))
    if collision is not None:
        raise ParameterError(f"{manifest}: two rows have the target {collision}")
    overwritten = find_overwritten_source(lambda: read_keys(opened, output)) if overwrite else None
    if overwritten is not None:
        raise ParameterError(f"{manifest}: {overwritten} is a source, and would be overwritten as the target of a row")
    chosen = _suitable_rows(opened.row_count) if rows_per_shard is None else rows_per_shard
    stored = Results(place)
    identity, last = stored.begin(BatchIdentity(opened.identity, settings.fingerprint(), chosen))
    last_parts = {} if last is None else stored.last_parts()
    stored.remove_replaced_parts(last_parts)
    return ManifestPlan(
        opened,
        ManifestBatch(settings, output, place, identity.rows_per_shard, overwrite),
        last_parts,
        last is not None and last.settings_id != identity.settings_id,
    )


def check_distributed(plan: ManifestPlan) -> None:
    """Raise ParameterError if the folders of a batch are in the memory of one process."""
    for key in (plan.batch.output, plan.batch.results):
        if protocol_of(key) == "memory":
            raise ParameterError(f"{key}: memory:// is of one process, and workers are others")


def process_locally(
    manifest: Manifest,
    batch: ManifestBatch,
    last_parts: Mapping[int, int],
    jobs: int,
    is_stopped: Callable[[], bool] = lambda: False,
) -> Generator[ShardReport, None, None]:
    """Do all shards of a manifest in processes of this machine, and yield their reports as they are finished.

    Parameters
    ----------
    manifest
        Manifest of the photos.
    batch
        Settings and places of the batch.
    last_parts
        Highest number of a part of each shard that has one.
    jobs
        Number of processes; with 1, the work is done in this one.
    is_stopped
        Function that is asked before each shard whether to begin no more; those that are being done are finished.
    """
    shards = takewhile(lambda _: not is_stopped(), _shards(manifest, batch))
    if jobs == 1:
        storage = UrlStorage()
        for number, rows in shards:
            yield process_manifest_shard(number, rows, last_parts.get(number), batch, storage)
        return
    context = multiprocessing.get_context("spawn")
    ignored = (signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes of a terminal; these finish their shards
    with ProcessPoolExecutor(jobs, context, signal.signal, ignored) as pool:
        start = partial(_submit, pool, batch, last_parts)
        running = {start(*shard) for shard in islice(shards, jobs * _AHEAD_PER_PROCESS)}
        while running:
            done, running = wait(running, return_when=FIRST_COMPLETED)
            running |= {start(*shard) for shard in islice(shards, len(done))}
            if is_stopped():
                running = {future for future in running if not future.cancel()}
            for future in done:
                yield future.result()


def total_of(reports: Iterator[ShardReport]) -> ShardReport:
    """Return one report that adds up all, with the shard -1."""
    total = ShardReport(-1, 0)
    for report in reports:
        total = add_reports(total, report)
    return total


def add_reports(total: ShardReport, report: ShardReport) -> ShardReport:
    """Return a total with one more report in it; it keeps the first reasons only."""
    names = total.statuses.keys() | report.statuses.keys()
    return replace(
        total,
        done_before=total.done_before + report.done_before,
        statuses={name: total.statuses.get(name, 0) + report.statuses.get(name, 0) for name in names},
        size_bytes_before=total.size_bytes_before + report.size_bytes_before,
        size_bytes_after=total.size_bytes_after + report.size_bytes_after,
        megapixels=total.megapixels + report.megapixels,
        seconds=total.seconds + report.seconds,
        reasons=(total.reasons + report.reasons)[:5],
        stopped_by=total.stopped_by or report.stopped_by,
    )


def _submit(
    pool: ProcessPoolExecutor, batch: ManifestBatch, last_parts: Mapping[int, int], number: int, rows: list[Row]
) -> Future[ShardReport]:
    with sigint_blocked():  # this may start a process
        return pool.submit(process_manifest_shard, number, rows, last_parts.get(number), batch, UrlStorage())


def _shards(manifest: Manifest, batch: ManifestBatch) -> Iterator[tuple[int, list[Row]]]:
    for group in manifest.row_groups(batch.rows_per_shard):
        yield from read_shards(group, batch.rows_per_shard, batch.output)


def _suitable_rows(row_count: int) -> int:
    return min(max(row_count // _USUAL_SHARDS, _LEAST_ROWS), _MOST_ROWS)
