"""Reading of requests within limits, and waiting for work as long as the client does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine
from typing import Any

from starlette.requests import ClientDisconnect, Request

from foveal.errors import ParameterError
from foveal.web.errors import StoppedError, TooLargeError


async def read_body(request: Request, max_bytes: int, name: str = "file") -> bytes:
    """Return the body of a request; raise TooLargeError, which calls it `name`, if it is longer than `max_bytes`."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > max_bytes:
        raise TooLargeError(f"the {name} is larger than {max_bytes:,} bytes")
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > max_bytes:
                raise TooLargeError(f"the {name} is larger than {max_bytes:,} bytes")
    except ClientDisconnect as error:
        raise StoppedError("the upload was broken off") from error
    return bytes(body)


async def read_json(request: Request, max_bytes: int) -> dict[str, Any]:
    """Return the JSON object that is the body of a request; raise ParameterError if it is none."""
    try:
        data = json.loads(await read_body(request, max_bytes, "request") or b"{}")
    except (ValueError, RecursionError) as error:
        raise ParameterError("the request is not JSON") from error
    if not isinstance(data, dict):
        raise ParameterError("the request is not a JSON object")
    return data


async def while_connected(request: Request, work: Coroutine[Any, Any, Any]) -> Any:
    """Wait for work after the body of a request was read; cancel it when the client has gone."""
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_wait_for_end(request))
    try:
        await asyncio.wait({working, leaving}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise StoppedError("nobody waits for the result")
        return working.result()
    finally:
        working.cancel()
        leaving.cancel()


async def _wait_for_end(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
