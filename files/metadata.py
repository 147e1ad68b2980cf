"""Removes metadata from images without encoding them again: place and time, camera, author, comments, thumbnails.

What a decoder needs is kept (colour profiles included), and so is the orientation. What is not known is removed, and
so is what follows the image: phones append their metadata and whole films there.
"""

import re
import struct
import zlib
from collections.abc import Iterator

from files.orientation import UPRIGHT, exif_of, orientation_of
from files.recordings import BrokenFile

SEGMENT_LIMIT = 100_000
"""How many parts a file may have: a PNG file of 40 MB has 5,000 of the usual size."""


def without_metadata(content: bytes, content_type: str) -> bytes:
    """Returns the content of any other type than JPEG, PNG and WebP as it is. Raises BrokenFile."""
    match content_type:
        case "image/jpeg":
            return b"".join(_jpeg(content))
        case "image/png":
            return b"".join(_png(content))
        case "image/webp":
            return _webp(content)
    return content


def _orientation_alone(exif: bytes) -> bytes:
    """Returns empty metadata for an image that is upright."""
    orientation = orientation_of(exif)
    return exif_of(orientation) if orientation != UPRIGHT else b""


_JPEG_MARKER = re.compile(rb"\xff+([^\x00\xff])")
_JPEG_END_OF_SCAN = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")
_END_OF_IMAGE, _START_OF_SCAN, _COMMENT, _EXIF_SEGMENT = 0xD9, 0xDA, 0xFE, 0xE1
_APPLICATION_SEGMENTS = range(0xE0, 0xF0)
_KEPT_APPLICATION_SEGMENTS = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}
_EXIF_PREFIX = b"Exif\0\0"


def _jpeg(content: bytes) -> Iterator[bytes]:
    if not content.startswith(b"\xff\xd8"):
        raise BrokenFile("not a JPEG file")
    yield content[:2]
    at = 2
    for _ in range(SEGMENT_LIMIT):
        marker = _JPEG_MARKER.match(content, at)
        if marker is None:
            raise BrokenFile("no marker where a segment of the JPEG file begins")
        if marker[1][0] == _END_OF_IMAGE:
            yield b"\xff\xd9"
            return
        at = _end_of_segment(content, marker)
        yield _kept_of_segment(content[marker.end() - 2 : at])
    raise BrokenFile("too many segments")


def _end_of_segment(content: bytes, marker: re.Match[bytes]) -> int:
    """Returns the end of the scan for the segment that begins one."""
    length = int.from_bytes(content[marker.end() : marker.end() + 2])
    end = marker.end() + length
    if length < 2 or end > len(content):
        raise BrokenFile("a segment of the JPEG file has a wrong length")
    if marker[1][0] != _START_OF_SCAN:
        return end
    next_marker = _JPEG_END_OF_SCAN.search(content, end)
    return next_marker.start() if next_marker else len(content)


def _kept_of_segment(segment: bytes) -> bytes:
    code = segment[1]
    if code == _EXIF_SEGMENT and segment.startswith(_EXIF_PREFIX, 4):
        exif = _orientation_alone(segment[4 + len(_EXIF_PREFIX) :])
        return b"\xff\xe1" + struct.pack(">H", 8 + len(exif)) + _EXIF_PREFIX + exif if exif else b""
    if code in _APPLICATION_SEGMENTS:
        prefix = _KEPT_APPLICATION_SEGMENTS.get(code)
        return segment if prefix and segment.startswith(prefix, 4) else b""
    return b"" if code == _COMMENT else segment


_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_KEPT_PNG_CHUNKS = set(
    b"IHDR PLTE IDAT IEND tRNS gAMA cHRM sRGB iCCP cICP mDCV cLLI sBIT bKGD hIST pHYs sPLT acTL fcTL fdAT".split()
)


def _png(content: bytes) -> Iterator[bytes]:
    if not content.startswith(_PNG_SIGNATURE):
        raise BrokenFile("not a PNG file")
    yield _PNG_SIGNATURE
    at = len(_PNG_SIGNATURE)
    for _ in range(SEGMENT_LIMIT):
        type, end = content[at + 4 : at + 8], at + 12 + int.from_bytes(content[at : at + 4])
        if end > len(content):
            raise BrokenFile("a chunk of the PNG file is longer than the file")
        if type in _KEPT_PNG_CHUNKS:
            yield content[at:end]
        elif type == b"eXIf":
            yield _png_orientation(content[at + 8 : end - 4])
        if type == b"IEND":
            return
        at = end
    raise BrokenFile("too many chunks")


def _png_orientation(exif: bytes) -> bytes:
    content = _orientation_alone(exif)
    chunk = b"eXIf" + content
    return struct.pack(">I", len(content)) + chunk + struct.pack(">I", zlib.crc32(chunk)) if content else b""


_KEPT_WEBP_CHUNKS = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"}
_WEBP_EXIF_FLAG, _WEBP_XMP_FLAG = 0x08, 0x04


def _webp(content: bytes) -> bytes:
    size = int.from_bytes(content[4:8], "little")
    if not content.startswith(b"RIFF") or content[8:12] != b"WEBP" or 8 + size > len(content):
        raise BrokenFile("not a WebP file")
    kept = b"".join(_webp_chunks(content[12 : 8 + size]))
    return b"RIFF" + struct.pack("<I", 4 + len(kept)) + b"WEBP" + kept


def _webp_chunks(content: bytes) -> Iterator[bytes]:
    """Writes the flag for the orientation beforehand, because the chunk that has it comes after the image."""
    chunks = list(_riff_chunks(content))
    exif = next((chunk for type, chunk in chunks if type == b"EXIF"), b"")
    orientation = _orientation_alone(exif.removeprefix(_EXIF_PREFIX))
    for type, chunk in chunks:
        if type == b"VP8X":
            flags = chunk[0] & ~_WEBP_EXIF_FLAG & ~_WEBP_XMP_FLAG | (_WEBP_EXIF_FLAG if orientation else 0)
            yield _riff_chunk(type, bytes([flags]) + chunk[1:])
        elif type in _KEPT_WEBP_CHUNKS:
            yield _riff_chunk(type, chunk)
    if orientation:
        yield _riff_chunk(b"EXIF", orientation)


def _riff_chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    for _ in range(SEGMENT_LIMIT):
        if at >= len(content):
            return
        size = int.from_bytes(content[at + 4 : at + 8], "little")
        if at + 8 + size > len(content):
            raise BrokenFile("a chunk of the WebP file is longer than the file")
        yield content[at : at + 4], content[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    raise BrokenFile("too many chunks")


def _riff_chunk(type: bytes, content: bytes) -> bytes:
    return type + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)
