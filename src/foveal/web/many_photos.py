"""Encoding of many photos with the same settings, with events about its progress."""

from __future__ import annotations

import asyncio
import io
import json
import secrets
import zipfile
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from foveal.errors import FovealError
from foveal.threads import available_threads
from foveal.web.photo_store import HeldPhoto, PhotoStore
from foveal.web.settings import Settings, write_recipe
from foveal.web.worker import make_task
from foveal.web.worker_pool import WorkerPool
from foveal.web.worker_tasks import EncodeAnswer, encode

_PULSE_SECONDS = 15  # a comment is sent after such a silence, so that a broken connection is noticed


@dataclass(frozen=True, eq=False)
class EncodedFile:
    """The encoded file of a photo, with the name under which it is saved."""

    name: str
    data: bytes


class ManyPhotos:
    """Photos that are encoded with the same settings, a few at a time.

    Parameters
    ----------
    photos
        Photos to encode.
    settings
        Settings for all of them.
    store
        Store whose `result_bytes` counts the files.
    pool
        Workers that encode them.
    """

    def __init__(self, photos: Sequence[HeldPhoto], settings: Settings, store: PhotoStore, pool: WorkerPool) -> None:
        self.key = secrets.token_urlsafe(12)
        self.files: dict[str, EncodedFile] = {}  # by the key of the photo, in the order of completion
        self._photos, self._settings, self._store, self._pool = photos, settings, store, pool
        self._events: list[dict[str, Any]] = []
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._names: set[str] = set()

    def start(self) -> None:
        """Begin to encode the photos, in a task of its own."""
        self._task = asyncio.create_task(self._run())

    def cancel(self) -> None:
        """Cancel the encoding of the photos that are left."""
        if self._task is not None:
            self._task.cancel()

    def drop(self) -> None:
        """Stop encoding, and let go of the files."""
        self.cancel()
        self._store.result_bytes -= sum(len(file.data) for file in self.files.values())
        self.files.clear()

    async def events(self, after: int = 0) -> AsyncIterator[str]:
        """Yield events as the lines of server-sent events, from a number on, until the last photo is done."""
        number = after
        while True:
            self._changed.clear()
            while number < len(self._events):
                event = self._events[number]
                number += 1
                yield f"id: {number}\nevent: {event['event']}\ndata: {json.dumps(event)}\n\n"
                if event["event"] == "end":
                    return
            try:
                async with asyncio.timeout(_PULSE_SECONDS):
                    await self._changed.wait()
            except TimeoutError:
                yield ": still working\n\n"

    def zip_chunks(self) -> Iterator[bytes]:
        """Yield the parts of a ZIP archive of the files; JPEGs are stored as they are."""
        chunks = _Chunks()
        with zipfile.ZipFile(chunks, "w", zipfile.ZIP_STORED) as archive:
            for file in tuple(self.files.values()):
                archive.writestr(zipfile.ZipInfo(file.name), file.data)
                yield chunks.take()
        yield chunks.take()

    async def _run(self) -> None:
        slots = asyncio.Semaphore(self._pool.size)
        try:
            await asyncio.gather(*(self._encode(photo, slots) for photo in self._photos))
        finally:
            self._tell({"event": "end"})

    async def _encode(self, photo: HeldPhoto, slots: asyncio.Semaphore) -> None:
        threads = max(1, available_threads() // (self._pool.size - 1))  # one worker is kept free
        task = make_task(encode, photo.source, self._settings, threads, is_preview=False)
        async with slots:
            try:
                self._store.check_results()
                answer: EncodeAnswer = await self._pool.run(task, is_slow=True, may_wait=True)
            except FovealError as error:
                self._tell({"event": "failure", "photo": photo.source.key, "message": str(error)})
                return
        name = self._unused_name(photo)
        self.files[photo.source.key] = EncodedFile(name, answer.data)
        self._store.result_bytes += len(answer.data)
        self._tell(
            {
                "event": "file",
                "photo": photo.source.key,
                "name": name,
                "size_bytes": len(answer.data),
                "quality": answer.quality,
                "score": answer.score,
                "subsampling": answer.subsampling,
            }
        )

    def _unused_name(self, photo: HeldPhoto) -> str:
        wanted = write_recipe(photo.source.name, self._settings, is_transparent=False).jpeg_name
        name, count = wanted, 1
        while name.lower() in self._names:
            count += 1
            name = f"{wanted.removesuffix('.jpg')}-{count}.jpg"
        self._names.add(name.lower())
        return name

    def _tell(self, event: dict[str, Any]) -> None:
        self._events.append(event)
        self._changed.set()


class _Chunks(io.RawIOBase):
    """A file that is written from beginning to end, and whose contents are taken away meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self._written = bytearray()

    def writable(self) -> bool:
        """Return True; overrides `io.RawIOBase.writable`."""
        return True

    def write(self, data: Any) -> int:
        """Append data; overrides `io.RawIOBase.write`."""
        self._written += data
        return len(data)

    def take(self) -> bytes:
        """Return what was written since the last call."""
        taken, self._written = bytes(self._written), bytearray()
        return taken
