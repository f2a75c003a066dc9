"""Errors of the server that have an HTTP status of their own."""

from __future__ import annotations

from foveal.errors import FovealError


class StatusError(FovealError):
    """An error that is answered with an HTTP status; the message is one line for the user of the page."""

    status = 400


class NotFoundError(StatusError):
    """The photo, page or test does not exist, or no longer."""

    status = 404


class SupersededError(StatusError):
    """A newer request of the same kind for the same photo has taken the place of this one."""

    status = 409


class TooLargeError(StatusError):
    """An upload exceeds a limit."""

    status = 413


class BusyError(StatusError):
    """Too many jobs are waiting already."""

    status = 503


class StoppedError(StatusError):
    """The worker process of a job has ended before the job: it was stopped, or it crashed."""

    status = 500
