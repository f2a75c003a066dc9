"""A Ray cluster of two nodes and an S3 endpoint on this machine: what is killed in the middle is made up for."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foveal.batch.manifest_run import ManifestPlan, plan_manifest, process_locally, total_of
from foveal.batch.manifest_shard import ShardReport
from foveal.batch.ray_data import RayError, RayOptions, process_on_ray
from foveal.errors import ParameterError

pytest.importorskip("ray", reason="the extra `cluster-test` is not installed")
pytest.importorskip("moto.server", reason="the extra `cluster-test` is not installed")
pytest.importorskip("s3fs")

from manifest_batches import LOSSLESS, check_finished, names, plan_photos, write_manifest, write_photos

pytestmark = pytest.mark.filterwarnings("default")  # those of Ray and moto

_STORE_BYTES = 80 * 2**20
_DEADLY = """
import os, signal
from fsspec.implementations.local import LocalFileSystem

class Deadly(LocalFileSystem):
    protocol = "deadly"

    def cat_file(self, path, **options):
        if path.endswith("0002.jpg"):
            os.kill(os.getpid(), signal.SIGKILL)
        return super().cat_file(path.removeprefix("deadly://"), **options)
"""
_DRIVER = """
import sys
from foveal.batch.manifest_run import plan_manifest
from foveal.batch.ray_data import RayOptions, process_on_ray
from manifest_batches import LOSSLESS

manifest, output, address = sys.argv[1:]
plan = plan_manifest(manifest, output, LOSSLESS, rows_per_shard=4)
for report in process_on_ray(plan.manifest, plan.batch, plan.last_parts, RayOptions(address)):
    print(report.shard, flush=True)
"""


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """URL of a bucket of moto's server on the loopback interface."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.get_host_and_port()[1]}")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        import s3fs

        s3fs.S3FileSystem().mkdir("bucket")
        yield "s3://bucket"
    server.stop()


@pytest.fixture(scope="module")
def deadly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with a package for `deadly://`: local files, but whoever reads 0002.jpg is killed."""
    folder = tmp_path_factory.mktemp("deadly")
    (folder / "deadly.py").write_text(_DEADLY)
    package = folder / "deadly-1.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: deadly\nVersion: 1\n")
    (package / "entry_points.txt").write_text("[fsspec.specs]\ndeadly = deadly:Deadly\n")
    return folder


@pytest.fixture(scope="module")
def cluster(bucket: str, deadly: Path) -> Iterator[Any]:
    """Cluster of two nodes of one CPU each, whose workers see the bucket and `deadly://`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("PYTHONPATH", os.pathsep.join([*(path for path in sys.path if path), str(deadly)]))
        from ray.cluster_utils import Cluster

        node = {"num_cpus": 1, "object_store_memory": _STORE_BYTES}
        nodes = Cluster(initialize_head=True, head_node_args={**node, "include_dashboard": False})
        nodes.add_node(**node)
        yield nodes
        nodes.shutdown()


def process(plan: ManifestPlan, cluster: Any, jobs: int | None = None) -> Iterator[ShardReport]:
    return process_on_ray(plan.manifest, plan.batch, plan.last_parts, RayOptions(cluster.address, jobs))


def workers(cluster: Any) -> list[int]:
    """Return the process numbers of the cluster's actors."""
    raylets = {str(node.all_processes["raylet"][0].process.pid) for node in cluster.list_all_nodes()}
    listing = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listing.splitlines()]
    return [int(pid) for pid, parent, title in rows if parent in raylets and title.startswith("ray::MapWorker")]


def test_s3_and_a_worker_that_is_killed(cluster: Any, bucket: str, tmp_path: Path) -> None:
    count = 40
    sources = write_photos(f"{bucket}/photos", count)
    manifest = write_manifest(tmp_path / "m.parquet", {"source": sources, "target": names(count)})
    plan = plan_manifest(manifest, f"{bucket}/out", LOSSLESS, rows_per_shard=4)
    killed = []
    reports = []
    for report in process(plan, cluster):
        if not killed:
            killed = workers(cluster)
            assert len(killed) == 2
            os.kill(killed[0], signal.SIGKILL)
        reports.append(report)
    assert sorted(report.shard for report in reports) == list(range(plan.shard_count))
    rows = check_finished(plan, count)
    assert {row["source"] for row in rows} == set(sources)
    again = plan_manifest(manifest, f"{bucket}/out", LOSSLESS)
    total = total_of(process_locally(again.manifest, again.batch, again.last_parts, jobs=1))
    assert total.done_before == count


def test_a_driver_that_is_killed_is_continued(cluster: Any, tmp_path: Path) -> None:
    count = 48
    output = str(tmp_path / "out")
    plan_photos(tmp_path, output, count)
    command = [sys.executable, "-c", _DRIVER, str(tmp_path / "photos.parquet"), output, cluster.address]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as driver:
        assert driver.stdout is not None
        done = [int(driver.stdout.readline()) for _ in range(2)]
        driver.kill()
    finished = {path: path.stat().st_mtime_ns for path in Path(output, "_foveal").glob("*.parquet")}
    assert 2 <= len(finished) < 12
    assert driver.returncode == -signal.SIGKILL
    plan = plan_photos(tmp_path, output, count)
    assert set(done) <= set(plan.last_parts)
    # Four actors on two CPUs: were each to ask for 0.9, two would wait for ever.
    reports = list(process(plan, cluster, jobs=4))
    assert sum(report.done_before for report in reports) >= 4 * len(finished)
    check_finished(plan, count)
    assert {path: path.stat().st_mtime_ns for path in finished} == finished


def test_a_photo_that_kills_every_worker_fails_alone(cluster: Any, tmp_path: Path) -> None:
    sources = [f"deadly://{source}" for source in write_photos(str(tmp_path / "photos"), 4)]
    columns = {"source": sources, "target": names(4), "size": [1] * 4, "version": list("abcd")}
    manifest = write_manifest(tmp_path / "m.parquet", columns)
    (report,) = process(plan_manifest(manifest, str(tmp_path / "out"), LOSSLESS, rows_per_shard=4), cluster)
    assert report.statuses == {"written": 3, "failed": 1}
    assert report.reasons[0][0].endswith("0002.jpg")
    assert "the process that worked on it died" in report.reasons[0][1]


def test_more_actors_than_fit_are_refused(cluster: Any, tmp_path: Path) -> None:
    plan = plan_photos(tmp_path, str(tmp_path / "out"), 4)
    with pytest.raises(ParameterError, match="1,000 jobs are too many for the Ray cluster of 2 CPUs"):
        next(process(plan, cluster, jobs=1000))


def test_errors_are_one_line(cluster: Any, tmp_path: Path) -> None:
    plan = plan_photos(tmp_path, str(tmp_path / "out"), 4)
    (tmp_path / "photos.parquet").unlink()
    with pytest.raises(RayError, match=r"photos\.parquet: there is no such file") as caught:
        list(process(plan, cluster))
    assert "\n" not in str(caught.value)
    for address, message in (
        ("127.0.0.1:1", r"no Ray cluster at 127\.0\.0\.1:1: Connection refused"),
        ("ray://127.0.0.1:1", "Ray Client is not supported"),
    ):
        with pytest.raises(RayError, match=message):
            next(process_on_ray(plan.manifest, plan.batch, {}, RayOptions(address)))
