"""XMP packets that are too long for a segment, as ExifTool reads them."""

from __future__ import annotations

import hashlib
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from jpeg_files import without_segments
from other_readers import exiftool_tags, marker_segments
from pictures import noisy_gradient

import foveal
from foveal.jpeg.xmp import cut, divide, parse

PIXELS = noisy_gradient(16, 24)
SIGNATURE = b"http://ns.adobe.com/xap/1.0/\0"
EXTENSION = b"http://ns.adobe.com/xmp/extension/\0"
LARGEST = 65_533 - len(SIGNATURE)


def xmp_packet(properties: str, padding: int = 0, attributes: str = "") -> bytes:
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="uuid:é"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"'
        f' xmlns:xmp="http://ns.adobe.com/xap/1.0/"{attributes}>{properties}</rdf:Description></rdf:RDF></x:xmpmeta>'
        f'{" " * padding}<?xpacket end="w"?>'
    ).encode()


def xmp_segments(data: bytes) -> tuple[bytes, list[bytes]]:
    payloads = [payload for code, payload in marker_segments(data) if code == 0xE1]
    (standard,) = (payload[len(SIGNATURE) :] for payload in payloads if payload.startswith(SIGNATURE))
    return standard, [payload for payload in payloads if payload.startswith(EXTENSION)]


def joined_extension(chunks: list[bytes]) -> bytes:
    """Join the chunks as XMP part 3, 1.1.3.1, says, and check what it demands of them."""
    head = len(EXTENSION)
    guids = {chunk[head : head + 32] for chunk in chunks}
    joined = b""
    for chunk in chunks:
        size, offset = struct.unpack(">II", chunk[head + 32 : head + 40])
        assert offset == len(joined)
        joined += chunk[head + 40 :]
    assert size == len(joined)
    assert guids == {hashlib.md5(joined).hexdigest().upper().encode()}  # noqa: S324 (what the standard demands)
    return joined


