"""Blind tests: what is hidden, what is recorded, and the interval of the share."""

from __future__ import annotations

import csv
import io
from collections import Counter

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from web_server import Client, running

from foveal.errors import ParameterError
from foveal.web.blind_test import COLUMNS, Trial, make_test, record_answer, wilson_interval
from foveal.web.limits import Limits

PHOTOS = [(f"key{number}", f"{number}.png") for number in range(10)]
ENCODERS = ["foveal", "MozJPEG"]


@given(st.integers(1, 2000), st.data())
def test_the_interval_is_wilsons(count: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, count))
    expected = scipy.stats.binomtest(successes, count).proportion_ci(0.95, "wilson")
    assert wilson_interval(successes, count) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_sides_and_order_are_shuffled() -> None:
    trials = make_test(PHOTOS, ENCODERS, 50, 100).trials
    assert Counter(trial.photo_key for trial in trials) == {key: 100 for key, _ in PHOTOS}
    sides = Counter(trial.encoders for trial in trials)
    assert set(sides) == {("foveal", "MozJPEG"), ("MozJPEG", "foveal")}
    assert min(sides.values()) > 300  # of 1,000: fewer happen once in 10 ** 38 runs
    first_round = [trial.photo_key for trial in trials[:10]]
    assert sorted(first_round) == sorted(key for key, _ in PHOTOS)  # none comes twice before all came once
    assert len({tuple(trial.photo_key for trial in trials[start : start + 10]) for start in range(0, 1000, 10)}) > 1


