"""Addresses for photos: adding, showing, encoding one or many, comparing and explaining them."""

from __future__ import annotations

import base64
import secrets
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from foveal.allocate.weights import LEAST_WEIGHT
from foveal.checks import check_choice
from foveal.errors import LimitError, ParameterError
from foveal.photo.writing import png_bytes
from foveal.saliency import METHODS
from foveal.web.access import REPORT_POLICY
from foveal.web.errors import BusyError, NotFoundError
from foveal.web.form_data import write_form
from foveal.web.many_photos import ManyPhotos
from foveal.web.photo_store import HeldPhoto
from foveal.web.requests import read_body, read_json, while_connected
from foveal.web.server_state import ServerState
from foveal.web.settings import Settings, read_settings, write_recipe
from foveal.web.worker import make_task
from foveal.web.worker_tasks import (
    EncodeAnswer,
    MapAnswer,
    PhotoFacts,
    draw_picture,
    encode,
    find_map,
    open_photo,
    write_comparison,
    write_explanation,
)

_REPORTS = ("compare", "explain")
_LONGEST_KEY = 64
_QUICK_BYTES = 5_000_000  # largest file that is opened in well under a second


async def _add_photo(request: Request) -> Response:
    state = _state(request)
    state.store.check_room()
    if state.uploads >= state.limits.uploads:
        raise BusyError(f"the server is busy: it receives {state.uploads} photos already; try again in a few seconds")
    state.uploads += 1
    try:
        data = await read_body(request, state.limits.upload_bytes)
        if not data:
            raise ParameterError("the file is empty")
        state.store.check_room(len(data))
        source = state.store.make_file(request.query_params.get("name", ""), data)
        facts: PhotoFacts = await state.pool.run(make_task(open_photo, source), is_slow=len(data) > _QUICK_BYTES)
    finally:
        state.uploads -= 1
    return JSONResponse(state.store.add(source, facts).to_dict(), 201)


async def _remove_photo(request: Request) -> Response:
    _state(request).store.remove(request.path_params["key"])
    return Response(status_code=204)


async def _send_thumbnail(request: Request) -> Response:
    return Response(_photo(request).facts.thumbnail, media_type="image/jpeg")


async def _send_picture(request: Request) -> Response:
    photo = _photo(request)
    data, media_type = await _state(request).pool.run(make_task(draw_picture, photo.source), is_slow=photo.is_large)
    return Response(data, media_type=media_type)


async def _send_map(request: Request) -> Response:
    photo, method = _photo(request), request.query_params.get("method", "auto")
    check_choice("method", method, ("auto", "none", *METHODS))
    answer: MapAnswer = await _state(request).pool.run(
        make_task(find_map, photo.source, method), is_slow=photo.is_large
    )
    height, width = answer.grey.shape
    return JSONResponse(
        {
            "width": width,
            "height": height,
            "grey": _to_base64(answer.grey),
            "text": _to_base64(answer.text),
            "strength_factor": answer.strength_factor,
            "least_weight": LEAST_WEIGHT,
            "method": answer.method,
            "prominence": answer.prominence,
        }
    )


async def _encode_photo(request: Request) -> Response:
    """Encode a photo; a newer request of the same tab for the same photo takes the place of an older one."""
    state, photo = _state(request), _photo(request)
    body = await read_json(request, state.limits.request_bytes)
    settings, is_preview = read_settings(body.get("settings", {})), body.get("preview") is True
    task = make_task(encode, photo.source, settings, None, is_preview=is_preview)
    key = (photo.source.key, _tab_of(body), is_preview)
    is_slow = photo.is_large or (settings.options.get("effort") == "best" and not is_preview)
    answer: EncodeAnswer = await while_connected(request, state.pool.run(task, key=key, is_slow=is_slow))
    parts = {
        "report": ("application/json", JSONResponse(_report(photo, settings, answer)).body),
        "jpeg": ("image/jpeg", answer.data),
    }
    if answer.bits is not None:
        parts["bits"] = "application/octet-stream", answer.bits.astype("<u2").tobytes()
    if settings.grey is not None and not is_preview:
        parts["map"] = "image/png", png_bytes(np.ascontiguousarray(settings.grey))
    contents, media_type = write_form(parts)
    return Response(contents, headers={"Content-Type": media_type})


def _report(photo: HeldPhoto, settings: Settings, answer: EncodeAnswer) -> dict[str, Any]:
    """Return what the page shows of an encoded file."""
    size = len(answer.data)
    recipe = write_recipe(photo.source.name, settings, is_transparent=photo.facts.is_transparent)
    rows, columns = (0, 0) if answer.bits is None else answer.bits.shape
    return {
        "size_bytes": size,
        "bits_per_pixel": 8 * size / photo.pixels,
        "quality": answer.quality,
        "score": answer.score,
        "subsampling": answer.subsampling,
        "saliency": answer.saliency,
        "prominence": answer.prominence,
        "mean_weight": answer.mean_weight,
        "seconds": answer.seconds,
        "block_rows": rows,
        "block_columns": columns,
        **asdict(recipe),
    }


