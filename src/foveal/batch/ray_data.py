"""Ray Data as the engine of a manifest's batch.

    row groups of the manifest -> split (tasks) -> rows of one shard, as bytes -> ShardWorker (actors) -> ShardReport

Between the stages there are rows of the manifest and reports. Photos are read, worked on and written inside an actor,
so that neither their bytes nor their pixels pass through Ray's object store.

Ray restarts actors that died, and repeats their shards without end; `process_manifest_shard` sees to it that a photo
which kills its worker each time does so three times at most.
"""

from __future__ import annotations

import logging
import os
import pickle
import socket
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

from foveal.batch.manifest import Manifest, RowGroup, read_shards
from foveal.batch.manifest_shard import ManifestBatch, ShardReport, process_manifest_shard
from foveal.batch.ray_resources import SPLIT_CPUS, ActorPlan, plan_actors
from foveal.batch.url_storage import UrlStorage
from foveal.errors import FovealError, MissingExtraError
from foveal.saliency import default_model

_LOOPBACK = "127.0.0.1"  # a local cluster listens on no other address
_OBJECT_STORE_BYTES = 80 * 2**20  # of a local cluster; Ray takes no less than 75 MB
_SHARDS_PER_ACTOR = 2  # one that is done and one that waits
_CONNECTION_SECONDS = 5
_NO_PROGRESS_SECONDS = 15 * 60  # after which a run that waits for CPUs ends with an error


@dataclass(frozen=True)
class RayOptions:
    """Where and how widely a batch runs on Ray.

    Parameters
    ----------
    address
        Address of a cluster, as `ray.init` takes it; None for one on this machine, which ends with the batch.
    jobs
        Number of actors; None for one on each CPU of the cluster.
    """

    address: str | None = None
    jobs: int | None = None


class RayError(FovealError):
    """Ray cannot be started or reached, or has given up a shard."""


def process_on_ray(
    manifest: Manifest, batch: ManifestBatch, last_parts: Mapping[int, int], options: RayOptions
) -> Generator[ShardReport, None, None]:
    """Do all shards of a manifest, and yield their reports as they are finished.

    Parameters
    ----------
    manifest
        Manifest, whose row groups are read by tasks of the cluster.
    batch
        Settings and places, see `ManifestBatch`.
    last_parts
        Highest number of a part of each shard that has one, see `Results.last_parts`.
    options
        Cluster and number of actors.

    Raises
    ------
    RayError
        Ray cannot be started or reached, or a shard was given up.
    MissingExtraError
        Ray is not installed.
    ParameterError
        The cluster has too few CPUs for so many actors.
    """
    with _connected(options) as ray, _data_context(ray):
        plan = plan_actors([node["Resources"].get("CPU", 0.0) for node in ray.nodes() if node["Alive"]], options.jobs)
        useful = min(plan.actors, max(1, manifest.shard_count(batch.rows_per_shard)))
        dataset = _make_dataset(ray, manifest, batch, last_parts, replace(plan, actors=useful))
        try:
            for values in dataset.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0):
                for report in values.column("report").to_pylist():
                    yield pickle.loads(report)  # noqa: S301 (made by ShardWorker)
        except ray.exceptions.RayError as error:
            raise RayError(_explain(error)) from error


class ShardWorker:
    """Actor that does shards one after another; it loads the network when it starts.

    Parameters
    ----------
    batch
        Settings and places, see `ManifestBatch`.
    """

    def __init__(self, batch: ManifestBatch) -> None:
        self._batch = batch
        self._storage = UrlStorage()
        if batch.settings.optimize.saliency is not None:
            default_model()

    def __call__(self, shards: dict[str, list[Any]]) -> dict[str, list[bytes]]:
        """Do shards, and return their reports."""
        reports = []
        for number, last_part, rows in zip(shards["shard"], shards["last_part"], shards["rows"], strict=True):
            report = process_manifest_shard(
                int(number),
                pickle.loads(rows),  # noqa: S301 (made by Splitter)
                None if last_part < 0 else int(last_part),
                self._batch,
                self._storage,
            )
            reports.append(pickle.dumps(report))
        return {"report": reports}


class Splitter:
    """Function that reads row groups and yields their shards, each as a block of its own.

    Parameters
    ----------
    batch
        Settings and places, see `ManifestBatch`.
    """

    def __init__(self, batch: ManifestBatch) -> None:
        self._output = batch.output
        self._rows_per_shard = batch.rows_per_shard

    def __call__(self, groups: dict[str, list[Any]]) -> Iterator[dict[str, list[Any]]]:
        """Yield the shards of row groups: number, highest part or -1, and rows."""
        for data in groups["group"]:
            group, last_parts = pickle.loads(data)  # noqa: S301 (made by _row_groups)
            for number, rows in read_shards(group, self._rows_per_shard, self._output):
                yield {"shard": [number], "last_part": [last_parts.get(number, -1)], "rows": [pickle.dumps(rows)]}


