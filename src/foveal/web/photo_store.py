"""The photos that a server holds in memory until they are removed or the server ends."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import Any

from foveal.checks import escape
from foveal.web.errors import NotFoundError, TooLargeError
from foveal.web.limits import Limits
from foveal.web.worker_tasks import PhotoFacts, PhotoFile

_LONGEST_NAME = 255
_QUICK_PIXELS = 6_000_000  # most pixels of a photo that is encoded in well under a second


@dataclass(frozen=True)
class HeldPhoto:
    """A photo that the server holds.

    Parameters
    ----------
    source
        File of the photo, with its identifier.
    facts
        Facts about the photo.
    """

    source: PhotoFile
    facts: PhotoFacts

    @property
    def pixels(self) -> int:
        """Number of pixels of the photo."""
        return self.facts.width * self.facts.height

    @property
    def is_large(self) -> bool:
        """Whether an encode can take seconds."""
        return self.pixels > _QUICK_PIXELS

    def to_dict(self) -> dict[str, Any]:
        """Return what the page knows of the photo."""
        return {
            "id": self.source.key,
            "name": self.source.name,
            "size_bytes": len(self.source.data),
            "width": self.facts.width,
            "height": self.facts.height,
            "format": self.facts.file_format,
            "is_transparent": self.facts.is_transparent,
            "warnings": list(self.facts.warnings),
        }


class PhotoStore:
    """Photos by their identifiers, within the limits of a server."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._photos: dict[str, HeldPhoto] = {}
        self.result_bytes = 0  # of results that others hold, which count as well

    def __iter__(self) -> Any:
        return iter(tuple(self._photos.values()))

    def __len__(self) -> int:
        return len(self._photos)

    def make_file(self, name: str, data: bytes) -> PhotoFile:
        """Return a file with a new identifier and a name without folders; its photo is not yet held."""
        return PhotoFile(secrets.token_urlsafe(12), clean_name(name), data, self._limits.pixels)

    def check_room(self, more_bytes: int = 0) -> None:
        """Raise TooLargeError unless there is room for one more photo of a size in bytes."""
        if len(self._photos) >= self._limits.photos:
            raise TooLargeError(f"the server holds {self._limits.photos} photos, and no more; remove some")
        held = sum(len(photo.source.data) for photo in self) + self.result_bytes + more_bytes
        if held > self._limits.held_bytes:
            raise TooLargeError(f"the server holds at most {self._limits.held_bytes:,} bytes of photos; remove some")

    def check_results(self) -> None:
        """Raise TooLargeError if photos and results already fill the memory."""
        held = sum(len(photo.source.data) for photo in self) + self.result_bytes
        if held > self._limits.held_bytes:
            raise TooLargeError("photos and results fill the memory of the server; remove some photos")

    def add(self, source: PhotoFile, facts: PhotoFacts) -> HeldPhoto:
        """Hold a photo in memory, if there is room for it."""
        self.check_room(len(source.data))
        self._photos[source.key] = HeldPhoto(source, facts)
        return self._photos[source.key]

    def get(self, key: str) -> HeldPhoto:
        """Return a photo, or raise NotFoundError."""
        if key not in self._photos:
            raise NotFoundError("no such photo; it may have been removed")
        return self._photos[key]

    def remove(self, key: str) -> None:
        """Let go of a photo, or raise NotFoundError."""
        self.get(key)
        del self._photos[key]


def clean_name(name: str) -> str:
    """Return the name of a file without folders, in one line of printable characters."""
    last = escape(PurePosixPath(PureWindowsPath(name).name).name)
    if last.strip(". ") == "":
        return "photo"
    stem, dot, ending = last.rpartition(".")
    return f"{stem[: _LONGEST_NAME - len(ending) - 1]}.{ending}"[-_LONGEST_NAME:] if dot else last[:_LONGEST_NAME]