async def _make_report(request: Request) -> Response:
    """Make the page of a comparison or an explanation; it is then read from its own address, for a frame."""
    state, photo, kind = _state(request), _photo(request), request.path_params["kind"]
    if kind not in _REPORTS:
        raise NotFoundError("no such report")
    if photo.pixels > state.limits.compared_pixels:
        megapixels = state.limits.compared_pixels / 1e6
        raise LimitError(f"photos of up to {megapixels:g} megapixels only; for larger ones use 'foveal {kind}'")
    body = await read_json(request, state.limits.request_bytes)
    settings = read_settings(body.get("settings", {}))
    if kind == "compare":
        task = make_task(write_comparison, photo.source, settings)
    else:
        task = make_task(write_explanation, photo.source, settings, _block_of(body))
    key = (photo.source.key, _tab_of(body), kind)
    page = await while_connected(request, state.pool.run(task, key=key, is_slow=True))
    report = secrets.token_urlsafe(12)
    state.reports.put(report, page)
    return JSONResponse({"address": f"/api/reports/{report}"}, 201)


async def _send_report(request: Request) -> Response:
    page = _state(request).reports.get(request.path_params["key"])
    return HTMLResponse(page, headers={"Content-Security-Policy": REPORT_POLICY})


async def _start_batch(request: Request) -> Response:
    state = _state(request)
    body = await read_json(request, state.limits.request_bytes)
    settings, keys = read_settings(body.get("settings", {})), body.get("photos")
    if settings.grey is not None:
        raise ParameterError("an edited map belongs to one photo")
    if not isinstance(keys, list) or not keys or not all(isinstance(key, str) for key in keys):
        raise ParameterError("photos must be a list of identifiers")
    state.store.check_results()
    batch = ManyPhotos([state.store.get(key) for key in dict.fromkeys(keys)], settings, state.store, state.pool)
    old = state.batches.put(batch.key, batch)
    if old is not None:
        old.drop()
    batch.start()
    return JSONResponse({"id": batch.key}, 201)


async def _send_batch_events(request: Request) -> Response:
    batch = _state(request).batches.get(request.path_params["key"])
    last = request.headers.get("last-event-id", "0")
    events = batch.events(after=int(last) if last.isdecimal() else 0)
    return StreamingResponse(events, media_type="text/event-stream")


async def _send_batch_zip(request: Request) -> Response:
    batch = _state(request).batches.get(request.path_params["key"])
    headers = {"Content-Disposition": 'attachment; filename="foveal.zip"'}
    return StreamingResponse(batch.zip_chunks(), media_type="application/zip", headers=headers)


async def _send_batch_file(request: Request) -> Response:
    batch = _state(request).batches.get(request.path_params["key"])
    file = batch.files.get(request.path_params["photo"])
    if file is None:
        raise NotFoundError("this photo has no file yet")
    return Response(file.data, media_type="image/jpeg")


async def _stop_batch(request: Request) -> Response:
    _state(request).batches.get(request.path_params["key"]).cancel()
    return Response(status_code=204)


def _state(request: Request) -> ServerState:
    state: ServerState = request.app.state.server
    return state


def _photo(request: Request) -> HeldPhoto:
    return _state(request).store.get(request.path_params["key"])


def _tab_of(body: dict[str, Any]) -> str:
    """Return the name that a tab has given itself; "" without one."""
    tab = body.get("tab", "")
    if not isinstance(tab, str) or len(tab) > _LONGEST_KEY:
        raise ParameterError("tab must be a short text")
    return tab


def _block_of(body: dict[str, Any]) -> tuple[int, int] | None:
    """Return the column and row of the block that a page is to explain; None for one that it chooses."""
    block = body.get("block")
    if block is None:
        return None
    if not isinstance(block, list) or len(block) != 2 or not all(type(each) is int for each in block):
        raise ParameterError("block must be a column and a row")
    return block[0], block[1]


def _to_base64(values: NDArray[np.uint8]) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode()


ROUTES = (
    Route("/api/photos", _add_photo, methods=["POST"]),
    Route("/api/photos/{key}", _remove_photo, methods=["DELETE"]),
    Route("/api/photos/{key}/thumbnail", _send_thumbnail),
    Route("/api/photos/{key}/picture", _send_picture),
    Route("/api/photos/{key}/map", _send_map),
    Route("/api/photos/{key}/encode", _encode_photo, methods=["POST"]),
    Route("/api/photos/{key}/{kind}", _make_report, methods=["POST"]),
    Route("/api/reports/{key}", _send_report),
    Route("/api/batches", _start_batch, methods=["POST"]),
    Route("/api/batches/{key}", _stop_batch, methods=["DELETE"]),
    Route("/api/batches/{key}/events", _send_batch_events),
    Route("/api/batches/{key}/zip", _send_batch_zip),
    Route("/api/batches/{key}/files/{photo}", _send_batch_file),
)
