"""The comparison as an HTML page."""

from __future__ import annotations

from html import escape

import numpy as np
from html_pages import embedded_pictures, parse_html

from foveal.comparison import Comparison, write_page


def test_the_page_contains_every_crop_without_loss_and_loads_nothing(comparison: Comparison) -> None:
    html = write_page(comparison, "<b>photo</b>")
    found = parse_html(html)
    assert not found.tags & {"script", "link", "iframe", "b"}
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    assert f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}" />' in html
    assert "http:" not in html
    assert "https:" not in html
    assert "url(" not in html
    assert "prefers-color-scheme: dark" in html
    assert "width=device-width" in html
    assert all(image["alt"] for image in found.images)
    crops = [[comparison.pixels[region.slices]] for region in comparison.regions]
    for entry in comparison.entries:
        for of_region, crop in zip(crops, entry.crops, strict=True):
            of_region.append(crop)
    expected = [crop for of_region in crops for crop in of_region]
    for shown, image, crop in zip(embedded_pictures(html)[2:], found.images[2:], expected, strict=True):
        np.testing.assert_array_equal(shown, crop)
        zoom = comparison.regions[0].zoom
        assert (image["height"], image["width"]) == (str(zoom * crop.shape[0]), str(zoom * crop.shape[1]))
    for entry in comparison.entries:
        assert f"{len(entry.data):,}" in found.texts
        assert f"{entry.scores.ssimulacra2:.1f}" in found.texts
        assert f"{entry.scores.salient_psnr:.2f} dB" in found.texts
