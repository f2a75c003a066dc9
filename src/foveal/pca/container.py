"""The file format: named arrays in NumPy's .npz format (a ZIP archive), with a reader for untrusted files.

`numpy.load` opens such a file. This reader parses it itself, because types and shapes must be checked before memory is
allocated for what the headers claim.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from math import prod
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import DTypeLike, NDArray

from foveal.errors import FormatError

_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
_MAX_HEADER_BYTES = 1024  # NumPy writes 118
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # NumPy's; other methods may decompress without bounds
_MAX_TEXT_LENGTH = 32
_READ_BYTES = 1 << 18  # ZIP entries are slow to read in one go


def write_arrays(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Write arrays as an .npz file, little-endian and in C order; equal arrays give equal files."""
    ordered: dict[str, Any] = {
        name: np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False).reshape(array.shape)
        for name, array in arrays.items()
    }
    file = io.BytesIO()
    np.savez_compressed(file, **ordered)
    return file.getvalue()


class ArrayReader:
    """Reader of an .npz file that checks the type and shape of each array before it reads the values.

    Raises
    ------
    FormatError
        The file is not a ZIP archive. The methods that read an array raise it if the array is missing or broken, or if
        its type or shape is not the expected one.
    """

    def __init__(self, data: bytes) -> None:
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(data))
        except Exception as error:  # zipfile fails in several ways
            raise FormatError("not an .npz file, or a broken one") from error
        self._entries = {entry.filename: entry for entry in self._archive.infolist()}

    def has(self, name: str) -> bool:
        """Return whether the file has an array of this name."""
        return f"{name}.npy" in self._entries

    def array(self, name: str, dtype: DTypeLike, shape: tuple[int, ...]) -> NDArray[Any]:
        """Read an array of exactly this type and shape."""
        return self._read(name, lambda *found: found == (np.dtype(dtype).newbyteorder("<"), shape))

    def octets(self, name: str, max_length: int) -> bytes:
        """Read the bytes of a uint8 array (n,), n at most `max_length`."""
        found = self._read(name, lambda dtype, shape: dtype == np.uint8 and len(shape) == 1 and shape[0] <= max_length)
        return found.tobytes()

    def integers(self, name: str, count: int, least: int, most: int) -> list[int]:
        """Read an int64 array of `count` numbers in [least, most] as a list."""
        values: list[int] = self.array(name, np.int64, (count,)).tolist()
        if not all(least <= value <= most for value in values):
            raise FormatError(f"{name} is out of range")
        return values

    def text(self, name: str) -> str:
        """Read a string of at most 32 characters."""
        longest = np.dtype(f"<U{_MAX_TEXT_LENGTH}").itemsize
        return str(self._read(name, lambda dtype, shape: dtype.kind == "U" and dtype.itemsize <= longest and not shape))

    def _read(self, name: str, is_expected: Callable[[np.dtype[Any], tuple[int, ...]], bool]) -> NDArray[Any]:
        if not self.has(name):
            raise FormatError(f"no array {name} in the file: it is broken, or foveal did not write it")
        entry = self._entries[f"{name}.npy"]
        if entry.compress_type not in _METHODS:
            raise FormatError(f"{name} is compressed by a method that NumPy does not use")
        try:
            with self._archive.open(entry) as file:
                shape, is_fortran, dtype = _HEADERS[npy.read_magic(file)](file, max_header_size=_MAX_HEADER_BYTES)
                if not is_expected(dtype, shape):
                    raise FormatError(f"{name} has an unexpected type or shape: {dtype} {shape}")
                data = _read_exactly(file, prod(shape) * dtype.itemsize)
            return np.frombuffer(data, dtype).reshape(shape, order="F" if is_fortran else "C")
        except (FormatError, MemoryError):
            raise
        except Exception as error:  # zipfile, zlib and NumPy's header fail in many ways
            raise FormatError(f"{name} is broken") from error


def _read_exactly(file: IO[bytes], size_bytes: int) -> bytes:
    """Read the rest of an archive member, which must be `size_bytes` long."""
    chunks, missing = [], size_bytes
    while missing:
        chunk = file.read(min(missing, _READ_BYTES))
        if not chunk:
            raise EOFError
        chunks.append(chunk)
        missing -= len(chunk)
    if file.read(1):  # reading to the end also makes zipfile verify the checksum
        raise ValueError("longer than its header says")
    return b"".join(chunks)
