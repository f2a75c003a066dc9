"""`foveal pca`: photos to principal components and back, and the figure."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pyvips
from command_line import PIXELS, Run, one_line
from PIL import Image

import foveal
from foveal.pca import rows


def test_pca_encode_writes_what_the_library_gives_and_counts_bytes_in_both_ways(run: Run) -> None:
    outcome = run("pca", "encode", "photo.png")
    data = Path("photo.npz").read_bytes()
    assert data == foveal.pca.encode(PIXELS)
    first, second, third = outcome.out.splitlines()
    counts = np.load("photo.npz", allow_pickle=False)["component_counts"]
    assert first.startswith(f"photo.npz: {len(data):,} bytes, rows, {', '.join(map(str, counts))} components, 99.")
    assert f"compression ratio: {PIXELS.size / len(data):.2f} (6,720 bytes of 8-bit samples" in second
    assert f"as the report counts: {56 * 3 / counts.sum():.2f} (" in third
    one_line(run("pca", "encode", "photo.png"), 2, "photo.npz exists")


def test_every_option_reaches_pca(run: Run) -> None:
    for options in ({"mode": "blocks", "variance": 90.0}, {"components": 4}, {"mode": "blocks", "components": 4}):
        arguments = [text for name, value in options.items() for text in (f"--{name}", str(value))]
        assert run("pca", "encode", "photo.png", "-o", "out.npz", *arguments).code == 0
        assert Path("out.npz").read_bytes() == foveal.pca.encode(PIXELS, **options)
    Image.new("RGBA", (9, 9)).save("clear.png")
    one_line(run("pca", "encode", "clear.png", "-o", "x.npz"), 1, "clear.png", "background")
    assert run("pca", "encode", "clear.png", "-o", "x.npz", "--background", "white").code == 0


@pytest.mark.parametrize("kind", ["srgb", "sgrey"])
@pytest.mark.parametrize("grey", [None, np.uint8, np.uint16])
def test_pca_decode_writes_the_pixels_and_the_profile(run: Run, grey: type | None, kind: str) -> None:
    """A profile for other pixels is left out: PNG forbids it."""
    pixels = PIXELS if grey is None else PIXELS[:, :, 0].astype(grey) * (np.iinfo(grey).max // 255)
    profile = bytes(pyvips.Operation.call("profile_load", kind))
    Path("in.npz").write_bytes(foveal.pca.encode(foveal.Photo(pixels, icc_profile=profile)))
    outcome = run("pca", "decode", "in.npz", "-o", "out.png")
    assert (outcome.code, outcome.out) == (0, "out.png: 56 x 40\n")
    photo = foveal.open("out.png")
    np.testing.assert_array_equal(photo.pixels, foveal.pca.decode(Path("in.npz").read_bytes()).pixels)
    assert photo.pixels.dtype == pixels.dtype
    assert photo.icc_profile == (profile if (kind == "sgrey") == (grey is not None) else None)


def test_pca_decode_of_what_cannot_be_written_or_read(run: Run) -> None:
    Path("deep.npz").write_bytes(foveal.pca.encode(PIXELS.astype(np.uint16)))
    one_line(run("pca", "decode", "deep.npz"), 1, "deep.npz", "16 bits")
    one_line(run("pca", "decode", "photo.png", "-o", "x.png"), 1, "photo.png", "not an .npz file")
    one_line(run("pca", "decode", "deep.npz", "--max-pixels", "2239"), 1, "deep.npz", "2,239")
    assert sorted(path.name for path in Path().iterdir()) == ["deep.npz", "photo.png"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("encode", "photo.png", "-o", "out.png"), ("out.png", "NPZ", ".npz")),
        (("decode", "photo.png", "-o", "out.npz"), ("out.npz", "PNG")),
        (("decode", "photo.png", "-o", "photo.png"), ("photo.png is an input",)),
        (("encode", "photo.png", "--variance", "101"), ("101",)),
        (("encode", "photo.png", "--mode", "columns"), ("columns", "rows")),
        (("encode", "photo.png", "--components", "0"), ("0",)),
        (("figure", "--images", "photo.png", "-o", "photo.png"), ("photo.png is an input",)),
        (("figure", "--images", "-o", "out.png"), ("--images", "argument")),
        (("figure", "--variance", "99", "x", "-o", "out.png"), ("x",)),
        (("figure",), ("-o",)),
    ],
)
def test_wrong_usage_of_pca(run: Run, arguments: tuple[str, ...], words: tuple[str, ...]) -> None:
    one_line(run("pca", *arguments), 2, *words)
    assert sorted(path.name for path in Path().iterdir()) == ["photo.png"]


def test_more_components_than_there_are(run: Run) -> None:
    one_line(run("pca", "encode", "photo.png", "--components", "41"), 2, "photo.png", "components", "40")


def test_pca_figure_takes_several_photos_and_variances(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from foveal.pca import figure

    Image.fromarray(PIXELS[:, :, 0]).save("grey.png")
    drawn: list[tuple[list[str], tuple[float, ...], str]] = []
    real = figure.draw

    def draw(photos: dict[str, foveal.Photo], variances: tuple[float, ...], standardize: str) -> Any:
        drawn.append((list(photos), variances, standardize))
        return real(photos, variances, standardize)

    monkeypatch.setattr(figure, "draw", draw)
    outcome = run("pca", "figure", "--images", "photo.png", "grey.png", "--variance", "90", "99.5", "-o", "fig.png")
    assert (outcome.code, outcome.err) == (0, "")
    assert drawn == [(["photo.png", "grey.png"], (90.0, 99.5), "channel")]
    assert [line.split(":")[0] for line in outcome.out.splitlines()] == [
        "fig.png",
        *("photo.png, 90 %", "photo.png, 99.5 %", "grey.png, 90 %", "grey.png, 99.5 %"),
    ]
    with Image.open("fig.png") as image:
        assert image.format == "PNG"
        assert image.width == 1950
        assert len(image.convert("L").resize((64, 64)).getcolors()) > 20  # something is drawn


def test_pca_figure_without_photos_takes_those_of_scikit_image(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from foveal.pca import figure

    names: list[str] = []
    monkeypatch.setattr(figure, "draw", lambda photos, *_: (names.extend(photos), (b"png", []))[1])
    assert run("pca", "figure", "-o", "fig.png").code == 0
    assert names == ["astronaut", "coffee"]


def test_published_numbers_are_printed_below_ours(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from foveal.pca import figure

    published = {("photo", (56, 40), 90.0): figure.Published((1, 2, 3), 4.5, 0.678)}
    monkeypatch.setattr(figure, "PUBLISHED", published)
    options = ["--images", "photo.png", "--variance", "90", "95", "--standardize", "column", "-o", "fig.png"]
    _, ours, theirs, other = run("pca", "figure", *options).out.splitlines()
    counts = [channel.principal.count_for(90) for channel in rows.analyse(PIXELS)]
    assert f"{', '.join(map(str, counts))} components" in ours
    assert theirs.strip() == "the report: 1, 2, 3 components, compression ratio without them 4.5, SSIM 0.6780"
    assert other.startswith("photo.png, 95 %")


def test_a_photo_too_small_for_the_figure(run: Run) -> None:
    Image.new("L", (10, 30)).save("small.png")
    one_line(run("pca", "figure", "--images", "small.png", "-o", "fig.png"), 2, "small.png", "11 pixels")


@pytest.mark.parametrize("missing", ["matplotlib", "skimage"])
def test_the_figure_without_what_it_needs(run: Run, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    monkeypatch.delitem(sys.modules, "foveal.pca.figure", raising=False)
    for name in [name for name in sys.modules if name.split(".")[0] == missing]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    one_line(run("pca", "figure", "-o", "fig.png"), 1, "matplotlib and scikit-image", "foveal[figure]")
