"""Search of an ONNX file for tensors whose values are in other files.

The path of such a file is in the model: a model from elsewhere could read any file of its user. Versions of onnxruntime
before 1.27 check some of these paths only.

References
----------
onnx.proto of ONNX 1.21 (fields of the messages); https://protobuf.dev/programming-guides/encoding (their encoding).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

# The fields that lead from a model to its tensors: type of the message in each field, by type and field number.
_FIELDS: Final[dict[str, dict[int, str]]] = {
    "Model": {7: "Graph", 20: "TrainingInfo", 25: "Function"},
    "TrainingInfo": {1: "Graph", 2: "Graph"},
    "Function": {7: "Node", 11: "Attribute"},
    "Graph": {1: "Node", 5: "Tensor", 15: "SparseTensor"},
    "Node": {5: "Attribute"},
    "Attribute": {5: "Tensor", 6: "Graph", 10: "Tensor", 11: "Graph", 22: "SparseTensor", 23: "SparseTensor"},
    "SparseTensor": {1: "Tensor", 2: "Tensor"},
    "Tensor": {},
}
_EXTERNAL_DATA, _DATA_LOCATION = 13, 14  # fields of a tensor
_VARINT, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5  # wire types


def has_external_data(model: bytes) -> bool:
    """Return whether a tensor anywhere in an ONNX file has its values in another file.

    Raises
    ------
    ValueError
        The file is not a sequence of protobuf fields, or has groups, which ONNX does not use.
    """
    view = memoryview(model)
    pending = [("Model", 0, len(model))]
    while pending:
        message, start, end = pending.pop()
        fields = _FIELDS[message]
        for number, wire_type, value, size in _fields(view, start, end):
            if message == "Tensor" and (
                (number == _EXTERNAL_DATA and wire_type == _LENGTH)
                or (number == _DATA_LOCATION and wire_type == _VARINT and value)
            ):
                return True
            if number in fields and wire_type == _LENGTH:
                pending.append((fields[number], value, value + size))
    return False


def _fields(view: memoryview, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield number, wire type, value and size of each field; the value of a message is its offset, size its bytes."""
    position = start
    while position < end:
        tag, position = _read_varint(view, position, end)
        number, wire_type = tag >> 3, tag & 7
        value, size = position, 0
        if wire_type == _VARINT:
            value, position = _read_varint(view, position, end)
        elif wire_type == _LENGTH:
            size, value = _read_varint(view, position, end)
            position = value + size
        elif wire_type in (_EIGHT_BYTES, _FOUR_BYTES):
            position += 8 if wire_type == _EIGHT_BYTES else 4
        else:
            raise ValueError(f"wire type {wire_type}")
        if position > end:
            raise ValueError("a field goes on after its message")
        yield number, wire_type, value, size


def _read_varint(view: memoryview, position: int, end: int) -> tuple[int, int]:
    """Return the number at a position, and the position after it."""
    value = 0
    for shift in range(0, 70, 7):
        if position >= end:
            break
        byte = view[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise ValueError("a number is cut off or has more than ten bytes")
