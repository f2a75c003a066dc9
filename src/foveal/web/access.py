"""Who may use a server: checks of the headers Host and Origin and of a token, and headers that restrict the page."""

from __future__ import annotations

import ipaddress
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

TOKEN_NAME = "token"  # noqa: S105 (a parameter of the address, not a secret)
_COOKIE_NAME = "foveal-token"  # followed by the port: browsers send the cookies of a host to all its ports
_SAFE_METHODS = ("GET", "HEAD")
# Scripts and styles only from files of the server; no plug-ins, forms or frames of others.
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; "
    "frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
# For reports shown in a frame: one file with its styles and pictures, and without scripts.
REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'self'"
_HEADERS = {
    "Cache-Control": "no-store",  # also keeps pictures out of the browser's cache on disk
    "Content-Security-Policy": PAGE_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class AccessPolicy:
    """Conditions under which a request is answered.

    Parameters
    ----------
    hosts
        Values of the header Host that are accepted; None for any, where a token is needed anyway.
    token
        Token that the address of the page must have at its first request; None if none is needed.
    cookie_name
        Name of the cookie that holds the token in the requests that follow.
    """

    hosts: frozenset[str] | None
    token: str | None = None
    cookie_name: str = _COOKIE_NAME


def is_loopback(host: str) -> bool:
    """Return whether an address or name of a host means this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _is_wildcard(host: str) -> bool:
    """Return whether a server bound to a host listens at all addresses of this machine."""
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return host in ("", "0")  # the system reads 0 as 0.0.0.0


def policy_of(host: str, port: int) -> AccessPolicy:
    """Return the policy of a server bound to a host and a port."""
    names = {host.lower()}
    if is_loopback(host):
        names |= {"127.0.0.1", "localhost", "::1"}
    authorities = {f"[{name}]" if ":" in name else name for name in names}
    hosts = {f"{name}:{port}" for name in authorities} | (authorities if port == 80 else set())
    if is_loopback(host):
        return AccessPolicy(frozenset(hosts))
    accepted = None if _is_wildcard(host) else frozenset(hosts)
    return AccessPolicy(accepted, secrets.token_urlsafe(24), f"{_COOKIE_NAME}-{port}")


class AccessControl:
    """An ASGI application that lets through to another only the requests that a policy allows.

    A page of another site could send requests here from the browser of the user: by a name that it makes point to
    this machine (DNS rebinding), which `Host` shows, or directly, which `Origin` and `Sec-Fetch-Site` show.
    """

    def __init__(self, application: Application, policy: AccessPolicy) -> None:
        self._application, self._policy = application, policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or pass it on."""
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
            return
        if scope["type"] != "http":
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        problem = self._find_problem(scope, headers)
        if problem:
            await _refuse(send, problem)
            return
        cookie = self._new_cookie(scope)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                own = {name: value for name, value in _HEADERS.items() if name.lower().encode() not in given}
                if cookie:
                    own["Set-Cookie"] = cookie
                more = [(name.encode(), value.encode()) for name, value in own.items()]
                message = {**message, "headers": [*message["headers"], *more]}
            await send(message)

        await self._application(scope, receive, send_with_headers)

    def _find_problem(self, scope: Scope, headers: dict[str, str]) -> str | None:
        host = headers.get("host", "").lower()
        if self._policy.hosts is not None and host not in self._policy.hosts:
            return "this server does not answer to that host name"
        is_page = scope["path"] == "/" and scope["method"] in _SAFE_METHODS
        if scope["method"] not in _SAFE_METHODS and headers.get("origin", "").lower() != f"{scope['scheme']}://{host}":
            return "the request does not come from the page of this server"
        if headers.get("sec-fetch-site", "none") not in ("same-origin", "none") and not is_page:
            return "the request does not come from the page of this server"
        if self._policy.token is not None and not self._has_token(scope, headers):
            return "the address lacks the token; use the one that foveal serve printed"
        return None

    def _has_token(self, scope: Scope, headers: dict[str, str]) -> bool:
        given = [_cookie_of(headers, self._policy.cookie_name), _token_of(scope)]
        return any(secrets.compare_digest(each.encode(), (self._policy.token or "").encode()) for each in given if each)

    def _new_cookie(self, scope: Scope) -> str | None:
        """Return the cookie that replaces the token of the address in the requests that follow."""
        if self._policy.token is None or not _token_of(scope):
            return None
        return f"{self._policy.cookie_name}={self._policy.token}; HttpOnly; SameSite=Strict; Path=/"


def _token_of(scope: Scope) -> str:
    query: bytes = scope["query_string"]
    return parse_qs(query.decode("latin-1")).get(TOKEN_NAME, [""])[0]


def _cookie_of(headers: dict[str, str], name: str) -> str:
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return cookie.value if cookie else ""


async def _refuse(send: Send, problem: str) -> None:
    body = f"foveal: {problem}\n".encode()
    headers = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
    headers += [(b"Content-Type", b"text/plain; charset=utf-8"), (b"Content-Length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 403, "headers": headers})
    await send({"type": "http.response.body", "body": body})
