"""Files at URLs: each protocol reads, replaces, and creates exactly once."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from uuid import uuid4

import pytest
from storage_claims import winners_of_a_claim

from foveal.batch.url_storage import UrlStorage, check_protocol, join_key
from foveal.errors import MissingExtraError, ParameterError

pytest.importorskip("fsspec")


@pytest.fixture(params=["path", "file", "memory"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    places = {"path": str(tmp_path), "file": tmp_path.as_uri(), "memory": f"memory://{uuid4().hex}"}
    return places[request.param]


def test_a_file_is_created_once_and_can_be_replaced(folder: str) -> None:
    storage, key = UrlStorage(), f"{folder}/deep/a b.jpg"
    created = storage.write_new(key, b"one")
    assert (created.key, created.size_bytes) == (key, 3)
    with pytest.raises(FileExistsError):
        storage.write_new(key, b"two")
    assert storage.read(key) == b"one"
    replaced = storage.replace(key, b"three")
    assert storage.read(key) == b"three"
    assert replaced == storage.state(key)
    assert replaced.version != created.version
    assert list(storage.names(f"{folder}/deep")) == ["a b.jpg"]
    storage.remove(key)
    storage.remove(key)
    assert list(storage.names(f"{folder}/deep")) == []


def test_what_is_not_there_is_a_missing_file(folder: str) -> None:
    storage = UrlStorage()
    for method in (storage.read, storage.state):
        with pytest.raises(FileNotFoundError, match=r"none\.jpg|No such file"):
            method(f"{folder}/none.jpg")
    assert list(storage.names(f"{folder}/none")) == []


def test_of_many_writers_one_creates_the_file(folder: str) -> None:
    storage, key = UrlStorage(), f"{folder}/claimed"
    assert winners_of_a_claim(storage, key, writers=24) == [storage.read(key)]
    assert list(storage.names(folder)) == ["claimed"]


def test_it_can_be_pickled(tmp_path: Path) -> None:
    storage = pickle.loads(pickle.dumps(UrlStorage()))  # noqa: S301
    storage.write_new(str(tmp_path / "a"), b"data")
    assert storage.read(str(tmp_path / "a")) == b"data"


@pytest.mark.parametrize("key", ["ftp://host/a", "http://host/a", "unknown://a"])
def test_protocols_that_cannot_claim_are_refused(key: str) -> None:
    with pytest.raises(ParameterError, match="cannot create a file exclusively"):
        check_protocol(key)
    with pytest.raises(ParameterError, match="cannot create a file exclusively"):
        UrlStorage().write_new(key, b"")


def test_an_unknown_protocol_is_refused() -> None:
    with pytest.raises(ParameterError, match="unknown"):
        UrlStorage().read("unknown://a")


def test_the_extra_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(MissingExtraError, match=r"s3://.*pip install 'foveal\[ray\]'") as caught:
        UrlStorage().read("s3://bucket/a")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("folder", "name", "expected"),
    [
        ("s3://bucket/out", "a/b.jpg", "s3://bucket/out/a/b.jpg"),
        ("s3://bucket/out/", "b.jpg", "s3://bucket/out/b.jpg"),
        ("out", "s3://other/b.jpg", "s3://other/b.jpg"),
        ("out", "/b.jpg", "/b.jpg"),
        ("/", "b.jpg", "/b.jpg"),
    ],
)
def test_names_are_joined_to_folders(folder: str, name: str, expected: str) -> None:
    assert join_key(folder, name) == expected
