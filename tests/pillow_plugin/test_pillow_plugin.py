"""The format FOVEAL of Pillow: its keywords mean what those of Pillow's JPEG format mean."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms, ImageOps, JpegImagePlugin

import foveal
import foveal.pillow_plugin
from foveal.errors import ParameterError, TransparencyError, UnsupportedError

PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"></x:xmpmeta>'


@pytest.fixture(autouse=True)
def _registered() -> None:
    foveal.pillow_plugin.register()


@pytest.fixture
def image(astronaut: np.ndarray) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(astronaut[100:220, 150:310]))


def save(image: Image.Image, kind: str = "FOVEAL", **keywords: Any) -> Image.Image:
    """Save an image, and open the file."""
    file = io.BytesIO()
    image.save(file, kind, **({"saliency": None, "quality": 80} | keywords if kind == "FOVEAL" else keywords))
    return Image.open(file)


def exif(**tags: Any) -> Image.Exif:
    data = Image.Exif()
    for tag, value in {0x010F: "Acme", **tags.get("first", {})}.items():
        data[tag] = value
    data.get_ifd(0x8769).update(tags.get("inner", {}))
    return data


def test_pillow_keeps_its_own_jpeg_format(image: Image.Image) -> None:
    program = (
        "import io; from PIL import Image; import foveal.pillow_plugin; image = Image.new('RGB', (8, 8));"
        "before = io.BytesIO(); image.save(before, 'JPEG'); extensions = dict(Image.EXTENSION);"
        "foveal.pillow_plugin.register(); foveal.pillow_plugin.register(); after = io.BytesIO();"
        "image.save(after, 'JPEG');"
        "print(before.getvalue() == after.getvalue(), extensions == Image.EXTENSION, 'FOVEAL' in Image.OPEN)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "True True False\n"
    assert Image.MIME["FOVEAL"] == "image/jpeg"


def test_files_are_those_of_encode(image: Image.Image, tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    image.save(path, format="FOVEAL", quality=80, saliency="auto")
    assert path.read_bytes() == foveal.encode(image, quality=80)
    image.save(path, format="FOVEAL", target_size="4KB", saliency=None, effort="fast")
    assert path.read_bytes() == foveal.encode(image, target_size="4KB", saliency=None, effort="fast")
    image.save(path, format="foveal", saliency=None)
    assert path.read_bytes() == foveal.encode(image, saliency=None)


@pytest.mark.parametrize("value", [0, 1, 2, "4:4:4", "4:2:2", "4:2:0", "4:1:1"])
def test_subsampling_means_what_it_means_in_pillow(image: Image.Image, value: int | str) -> None:
    own, other = save(image, subsampling=value), save(image, "JPEG", subsampling=value)
    assert JpegImagePlugin.get_sampling(own) == JpegImagePlugin.get_sampling(other)
    assert JpegImagePlugin.get_sampling(save(own, subsampling="keep")) == JpegImagePlugin.get_sampling(other)


@pytest.mark.parametrize(
    "keywords", [{"progressive": True}, {"progressive": False}, {"progression": 1}, {"progressive": 0}]
)
def test_progressive_means_what_it_means_in_pillow(image: Image.Image, keywords: dict[str, Any]) -> None:
    for optimize in ({}, {"optimize": True}):
        own = save(image, **keywords, **optimize, effort="fast")  # others write one scan where it is smaller
        other = save(image, "JPEG", **keywords, **optimize)
        assert own.info.get("progressive") == other.info.get("progressive")


@pytest.mark.parametrize(
    "keywords",
    [
        {"icc_profile": PROFILE, "dpi": (300, 72.4), "comment": b"by hand", "xmp": XMP},
        {"comment": "a text"},
        {"exif": exif()},
        {"exif": exif().tobytes()},
        {"dpi": (0, 0)},
    ],
    ids=lambda keywords: " ".join(keywords),
)
def test_metadata_means_what_it_means_in_pillow(image: Image.Image, keywords: dict[str, Any]) -> None:
    own, other = save(image, **keywords), save(image, "JPEG", **keywords)
    for name in ("icc_profile", "exif", "dpi", "comment", "xmp"):
        assert own.info.get(name) == other.info.get(name), name
    assert dict(own.getexif()) == dict(other.getexif())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_metadata_of_the_image_is_kept_unless_told_otherwise(image: Image.Image, kind: str) -> None:
    opened = save(image, kind, icc_profile=PROFILE, exif=exif(), dpi=(300, 300))
    kept = save(opened)
    assert kept.info["icc_profile"] == PROFILE
    assert kept.getexif()[0x010F] == "Acme"
    if kind != "WEBP":  # which has no resolution
        assert kept.info["dpi"] == (300, 300)
    for nothing in (None, b""):
        bare = save(opened, icc_profile=nothing, exif=nothing, dpi=None)
        assert not {"icc_profile", "exif", "dpi"} & set(bare.info)
    assert "exif" not in save(opened, metadata="none").info


def test_the_orientation_is_kept_and_sizes_in_exif_data_become_true(image: Image.Image) -> None:
    tags = exif(first={0x0112: 6}, inner={0xA002: 160, 0xA003: 120})
    small = save(image, "JPEG", exif=tags, quality=95).resize((80, 60))
    written = save(small)
    assert written.getexif()[0x0112] == 6
    assert (written.getexif().get_ifd(0x8769)[0xA002], written.getexif().get_ifd(0x8769)[0xA003]) == (80, 60)
    upright = save(ImageOps.exif_transpose(small))
    assert upright.size == (60, 80)
    assert upright.getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "I;16", "RGBA"])
def test_modes(image: Image.Image, mode: str) -> None:
    grey = image.convert("L")
    picture = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257) if mode == "I;16" else image.convert(mode)
    assert save(picture).size == image.size  # the alpha channel of an opaque image is left out


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"quality": "keep"}, "quality must be a number from 0 to 100, not 'keep'"),
        ({"quality": 101}, "quality must be a number from 0 to 100"),
        ({"subsampling": "keep"}, "'keep' needs an image that was opened from a JPEG"),
        ({"subsampling": 3}, "subsampling"),
        ({"qtables": "web_low"}, "qtables cannot be honoured"),
        ({"keep_rgb": True}, "keep_rgb cannot be honoured"),
        ({"smooth": 10}, "smooth cannot be honoured"),
        ({"extra": b"abc"}, "extra cannot be honoured"),
        ({"restart_marker_rows": 1}, "restart_marker_rows cannot be honoured"),
        ({"speed": 3, "lossless": True}, "FOVEAL has no keyword lossless, speed"),
        ({"dpi": (0, 5)}, "dpi must be"),
        ({"exif": 5}, "exif must be bytes"),
        ({"icc_profile": PROFILE[:16] + b"GRAY" + PROFILE[20:]}, "icc_profile: the colour profile is for GRAY"),
        ({"save_all": True}, "a JPEG holds one picture"),
    ],
    ids=str,
)
def test_what_cannot_be_honoured_is_an_error(
    image: Image.Image, keywords: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ParameterError, match=message):
        image.save(tmp_path / "new.jpg", format="FOVEAL", **keywords)
    assert not (tmp_path / "new.jpg").exists()


def test_keywords_of_pillow_that_ask_for_nothing_are_accepted(image: Image.Image) -> None:
    nothing = {"qtables": None, "keep_rgb": False, "smooth": 0, "extra": b"", "streamtype": 0, "subsampling": -1}
    image.info = {}
    file = io.BytesIO()
    image.save(file, "FOVEAL", quality=-1, saliency=None, restart_marker_rows=0, restart_marker_blocks=4, **nothing)
    assert file.getvalue() == foveal.encode(image, saliency=None, restart_interval=4)


def test_pictures_that_a_jpeg_cannot_hold(image: Image.Image) -> None:
    clear = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    with pytest.raises(TransparencyError):
        save(clear)
    assert save(clear, background="white").getpixel((4, 4)) == (255, 255, 255)
    with pytest.raises(UnsupportedError, match="CMYK"):
        save(image.convert("CMYK"))
