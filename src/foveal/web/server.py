"""Running the server: it binds an address, says where the page is, and answers until it is interrupted."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass

import uvicorn

from foveal.errors import FovealError
from foveal.web.access import TOKEN_NAME, AccessControl, policy_of
from foveal.web.app import AppOptions, make_app

_CLOSE_SECONDS = 1  # how long answers in progress may take after an interruption


@dataclass(frozen=True)
class Address:
    """Host and port at which a server listens.

    Parameters
    ----------
    host
        Name or address of an interface.
    port
        Number of the port; 0 for any free one.
    """

    host: str = "127.0.0.1"
    port: int = 8000


def serve(address: Address, options: AppOptions, announce: Callable[[str], None]) -> None:
    """Serve the page until the process is interrupted.

    Parameters
    ----------
    address
        Host and port to listen at. If the host is not this machine alone, the page needs a random token.
    options
        Options of the application.
    announce
        Function that is called with the address of the page once it can be opened.

    Raises
    ------
    FovealError
        The address cannot be bound.
    """
    server, listener, page = prepare(address, options)
    announce(page)
    server.run(sockets=[listener])


def prepare(address: Address, options: AppOptions) -> tuple[uvicorn.Server, socket.socket, str]:
    """Bind an address; return the server, its socket, and the address of the page. Errors are those of `serve`."""
    listener = _bind(address)
    port = listener.getsockname()[1]
    policy = policy_of(address.host, port)
    host = f"[{address.host}]" if ":" in address.host else address.host
    query = f"?{TOKEN_NAME}={policy.token}" if policy.token else ""
    config = uvicorn.Config(
        AccessControl(make_app(options), policy),
        log_level="error",
        access_log=False,
        server_header=False,
        ws="none",
        timeout_graceful_shutdown=_CLOSE_SECONDS,
    )
    return uvicorn.Server(config), listener, f"http://{host}:{port}/{query}"


def _bind(address: Address) -> socket.socket:
    """Bind and listen, so that the page can be opened as soon as its address is printed."""
    try:
        found = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, target = found[0]
        listener = socket.socket(family, kind, protocol)
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(target)
        listener.listen()
    except OSError as error:
        reason = "the port is in use; name another with --port" if error.errno == errno.EADDRINUSE else error.strerror
        raise FovealError(f"{address.host}:{address.port}: {reason}") from error
    return listener