@pytest.mark.parametrize(
    ("encoders", "quality", "repeats", "words"),
    [
        (["foveal", "foveal"], 50, 1, "two different encoders"),
        (["foveal"], 50, 1, "two different encoders"),
        ([1, 2], 50, 1, "two different encoders"),
        (ENCODERS, 101, 1, "quality"),
        (ENCODERS, 50, 0, "repeats"),
        (ENCODERS, 50, "2", "repeats"),
    ],
)
def test_wrong_tests_are_refused(encoders: list[str], quality: float, repeats: int, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        make_test(PHOTOS, encoders, quality, repeats)
    with pytest.raises(ParameterError, match="needs photos"):
        make_test([], ENCODERS, 50, 1)
    with pytest.raises(ParameterError, match="at most 1000 trials"):
        make_test(PHOTOS * 11, ENCODERS, 50, 10)


def test_shares_count_the_first_encoder_and_leave_out_ties() -> None:
    test = make_test(PHOTOS, ENCODERS, 50, 1)
    for number, trial in enumerate(test.trials[:8]):
        trial.sizes_bytes = (100, 101)
        wanted = "foveal" if number < 5 else "MozJPEG"
        answer = "same" if number == 7 else ("left", "right")[trial.encoders.index(wanted)]
        record_answer(trial, answer, 1.25)
    found = test.preference()
    assert (found.preferred, found.decided, found.undecided) == (5, 7, 1)
    assert found.share == pytest.approx(5 / 7)
    rows = list(csv.DictReader(io.StringIO(test.to_csv())))
    assert list(rows[0]) == list(COLUMNS)
    assert len(rows) == 8
    assert [row["preferred"] for row in rows] == ["foveal"] * 5 + ["MozJPEG"] * 2 + [""]
    low, high = wilson_interval(5, 7)
    last = rows[-1]
    assert [float(last[name]) for name in ("share", "share_low", "share_high")] == pytest.approx(
        [5 / 7, low, high], abs=1e-4
    )
    assert (last["encoder"], last["seconds"], last["left_bytes"]) == ("foveal", "1.2", "100")


def test_names_are_no_formulas_of_a_spreadsheet() -> None:
    test = make_test([("key", "=cmd|'x'!A1.png")], ENCODERS, 50, 1)
    test.trials[0].sizes_bytes = (1, 1)
    record_answer(test.trials[0], "left", 0)
    (row,) = csv.DictReader(io.StringIO(test.to_csv()))
    assert row["photo"].startswith("'=")


def test_a_pair_is_answered_once_and_after_it_was_shown() -> None:
    trial = Trial("key", "a.png", ("foveal", "MozJPEG"))
    with pytest.raises(ParameterError, match="not been shown"):
        record_answer(trial, "left", 1)
    trial.files, trial.sizes_bytes = (b"a", b"b"), (1, 1)
    for answer, seconds in (("up", 1), (None, 1), ("left", -1), ("left", "x")):
        with pytest.raises(ParameterError):
            record_answer(trial, answer, seconds)
    record_answer(trial, "right", 1)
    assert trial.preferred == "MozJPEG"
    with pytest.raises(ParameterError, match="has been answered"):
        record_answer(trial, "left", 1)


def test_a_test_over_the_network(server: Client, photo: str, small_png: bytes) -> None:
    body = {"photos": [photo], "encoders": ["foveal", "libjpeg-turbo"], "quality": 40, "repeats": 2}
    started = server.post("/api/blind", body).json
    address = f"/api/blind/{started['id']}"
    assert started["trials"] == 2
    shown = server.get(f"{address}/trials/0")
    assert set(shown.json) == {"photo", "name", "answered"}  # nothing that tells who made which
    assert b"foveal" not in shown.body
    files = [server.get(f"{address}/trials/0/{side}").body for side in ("left", "right")]
    assert files[0] != files[1]
    assert max(map(len, files)) / min(map(len, files)) < 1.05
    with Image.open(io.BytesIO(small_png)) as image:
        original = np.asarray(image)
    for file in files:
        with Image.open(io.BytesIO(file)) as image:
            assert np.abs(np.asarray(image).astype(int) - original).mean() < 12
    assert server.post(f"{address}/trials/0", {"answer": "left", "seconds": 2}).json == {"answered": 1}
    assert server.get(f"{address}/trials/0/left").status == 404
    assert server.post(f"{address}/trials/0", {"answer": "left", "seconds": 2}).status == 422
    result = server.get(address).json
    assert (result["decided"], len(result["trials"])) == (1, 1)
    rows = list(csv.DictReader(io.StringIO(server.get(f"{address}/csv").body.decode())))
    assert rows[0]["preferred"] == rows[0]["left"]
    assert server.get(f"{address}/trials/2").status == 404
    assert server.post("/api/blind", body | {"encoders": ["foveal", "rm -rf"]}).status == 422
    assert server.post("/api/blind", body | {"photos": ["unknown"]}).status == 404


def test_few_pairs_are_held_and_the_others_are_made_anew(server: Client, photo: str) -> None:
    body = {"photos": [photo], "encoders": ["foveal", "libjpeg-turbo"], "quality": 40, "repeats": 6}
    address = f"/api/blind/{server.post('/api/blind', body).json['id']}"
    first = None
    for number in range(6):
        assert server.get(f"{address}/trials/{number}").status == 200
        first = first or server.get(f"{address}/trials/0/left").body
    statuses = [server.get(f"{address}/trials/{number}/left").status for number in range(6)]
    assert statuses == [404, 404, 200, 200, 200, 200]
    assert server.get(f"{address}/trials/0").status == 200
    assert server.get(f"{address}/trials/0/left").body == first


def test_pairs_count_as_held_until_they_are_answered_or_their_test_gives_way(small_png: bytes) -> None:
    with running() as client:
        body = {"photos": [client.add(small_png)], "encoders": ["foveal", "libjpeg-turbo"], "quality": 90}
        address = f"/api/blind/{client.post('/api/blind', body).json['id']}"
        client.get(f"{address}/trials/0")
        pair_bytes = sum(len(client.get(f"{address}/trials/0/{side}").body) for side in ("left", "right"))
    with running(limits=Limits(held_bytes=len(small_png) + pair_bytes // 2)) as client:
        body["photos"] = [client.add(small_png)]
        tests = [f"/api/blind/{client.post('/api/blind', body).json['id']}" for _ in range(2)]
        assert client.get(f"{tests[0]}/trials/0").status == 200
        full = client.get(f"{tests[1]}/trials/0")
        assert (full.status, "fill the memory" in full.message) == (413, True)
        client.post(f"{tests[0]}/trials/0", {"answer": "same"})
        assert client.get(f"{tests[1]}/trials/0").status == 200  # there is room again, and it is taken
        newest = [f"/api/blind/{client.post('/api/blind', body).json['id']}" for _ in range(16)]
        assert client.get(tests[1]).status == 404
        assert client.get(f"{newest[-1]}/trials/0").status == 200
