"""A running server for tests, and requests to it with any headers."""

from __future__ import annotations

import http.client
import io
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from typing import Any
from urllib.parse import quote, urlsplit

import numpy as np
from PIL import Image


@dataclass(frozen=True)
class Reply:
    """Status, headers and body of a response."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def message(self) -> str:
        return str(self.json["message"])

    @property
    def parts(self) -> dict[str, bytes]:
        """The parts of multipart/form-data, as the email package of Python reads them."""
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        parts = message_from_bytes(head + self.body).get_payload()
        return {part.get_param("name", header="content-disposition"): part.get_payload(decode=True) for part in parts}


@dataclass(frozen=True)
class Client:
    """A client of the server at an address."""

    address: str

    @property
    def authority(self) -> str:
        return urlsplit(self.address).netloc

    def request(self, method: str, path: str, body: bytes | None = None, **headers: str | None) -> Reply:
        """Send a request as the page would; headers are changed, or left out if they are None."""
        own = {"Host": self.authority, "Origin": f"http://{self.authority}"}
        own |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection = http.client.HTTPConnection(self.authority, timeout=60)
        try:
            connection.putrequest(method, path, skip_host=True)
            for name, value in own.items():
                if value is not None:
                    connection.putheader(name, value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            received = {name.lower(): value for name, value in response.getheaders()}
            return Reply(response.status, received, response.read())
        finally:
            connection.close()

    def get(self, path: str) -> Reply:
        return self.request("GET", path)

    def post(self, path: str, data: Any) -> Reply:
        return self.request("POST", path, json.dumps(data).encode())

    def add(self, data: bytes, name: str = "photo.png") -> str:
        """Add a photo, and return its identifier."""
        reply = self.request("POST", f"/api/photos?name={quote(name)}", data)
        assert reply.status == 201, reply.body
        return str(reply.json["id"])

    def encode(self, key: str, settings: dict[str, Any], **more: Any) -> Reply:
        return self.post(f"/api/photos/{key}/encode", {"settings": settings, **more})


@contextmanager
def running(**options: Any) -> Iterator[Client]:
    """Run a server in a thread of this process, at a free port."""
    from foveal.web.app import AppOptions
    from foveal.web.server import Address, prepare

    server, listener, page = prepare(Address(port=0), AppOptions(**{"workers": 2, **options}))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield Client(page)
    finally:
        server.should_exit = True
        thread.join()


def png(pixels: np.ndarray, **options: Any) -> bytes:
    """Return pixels as a PNG file."""
    return picture(pixels, "PNG", **options)


def picture(pixels: np.ndarray, file_format: str, **options: Any) -> bytes:
    """Return pixels as a file of a format."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, file_format, **options)
    return file.getvalue()
