"""The functions that build HTML."""

from __future__ import annotations

import base64

import pytest
from html_pages import parse_html

from foveal.drawing.html import Markup, details, document, element, embed, figure, join, section, table


def test_text_is_escaped_and_markup_is_not() -> None:
    assert element("p", "a < b & c", Markup("<br />")) == "<p>a &lt; b &amp; c<br /></p>"
    assert element("p", [element("b", "x"), "<y>"]) == "<p><b>x</b>&lt;y&gt;</p>"
    assert join("<", Markup("<hr>")) == "&lt;<hr>"


def test_attributes() -> None:
    made = element("td", "x", class_="a", aria_label='"b"', hidden=True, id=None, open=False, colspan=3)
    assert made == '<td class="a" aria-label="&quot;b&quot;" hidden="" colspan="3">x</td>'


def test_empty_elements_have_no_end_tag() -> None:
    assert element("br") == "<br />"
    assert element("meta", charset="utf-8") == '<meta charset="utf-8" />'


def test_figures_sections_and_details() -> None:
    assert figure("c", Markup("<img />")) == "<figure><img /><figcaption>c</figcaption></figure>"
    assert section("key", "Title", "x") == '<section id="key"><h2>Title</h2>x</section>'
    assert details("more", "x") == "<details><summary>more</summary>x</details>"


def test_a_table_scrolls_by_itself() -> None:
    made = table(("a", "b"), [("1", element("b", "2"))], id="key")
    assert made.startswith('<div class="scroll" tabindex="0"><table id="key" class="list"><thead>')
    assert '<th scope="col">a</th><th scope="col">b</th>' in made
    assert "<tbody><tr><td>1</td><td><b>2</b></td></tr></tbody>" in made


def test_a_picture_is_embedded_with_its_size_and_its_description() -> None:
    (image,) = parse_html(embed(b"data", "image/png", (20, 30), "a <picture>", class_="pixels")).images
    assert image == {
        "src": f"data:image/png;base64,{base64.b64encode(b'data').decode()}",
        "width": "30",
        "height": "20",
        "alt": "a <picture>",
        "class": "pixels",
    }


@pytest.mark.parametrize("title", ["plain", "<b>&</b>"])
def test_a_document_forbids_loading_anything(title: str) -> None:
    page = document(title, "text", style="p > a { color: red }")
    assert page.startswith('<!DOCTYPE html>\n<html lang="en"><head>')
    assert "default-src &#x27;none&#x27;; img-src data:; style-src &#x27;unsafe-inline&#x27;" in page
    assert "<style>p > a { color: red }</style>" in page
    assert title in parse_html(page).texts
