"""Any bytes give a picture or an error of foveal, and no claimed size makes the reader allocate memory."""

from __future__ import annotations

import io
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pictures import noisy_gradient

from foveal import pca
from foveal.errors import FormatError, FovealError, LimitError, ParameterError, UnsupportedError

MAX_PIXELS = 1 << 14
PICTURES = [noisy_gradient(19, 37), noisy_gradient(40, 24, None), noisy_gradient(9, 9).astype(np.uint16) * 257]
FILES = [pca.encode(picture, mode=mode) for picture in PICTURES for mode in ("rows", "blocks")]
CONTENTS = [dict(np.load(io.BytesIO(data))) for data in FILES]


def saved(content: dict[str, np.ndarray], *, pack: bool = True) -> bytes:
    file = io.BytesIO()
    (np.savez_compressed if pack else np.savez)(file, **content)
    return file.getvalue()


def changed(mode: str, /, **changes: object) -> bytes:
    """Return a file of a colour picture with some arrays replaced, or removed where the value is None."""
    content = CONTENTS[MODES.index(mode)] | {name: np.asarray(value) for name, value in changes.items()}
    return saved({name: value for name, value in content.items() if changes.get(name, value) is not None})


MODES = ["rows", "blocks"]


def use(data: bytes) -> None:
    try:
        photo = pca.decode(data, max_pixels=MAX_PIXELS)
    except FovealError as error:
        assert "\n" not in str(error)
    else:
        assert photo.pixels.dtype in (np.uint8, np.uint16)
        assert 0 < photo.width * photo.height <= MAX_PIXELS


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    use(data)
    use(b"PK\x03\x04" + data)
    use(data + FILES[0])


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(FILES), st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=4))
def test_changed_bytes(data: bytes, changes: list[tuple[int, int]]) -> None:
    broken = bytearray(data)
    for position, value in changes:
        broken[position % len(broken)] = value
    use(bytes(broken))
    use(bytes(broken[: changes[0][0] % len(broken)]))


ANY_ARRAY = st.one_of(
    arrays.arrays(
        st.sampled_from(["<i8", "<f4", "<f2", "|u1", "|i1", "<f8", "<U6"]),
        arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=40),
    )
)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_changed_arrays(data: st.DataObject) -> None:
    """Arrays with a valid checksum: of the expected type and shape with any values, or of any other."""
    content = dict(data.draw(st.sampled_from(CONTENTS)))
    name = data.draw(st.sampled_from(sorted(content)))
    alike = arrays.arrays(
        content[name].dtype, content[name].shape, fill=st.nothing() if content[name].size < 9 else None
    )
    content[name] = data.draw(alike | ANY_ARRAY)
    use(saved(content))


@settings(max_examples=40, deadline=None)
@given(
    arrays.arrays(
        st.sampled_from([np.uint8, np.uint16]),
        st.one_of(
            arrays.array_shapes(min_dims=2, max_dims=2, max_side=20),
            arrays.array_shapes(min_dims=2, max_dims=2, max_side=20).map(lambda shape: (*shape, 3)),
        ),
    ),
    st.sampled_from(MODES),
    st.just(100.0) | st.floats(0, 100),
)
def test_any_picture_comes_back_with_the_variance_asked_for(pixels: np.ndarray, mode: str, variance: float) -> None:
    photo = pca.decode(pca.encode(pixels, mode=mode, variance=variance))
    assert (photo.pixels.shape, photo.pixels.dtype) == (pixels.shape, pixels.dtype)
    if variance == 100:
        assert np.abs(photo.pixels.astype(int) - pixels).max() <= (1 if pixels.dtype == np.uint8 else 430)


@pytest.mark.parametrize("mode", MODES)
def test_arrays_that_are_missing(mode: str) -> None:
    for name in CONTENTS[MODES.index(mode)]:
        with pytest.raises(FormatError, match=f"no array {name} "):
            pca.decode(changed(mode, **{name: None}))


@pytest.mark.parametrize(
    ("mode", "name", "value"),
    [
        ("rows", "version", [1.0]),
        ("rows", "version", 1),
        ("rows", "mode", "columns"),
        ("rows", "mode", b"rows"),
        ("rows", "mode", ["rows"]),
        ("rows", "mode", "rows" * 9),
        ("rows", "dtype", "float32"),
        ("rows", "dtype", "uint16"),
        ("rows", "shape", [19, 37]),
        ("rows", "shape", [19, 37, 2]),
        ("rows", "shape", [19, 37, 1, 3]),
        ("rows", "shape", [0, 37, 3]),
        ("rows", "shape", [-19, -37, 3]),
        ("rows", "shape", [37, 19, 3]),
        ("rows", "component_counts", [20, 20, 20]),
        ("rows", "component_counts", [0, 1, 1]),
        ("rows", "mean_0", np.full(37, np.nan, np.float32)),
        ("rows", "deviation_1", np.full(37, np.inf, np.float32)),
        ("rows", "deviation_1", np.full(37, 300, np.float32)),
        ("rows", "mean_0", np.zeros(37)),
        ("blocks", "step", np.float32(0.1249)),
        ("blocks", "step", np.float32(4097)),
        ("blocks", "step", np.float32(np.nan)),
        ("blocks", "step", 1.0),
        ("blocks", "mean_2", np.full(64, np.nan, np.float32)),
        ("blocks", "mean_2", np.full(64, 257, np.float32)),
        ("blocks", "component_counts", [65, 1, 1]),
        ("blocks", "wide_counts", [64, 64, 64]),
        ("blocks", "wide_counts", [-1, 0, 0]),
        ("blocks", "levels_0", np.zeros(10, np.uint8)),
        ("blocks", "levels_0", np.zeros(1 << 18, np.uint8)),
        ("blocks", "icc_profile", np.zeros((2, 2), np.uint8)),
    ],
)
def test_arrays_that_do_not_fit(mode: str, name: str, value: object) -> None:
    with pytest.raises(FormatError):
        pca.decode(changed(mode, **{name: value}))


