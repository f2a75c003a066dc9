"""Requantization: what it keeps, how far coefficients move, and that a second run has nothing to do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jpeg_files import ADOBE_RGB, ADOBE_YCCK, JFIF, Factors, pillow_file, random_coefficients
from other_readers import pillow_pixels
from PIL import Image

import foveal
from foveal import jpeg
from foveal.allocate.effort import EFFORTS
from foveal.allocate.perception import perception
from foveal.comparison import peers
from foveal.errors import UnsupportedError
from foveal.jpeg import Segment, markers
from foveal.metrics import Ssimulacra2Reference
from foveal.optimization.requantization import default_quality
from foveal.optimization.requantization_levels import (
    LEAST_SAVING,
    RequantizationSettings,
    requantize,
    requantize_once,
    weights_of_map,
    why_not_requantized,
)

SAMPLINGS: dict[str, Factors] = {
    "4:4:4": [(1, 1)] * 3,
    "4:2:2": [(2, 1), (1, 1), (1, 1)],
    "4:4:0": [(1, 2), (1, 1), (1, 1)],
    "4:2:0": [(2, 2), (1, 1), (1, 1)],
    "4:1:1": [(4, 1), (1, 1), (1, 1)],
    "4:1:0": [(4, 2), (1, 1), (1, 1)],
    "grey": [(1, 1)],
}
COMMENT = Segment(markers.COM, b"kept")
Encoder = Callable[[np.ndarray, int], bytes]


def at_quality(quality: float, saliency_map: np.ndarray | None = None, **changes: object) -> RequantizationSettings:
    made = RequantizationSettings(quality, saliency_map, strength=0.5, effort=EFFORTS["balanced"], threads=1)
    return replace(made, **changes)


def file_of(coefficients: jpeg.Coefficients) -> bytes:
    return jpeg.write(coefficients, jpeg.EncoderSettings(script=EFFORTS["balanced"].script))


def turbo(pixels: np.ndarray, quality: int) -> bytes:
    return pillow_file(Image.fromarray(pixels), quality=quality)


def ours(pixels: np.ndarray, quality: int) -> bytes:
    return foveal.encode(pixels, quality=quality, saliency=None)


def mozjpeg(pixels: np.ndarray, quality: int) -> bytes:
    if not peers.MOZJPEG.is_installed():
        pytest.skip("pyvips is not installed")
    return peers.mozjpeg(pixels, quality)


def jpegli(pixels: np.ndarray, quality: int) -> bytes:
    if not peers.JPEGLI.is_installed():
        pytest.skip("pyjpegli is not installed")
    return peers.sequential_jpegli(pixels, quality)


@settings(max_examples=60, deadline=None)
@given(
    sampling=st.sampled_from(sorted(SAMPLINGS)),
    size=st.tuples(st.integers(1, 70), st.integers(1, 70)),
    table_qualities=st.tuples(st.integers(5, 99), st.integers(5, 99)),
    quality=st.floats(1, 97),
    effort=st.sampled_from(["fast", "balanced"]),
    seed=st.integers(0, 1000),
)
def test_coefficients_move_by_a_bounded_distance_on_the_same_grid(
    sampling: str,
    size: tuple[int, int],
    table_qualities: tuple[int, int],
    quality: float,
    effort: str,
    seed: int,
) -> None:
    source = random_coefficients(SAMPLINGS[sampling], size, segments=(JFIF, COMMENT), seed=seed)
    tables = tuple(jpeg.annex_k_tables(each)[min(index, 1)] for index, each in enumerate((*table_qualities, 50)))
    tables = tables[: len(source.blocks)]
    blocks = tuple(  # within the range of 8-bit samples
        np.clip(levels, -(2047 // steps), 2047 // steps)
        for levels, steps in zip(source.blocks, (np.array(table.values, np.int16) for table in tables), strict=True)
    )
    source = replace(source, tables=tables, blocks=blocks, trailing=b"more", restart_interval=3)
    assert why_not_requantized(source) is None
    chosen = at_quality(quality, effort=EFFORTS[effort])
    result = requantize_once(source, quality, weights_of_map(chosen, source.frame), chosen)

    slots = [0] * len(source.blocks)
    assert result.frame.with_table_slots(slots) == source.frame.with_table_slots(slots)
    assert (result.segments, result.trailing, result.restart_interval) == ((JFIF, COMMENT), b"more", 3)
    lifts = [spectrum.lift for spectrum in perception().spectra]
    for component, before, after, old, new, lift in zip(
        source.frame.components, source.blocks, result.blocks, source.tables, result.tables, lifts, strict=False
    ):
        inside = np.s_[: component.block_rows, : component.block_columns]
        old_steps, new_steps = np.array(old.values), np.array(new.values)
        assert (new_steps >= old_steps).all()
        shown_before, shown_after = before[inside] * old_steps, after[inside] * new_steps
        # AC: the sign stays; a magnitude falls, or rises to the level that it is rounded to.
        assert (np.sign(shown_after) * np.sign(shown_before) >= 0)[..., 1:].all()
        assert not shown_after[..., 1:][shown_before[..., 1:] == 0].any()
        rise = np.abs(shown_after) - np.abs(shown_before)
        assert (rise <= (0.5 + lift) * new_steps)[..., 1:].all()
        assert (np.abs(shown_after - shown_before) <= new_steps / 2)[..., 0].all()


@settings(max_examples=30, deadline=None)
@given(
    sampling=st.sampled_from(sorted(SAMPLINGS)),
    size=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    quality=st.floats(1, 97),
    script=st.sampled_from([jpeg.sequential_script, jpeg.non_interleaved_script, jpeg.spectral_selection_script]),
    seed=st.integers(0, 1000),
)
def test_results_are_final(
    sampling: str, size: tuple[int, int], quality: float, script: jpeg.ScriptMaker, seed: int
) -> None:
    source = random_coefficients(SAMPLINGS[sampling], size, seed=seed)
    result = requantize(source, at_quality(quality))
    again = jpeg.read_coefficients(jpeg.write_coefficients(result, scripts=[script(len(source.blocks))]))
    assert requantize(again, at_quality(quality)) is again


@pytest.mark.parametrize("sampling", SAMPLINGS)
def test_result_is_final_for_every_sampling(sampling: str) -> None:
    source = random_coefficients(SAMPLINGS[sampling], (75, 93), segments=(JFIF, COMMENT))
    chosen = at_quality(40)
    result = requantize(source, chosen)
    assert result is not source
    assert len(file_of(result)) < (1 - LEAST_SAVING) * len(file_of(source))
    again = jpeg.read_coefficients(file_of(result))
    assert requantize(again, chosen) is again
    assert jpeg.subsampling_name(again.frame) == sampling


@pytest.mark.parametrize("quality", [50, 75, 85, 92, 97])
@pytest.mark.parametrize("encode", [turbo, mozjpeg, jpegli, ours])
def test_a_second_run_has_nothing_to_do(encode: Encoder, quality: int, coffee: np.ndarray) -> None:
    source = jpeg.read_coefficients(encode(coffee[60:244, 100:300].copy(), quality))
    for given_quality in (60.0, 85.0):
        result = requantize(source, at_quality(given_quality))
        again = jpeg.read_coefficients(file_of(result))
        assert requantize(again, at_quality(given_quality)) is again
    chosen = default_quality(source, at_quality(0))
    if chosen is not None:
        result = requantize(source, at_quality(chosen))
        assert result is not source
        assert default_quality(jpeg.read_coefficients(file_of(result)), at_quality(0)) is None


@pytest.mark.parametrize("encode", [turbo, mozjpeg, ours])
def test_a_second_run_of_best_effort_has_nothing_to_do(encode: Encoder, coffee: np.ndarray) -> None:
    source = jpeg.read_coefficients(encode(coffee[60:244, 100:300].copy(), 92))
    for quality in (60.0, 85.0):
        chosen = at_quality(quality, effort=EFFORTS["best"])
        again = jpeg.read_coefficients(file_of(requantize(source, chosen)))
        assert requantize(again, chosen) is again


def test_a_separate_scan_for_each_component_loses_padding_and_changes_nothing(coffee: np.ndarray) -> None:
    source = jpeg.read_coefficients(turbo(coffee[:41, :57].copy(), 95))  # 4:2:0, and not whole MCUs
    result = requantize(source, at_quality(70))
    data = jpeg.write_coefficients(result, scripts=[jpeg.non_interleaved_script(3)])
    again = jpeg.read_coefficients(data)
    assert requantize(again, at_quality(70)) is again


def test_metadata_do_not_decide_whether_a_result_is_final(coffee: np.ndarray) -> None:
    source = jpeg.read_coefficients(turbo(coffee[:96, :96].copy(), 95))
    long = replace(source, segments=(*source.segments, *[Segment(markers.COM, bytes(60_000))] * 3))
    plain, with_comments = (requantize(each, at_quality(70)) for each in (source, long))
    assert plain is not source
    for before, after in zip(plain.blocks, with_comments.blocks, strict=True):
        np.testing.assert_array_equal(before, after)


def test_a_finer_quality_than_that_of_the_file_changes_nothing(coffee: np.ndarray) -> None:
    source = jpeg.read_coefficients(turbo(coffee[:96, :96].copy(), 50))
    for quality in (97, 98, 100):
        assert requantize(source, at_quality(quality)) is source


def test_a_map_spends_where_it_is_bright(coffee: np.ndarray) -> None:
    pixels = coffee[60:252, 100:292].copy()
    source = jpeg.read_coefficients(turbo(pixels, 95))
    left = np.zeros((24, 24), np.float32)
    left[:, :12] = 1
    alike, by_map = (requantize(source, at_quality(75, each, strength=1.0)) for each in (None, left))
    assert len(file_of(by_map)) < len(file_of(alike))
    shown = jpeg.reconstruct(source).astype(int)
    errors = [np.square(jpeg.reconstruct(each) - shown) for each in (alike, by_map)]
    right_by_left = [each[:, 112:].mean() / each[:, :80].mean() for each in errors]
    assert right_by_left[1] > 1.5 * right_by_left[0]


@pytest.mark.parametrize("photo", ["astronaut", "chelsea", "coffee"])
def test_best_effort_scores_more_for_the_bytes(photo: str, request: pytest.FixtureRequest) -> None:
    """By SSIMULACRA 2 against the original, which the file's own picture stands for while the loop measures."""
    pixels = request.getfixturevalue(photo)
    source, reference = turbo(pixels, 92), Ssimulacra2Reference(pixels)
    points = {}
    for effort, quality in (("balanced", 68), ("balanced", 74), ("best", 70)):
        data = foveal.optimize(source, quality=quality, effort=effort, saliency=None).data
        points[effort, quality] = reference.score(pillow_pixels(data)), np.log(len(data))
    (low, few), (high, many), (score, size) = points.values()
    assert low < score < high
    assert size < few + (score - low) / (high - low) * (many - few) - 0.015


