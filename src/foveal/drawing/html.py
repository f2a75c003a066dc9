"""HTML, piece by piece: text is escaped unless it is markup already."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from html import escape

_EMPTY = ("br", "img", "meta")

# Nothing may be fetched from anywhere: browsers enforce it.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


class Markup(str):
    """Text that is HTML already."""

    __slots__ = ()


Content = str | Iterable[str]


def element(name: str, /, *content: Content, **attributes: str | float | bool | None) -> Markup:
    """Make an element.

    Parameters
    ----------
    content
        Text, markup, or several of them.
    attributes
        `class_` stands for "class", other underscores for hyphens. None and False leave one out.
    """
    pairs = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str("" if value is True else value))}"'
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in _EMPTY:
        return Markup(f"<{name}{pairs} />")
    return Markup(f"<{name}{pairs}>{join(*content)}</{name}>")


def join(*content: Content) -> Markup:
    """Text and markup, one after the other, as markup."""
    parts = (part for each in content for part in ([each] if isinstance(each, str) else each))
    return Markup("".join(part if isinstance(part, Markup) else escape(part, quote=False) for part in parts))


def paragraph(*content: Content) -> Markup:
    """Make a paragraph."""
    return element("p", *content)


def figure(caption: Content, *content: Content) -> Markup:
    """Pictures or tables with a caption below."""
    return element("figure", *content, element("figcaption", caption))


def figure_row(*figures: Content, small: bool = False) -> Markup:
    """Figures side by side, as far as the screen is wide."""
    return element("div", *figures, class_="row small" if small else "row")


def section(identifier: str, title: str, *content: Content) -> Markup:
    """Make a section; `identifier` is what links name."""
    return element("section", element("h2", title), *content, id=identifier)


def fold(summary: str, *content: Content) -> Markup:
    """Make something that is closed until a reader opens it; works without scripts."""
    return element("details", element("summary", summary), *content)


def table(headings: Iterable[str], rows: Iterable[Iterable[Content]], *, id: str, class_: str = "list") -> Markup:  # noqa: A002
    """Make a table, in a box that scrolls by itself where it is wider than the screen."""
    head = element("tr", *(element("th", heading, scope="col") for heading in headings))
    body = (element("tr", *(element("td", cell) for cell in row)) for row in rows)
    return scrolling(element("table", element("thead", head), element("tbody", *body), id=id, class_=class_))


def scrolling(*content: Content) -> Markup:
    """Let what is too wide scroll by itself."""
    return element("div", *content, class_="scroll", tabindex=0)


def embed(data: bytes, media_type: str, size: tuple[int, int], alt: str, **attributes: str | None) -> Markup:
    """Make an image that holds its file as a data: URI.

    Parameters
    ----------
    data, media_type
        The picture file and its type, such as "image/png".
    size
        (height, width) at which the picture is shown, in CSS pixels.
    alt
        Text that stands in for the picture where it cannot be seen.
    attributes
        Further attributes of the element, see `element`.
    """
    source = f"data:{media_type};base64,{b64encode(data).decode('ascii')}"
    height, width = size
    return element("img", src=source, width=width, height=height, alt=alt, **attributes)


def document(title: str, *content: Content, style: str) -> str:
    """Make a whole page that fetches nothing.

    Parameters
    ----------
    title
        Title of the page, any text.
    content
        Content of the body.
    style
        Style sheet of the page.
    """
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", title),
        element("style", Markup(style)),
    )
    return f"<!DOCTYPE html>\n{element('html', head, element('body', *content), lang='en')}\n"