def test_values_at_both_sides_of_their_limits() -> None:
    for step in (0.125, 4096):
        assert pca.decode(changed("blocks", step=np.float32(step))).pixels.shape == (19, 37, 3)
    scores = CONTENTS[0]["scores_0"].copy()
    for value, fits in ((26.5, True), (26.6, False), (-26.6, False)):  # the root of 19 x 37 is 26.51
        scores[0, 0] = value
        if fits:
            pca.decode(changed("rows", scores_0=scores))
        else:
            with pytest.raises(FormatError, match="scores_0 is out of range"):
                pca.decode(changed("rows", scores_0=scores))


def test_levels_cut_off_or_with_more_behind() -> None:
    levels = CONTENTS[1]["levels_1"]
    for broken in (levels[:-1], levels[:-5], levels[:0]):
        with pytest.raises(FormatError, match="levels"):
            pca.decode(changed("blocks", levels_1=broken))


def test_a_later_version_says_so() -> None:
    with pytest.raises(UnsupportedError, match="version 2"):
        pca.decode(changed("rows", version=[2]))


def test_sizes_are_refused_before_memory_is_taken() -> None:
    """Each of these files would need gigabytes."""
    claims = {"shape": [178_956_970, 1, 1]}
    for mode in MODES:
        with pytest.raises((LimitError, FormatError)):
            pca.decode(changed(mode, **claims))
        with pytest.raises(LimitError, match="178,956,970"):
            pca.decode(changed(mode, shape=[178_956_971, 1, 3]))
    with pytest.raises(LimitError, match="702"):
        pca.decode(FILES[0], max_pixels=702)
    assert pca.decode(FILES[0], max_pixels=703).pixels.shape == (19, 37, 3)
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999,), }".ljust(117) + b"\n"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("version.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    with pytest.raises(FormatError, match="version"):
        pca.decode(file.getvalue())


def test_archives_that_numpy_does_not_write() -> None:
    def archive_of(content: bytes, method: int) -> bytes:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", method) as archive:
            archive.writestr("version.npy", content)
        return file.getvalue()

    array = io.BytesIO()
    np.save(array, np.array([1]))
    with pytest.raises(FormatError, match="compressed"):
        pca.decode(archive_of(array.getvalue(), zipfile.ZIP_LZMA))
    with pytest.raises(FormatError, match="version is broken"):
        pca.decode(archive_of(array.getvalue() + b"\0", zipfile.ZIP_STORED))  # more than the header says
    with pytest.raises(FormatError, match="version is broken"):
        pca.decode(archive_of(array.getvalue()[:-1], zipfile.ZIP_STORED))
    pickled = io.BytesIO()
    np.save(pickled, np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(FormatError, match="version"):
        pca.decode(archive_of(pickled.getvalue(), zipfile.ZIP_STORED))
    flipped = bytearray(saved(CONTENTS[0], pack=False))
    flipped[flipped.index(b"scores_0.npy") + 400] ^= 1
    with pytest.raises(FormatError, match="scores_0 is broken"):
        pca.decode(bytes(flipped))


def test_wrong_arguments_are_refused() -> None:
    for data in (None, "file.npz", 3):
        with pytest.raises(ParameterError, match="bytes"):
            pca.decode(data)
    for limit in (0, 178_956_971, 1.5):
        with pytest.raises(ParameterError, match="max_pixels"):
            pca.decode(FILES[0], max_pixels=limit)
    assert pca.decode(memoryview(FILES[0])).pixels.shape == (19, 37, 3)


def packed_zeros(side: int, count: int) -> bytes:
    """Return a file of a few kilobytes whose scores and components, all zero, are as large as its shape allows."""
    return saved(
        {
            "version": np.array([1]),
            "mode": np.array("rows"),
            "shape": np.array([side, side, 1]),
            "dtype": np.array("uint8"),
            "component_counts": np.array([count]),
            "mean_0": np.zeros(side, np.float32),
            "deviation_0": np.zeros(side, np.float32),
            "components_0": np.zeros((count, side), np.float16),
            "scores_0": np.zeros((side, count), np.float16),
        }
    )


@pytest.mark.parametrize(("side", "is_read"), [(2000, True), (2400, False)])
def test_more_multiplications_than_a_file_of_its_size_needs_are_refused(side: int, is_read: bool) -> None:
    data = packed_zeros(side, side)
    if is_read:
        assert pca.decode(data).width == side
        return
    with pytest.raises(LimitError, match="multiplications"):
        pca.decode(data)


def test_files_that_keep_all_of_a_noisy_picture_are_far_below_the_limit() -> None:
    """Scores and components of noise, as of photographs, hardly compress."""
    noise = np.random.default_rng(0).integers(0, 256, (600, 600)).astype(np.uint8)
    data = pca.encode(noise, variance=100)
    assert pca.decode(data).width == 600
    assert 600**3 / len(data) < 1000
