"""What a server holds in memory while it runs."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from foveal.web.blind_test import BlindTest
from foveal.web.errors import NotFoundError
from foveal.web.limits import Limits
from foveal.web.many_photos import ManyPhotos
from foveal.web.photo_store import PhotoStore
from foveal.web.worker_pool import WorkerPool

_KEPT_REPORTS = 8
_KEPT_BATCHES = 4
_KEPT_TESTS = 16

Item = TypeVar("Item")


class Shelf(Generic[Item]):
    """The last few items, by key; the oldest gives way to a new one.

    Parameters
    ----------
    name
        Name of an item for messages.
    most
        Largest number of items.
    """

    def __init__(self, name: str, most: int) -> None:
        self._name, self._most = name, most
        self._items: OrderedDict[str, Item] = OrderedDict()

    def put(self, key: str, item: Item) -> Item | None:
        """Keep an item, and return the one that gave way, or None."""
        self._items[key] = item
        return self._items.popitem(last=False)[1] if len(self._items) > self._most else None

    def get(self, key: str) -> Item:
        """Return an item, or raise NotFoundError."""
        if key not in self._items:
            raise NotFoundError(f"no such {self._name}, or no longer")
        return self._items[key]

    def items(self) -> tuple[Item, ...]:
        """Return all items, the oldest first."""
        return tuple(self._items.values())


@dataclass
class ServerState:
    """What a server holds in memory while it runs.

    Parameters
    ----------
    limits, pool, store
        Limits, workers and photos of the server.
    refused
        Names of files that were named at the start and could not be opened, with the reasons.
    opened
        Number of files named at the start that were opened or refused.
    uploads
        Number of files that are being received.
    reports
        HTML pages of comparisons and explanations.
    batches, tests
        Encodings of many photos, and blind tests.
    """

    limits: Limits
    pool: WorkerPool
    store: PhotoStore
    refused: list[tuple[str, str]] = field(default_factory=list)
    opened: int = 0
    uploads: int = 0
    reports: Shelf[str] = field(default_factory=lambda: Shelf("report", _KEPT_REPORTS))
    batches: Shelf[ManyPhotos] = field(default_factory=lambda: Shelf("batch", _KEPT_BATCHES))
    tests: Shelf[BlindTest] = field(default_factory=lambda: Shelf("blind test", _KEPT_TESTS))