def test_threads_and_best_effort(coffee: np.ndarray) -> None:
    source = jpeg.read_coefficients(turbo(coffee[:200, :200].copy(), 95))
    for effort in ("balanced", "best"):
        one, two = (requantize(source, at_quality(70, effort=EFFORTS[effort], threads=count)) for count in (1, 2))
        assert one.tables == two.tables
        for first, second in zip(one.blocks, two.blocks, strict=True):
            np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("factors", "segments", "identifiers", "reason"),
    [
        ([(1, 1)] * 4, (), (1, 2, 3, 4), "colour model is CMYK"),
        ([(1, 1)] * 4, (ADOBE_YCCK,), (1, 2, 3, 4), "colour model is YCCK"),
        ([(1, 1)] * 3, (ADOBE_RGB,), (1, 2, 3), "colour model is RGB"),
        ([(1, 1)] * 3, (), tuple(b"RGB"), "colour model is RGB"),
        ([(1, 1)] * 2, (), (1, 2), "two components"),
        ([(1, 1), (2, 1), (1, 1)], (JFIF,), (1, 2, 3), "sampling factors are"),
        ([(3, 1), (2, 1), (1, 1)], (JFIF,), (1, 2, 3), "sampling factors are"),
    ],
)
def test_other_files_are_refused(
    factors: Factors, segments: tuple[Segment, ...], identifiers: tuple[int, ...], reason: str
) -> None:
    source = random_coefficients(factors, (40, 40), segments=segments, identifiers=identifiers)
    assert reason in (why_not_requantized(source) or "")
    assert default_quality(source, at_quality(0)) is None
    with pytest.raises(UnsupportedError, match=reason):
        requantize(source, at_quality(50))


def test_coefficients_out_of_range_are_refused() -> None:
    source = random_coefficients([(1, 1)], (16, 16))
    step = source.tables[0].values[5]
    for level, fits in ((2047 // step, True), (2047 // step + 1, False), (-(2047 // step) - 1, False)):
        source.blocks[0][0, 0, 5] = level
        assert (why_not_requantized(source) is None) is fits


@pytest.mark.parametrize(
    ("index", "level", "fits"),
    [(0, -1024, True), (0, -1025, False), (1, 1023, True), (1, -1023, True), (1, 1024, False)],
)
def test_levels_are_those_of_baseline_files(index: int, level: int, fits: bool) -> None:
    fine = (jpeg.QuantizationTable((1,) * 64),)
    source = replace(random_coefficients([(1, 1)], (16, 16)), tables=fine)
    source.blocks[0][1, 1, index] = level
    assert (why_not_requantized(source) is None) is fits
