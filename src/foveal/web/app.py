"""The web application: addresses of the page and of what its scripts ask for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from foveal.errors import FovealError, LimitError
from foveal.web import blind_routes, photo_routes
from foveal.web.blind_pair import available_encoders
from foveal.web.errors import NotFoundError, StatusError
from foveal.web.limits import Limits
from foveal.web.photo_store import PhotoStore, clean_name
from foveal.web.server_state import ServerState
from foveal.web.worker import make_task
from foveal.web.worker_pool import WorkerPool
from foveal.web.worker_tasks import open_photo

_MEDIA_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
Warn = Callable[[str, str], None]


@dataclass(frozen=True)
class AppOptions:
    """Options of the application.

    Parameters
    ----------
    photos
        Files that are opened at the start.
    blind
        Whether the page opens with the blind test.
    limits
        Limits of the server.
    warn
        Function that is called with the name of a file of `photos` and the reason why it cannot be opened.
    workers
        Number of worker processes; None for a number that suits the machine.
    """

    photos: Sequence[Path] = ()
    blind: bool = False
    limits: Limits = field(default_factory=Limits)
    warn: Warn = lambda name, problem: None
    workers: int | None = None


def make_app(options: AppOptions) -> Starlette:
    """Make the ASGI application; `access.AccessControl` must stand before it."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        limits = options.limits
        pool = WorkerPool(
            max_waiting=limits.waiting_jobs,
            job_seconds=limits.job_seconds,
            workers=options.workers,
            module=open_photo.__module__,
        )
        app.state.server = state = ServerState(limits, pool, PhotoStore(limits))
        opening = asyncio.create_task(_open_all(state, options))
        try:
            yield
        finally:
            opening.cancel()
            pool.close()

    routes = [
        Route("/", _send_static),
        Route("/static/{name}", _send_static),
        Route("/api/state", partial(_describe_state, options)),
        *photo_routes.ROUTES,
        *blind_routes.ROUTES,
    ]
    handlers = {FovealError: _answer_error, 404: _answer_missing}
    return Starlette(routes=routes, lifespan=lifespan, exception_handlers=handlers)


async def _open_all(state: ServerState, options: AppOptions) -> None:
    """Open the photos that were named at the start; those that cannot be opened are shown on the page."""
    for path in options.photos:
        try:
            if path.stat().st_size > options.limits.upload_bytes:
                raise LimitError(f"the file is larger than {options.limits.upload_bytes:,} bytes")
            source = state.store.make_file(path.name, path.read_bytes())
            facts = await state.pool.run(make_task(open_photo, source), may_wait=True)
            state.store.add(source, facts)
        except (FovealError, OSError) as error:
            problem = error.strerror or str(error) if isinstance(error, OSError) else str(error)
            state.refused.append((clean_name(path.name), problem))
            options.warn(str(path), problem)
        finally:
            state.opened += 1


def _read_static() -> dict[str, tuple[bytes, str]]:
    """Return the contents and media type of every file of the page by name."""
    folder = files(__package__).joinpath("static")
    return {
        file.name: (file.read_bytes(), _MEDIA_TYPES[Path(file.name).suffix])
        for file in folder.iterdir()
        if Path(file.name).suffix in _MEDIA_TYPES
    }


_STATIC = _read_static()


async def _send_static(request: Request) -> Response:
    name = request.path_params.get("name", "index.html")
    if name not in _STATIC:
        raise NotFoundError("no such file")
    contents, media_type = _STATIC[name]
    return Response(contents, media_type=media_type)


async def _describe_state(options: AppOptions, request: Request) -> Response:
    state: ServerState = request.app.state.server
    limits = options.limits
    return JSONResponse(
        {
            "version": version("foveal"),
            "photos": [photo.to_dict() for photo in state.store],
            "refused": [{"name": name, "message": problem} for name, problem in state.refused],
            "opening": len(options.photos) - state.opened,
            "blind": options.blind,
            "encoders": list(available_encoders()),
            "limits": {
                "upload_bytes": limits.upload_bytes,
                "pixels": limits.pixels,
                "compared_pixels": limits.compared_pixels,
                "photos": limits.photos,
            },
        }
    )


async def _answer_error(request: Request, error: Exception) -> Response:
    status = error.status if isinstance(error, StatusError) else 422
    headers = {"Retry-After": "5"} if status == 503 else None
    return JSONResponse({"message": str(error)}, status, headers)


async def _answer_missing(request: Request, error: Exception) -> Response:
    return PlainTextResponse("foveal: no such address\n", 404)
