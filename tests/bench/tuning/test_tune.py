"""The search by several metrics finds the best mix of changes."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import minimize

from bench.rd.encoders import Encoder
from bench.rd.measure import Point
from bench.tuning import tune
from bench.tuning.tune import Outcome
from foveal.allocate.perception import Perception, perception


def left_over(outcome: Outcome, goals: np.ndarray, shares: np.ndarray) -> float:
    rates = outcome.excess + shares @ outcome.effects
    excess, shortfall = np.maximum(rates, 0).sum(), np.maximum(rates - goals, 0).sum()
    return float(excess + tune.SHORTFALL_WEIGHT * shortfall + tune.COST_OF_CHANGE * shares.sum())


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("loss", [0.0, 1.0])
def test_steps_are_the_best_that_the_guard_allows(seed: int, loss: float) -> None:
    """No other shares that keep the guarded metric leave less, as SciPy's general optimiser sees it."""
    rng = np.random.default_rng(seed)
    outcome, goals = Outcome(rng.uniform(-2, 6, 4), rng.normal(0, 1.5, (6, 4))), np.array([-1.0, 0.0, -3.0, -2.0])
    shares = tune.find_step(outcome, goals, 0, loss)
    assert np.all((shares >= 0) & (shares <= 1))
    assert shares @ outcome.effects[:, 0] <= loss + 1e-9
    guard = {"type": "ineq", "fun": lambda x: loss - x @ outcome.effects[:, 0]}
    for start in rng.uniform(0, 1, (10, 6)):
        other = minimize(
            lambda x: left_over(outcome, goals, x), start, bounds=[(0, 1)] * 6, constraints=guard, method="SLSQP"
        )
        inside = np.clip(other.x, 0, 1)
        if inside @ outcome.effects[:, 0] <= loss:
            assert left_over(outcome, goals, shares) <= left_over(outcome, goals, inside) + 1e-6


def test_the_guard_stops_at_the_loss() -> None:
    """The whole change would lose 2 percent of the guarded metric and gain 5 of the other."""
    outcome = Outcome(np.array([-10.0, 5.0]), np.array([[2.0, -5.0]]))
    goals = np.zeros(2)
    assert tune.find_step(outcome, goals, 0, 1.0) == pytest.approx([0.5])
    assert tune.find_step(outcome, goals, 0, 2.0) == pytest.approx([1])


@pytest.mark.parametrize("loss", ["-0.1", "nan", "some"])
def test_a_loss_below_zero_is_refused(
    loss: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A negative limit may leave the linear programme without a solution."""
    monkeypatch.setattr(sys, "argv", ["tune", "--images", ".", "--output", "none", f"--loss={loss}"])
    with pytest.raises(SystemExit):
        tune.main()
    assert f"argument --loss: '{loss}' is not a number from 0 on" in capsys.readouterr().err


def test_excess_is_against_the_best_peer_by_each_metric(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Peers that need these bytes for the scores of 100 bytes of foveal's."""
    bytes_needed = {
        "jpegli": {"A": 80, "B": 125, "C": 160},
        "mozjpeg": {"A": 125, "B": 50, "C": 200},
        "mozjpeg-annex-k": {"A": 200, "B": 160, "C": 40},
    }

    def measure(
        pictures: object, compared: list[Encoder], *_options: object
    ) -> Iterator[tuple[str, dict[str, list[Point]]]]:
        def curve(name: str) -> list[Point]:
            needed = bytes_needed.get(name, dict.fromkeys("ABC", 100))
            sizes = [1000 * 2**index for index in range(8)]
            return [Point(0, size, {each: 10 * np.log2(size / needed[each]) for each in "ABC"}) for size in sizes]

        yield "photo", {encoder.name: curve(encoder.name) for encoder in compared}

    def no_change(_tuned: Perception, _steps: float) -> Perception:
        return perception()

    monkeypatch.setattr(tune.scores, "find_installed", lambda: ("A", "B", "C"))
    monkeypatch.setattr(tune.encoders, "find_encoder", lambda name, _settings: Encoder(name, None, bytes, ()))
    monkeypatch.setattr(tune, "measure_all_curves", measure)
    monkeypatch.setattr(tune, "list_changes", lambda: {"none": no_change})
    outcome = tune.measure_round({"photo": np.zeros((8, 8, 3), np.uint8)}, perception(), 1, tmp_path)
    np.testing.assert_allclose(outcome.excess, [25, 100, 150])
    np.testing.assert_allclose(outcome.effects, np.zeros((2, 3)), atol=1e-9)


def test_nothing_moves_where_every_goal_is_reached() -> None:
    outcome = Outcome(np.array([-3.0, -1.0]), np.array([[-1.0, 0.0], [1.0, -0.5]]))
    np.testing.assert_array_equal(tune.find_step(outcome, np.array([-3.0, -0.5]), 0, 1.0), 0)
    assert tune.find_step(outcome, np.array([-4.0, -1.0]), 0, 1.0) == pytest.approx([1, 0])


def test_bands_of_a_profile_cover_it_once() -> None:
    for bands in (tune.LUMINANCE_BANDS, tune.CHROMA_BANDS):
        np.testing.assert_array_equal(sum(band.astype(int) for band in bands.values()), np.ones(63))
    assert np.flatnonzero(tune.LUMINANCE_BANDS["2, on the axes"]).tolist() == [2, 4]  # of AC, in zig-zag order


@pytest.mark.parametrize("name", list(tune.list_changes()))
def test_every_change_moves_parameters_there_and_back(name: str) -> None:
    change, start = tune.list_changes()[name], perception()
    moved = change(start, 0.5)
    assert isinstance(moved, Perception)
    assert moved != start
    if name != "profile towards Annex K":  # moves by a share of what is left
        back = change(moved, -0.5)
        for component in ("luminance", "cb", "cr"):
            profiles = [getattr(each, component).profile for each in (back, start)]
            np.testing.assert_allclose(*profiles, atol=0.002)


def test_annex_k_is_the_end_of_the_way() -> None:
    profile = np.array(perception().luminance.profile)
    moved = tune.list_changes()["profile towards Annex K"](perception(), 1 / tune.ANNEX_K_STEP)
    np.testing.assert_allclose(moved.luminance.profile, tune.annex_k_profile(profile), atol=0.001)


def test_a_round_measures_every_change(chelsea: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Coarser colour needs fewer bytes by a metric that sees luminance only."""
    pytest.importorskip("pyvips")
    pytest.importorskip("pyjpegli")
    monkeypatch.setattr(tune.scores, "find_installed", lambda: ("PSNR",))
    changes = {name: tune.list_changes()[name] for name in ("cb.coarser", "luminance.dc")}
    monkeypatch.setattr(tune, "list_changes", lambda: changes)
    pixels = np.ascontiguousarray(chelsea[:200, :200])
    outcome = tune.measure_round({"chelsea": pixels}, perception(), 1, tmp_path)
    assert outcome.excess.shape == (1,)
    assert outcome.effects.shape == (4, 1)
    coarser, finer = outcome.effects[:2, 0]
    assert coarser < 0 < finer
    moved = tune.take_step(perception(), np.array([0.5, 0, 0, 1]))
    assert moved.cb.coarser == pytest.approx(perception().cb.coarser + 0.05)
    assert moved.luminance.dc == pytest.approx(perception().luminance.dc - 0.15)
