"""The files of the demo's messages. They are made when the demo is written, so that the content consists of texts."""

import io
import math
import wave
from array import array
from collections.abc import Callable, Mapping
from types import MappingProxyType
from zlib import crc32

from PIL import Image

WIDTH, HEIGHT = 480, 300
RATE, SECONDS = 8_000, 2


def _chart(name: str) -> bytes:
    """Returns a PNG image: a bar chart whose colour and bars depend on the name."""
    seed = crc32(name.encode())
    image = Image.new("RGB", (WIDTH, HEIGHT), "#f5f6fa")
    for bar in range(8):
        height = 40 + (seed >> (3 * bar)) % 200
        image.paste(f"hsl({seed % 360}, 60%, {40 + 4 * bar}%)", (20 + 56 * bar, HEIGHT - height, 60 + 56 * bar, HEIGHT))
    output = io.BytesIO()
    image.save(output, "PNG")
    return output.getvalue()


def _chime(name: str) -> bytes:
    """Returns a WAV recording: a tone that fades, whose pitch depends on the name."""
    pitch = 300 + crc32(name.encode()) % 300
    count = RATE * SECONDS
    samples = (math.sin(2 * math.pi * pitch * at / RATE) * (1 - at / count) for at in range(count))
    output = io.BytesIO()
    with wave.open(output, "wb") as recording:
        recording.setnchannels(1)
        recording.setsampwidth(2)
        recording.setframerate(RATE)
        recording.writeframes(array("h", (int(20_000 * sample) for sample in samples)).tobytes())
    return output.getvalue()


MAKERS: Mapping[str, tuple[str, Callable[[str], bytes]]] = MappingProxyType(
    {"png": ("image/png", _chart), "wav": ("audio/wav", _chime)}
)
"""The media type and the contents of files, by the endings of their names."""


def ending(name: str) -> str:
    return name.rpartition(".")[2]
