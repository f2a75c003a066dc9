"""XMP packets: where their properties stand, and how a packet is divided that is too long for a segment.

A packet is RDF in XML (XMP part 1, 7, RDF serialization):

    <x:xmpmeta> <rdf:RDF> <rdf:Description rdf:about="" a:property="..."> <b:property>...</b:property> ...

It is never written anew, only cut: what stays is byte for byte what it was.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import NamedTuple

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_NOTE = "http://ns.adobe.com/xmp/note/"
_HAS_EXTENDED = "HasExtendedXMP"
_EXIF, _TIFF = "http://ns.adobe.com/exif/1.0/", "http://ns.adobe.com/tiff/1.0/"
# Properties (namespace, name) that say the size of the picture, or measure parts of it in pixels. All are optional.
SIZE_PROPERTIES = frozenset(
    {
        *((_EXIF, name) for name in ("PixelXDimension", "PixelYDimension", "SubjectArea", "SubjectLocation")),
        *((_TIFF, name) for name in ("ImageWidth", "ImageLength")),
    }
)
_ATTRIBUTE = re.compile(rb"""\s+([^\s=/>]+)\s*=\s*("[^"]*"|'[^']*')""")
_PADDING = re.compile(rb"\s+(?=<\?xpacket end)")


class Span(NamedTuple):
    """An attribute or a namespace declaration in a start tag.

    Parameters
    ----------
    uri, name
        Namespace and local name of an attribute; namespace and prefix of a declaration.
    start, end
        Its bytes in the packet, from the space before it.
    """

    uri: str
    name: str
    start: int
    end: int


