"""Images: their size, their thumbnails, and those that are too large to decode."""

import asyncio
import struct
import threading
import time
import zlib
from collections.abc import Callable

import pytest
from PIL import Image

from files import inspection
from files.images import FRAME_LIMIT, ImageFacts, read_image
from files.inspection import IMAGE_BYTES, Inspection, square_thumbnail
from files.recordings import BrokenFile
from files.storage import FileStore
from models.enums import AttachmentKind
from tests.files.pictures import SECRET, exif, loaded, picture, saved, with_metadata
from tests.files.reading import inspect_bytes

REFUSED = Inspection(AttachmentKind.FILE, "application/octet-stream")


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "WEBP"])
async def test_an_image(directory: FileStore, format: str) -> None:
    found = await inspect_bytes(directory, saved(picture(1024, 512), format), "text/html", "report.exe")
    assert found.thumbnail is not None
    thumbnail = loaded(found.thumbnail)
    assert (thumbnail.format, thumbnail.size) == ("WEBP", (512, 256))
    facts = (found.kind, found.content_type, found.width, found.height, found.cleaned)
    assert facts == (AttachmentKind.IMAGE, f"image/{format.lower()}", 1024, 512, None)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
async def test_the_orientation_is_applied(directory: FileStore, format: str) -> None:
    """With orientation 6, what is stored at the bottom left is shown at the top left."""
    found = await inspect_bytes(directory, with_metadata(format, 6))
    assert (found.width, found.height) == (40, 60)
    assert found.thumbnail is not None
    thumbnail = loaded(found.thumbnail).convert("RGB")
    assert thumbnail.size == (40, 60)
    assert _is_mostly(thumbnail, (35, 5), 0)
    assert _is_mostly(thumbnail, (35, 55), 1)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP"])
async def test_metadata_is_removed_from_the_file_and_the_thumbnail(directory: FileStore, format: str) -> None:
    found = await inspect_bytes(directory, with_metadata(format, 1))
    assert found.cleaned is not None
    assert found.thumbnail is not None
    assert SECRET.encode() not in found.cleaned
    assert not loaded(found.thumbnail).getexif()
    assert "xmp" not in loaded(found.thumbnail).info


def test_small_images_are_not_enlarged() -> None:
    assert loaded(read_image(saved(picture(30, 20), "PNG")).thumbnail).size == (30, 20)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_all_modes_of_png(mode: str) -> None:
    image = Image.new("I;16", (600, 20), 30_000) if mode == "I;16" else picture(600, 20).convert(mode)
    assert loaded(read_image(saved(image, "PNG")).thumbnail).size == (512, 17)


def test_sixteen_bits_per_pixel_keep_their_brightness() -> None:
    thumbnail = loaded(read_image(saved(Image.new("I;16", (20, 20), 128 * 256), "PNG")).thumbnail)
    assert abs(thumbnail.convert("L").getpixel((10, 10)) - 128) < 4  # type: ignore[operator]


def test_transparency_is_in_the_thumbnail() -> None:
    image = picture(600, 400).convert("RGBA")
    image.putalpha(0)
    palette = Image.new("P", (600, 400), 3)
    for content in (saved(image, "PNG"), saved(palette, "GIF", transparency=3), saved(image, "WEBP")):
        assert loaded(read_image(content).thumbnail).convert("RGBA").getpixel((300, 200))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize("mode", ["P", "RGBA", "LA"])
def test_large_images_with_palettes_or_transparency(mode: str) -> None:
    facts = read_image(saved(picture(6_000, 4_000).convert(mode), "PNG", compress_level=1))
    assert (facts.width, facts.height) == (6_000, 4_000)
    thumbnail = loaded(facts.thumbnail).convert("RGB")
    assert thumbnail.size == (512, 341)
    assert mode == "LA" or (_is_mostly(thumbnail, (20, 20), 0) and _is_mostly(thumbnail, (490, 20), 1))


