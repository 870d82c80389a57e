"""Protocol buffers' wire format, as far as editing an ONNX file without the onnx package takes it.

A message is a run of fields; a field is a key (number << 3 | wire type) and a value. Only the two wire types that ONNX
uses in the messages edited here are written: varint (0) and length-delimited (2); all four are read past.
Source: the encoding chapter of Protocol Buffers' documentation.
"""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["bytes_field", "fields", "varint_field"]

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FIXED_SIZES = {_FIXED64: 8, _FIXED32: 4}


def varint_field(number: int, value: int) -> bytes:
    """A field that holds an integer; a negative one is taken modulo 2**64, as int64 fields have it."""
    return _varint(number << 3 | _VARINT) + _varint(value % (1 << 64))


def bytes_field(number: int, value: bytes | str) -> bytes:
    """A field that holds bytes, a string (as UTF-8) or another message."""
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | _BYTES) + _varint(len(data)) + data


def fields(message: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Every field in order: its number, its payload (of a varint: empty), and all its bytes, to be copied as they are.

    Raises ValueError if the message is cut off or not one.
    """
    position = 0
    while position < len(message):
        start = position
        key, position = _read_varint(message, position)
        payload_start, payload_end = position, position
        if key & 7 == _VARINT:
            _, position = _read_varint(message, position)
        elif key & 7 == _BYTES:
            size, payload_start = _read_varint(message, position)
            position = payload_end = payload_start + size
        elif key & 7 in _FIXED_SIZES:
            position = payload_end = position + _FIXED_SIZES[key & 7]
        else:
            raise ValueError(f"wire type {key & 7}")
        if position > len(message):
            raise ValueError("a field is cut off")
        yield key >> 3, message[payload_start:payload_end], message[start:position]


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _read_varint(message: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while position < len(message) and shift < 64:
        byte = message[position]
        value |= (byte & 0x7F) << shift
        position += 1
        if byte < 0x80:
            return value, position
        shift += 7
    raise ValueError("a number is cut off")
