"""The work on one shard of a manifest, for any engine: claim, `process_shard`, and a part of results.

It may be done twice, at the same time too, or be cut off anywhere: see `docs/decisions/0013-claims-on-a-cluster.md`.

    last part complete? -> note which targets exist -> process_shard on the rows not done -> create the next part
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import TypeVar

from foveal.batch.guarded import process_guarded
from foveal.batch.jobs import BatchSettings, FileState, Job, Outcome, Target
from foveal.batch.manifest import Row
from foveal.batch.read_ahead import ReadAhead
from foveal.batch.results import Results
from foveal.batch.shard import process_shard, reason_of
from foveal.batch.storage import Storage

_FILES_AHEAD = 4  # sources that are read while one is being worked on
_LOOKUPS_AT_ONCE = 16  # questions to the storage for the state of a file, which wait but do not work
_TRIES_UNGUARDED = 2  # at a shard, before each of its photos is done in another process
_REASONS = 5  # failures of a shard whose reasons are reported at once; all are in its part

Argument = TypeVar("Argument")
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class ManifestBatch:
    """What all shards of a batch have in common.

    Parameters
    ----------
    settings
        Options of optimization and encoding.
    output
        Path or URL of the folder that relative targets are below.
    results
        Path or URL of the folder of the results.
    rows_per_shard
        Number of rows of a shard.
    overwrite
        Whether targets may be replaced that this batch has not written.
    """

    settings: BatchSettings
    output: str
    results: str
    rows_per_shard: int
    overwrite: bool = False


@dataclass(frozen=True)
class ShardReport:
    """What became of a shard.

    Parameters
    ----------
    shard
        Number of the shard.
    done_before
        Number of targets that needed no work, because an earlier run had finished them.
    statuses
        Number of targets of each status, in this run and before.
    size_bytes_before, size_bytes_after
        Sizes of the sources and the targets that were written or kept. A source counts once in each shard.
    megapixels
        Size of all targets' pictures of this run, in millions of pixels.
    seconds
        Time that the work on them took.
    reasons
        First failures: the source, and why.
    stopped_by
        Error of storage that every further target would meet, such as a full disk; then the shard has no part, and is
        done by the next run. "" otherwise.
    """

    shard: int
    done_before: int
    statuses: dict[str, int] = field(default_factory=dict)
    size_bytes_before: int = 0
    size_bytes_after: int = 0
    megapixels: float = 0.0
    seconds: float = 0.0
    reasons: tuple[tuple[str, str], ...] = ()
    stopped_by: str = ""


def process_manifest_shard(
    shard: int, rows: Sequence[Row], last_part: int | None, batch: ManifestBatch, storage: Storage
) -> ShardReport:
    """Do what is not done yet of a shard, and write its outcomes as a part of the results.

    Parameters
    ----------
    shard
        Number of the shard.
    rows
        Rows of the shard.
    last_part
        Highest number of a part of this shard; None if it has none.
    batch
        Settings and places of the batch.
    storage
        Files of sources and targets.

    Raises
    ------
    OSError
        The results cannot be read or written. Errors of sources and targets are outcomes.
    """
    results = Results(batch.results)
    before = {} if last_part is None else {each.target: each for each in results.read_part(shard, last_part)}
    jobs, unreadable = _make_jobs(rows, storage)
    finished = [outcome for job in jobs for outcome in _finished(job, before, batch.settings)]
    done = {outcome.target for outcome in finished}
    waiting = [job for job in jobs if job.targets[0].key not in done]
    if not waiting and not unreadable and last_part is not None:
        return _report(shard, finished, [])
    part = 0 if last_part is None else last_part + 1
    targets = [row.target for row in rows if row.target]
    foreign, is_first_try = _note_existing(shard, targets, results, batch, storage)
    if not is_first_try or batch.overwrite:
        mine = {key for key, outcome in before.items() if outcome.output_sha256}
        waiting = _allow_replacing(waiting, foreign - mine)
    tries = 0 if is_first_try else 1 + results.count_try(shard, part)
    new = unreadable + _until_stopped(_process(waiting, tries, batch.settings, storage))
    if new and new[-1].stops_batch:
        return replace(_report(shard, finished, new), stopped_by=new[-1].reason)
    order = {row.target: position for position, row in enumerate(rows)}
    results.write_part(shard, part, sorted(finished + new, key=lambda outcome: order[outcome.target]))
    results.forget_tries(shard, part, tries)
    return _report(shard, finished, new)


def _process(jobs: list[Job], tries: int, settings: BatchSettings, storage: Storage) -> Iterator[Outcome]:
    """Do jobs; after two tries that were cut off, in a process of their own, which a photo may kill."""
    if tries >= _TRIES_UNGUARDED:
        yield from process_guarded(jobs, settings, storage)
        return
    with ReadAhead(storage, [job.source.key for job in jobs], _FILES_AHEAD) as ahead:
        yield from process_shard(jobs, settings, ahead)


def _until_stopped(outcomes: Iterator[Outcome]) -> list[Outcome]:
    """Return the outcomes up to the first after which it is of no use to go on."""
    taken = []
    for outcome in outcomes:
        taken.append(outcome)
        if outcome.stops_batch:
            break
    return taken


def _make_jobs(rows: Sequence[Row], storage: Storage) -> tuple[list[Job], list[Outcome]]:
    """Return a job for each run of rows with one source, and the outcomes of rows that cannot become jobs."""
    groups = [(source, list(group)) for source, group in groupby(rows, key=lambda row: row.source)]
    states = _ask_at_once(lambda group: _state(group[1], storage), groups)
    jobs, unreadable = [], []
    for (source, group), state in zip(groups, states, strict=True):
        if isinstance(state, FileState):
            jobs.append(Job(state, tuple(Target(row.target, row.width) for row in group)))
        else:
            unreadable += [Outcome("", source, row.target, "failed", reason=state) for row in group]
    return jobs, unreadable


def _state(rows: Sequence[Row], storage: Storage) -> FileState | str:
    """Return the state of the source of rows, as the manifest or the storage says; or the reason why there is none."""
    row = rows[0]
    if not row.source:
        return "the manifest names no source"
    if any(each.target == row.source for each in rows):
        return "the target is the source; a manifest cannot be done in place"
    if row.version is not None and row.size_bytes is not None:
        return FileState(row.source, row.size_bytes, row.version)
    try:
        return storage.state(row.source)
    except Exception as error:  # as process_shard does: no file aborts a batch
        return reason_of(error)


def _finished(job: Job, before: dict[str, Outcome], settings: BatchSettings) -> list[Outcome]:
    """Return the outcomes of a job that an earlier run has done; none if any of its targets is to be done."""
    found = [before[target.key] for target in job.targets if target.key in before]
    job_id = job.job_id(settings)
    is_done = len(found) == len(job.targets) and all(
        outcome.job_id == job_id and outcome.status != "failed" for outcome in found
    )
    return found if is_done else []


def _note_existing(
    shard: int, targets: Sequence[str], results: Results, batch: ManifestBatch, storage: Storage
) -> tuple[set[str], bool]:
    """Return which targets are somebody else's files, and whether the shard is touched for the first time.

    Whoever touches a shard first notes which targets exist: they are somebody else's. What exists at a later time and
    is not in this note, this batch has written.
    """
    foreign = results.read_intent(shard)
    is_first_try = False
    if foreign is None:
        existing = [] if batch.overwrite else _existing(targets, storage)
        foreign = results.write_intent(shard, existing)
        is_first_try = foreign is None
    return set() if batch.overwrite else set(foreign or ()), is_first_try


def _allow_replacing(jobs: Sequence[Job], foreign: set[str]) -> list[Job]:
    """Return the jobs, with `overwrite` for those that have no target among somebody else's files."""
    return [replace(job, overwrite=foreign.isdisjoint(target.key for target in job.targets)) for job in jobs]


