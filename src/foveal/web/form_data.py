"""Several values in one answer: a body of multipart/form-data, which browsers read by `Response.formData()`."""

from __future__ import annotations

import secrets
from collections.abc import Mapping


def write_form(parts: Mapping[str, tuple[str, bytes]]) -> tuple[bytes, str]:
    """Write named parts as multipart/form-data (RFC 7578).

    Parameters
    ----------
    parts
        Media type and contents of each part by name.

    Returns
    -------
    body, media_type
        The body, and its media type with the boundary.
    """
    boundary = secrets.token_hex(16)
    body = bytearray()
    for name, (media_type, contents) in parts.items():
        body += f"--{boundary}\r\n".encode()
        body += f'Content-Disposition: form-data; name="{name}"; filename="{name}"\r\n'.encode()
        body += f"Content-Type: {media_type}\r\n\r\n".encode() + contents + b"\r\n"
    body += f"--{boundary}--\r\n".encode()
    return bytes(body), f"multipart/form-data; boundary={boundary}"