@dataclass(slots=True)
class Element:
    """An element of a packet.

    Parameters
    ----------
    uri, name
        Namespace and local name.
    start, tag_end, end
        Positions of its start tag, and of the bytes after its start tag and after its end tag.
    attributes, declarations
        What its start tag holds.
    children
        Elements directly inside it.
    """

    uri: str
    name: str
    start: int
    tag_end: int
    end: int
    attributes: list[Span]
    declarations: list[Span]
    children: list[Element] = field(default_factory=list)

    def walk(self) -> Iterator[Element]:
        """Return the element and all elements inside it, in the order of the packet."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting.extend(reversed(element.children))


def parse(packet: bytes) -> Element | None:
    """Return the root element of a packet; None if the packet is no well-formed XML in UTF-8, or has a DOCTYPE."""
    if b"<!DOCTYPE" in packet or not _is_utf8(packet):
        return None
    from xml.parsers import expat  # imported late: few photos have a packet

    parser = expat.ParserCreate("utf-8")
    roots: list[Element] = []
    stack: list[Element] = []
    # The namespaces that a prefix has in the open elements, the innermost last. A table of the prefixes in scope for
    # each element would take memory in proportion to the square of the packet.
    scope = {"": [""], "xml": ["http://www.w3.org/XML/1998/namespace"]}

    def start(qualified_name: str, _: dict[str, str]) -> None:
        element = _read_start_tag(packet, parser.CurrentByteIndex, qualified_name, scope)
        (stack[-1].children if stack else roots).append(element)
        stack.append(element)

    def end(_: str) -> None:
        element = stack.pop()
        for declaration in element.declarations:
            scope[declaration.name].pop()
        is_empty = packet[element.tag_end - 2 : element.tag_end] == b"/>"
        element.end = element.tag_end if is_empty else packet.index(b">", parser.CurrentByteIndex) + 1

    parser.StartElementHandler, parser.EndElementHandler = start, end
    try:
        parser.Parse(packet, True)
    except (expat.ExpatError, ValueError):
        if stack or not roots:  # bytes after the packet do no harm
            return None
    return roots[0] if roots else None


def _is_utf8(packet: bytes) -> bool:
    try:
        packet.decode()
    except UnicodeDecodeError:
        return False
    return True


def _read_start_tag(packet: bytes, start: int, qualified_name: str, scope: dict[str, list[str]]) -> Element:
    """Read the start tag at a position, and add its declarations to the namespaces of each prefix."""
    position = start + 1 + len(qualified_name.encode())
    declarations, others = [], []
    while match := _ATTRIBUTE.match(packet, position):
        position = match.end()
        prefix, _, name = match[1].decode().rpartition(":")
        if prefix == "xmlns" or (not prefix and name == "xmlns"):
            declaration = Span(match[2][1:-1].decode(), name if prefix else "", *match.span())
            scope.setdefault(declaration.name, []).append(declaration.uri)
            declarations.append(declaration)
        else:
            others.append((prefix, name, match.span()))
    tag_end = packet.index(b">", position) + 1
    # A name without a prefix has the default namespace if it is an element's, and none if it is an attribute's.
    attributes = [Span(_namespace(scope, prefix) if prefix else "", name, *span) for prefix, name, span in others]
    prefix, _, name = qualified_name.rpartition(":")
    return Element(_namespace(scope, prefix), name, start, tag_end, tag_end, attributes, declarations)


def _namespace(scope: dict[str, list[str]], prefix: str) -> str:
    """Return the namespace of a prefix in the innermost element that declares it; "" if none does."""
    found = scope.get(prefix)
    return found[-1] if found else ""


def cut(packet: bytes, spans: Iterable[tuple[int, int]]) -> bytes:
    """Return a packet without some ranges of bytes (start, end), which may lie within each other."""
    kept, position = [], 0
    for start, end in sorted(spans):
        if start > position:
            kept.append(packet[position:start])
        position = max(position, end)
    return b"".join([*kept, packet[position:]])


def remove_properties(packet: bytes, names: Collection[tuple[str, str]]) -> tuple[bytes, list[tuple[str, str]]]:
    """Return a packet without the properties of some names (namespace, name), and the names that were found.

    All its other bytes stay as they are. A packet that cannot be parsed is returned as it is.
    """
    root = parse(packet)
    if root is None:
        return packet, []
    spans, found = [], []
    for element in root.walk():
        for each in (*element.attributes, Span(element.uri, element.name, element.start, element.end)):
            if (each.uri, each.name) in names:
                spans.append((each.start, each.end))
                found.append((each.uri, each.name))
    return (cut(packet, spans) if spans else packet), found


class DividedPacket(NamedTuple):
    """A packet as a JPEG holds it (XMP part 3, 1.1.3.1, Extended XMP in JPEG).

    Parameters
    ----------
    standard
        Packet of the XMP segment.
    extension
        The rest, which goes to segments of its own; b"" if there is none.
    guid
        MD5 digest of the extension as 32 hexadecimal digits, by which the standard packet refers to it.
    """

    standard: bytes
    extension: bytes = b""
    guid: bytes = b""


def divide(packet: bytes, max_bytes: int) -> DividedPacket:
    """Divide a packet so that its standard part has at most a number of bytes.

    The padding goes first, then the longest properties move to the extension. A packet that is no XMP is an extension
    as a whole.
    """
    if len(packet) <= max_bytes:
        return DividedPacket(packet)
    packet = _PADDING.sub(b"\n", packet)
    if len(packet) <= max_bytes:
        return DividedPacket(packet)
    root = parse(packet)
    rdf = next((each for each in root.walk() if (each.uri, each.name) == (RDF, "RDF")), None) if root else None
    divided = _move_properties(packet, rdf, _inherited_declarations(root, rdf), max_bytes) if root and rdf else None
    if divided is None or len(divided.standard) > max_bytes:
        return _refer_to(packet, b"", b"", b"")
    return divided


def _inherited_declarations(root: Element, element: Element) -> dict[str, Span]:
    """Return the declaration of each prefix that is in scope inside an element."""
    around = (each for each in root.walk() if each.start <= element.start and element.end <= each.end)
    return {declaration.name: declaration for each in around for declaration in each.declarations}


class _Property(NamedTuple):
    description: Element
    start: int
    end: int
    is_attribute: bool


def _move_properties(packet: bytes, rdf: Element, inherited: dict[str, Span], max_bytes: int) -> DividedPacket | None:
    descriptions = [each for each in rdf.children if (each.uri, each.name) == (RDF, "Description")]
    end_of_rdf = packet.rfind(b"</", rdf.tag_end, rdf.end)
    # The prefix "rdf" is used in the extension, and in the reference to it at the end of rdf:RDF.
    of_rdf = [inherited.get("rdf"), *(own for each in descriptions for own in each.declarations if own.name == "rdf")]
    if not descriptions or end_of_rdf < 0 or any(each is None or each.uri != RDF for each in of_rdf):
        return None
    properties, stale = [], []
    for each in descriptions:
        spans = [(span, True) for span in each.attributes if span.uri and span.uri != RDF]
        spans += [(Span(child.uri, child.name, child.start, child.end), False) for child in each.children]
        for span, is_attribute in spans:
            if (span.uri, span.name) == (_NOTE, _HAS_EXTENDED):
                stale.append((span.start, span.end))
            else:
                properties.append(_Property(each, span.start, span.end, is_attribute))
    properties.sort(key=lambda each: each.end - each.start, reverse=True)
    about = next(
        (packet[a.start : a.end] for a in descriptions[0].attributes if (a.uri, a.name) == (RDF, "about")), b""
    )
    about = about or b' rdf:about=""'
    excess = len(packet) + len(_reference(about, b"0" * 32)) - max_bytes
    moved = []
    for longest in properties:
        if excess <= 0:
            break
        moved.append(longest)
        excess -= longest.end - longest.start
    spans_left_out = [*stale, *((prop.start, prop.end) for prop in moved)]
    extension = _write_extension(packet, inherited.values(), moved, about)
    before = cut(packet[:end_of_rdf], spans_left_out)
    return _refer_to(extension, before, about, packet[end_of_rdf:])


def _write_extension(packet: bytes, inherited: Iterable[Span], moved: list[_Property], about: bytes) -> bytes:
    """Write RDF of the properties that are moved, each in a copy of its rdf:Description."""
    parts = []
    moved = sorted(moved, key=lambda each: each.start)
    for _, group in groupby(moved, key=lambda each: each.description.start):
        own = list(group)
        names = _copy_declarations(packet, own[0].description.declarations)
        attributes = b"".join(packet[each.start : each.end] for each in own if each.is_attribute)
        elements = b"".join(packet[each.start : each.end] for each in own if not each.is_attribute)
        parts.append(b"<rdf:Description%b%b%b>%b</rdf:Description>" % (about, names, attributes, elements))
    return _envelope(b"".join(parts), _copy_declarations(packet, inherited))


def _copy_declarations(packet: bytes, declarations: Iterable[Span]) -> bytes:
    """Return the bytes of declarations, without that of "rdf", which the envelope of the extension declares."""
    kept = (each for each in declarations if each.name not in ("xml", "rdf") and (each.uri or not each.name))
    return b"".join(packet[each.start : each.end] for each in kept)


def _envelope(descriptions: bytes, names: bytes = b"") -> bytes:
    head = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="%b"%b>' % (RDF.encode(), names)
    return head + descriptions + b"</rdf:RDF></x:xmpmeta>"


def _reference(about: bytes, guid: bytes) -> bytes:
    names = (about, _NOTE.encode(), _HAS_EXTENDED.encode(), guid)
    return b'<rdf:Description%b xmlns:xmpNote="%b" xmpNote:%b="%b"/>' % names


def _refer_to(extension: bytes, before: bytes, about: bytes, after: bytes) -> DividedPacket:
    """Return a standard packet that refers to an extension between two parts, or one of the reference alone."""
    import hashlib  # imported late: few photos have a long packet

    guid = hashlib.md5(extension, usedforsecurity=False).hexdigest().upper().encode()
    reference = _reference(about or b' rdf:about=""', guid)
    return DividedPacket(before + reference + after if after else _envelope(reference), extension, guid)