def _existing(keys: Sequence[str], storage: Storage) -> list[str]:
    """Return those of some keys that have a file."""

    def exists(key: str) -> bool:
        try:
            storage.state(key)
        except OSError:  # also where it cannot be found out: writing will say why
            return False
        return True

    return [key for key, is_there in zip(keys, _ask_at_once(exists, keys), strict=True) if is_there]


def _ask_at_once(ask: Callable[[Argument], Answer], arguments: Iterable[Argument]) -> list[Answer]:
    """Call a function that waits for the storage for many arguments, some at a time."""
    with ThreadPoolExecutor(_LOOKUPS_AT_ONCE, "foveal-ask") as pool:
        return list(pool.map(ask, arguments))


def _report(shard: int, finished: Sequence[Outcome], new: Sequence[Outcome]) -> ShardReport:
    outcomes = [*finished, *new]
    files = [outcome for outcome in outcomes if outcome.status in ("written", "kept")]
    failures = [outcome for outcome in new if outcome.status == "failed"]
    return ShardReport(
        shard,
        len(finished),
        dict(Counter(outcome.status for outcome in outcomes)),
        sum({outcome.source: outcome.size_bytes_before for outcome in files}.values()),
        sum(outcome.size_bytes_after for outcome in files),
        sum(outcome.megapixels for outcome in new),
        sum(outcome.seconds for outcome in new),
        tuple((outcome.source, outcome.reason) for outcome in failures[:_REASONS]),
    )