def png_header(width: int, height: int) -> bytes:
    """Returns a PNG file of a few bytes that claims this size."""
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"")),
        (b"IEND", b""),
    )
    encoded = (
        struct.pack(">I", len(content)) + type + content + struct.pack(">I", zlib.crc32(type + content))
        for type, content in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(encoded)


def gif(size: int, frames: int) -> bytes:
    """Returns an animation without colours."""
    single = saved(Image.new("P", (size, size)), "GIF")
    begin = single.index(b"\x2c")
    return single[:begin] + single[begin:-1] * frames + b";"


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize(
    "bomb",
    [
        png_header(60_000, 60_000),
        png_header(9_500, 9_500),
        png_header(100_000_000, 1),
        gif(1_000, 91),
        gif(1, FRAME_LIMIT + 1),
        saved(
            Image.new("P", (3_000, 3_000)), "PNG", save_all=True, append_images=[Image.new("P", (3_000, 3_000), 1)] * 10
        ),
    ],
    ids=["60,000 x 60,000", "90.25 million", "one row", "animation", "many frames", "animated PNG"],
)
async def test_images_of_too_many_pixels_are_files(directory: FileStore, bomb: bytes) -> None:
    begun = time.process_time()
    assert await inspect_bytes(directory, bomb, "image/png") == REFUSED
    assert time.process_time() - begun < 5
    assert await square_thumbnail(directory, "account/file") is None


def test_animations_within_the_limit() -> None:
    assert read_image(gif(1_000, 80)).width == 1_000
    assert read_image(gif(10, FRAME_LIMIT)).width == 10


@pytest.mark.parametrize("format", ["BMP", "TIFF", "ICO", "PPM", "AVIF", "EPS"])
async def test_other_formats_are_files(directory: FileStore, format: str) -> None:
    content = saved(picture(), format)
    assert (await inspect_bytes(directory, content)).kind == AttachmentKind.FILE
    assert await square_thumbnail(directory, "account/file") is None
    with pytest.raises(BrokenFile):
        read_image(content)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "WEBP"])
async def test_an_image_that_is_cut_off_is_a_file(directory: FileStore, format: str) -> None:
    content = saved(Image.effect_noise((300, 200), 50).convert("RGB"), format)
    assert await inspect_bytes(directory, content[: len(content) // 2], f"image/{format.lower()}") == REFUSED


async def test_an_image_of_too_many_bytes_is_a_file(directory: FileStore) -> None:
    content = saved(picture(), "PNG") + bytes(IMAGE_BYTES)
    assert await inspect_bytes(directory, content, "image/png") == REFUSED


async def test_an_avatar_is_the_centre(directory: FileStore) -> None:
    image = Image.new("RGB", (900, 300), "blue")
    image.paste("red", (300, 0, 600, 300))
    await directory.put("a", saved(image, "PNG"))
    content = await square_thumbnail(directory, "a")
    assert content is not None
    square = loaded(content).convert("RGB")
    assert square.size == (256, 256)
    assert all(_is_mostly(square, corner, 0) for corner in ((3, 3), (252, 3), (3, 252), (252, 252)))


async def test_an_avatar_is_upright(directory: FileStore) -> None:
    await directory.put("a", saved(picture(300, 300), "JPEG", exif=exif(6)))
    content = await square_thumbnail(directory, "a")
    assert content is not None
    square = loaded(content).convert("RGB")
    assert _is_mostly(square, (250, 5), 0)
    assert _is_mostly(square, (250, 250), 1)
    assert not square.getexif()


async def test_the_event_loop_runs_while_images_are_decoded(directory: FileStore) -> None:
    content = saved(picture(8_000, 8_000), "PNG", compress_level=1)
    turns = 0

    async def count_turns() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.005)
            turns += 1

    counting = asyncio.create_task(count_turns())
    begun = time.perf_counter()
    assert (await inspect_bytes(directory, content)).width == 8_000
    elapsed = time.perf_counter() - begun
    counting.cancel()
    assert elapsed > 0.1
    assert turns > elapsed / 0.005 / 5


async def test_two_images_are_decoded_at_once(directory: FileStore, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = threading.Lock()
    running = most = 0

    def counted(read: Callable[[bytes], ImageFacts]) -> Callable[[bytes], ImageFacts]:
        def read_counted(content: bytes) -> ImageFacts:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.02)
            with lock:
                running -= 1
            return read(content)

        return read_counted

    monkeypatch.setattr(inspection, "read_image", counted(read_image))
    content = saved(picture(), "PNG")
    await directory.put("a", content)
    await asyncio.gather(*(inspection.inspect(directory, "a", len(content), "", "a.png") for _ in range(10)))
    assert most == 2


def _is_mostly(image: Image.Image, at: tuple[int, int], channel: int) -> bool:
    pixel = image.getpixel(at)
    assert isinstance(pixel, tuple)
    return pixel[channel] > 180 and all(value < 100 for index, value in enumerate(pixel) if index != channel)
