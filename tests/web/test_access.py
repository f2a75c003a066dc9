"""Who may use a server, and what its page may load."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from web_server import Client

from foveal.web.access import AccessControl, AccessPolicy, is_loopback, policy_of


def ask(policy: AccessPolicy, method: str = "GET", path: str = "/api/state", query: str = "", **headers: str) -> Any:
    """Send a request through the control to an application that answers 200; return status and headers."""
    sent: list[Any] = []

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def keep(message: Any) -> None:
        sent.append(message)

    given = {"host": "127.0.0.1:8000"} | {name.replace("_", "-"): value for name, value in headers.items()}
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "scheme": "http",
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in given.items()],
    }
    asyncio.run(AccessControl(answer, policy)(scope, None, keep))  # type: ignore[arg-type]
    return sent[0]["status"], {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}


LOCAL = policy_of("127.0.0.1", 8000)
OWN = "http://127.0.0.1:8000"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8000", 200),
        ("localhost:8000", 200),
        ("[::1]:8000", 200),
        ("127.0.0.1:8001", 403),
        ("127.0.0.1", 403),
        ("evil.example:8000", 403),  # a name that an attacker lets point to this machine
        ("127.0.0.1.evil.example:8000", 403),
        ("", 403),
    ],
)
def test_only_names_of_this_machine_are_hosts(host: str, status: int) -> None:
    assert ask(LOCAL, host=host)[0] == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ({"origin": OWN}, 200),
        ({}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "https://127.0.0.1:8000"}, 403),
        ({"origin": "http://127.0.0.1:8001"}, 403),
        ({"origin": "http://localhost:8000"}, 403),  # not the host that was asked
    ],
)
@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT"])
def test_only_the_page_itself_may_change_anything(method: str, origin: dict[str, str], status: int) -> None:
    assert ask(LOCAL, method, **origin)[0] == status


@pytest.mark.parametrize(
    ("site", "status"), [("same-origin", 200), ("none", 200), ("cross-site", 403), ("same-site", 403)]
)
def test_pages_of_other_sites_may_not_read_photos(site: str, status: int) -> None:
    assert ask(LOCAL, path="/api/photos/x/picture", sec_fetch_site=site)[0] == status
    assert ask(LOCAL, path="/", sec_fetch_site=site)[0] == 200  # a link to the page may be followed


def test_this_machine_needs_no_token_and_others_do() -> None:
    assert LOCAL.token is None
    assert policy_of("localhost", 80).token is None
    assert policy_of("::1", 8000).token is None
    for host in ("0.0.0.0", "::", "192.168.1.5", "photos.example"):  # noqa: S104
        policy = policy_of(host, 8000)
        assert policy.token is not None
        assert len(policy.token) >= 32
        assert policy_of(host, 8000).token != policy.token


@pytest.mark.parametrize(
    ("host", "expected"), [("127.9.9.9", True), ("LOCALHOST", True), ("10.0.0.1", False), ("a", False)]
)
def test_loopback_addresses(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_the_token_of_the_address_becomes_a_cookie() -> None:
    policy = policy_of("0.0.0.0", 8000)  # noqa: S104 (nothing is bound)
    host = {"host": "192.168.1.5:8000"}
    assert ask(policy, path="/", **host)[0] == 403
    assert ask(policy, path="/", query="token=wrong", **host)[0] == 403
    status, headers = ask(policy, path="/", query=f"token={policy.token}", **host)
    assert status == 200
    cookie, *rest = headers["set-cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Strict"} <= set(rest)
    assert ask(policy, cookie=cookie, **host)[0] == 200
    assert ask(policy, cookie=cookie + "x", **host)[0] == 403
    assert ask(policy, cookie="\x00;=;", **host)[0] == 403
    assert ask(policy, "POST", cookie=cookie, origin="http://evil.example", **host)[0] == 403


def test_a_named_host_is_the_only_one() -> None:
    policy = policy_of("192.168.1.5", 8000)
    cookie = f"{policy.cookie_name}={policy.token}"
    assert ask(policy, host="192.168.1.5:8000", cookie=cookie)[0] == 200
    assert ask(policy, host="evil.example:8000", cookie=cookie)[0] == 403


def test_servers_at_two_ports_of_a_host_do_not_take_each_others_cookies() -> None:
    policies = [policy_of("192.168.1.5", port) for port in (8000, 8001)]
    assert policies[0].cookie_name != policies[1].cookie_name
    both = "; ".join(f"{policy.cookie_name}={policy.token}" for policy in policies)  # as a browser sends them
    for port, policy in zip((8000, 8001), policies, strict=True):
        assert ask(policy, host=f"192.168.1.5:{port}", cookie=both)[0] == 200
    swapped = "; ".join(f"{one.cookie_name}={two.token}" for one, two in zip(policies, policies[::-1], strict=True))
    assert ask(policies[0], host="192.168.1.5:8000", cookie=swapped)[0] == 403


@pytest.mark.parametrize("host", ["0.0.0.0", "0", "", "::", "::0", "0:0:0:0:0:0:0:0"])  # noqa: S104 (nothing is bound)
def test_a_server_at_all_addresses_answers_to_every_name_with_a_token(host: str) -> None:
    policy = policy_of(host, 8000)
    assert policy.hosts is None
    assert policy.token is not None


@pytest.mark.parametrize("path", ["/", "/static/main.js", "/api/state", "/nothing"])
def test_every_answer_restricts_what_the_page_may_do(server: Client, path: str) -> None:
    headers = server.get(path).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"  # no inline scripts, no eval
    assert policy["frame-ancestors"] == "'none'"
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_refusals_over_the_network(server: Client) -> None:
    for headers in ({"Host": "evil.example"}, {"Sec_Fetch_Site": "cross-site"}):
        reply = server.request("GET", "/api/state", **headers)
        assert reply.status == 403
        assert reply.body.startswith(b"foveal: ")
    assert server.request("POST", "/api/photos", b"x", Origin="http://evil.example").status == 403
    assert server.request("POST", "/api/photos", b"x", Origin=None).status == 403


@pytest.mark.parametrize(
    "path", ["/static/../app.py", "/static/%2e%2e/app.py", "/static//etc/passwd", "/static/app.py"]
)
def test_only_files_of_the_page_are_sent(server: Client, path: str) -> None:
    assert server.get(path).status == 404