@pytest.mark.parametrize("words", [30_000, 90_000])
def test_long_properties_move_to_extended_xmp(words: int, tmp_path: Path) -> None:
    text, attribute = "word " * words, "x" * 40_000
    properties = (
        f"<dc:format>image/jpeg</dc:format><photoshop:History>{text}</photoshop:History><dc:source>me</dc:source>"
    )
    packet = xmp_packet(properties, attributes=f" xmp:CreatorTool='a &amp; \"b\"' photoshop:Credit='{attribute}'")
    data = foveal.encode(PIXELS, saliency=None, xmp=packet)
    standard, chunks = xmp_segments(data)
    extension = joined_extension(chunks)
    assert len(chunks) == -(-len(extension) // 65_400)
    assert all(
        short in standard for short in (b"<dc:format>image/jpeg<", b"CreatorTool='a &amp; \"b\"'", b"<dc:source>")
    )
    assert len(standard) <= LARGEST
    tags = exiftool_tags(data, ".jpg", tmp_path)
    assert tags["XMP-photoshop:History"] == text
    assert tags["XMP-photoshop:Credit"] == attribute
    assert (tags["XMP-dc:Format"], tags["XMP-dc:Source"]) == ("image/jpeg", "me")
    assert tags["XMP-xmp:CreatorTool"] == 'a & "b"'
    assert tags["XMP-rdf:About"] == "uuid:é"
    assert not [name for name in tags if "Warning" in name]
    again = xmp_segments(foveal.encode(foveal.open(write(tmp_path / "a.jpg", data)), saliency=None))
    assert again == (standard, chunks)


def test_a_packet_that_just_fits_is_not_divided() -> None:
    packet = xmp_packet("<dc:source>" + "x" * 65_000 + "</dc:source>")
    fill = LARGEST - len(packet)
    largest = xmp_packet("<dc:source>" + "x" * (65_000 + fill) + "</dc:source>")
    assert len(largest) == LARGEST
    assert xmp_segments(foveal.encode(PIXELS, saliency=None, xmp=largest)) == (largest, [])
    larger = xmp_packet("<dc:source>" + "x" * (65_001 + fill) + "</dc:source>")
    standard, chunks = xmp_segments(foveal.encode(PIXELS, saliency=None, xmp=larger))
    assert b"xxx" not in standard
    assert joined_extension(chunks).count(b"x" * (65_001 + fill)) == 1


def test_padding_goes_first() -> None:
    packet = xmp_packet("<dc:source>me</dc:source>", padding=80_000)
    standard, chunks = xmp_segments(foveal.encode(PIXELS, saliency=None, xmp=packet))
    assert chunks == []
    assert standard == xmp_packet("<dc:source>me</dc:source>").replace(b"<?xpacket end", b"\n<?xpacket end")


@pytest.mark.parametrize(
    "packet",
    [
        b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>" + b"a" * 80_000 + b"</x:xmpmeta>",
        b"<broken>" * 10_000,
        b"\xff\xfe" + "<a/>".encode("utf-16-le") * 9_000,
        b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>" + b"&b;" * 30_000 + b"</a>",
        xmp_packet("").replace(b"</rdf", b"<!--" + b"c" * 70_000 + b"--></rdf", 1),
        b"\0" * 65_505,
    ],
)
def test_what_is_no_xmp_is_an_extension_as_a_whole(packet: bytes) -> None:
    standard, chunks = xmp_segments(foveal.encode(PIXELS, saliency=None, xmp=packet))
    assert joined_extension(chunks) == packet
    assert b"HasExtendedXMP" in standard
    assert parse(standard) is not None


def test_a_stale_reference_to_an_extension_is_replaced() -> None:
    note = ' xmlns:xmpNote="http://ns.adobe.com/xmp/note/" xmpNote:HasExtendedXMP="0123456789ABCDEF0123456789ABCDEF"'
    divided = divide(xmp_packet("<dc:source>" + "x" * 70_000 + "</dc:source>", attributes=note), LARGEST)
    assert divided.standard.count(b"HasExtendedXMP") == 1
    assert divided.guid in divided.standard


def test_elements_are_found_where_they_stand() -> None:
    packet = b"<a xmlns='u:1'><b c='1>2'/><b></b><p:d xmlns:p=\"u:2\" p:e='x' f='y'><b/></p:d></a>junk"
    root = parse(packet)
    assert root is not None
    found = [(each.uri, each.name, packet[each.start : each.end]) for each in root.walk()]
    assert found == [
        ("u:1", "a", packet[:-4]),
        ("u:1", "b", b"<b c='1>2'/>"),
        ("u:1", "b", b"<b></b>"),
        ("u:2", "d", b"<p:d xmlns:p=\"u:2\" p:e='x' f='y'><b/></p:d>"),
        ("u:1", "b", b"<b/>"),
    ]
    (inner,) = (each for each in root.walk() if each.name == "d")
    assert [(each.uri, each.name) for each in inner.attributes] == [("u:2", "e"), ("", "f")]
    assert cut(b"0123456789", [(2, 5), (3, 4), (8, 10)]) == b"01567"


def test_deep_packets_are_read_without_recursion() -> None:
    packet = b"<a>" * 20_000 + b"</a>" * 20_000
    root = parse(packet)
    assert root is not None
    assert sum(1 for _ in root.walk()) == 20_000


def read_xml(data: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(data)  # noqa: S314 (packets of these tests)


def peak_memory(function: Callable[[], object]) -> int:
    tracemalloc.start()
    try:
        function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


NAMES = "".join(f' xmlns:p{number}="u:{number}"' for number in range(1_000))


@pytest.mark.parametrize(
    "packet",
    [
        f"<r{NAMES}>{'<a/>' * 5_000}</r>",
        f"<r{NAMES}>" + '<a xmlns:b="c"/>' * 2_000 + "</r>",
        "".join(f'<a xmlns:b{number}="c">' for number in range(2_000)) + "</a>" * 2_000,
    ],
    ids=["inherited", "siblings that declare", "nested elements that declare"],
)
def test_memory_is_in_proportion_to_the_packet(packet: str) -> None:
    """The bound is what the smallest element, of 4 bytes, may take: 600 bytes of Python objects."""
    assert parse(packet.encode()) is not None
    assert peak_memory(lambda: parse(packet.encode())) < 150 * len(packet)


def test_an_extension_is_not_much_longer_than_its_packet() -> None:
    """Namespaces that are declared around all rdf:Descriptions are not repeated in each of them."""
    text = "text" * 20
    descriptions = f'<rdf:Description rdf:about=""><p7:a>{text}</p7:a></rdf:Description>' * 800
    packet = (
        xmp_packet("").decode().replace("<rdf:RDF", f"<rdf:RDF{NAMES}").replace("</rdf:RDF", descriptions + "</rdf:RDF")
    )
    divided = divide(packet.encode(), LARGEST)
    assert len(divided.standard) <= LARGEST
    assert divided.standard.count(b"<p7:a>") < 800
    assert len(divided.extension) < 2 * len(packet)
    found = [
        *read_xml(divided.standard).iter("{u:7}a"),
        *read_xml(divided.extension).iter("{u:7}a"),
    ]
    assert [each.text for each in found] == [text] * 800


def test_moved_properties_keep_their_namespaces() -> None:
    """Prefixes that are declared anew further in, the default namespace and its removal, as ElementTree reads them."""
    long = "x" * 40_000
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/" xmlns:p="u:1" xmlns="u:2">'
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns:q='u:\"3\"'>"
        f'<rdf:Description rdf:about=""><a>{long}</a><p:b>{long}1</p:b><q:c>{long}12</q:c></rdf:Description>'
        f'<rdf:Description rdf:about="" xmlns:p="u:4" xmlns=""><a>{long}123</a><p:b>{long}1234</p:b></rdf:Description>'
        "</rdf:RDF></x:xmpmeta>"
    ).encode()
    divided = divide(packet, 2_000)
    found = {each.tag: each.text for each in read_xml(divided.extension).iter() if each.text}
    expected = {"{u:2}a": "", "{u:1}b": "1", '{u:"3"}c': "12", "a": "123", "{u:4}b": "1234"}
    assert found == {name: long + text for name, text in expected.items()}


def test_prefixes_end_with_the_element_that_declares_them() -> None:
    packet = b'<r xmlns:p="u:1"><a xmlns:p="u:2"><p:x/></a><p:x p:y=""/><b xmlns="u:3"><x/></b><x/></r>'
    root = parse(packet)
    assert root is not None
    found = [f"{{{each.uri}}}{each.name}".removeprefix("{}") for each in root.walk()]
    assert found == [each.tag for each in read_xml(packet).iter()]
    assert [each.uri for element in root.walk() for each in element.attributes] == ["u:1"]


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_a_file_without_xmp_gets_none() -> None:
    assert without_segments(foveal.encode(PIXELS, saliency=None), 0xE1) == foveal.encode(PIXELS, saliency=None)
