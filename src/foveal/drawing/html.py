"""Functions that build HTML and escape all text that is not `Markup` already."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from html import escape

_EMPTY = ("br", "img", "meta")  # elements without an end tag

# Content Security Policy by which browsers refuse to load anything from the network.
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


class Markup(str):
    """HTML text, which is not escaped again."""

    __slots__ = ()


Content = str | Iterable[str]


def element(name: str, /, *content: Content, **attributes: str | float | bool | None) -> Markup:
    """Make an HTML element.

    Parameters
    ----------
    name
        Name of the element, such as "p".
    content
        Text, markup, or iterables of both.
    attributes
        Attributes of the element by name. A trailing underscore of a name is dropped ("class_"), and other underscores
        become hyphens. An attribute whose value is None or False is left out.
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
    """Concatenate text, which is escaped, and markup."""
    parts = (part for each in content for part in ([each] if isinstance(each, str) else each))
    return Markup("".join(part if isinstance(part, Markup) else escape(part, quote=False) for part in parts))


def paragraph(*content: Content) -> Markup:
    """Make a paragraph of text and markup."""
    return element("p", *content)


def figure(caption: Content, *content: Content) -> Markup:
    """Make a figure: pictures or tables with a caption below."""
    return element("figure", *content, element("figcaption", caption))


def figure_row(*figures: Content, small: bool = False) -> Markup:
    """Put figures side by side, as many in a row as fit on the screen; `small` makes them narrower."""
    return element("div", *figures, class_="row small" if small else "row")


def section(identifier: str, title: str, *content: Content) -> Markup:
    """Make a section with a heading; links refer to it by `identifier`."""
    return element("section", element("h2", title), *content, id=identifier)


def details(summary: str, *content: Content) -> Markup:
    """Make a <details> element, which shows only its summary until the reader opens it."""
    return element("details", element("summary", summary), *content)


def table(headings: Iterable[str], rows: Iterable[Iterable[Content]], *, id: str, class_: str = "list") -> Markup:  # noqa: A002
    """Make a table with a row of headings, in a `scroll_box`."""
    head = element("tr", *(element("th", heading, scope="col") for heading in headings))
    body = (element("tr", *(element("td", cell) for cell in row)) for row in rows)
    return scroll_box(element("table", element("thead", head), element("tbody", *body), id=id, class_=class_))


def scroll_box(*content: Content) -> Markup:
    """Make a box that scrolls sideways if its content is wider than the screen."""
    return element("div", *content, class_="scroll", tabindex=0)


def embed(data: bytes, media_type: str, size: tuple[int, int], alt: str, **attributes: str | None) -> Markup:
    """Make an image element that contains its file as a data: URI.

    Parameters
    ----------
    data, media_type
        Bytes of a picture file, and its media type, such as "image/png".
    size
        Height and width at which the picture is shown, in CSS pixels.
    alt
        Text that replaces the picture where it cannot be seen.
    attributes
        Further attributes of the element, see `element`.
    """
    source = f"data:{media_type};base64,{b64encode(data).decode('ascii')}"
    height, width = size
    return element("img", src=source, width=width, height=height, alt=alt, **attributes)


def document(title: str, *content: Content, style: str) -> str:
    """Make a complete page that loads nothing from the network.

    Parameters
    ----------
    title
        Title of the page as plain text.
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
