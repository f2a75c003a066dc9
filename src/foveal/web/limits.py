"""Limits that keep a server usable: sizes of uploads, pictures, queues, and times."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Limits of a server; the page shows those that its user may meet.

    Parameters
    ----------
    upload_bytes
        Largest file of one photo.
    held_bytes
        Largest sum of all files that the server holds in memory: photos, results of many photos, and
        pairs of blind tests.
    photos
        Largest number of photos held.
    pixels
        Largest number of pixels of a photo.
    compared_pixels
        Largest number of pixels of a photo that is compared or explained, which takes long for each pixel.
    request_bytes
        Largest body of a request that is not a photo.
    waiting_jobs
        Largest number of jobs that wait for a worker; one more is refused with status 503.
    uploads
        Largest number of files that are received at the same time, which are not yet counted as held.
    job_seconds
        Time after which a job is stopped.
    """

    upload_bytes: int = 200_000_000
    held_bytes: int = 2_000_000_000
    photos: int = 500
    pixels: int = 100_000_000
    compared_pixels: int = 16_000_000
    request_bytes: int = 8_000_000
    waiting_jobs: int = 64
    uploads: int = 16
    job_seconds: float = 300
