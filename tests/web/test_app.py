"""The addresses of the server: photos, encodes, reports, many photos, limits and errors."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from PIL import Image
from web_server import Client, Reply, picture, png, running

import foveal
from foveal.web.limits import Limits


def pixels_of(data: bytes) -> np.ndarray:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)


def test_a_photo_is_held_until_it_is_removed(server: Client, small_png: bytes) -> None:
    key = server.add(small_png, "a b.png")
    (held,) = [photo for photo in server.get("/api/state").json["photos"] if photo["id"] == key]
    assert (held["name"], held["width"], held["height"]) == ("a b.png", 200, 160)
    assert held["size_bytes"] == len(small_png)
    assert pixels_of(server.get(f"/api/photos/{key}/thumbnail").body).shape == (160, 200, 3)
    assert server.request("DELETE", f"/api/photos/{key}").status == 204
    for reply in (server.get(f"/api/photos/{key}/picture"), server.request("DELETE", f"/api/photos/{key}")):
        assert (reply.status, reply.message) == (404, "no such photo; it may have been removed")


def test_originals_are_shown_exactly(server: Client, coffee: np.ndarray) -> None:
    pixels = np.ascontiguousarray(coffee[:48, :64])
    jpeg = picture(pixels, "JPEG")
    assert server.get(f"/api/photos/{server.add(jpeg, 'a.jpg')}/picture").body == jpeg
    for data in (png(pixels), picture(pixels, "TIFF"), picture(pixels, "WEBP", lossless=True)):
        reply = server.get(f"/api/photos/{server.add(data)}/picture")
        assert reply.headers["content-type"] == "image/png"
        assert np.array_equal(pixels_of(reply.body), pixels)
    exif = Image.Exif()
    exif[0x0112] = 6  # displayed after a quarter turn clockwise
    turned = server.get(f"/api/photos/{server.add(picture(pixels, 'TIFF', exif=exif))}/picture").body
    assert np.array_equal(pixels_of(turned), np.rot90(pixels, -1))


def test_an_encode_says_what_was_decided(server: Client, photo: str, small_png: bytes) -> None:
    parts = server.encode(photo, {"quality": 55}).parts
    report = json.loads(parts["report"])
    expected = foveal.encode(foveal.open(io.BytesIO(small_png)), quality=55)
    assert parts["jpeg"] == expected
    assert report["size_bytes"] == len(expected)
    assert report["bits_per_pixel"] == pytest.approx(8 * len(expected) / (200 * 160))
    assert report["score"] == pytest.approx(foveal.metrics.ssimulacra2(pixels_of(small_png), foveal.decode(expected)))
    bits = np.frombuffer(parts["bits"], "<u2").reshape(report["block_rows"], report["block_columns"])
    assert np.abs(bits - foveal.inspect(expected).bits_map()).max() <= 0.5
    assert "map" not in parts


def test_a_preview_is_quick_and_unmeasured(server: Client, photo: str, small_png: bytes) -> None:
    parts = server.encode(photo, {"quality": 55, "effort": "fast"}, preview=True).parts
    assert parts["jpeg"] == foveal.encode(foveal.open(io.BytesIO(small_png)), quality=55, effort="fast")
    assert set(parts) == {"report", "jpeg"}
    assert json.loads(parts["report"])["score"] is None


def test_the_map_of_a_photo(server: Client, photo: str, small_png: bytes) -> None:
    answer = server.get(f"/api/photos/{photo}/map?method=center").json
    grey = np.frombuffer(base64.b64decode(answer["grey"]), np.uint8).reshape(answer["height"], answer["width"])
    assert grey.shape == (40, 50)
    expected = Image.fromarray(foveal.saliency_map(foveal.open(io.BytesIO(small_png)), "center")).resize((50, 40))
    assert np.abs(grey / 255 - np.asarray(expected)).max() < 0.05
    assert (answer["strength_factor"], answer["prominence"]) == (1, None)
    assert np.all(
        np.frombuffer(base64.b64decode(server.get(f"/api/photos/{photo}/map?method=none").json["grey"]), np.uint8)
        == 255
    )
    assert server.get(f"/api/photos/{photo}/map?method=../x").status == 422


def test_text_is_found(server: Client) -> None:
    page = np.full((160, 160), 240, np.uint8)
    page[40:80:4, 40:120] = 10
    answer = server.get(f"/api/photos/{server.add(png(page))}/map?method=none").json
    text = np.frombuffer(base64.b64decode(answer["text"]), np.uint8).reshape(40, 40)
    assert text[12:18, 12:28].min() > 200
    assert text[30:].max() == 0


@pytest.mark.parametrize("kind", ["compare", "explain"])
def test_reports_have_their_own_address_without_scripts(server: Client, photo: str, kind: str) -> None:
    reply = server.post(f"/api/photos/{photo}/{kind}", {"settings": {"quality": 30}})
    assert reply.status == 201
    page = server.get(reply.json["address"])
    assert b"coffee.png" in page.body
    policy = page.headers["content-security-policy"]
    assert "script" not in policy
    assert policy.startswith("default-src 'none'; ")
    assert "sandbox" in policy
    assert server.post(f"/api/photos/{photo}/publish", {}).status == 404
    assert server.get("/api/reports/unknown").status == 404


def test_the_explained_block_can_be_chosen(server: Client, photo: str) -> None:
    body = {"settings": {"quality": 30, "saliency": "center"}, "block": [3, 2]}
    page = server.get(server.post(f"/api/photos/{photo}/explain", body).json["address"]).body
    assert b"column 3 and row 2" in page
    for block in ([3], "3,2", [3, 2.5], [True, 1], [1000, 0]):
        assert server.post(f"/api/photos/{photo}/explain", {"block": block}).status == 422


def events_of(reply: Reply) -> list[dict[str, Any]]:
    lines = reply.body.decode().splitlines()
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]


def test_many_photos_become_a_zip(server: Client, small_png: bytes) -> None:
    keys = [server.add(small_png, "same.png"), server.add(small_png, "same.png"), server.add(small_png, "Same.jpg")]
    batch = server.post("/api/batches", {"photos": keys, "settings": {"quality": 40, "saliency": "center"}}).json["id"]
    reply = server.get(f"/api/batches/{batch}/events")
    assert reply.headers["content-type"].startswith("text/event-stream")
    *made, end = events_of(reply)
    assert end == {"event": "end"}
    assert {event["photo"] for event in made} == set(keys)
    assert len({event["name"].lower() for event in made}) == 3  # no file takes the place of another
    expected = foveal.encode(foveal.open(io.BytesIO(small_png)), quality=40, saliency="center")
    with zipfile.ZipFile(io.BytesIO(server.get(f"/api/batches/{batch}/zip").body)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == {e["name"]: expected for e in made}
    assert server.get(f"/api/batches/{batch}/files/{keys[0]}").body == expected
    again = server.request("GET", f"/api/batches/{batch}/events", Last_Event_ID="2")  # of a connection that broke
    assert events_of(again) == [made[2], end]


def test_a_photo_that_cannot_be_encoded_does_not_stop_the_others(server: Client, small_png: bytes) -> None:
    keys = [server.add(png(np.zeros((8, 8, 3), np.uint8))), server.add(small_png)]
    body = {"photos": keys, "settings": {"target_size": 3000}}
    batch = server.post("/api/batches", body | {"settings": {"target_size": 700}}).json["id"]
    events = {event.get("photo"): event for event in events_of(server.get(f"/api/batches/{batch}/events"))}
    assert events[keys[0]]["event"] == "file"
    assert events[keys[1]]["event"] == "failure"
    assert "no file of at most 700 bytes" in events[keys[1]]["message"]


def test_wrong_requests_get_one_clear_line(server: Client, photo: str) -> None:
    for data in (b"", b"no picture", b"\x89PNG\r\n\x1a\n broken", b"\xff\xd8\xff"):
        reply = server.request("POST", "/api/photos?name=x.jpg", data)
        assert reply.status == 422
        assert "\n" not in reply.message
    for body in (b"[]", b"{", b"\xff", b"[" * 100_000):
        assert server.request("POST", f"/api/photos/{photo}/encode", body).status == 422
    assert server.encode(photo, {"quality": 1000}).message.startswith("quality must be a number")
    assert server.encode(photo, {"target_size": 100}).status == 422
    assert server.encode(photo, {}, tab="x" * 1000).status == 422
    assert server.encode("unknown", {}).status == 404
    assert server.post("/api/batches", {"photos": []}).status == 422
    assert server.post("/api/batches", {"photos": ["unknown"]}).status == 404
    assert server.post("/api/batches", {"photos": [photo], "settings": {"map": 1}}).status == 422
    assert server.get("/api/batches/unknown/events").status == 404
    assert server.request("GET", "/etc/passwd").status == 404


def test_names_of_clients_are_no_paths(server: Client, small_png: bytes) -> None:
    for name in ("../../etc/passwd", "C:\\photos\\passwd", "/etc/passwd", "a/b/../passwd"):
        key = server.add(small_png, name)
        held = [photo["name"] for photo in server.get("/api/state").json["photos"] if photo["id"] == key]
        assert held == ["passwd"]


def test_limits_hold_and_say_so(small_png: bytes) -> None:
    limits = Limits(upload_bytes=len(small_png), held_bytes=2 * len(small_png) + 10, photos=3, pixels=200 * 160)
    with running(limits=limits) as client:
        keys = [client.add(small_png), client.add(small_png)]
        reply = client.request("POST", "/api/photos", small_png)
        assert (reply.status, "remove some" in reply.message) == (413, True)
        client.request("DELETE", f"/api/photos/{keys[0]}")
        reply = client.request("POST", "/api/photos", small_png + b" ")
        assert (reply.status, reply.message) == (413, f"the file is larger than {len(small_png):,} bytes")
        reply = client.request("POST", "/api/photos", png(np.zeros((161, 200), np.uint8)))
        assert (reply.status, "32,000" in reply.message) == (422, True)
        for _ in range(2):
            client.add(png(np.zeros((4, 4), np.uint8)))
        reply = client.request("POST", "/api/photos", png(np.zeros((4, 4), np.uint8)))
        assert (reply.status, reply.message) == (413, "the server holds 3 photos, and no more; remove some")
        large = Limits(compared_pixels=1)
    with running(limits=large) as client:
        reply = client.post(f"/api/photos/{client.add(small_png)}/compare", {})
        assert (reply.status, "use 'foveal compare'" in reply.message) == (422, True)


def test_a_request_that_is_too_long_is_called_a_request(small_png: bytes) -> None:
    with running(limits=Limits(request_bytes=40)) as client:
        reply = client.post(
            f"/api/photos/{client.add(small_png)}/encode", {"settings": {"quality": 50}, "tab": "x" * 40}
        )
        assert (reply.status, reply.message) == (413, "the request is larger than 40 bytes")


def test_a_busy_server_says_503(small_png: bytes) -> None:
    with running(limits=Limits(waiting_jobs=0)) as client:
        reply = client.request("POST", f"/api/photos?name={quote('a.png')}", small_png)
        assert reply.status == 503
        assert reply.headers["retry-after"] == "5"
        assert reply.message.startswith("the server is busy: ")


def test_too_many_uploads_at_once_are_refused(small_png: bytes) -> None:
    with running(limits=Limits(uploads=0)) as client:
        reply = client.request("POST", "/api/photos", small_png)
        assert (reply.status, reply.message.startswith("the server is busy: ")) == (503, True)


def test_a_lying_content_length_is_stopped(server: Client) -> None:
    reply = server.request("POST", "/api/photos", None, Content_Length=str(10**12))
    assert reply.status == 413
