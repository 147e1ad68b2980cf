"""What is found in the bytes of a file: never by its name, and never trusting the type that a client declares."""

import asyncio
import io
import mimetypes
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from files.audio import WAVEFORM_BYTES, duration_ms, waveform
from files.content_types import HEAD_BYTES, file_type, media_type
from files.images import read_image, square_image
from files.metadata import without_metadata
from files.mp4 import read_mp4
from files.recordings import BrokenFile, Recording
from files.storage import FileStore
from files.webm import read_webm
from models.enums import AttachmentKind

IMAGE_BYTES = 40 * 1024 * 1024
"""The longest image, because images are read into memory. A longer one is a FILE, and keeps its metadata."""

_POOL = ThreadPoolExecutor(max_workers=2, thread_name_prefix="inspection")
"""At most two images are decoded at once: one can take 400 MB (90 million pixels)."""

_AUDIO_TYPES = {
    "video/webm": "audio/webm",
    "video/x-matroska": "audio/x-matroska",
    "video/mp4": "audio/mp4",
    "video/quicktime": "audio/mp4",
}
"""The types of containers that contain no picture."""

Found = TypeVar("Found")


@dataclass(frozen=True)
class Inspection:
    kind: AttachmentKind
    content_type: str
    width: int | None = None
    height: int | None = None
    duration_ms: int | None = None
    waveform: tuple[int, ...] | None = None
    """64 peaks, 0 to 100."""
    thumbnail: bytes | None = None
    """WebP, at most 512 pixels wide and high."""
    cleaned: bytes | None = None
    """The content without metadata, which replaces the file. None if it has none."""


async def inspect(store: FileStore, key: str, byte_size: int, content_type: str, filename: str) -> Inspection:
    """The declared type, or that of the name's ending, counts only for bytes of no known type. A file that is broken is
    a FILE. Raises FileMissing."""
    declared = content_type or mimetypes.guess_type(filename)[0] or ""
    return await _in_thread(lambda: _inspect(store.open_file(key, byte_size), byte_size, declared))


async def square_thumbnail(store: FileStore, key: str) -> bytes | None:
    """Returns the centre of the image as WebP, 256 pixels wide and high. None if the file is not an image. Raises
    FileMissing."""
    byte_size = await store.size(key)
    return await _in_thread(lambda: _square(store.open_file(key, byte_size), byte_size))


async def _in_thread(read: Callable[[], Found]) -> Found:
    return await asyncio.get_running_loop().run_in_executor(_POOL, read)


def _inspect(file: io.BufferedReader, byte_size: int, declared: str) -> Inspection:
    head = file.read(HEAD_BYTES)
    file.seek(0)
    type = media_type(head)
    try:
        match type:
            case "image/jpeg" | "image/png" | "image/gif" | "image/webp":
                return _image(file, byte_size, type)
            case "video/webm" | "video/x-matroska":
                return _recording(read_webm(file), type)
            case "video/mp4" | "video/quicktime":
                return _recording(read_mp4(file), type)
            case "audio/wav" | "audio/ogg" | "audio/flac" | "audio/mpeg":
                return _audio(file, byte_size, type)
            case "video/ogg":
                return Inspection(AttachmentKind.VIDEO, type)
    except BrokenFile:
        pass
    return Inspection(AttachmentKind.FILE, file_type(head, declared))


def _image(file: io.BufferedReader, byte_size: int, type: str) -> Inspection:
    content = _image_bytes(file, byte_size)
    cleaned = without_metadata(content, type)
    facts = read_image(cleaned)
    return Inspection(
        AttachmentKind.IMAGE,
        type,
        width=facts.width,
        height=facts.height,
        thumbnail=facts.thumbnail,
        cleaned=cleaned if cleaned != content else None,
    )


def _image_bytes(file: io.BufferedReader, byte_size: int) -> bytes:
    if byte_size > IMAGE_BYTES:
        raise BrokenFile("too long for an image")
    return file.read()


def _recording(recording: Recording, type: str) -> Inspection:
    if recording.has_video:
        return Inspection(AttachmentKind.VIDEO, type, duration_ms=recording.duration_ms)
    if recording.has_audio:
        return Inspection(AttachmentKind.AUDIO, _AUDIO_TYPES[type], duration_ms=recording.duration_ms)
    raise BrokenFile("neither sound nor picture")


def _audio(file: io.BufferedReader, byte_size: int, type: str) -> Inspection:
    duration = duration_ms(file)
    if duration is None and type == "audio/mpeg":
        raise BrokenFile("no frames")  # the two bytes that such a file begins with are no proof
    peaks = None
    if type == "audio/wav" and byte_size <= WAVEFORM_BYTES:
        file.seek(0)
        peaks = waveform(file)
    return Inspection(AttachmentKind.AUDIO, type, duration_ms=duration, waveform=peaks)


def _square(file: io.BufferedReader, byte_size: int) -> bytes | None:
    try:
        return square_image(_image_bytes(file, byte_size))
    except BrokenFile:
        return None
