"""Announcements in XMP packets of what stands after a picture in its file: gain maps, videos, depth maps.

A file that is encoded anew has nothing after its picture, and must not announce it: phones and browsers would look for
it there. Formats: Ultra HDR 1.1 and Motion Photo 1.0 (Android), Dynamic Depth, Apple's HDRGainMap, and what came before
them (MicroVideo).
"""

from __future__ import annotations

from foveal.jpeg import Segment, application_data
from foveal.jpeg.segments import XMP
from foveal.jpeg.xmp import cut, parse

CONTAINER = "http://ns.google.com/photos/1.0/container/"
_WHOLE_NAMESPACES = (*application_data.GAIN_MAP_NAMESPACES, b"http://ns.google.com/photos/dd/1.0/")
_VIDEO_PROPERTIES = ("MotionPhoto", "MicroVideo")
_VIDEO_LENGTH = ("http://ns.oplus.com/photos/1.0/camera/", "VideoLength")


def remove_announcements(packet: bytes) -> bytes:
    """Return an XMP packet without announcements; all its other bytes stay as they are."""
    root = parse(packet)
    if root is None:
        return packet
    spans = []
    for element in root.walk():
        spans += [(each.start, each.end) for each in element.attributes if _announces(each.uri, each.name)]
        spans += [(each.start, each.end) for each in element.declarations if _is_announcing_namespace(each.uri)]
        if _announces(element.uri, element.name):
            spans.append((element.start, element.end))
    return cut(packet, spans) if spans else packet


def remove_from_segment(segment: Segment) -> Segment:
    """Return a segment, without announcements if it is an XMP segment."""
    if application_data.segment_kind(segment) != "XMP":
        return segment
    return Segment(segment.code, XMP + remove_announcements(segment.payload[len(XMP) :]))


def _announces(uri: str, name: str) -> bool:
    """Return whether a property of some namespace and name announces something."""
    return (
        _is_announcing_namespace(uri)
        or (uri, name) in ((CONTAINER, "Directory"), _VIDEO_LENGTH)
        or (uri != "" and any(each in name for each in _VIDEO_PROPERTIES))
    )


def _is_announcing_namespace(uri: str) -> bool:
    return uri.encode().startswith(_WHOLE_NAMESPACES)
