"""SFTP by a server on the loopback interface: files appear as a whole, and are created once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from foveal.batch import UrlStorage
from foveal.batch.manifest_run import plan_manifest, process_locally, total_of

pytest.importorskip("paramiko", reason="the extra `cluster-test` is not installed")
pytest.importorskip("fsspec")
pytest.importorskip("pyarrow")

from manifest_batches import LOSSLESS, check_finished, names, write_manifest, write_photos
from sftp_server import serve_folder
from storage_claims import winners_of_a_claim

pytestmark = pytest.mark.filterwarnings("default")  # those of paramiko and cryptography


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    served = tmp_path / "served"
    served.mkdir()
    with serve_folder(served) as port:
        yield f"sftp://user:password@127.0.0.1:{port}"


def test_a_file_is_created_once_and_can_be_replaced(url: str, tmp_path: Path) -> None:
    storage, key = UrlStorage(), f"{url}/deep/a.jpg"
    assert storage.write_new(key, b"one").size_bytes == 3
    with pytest.raises(FileExistsError):
        storage.write_new(key, b"two")
    assert storage.read(key) == b"one"
    storage.replace(key, b"three")
    assert storage.read(key) == b"three"
    assert [path.name for path in (tmp_path / "served" / "deep").iterdir()] == ["a.jpg"]
    storage.remove(key)
    for method in (storage.read, storage.state):
        with pytest.raises(FileNotFoundError):
            method(key)
    assert list(storage.names(f"{url}/none")) == []


def test_of_many_writers_one_creates_the_file(url: str) -> None:
    storage, key = UrlStorage(), f"{url}/folder/claimed"
    assert winners_of_a_claim(storage, key, writers=12) == [storage.read(key)]
    assert list(storage.names(f"{url}/folder")) == ["claimed"]


def test_a_batch_by_sftp(url: str, tmp_path: Path) -> None:
    sources = write_photos(f"{url}/photos", 6)
    manifest = write_manifest(tmp_path / "m.parquet", {"source": sources, "target": names(6)})
    plan = plan_manifest(manifest, f"{url}/out", LOSSLESS, rows_per_shard=4)
    total = total_of(process_locally(plan.manifest, plan.batch, plan.last_parts, jobs=1))
    assert total.statuses == {"written": 6}
    check_finished(plan, 6)
