"""Whole folders of photos: one job for each file, done in any number of processes. Read `shard.py` first."""

from foveal.batch.jobs import BatchSettings, FileState, Job, Outcome, Status, Target
from foveal.batch.shard import NoRecord, Record, process_shard
from foveal.batch.storage import LocalStorage, Storage
from foveal.batch.url_storage import UrlStorage

__all__ = [
    "BatchSettings",
    "FileState",
    "Job",
    "LocalStorage",
    "NoRecord",
    "Outcome",
    "Record",
    "Status",
    "Storage",
    "Target",
    "UrlStorage",
    "process_shard",
]