def _make_dataset(
    ray: Any, manifest: Manifest, batch: ManifestBatch, last_parts: Mapping[int, int], plan: ActorPlan
) -> Any:
    groups = list(_row_groups(manifest.row_groups(batch.rows_per_shard), batch.rows_per_shard, last_parts))
    pool = ray.data.ActorPoolStrategy(size=plan.actors, max_tasks_in_flight_per_actor=_SHARDS_PER_ACTOR)
    return (
        ray.data.from_items(groups, override_num_blocks=max(1, len(groups)))
        .map_batches(Splitter(batch).__call__, batch_size=1, num_cpus=SPLIT_CPUS)
        .map_batches(
            ShardWorker,
            fn_constructor_args=(batch,),
            batch_size=1,
            compute=pool,
            num_cpus=plan.cpus_per_actor,
        )
    )


def _row_groups(
    groups: Iterable[RowGroup], rows_per_shard: int, last_parts: Mapping[int, int]
) -> Iterator[dict[str, bytes]]:
    """Yield each row group with what is known of its shards, pickled."""
    for group in groups:
        shards = range(group.first_shard, group.first_shard - (-group.row_count // rows_per_shard))
        known = {shard: last_parts[shard] for shard in shards if shard in last_parts}
        yield {"group": pickle.dumps((group, known))}


def import_ray() -> Any:
    """Return the module `ray`, with Ray Data imported; raise MissingExtraError if it is not installed."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # no telemetry; Ray reads it when it is imported
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise MissingExtraError(f"the engine ray needs Ray Data ({error}): pip install 'foveal[ray]'") from error
    return ray


@contextmanager
def _connected(options: RayOptions) -> Iterator[Any]:
    """Connect to a cluster, or start one on this machine; a connection that the program has already is used."""
    ray = import_ray()
    if ray.is_initialized():
        yield ray
        return
    if options.address is not None:
        _check_address(options.address)
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    try:
        if options.address is not None:
            ray.init(address=options.address, **quiet)
        else:
            ray.init(
                address="local",
                num_cpus=options.jobs,
                num_gpus=0,
                object_store_memory=_OBJECT_STORE_BYTES,
                include_dashboard=False,
                _node_ip_address=_LOOPBACK,
                **quiet,
            )
    except (ConnectionError, RuntimeError, ValueError, TimeoutError) as error:
        place = "on this machine" if options.address is None else f"at {options.address}"
        hint = "" if options.address is None else " (does it ask for a token? see RAY_AUTH_MODE in Ray's documentation)"
        raise RayError(f"no Ray cluster {place}: {_first_line(error)}{hint}") from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _check_address(address: str) -> None:
    """Raise RayError if nothing answers at an address; Ray would try for minutes."""
    if address.startswith("ray://"):
        raise RayError(f"{address}: Ray Client is not supported; start the batch in the cluster with `ray job submit`")
    host, separator, port = address.rpartition(":")
    if not separator or not port.isdigit():  # "auto", for example
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), _CONNECTION_SECONDS).close()
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise RayError(f"no Ray cluster at {address}: {reason}") from error


@contextmanager
def _data_context(ray: Any) -> Iterator[None]:
    """Set the options of Ray Data for a while."""
    chosen = {
        "target_max_block_size": 1,  # each shard is a block, so that it is given to an actor by itself
        "enable_progress_bars": False,
        "print_on_execution_start": False,
        "execution_no_progress_timeout_s": _NO_PROGRESS_SECONDS,
    }
    context = ray.data.DataContext.get_current()
    before = {name: getattr(context, name) for name in chosen if hasattr(context, name)}
    logger = logging.getLogger("ray.data")
    level = logger.level
    try:
        for name in before:
            setattr(context, name, chosen[name])
        logger.setLevel(logging.CRITICAL)
        yield
    finally:
        logger.setLevel(level)
        with suppress(Exception):
            for name, value in before.items():
                setattr(context, name, value)


def _explain(error: Exception) -> str:
    """Return the message of the error inside an error of Ray, which has the traceback of the worker in its text."""
    cause = getattr(error, "cause", None) or error
    if isinstance(cause, FovealError | OSError):
        return _first_line(cause)
    return f"Ray has given up: {type(cause).__name__}: {_first_line(cause)}"


def _first_line(error: BaseException) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
