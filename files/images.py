"""Size and thumbnails of images."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from math import ceil, isqrt

from PIL import Image, ImageOps
from PIL.ExifTags import Base

from files.orientation import SIDEWAYS
from files.recordings import BrokenFile

FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
"""Pillow's formats that are decoded. AVIF is not among them, because `without_metadata` cannot read it."""

PIXEL_LIMIT = 90_000_000
"""Width x height x frames. An image has at most four bytes per pixel in memory while it is decoded. Zulip allows a
third of it for animated images, because it keeps all frames in memory for an animated thumbnail. Ours shows the first
frame, and the other frames are decoded only by browsers, one at a time."""

FRAME_LIMIT = 2_000
"""Frames of a GIF file are counted by decoding them, so tiny ones are limited too."""

THUMBNAIL_SIDE = 512
SQUARE_SIDE = 256

_RESIZABLE_MODES = {"L", "RGB", "CMYK"}
_COPIED_PIXELS = 10_000_000


@dataclass(frozen=True)
class ImageFacts:
    """Width and height are those that a browser shows, with the orientation applied."""

    width: int
    height: int
    thumbnail: bytes


def read_image(content: bytes) -> ImageFacts:
    """Returns a WebP thumbnail without metadata, at most 512 pixels wide and high. Raises BrokenFile."""
    with _opened(content) as image:
        width, height = image.size
        if image.getexif().get(Base.Orientation) in SIDEWAYS:
            width, height = height, width
        small = _resizable(image)
        small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
        return ImageFacts(width, height, _encoded(small))


def square_image(content: bytes) -> bytes:
    """Returns the centre of the image as WebP, 256 pixels wide and high. Raises BrokenFile."""
    with _opened(content) as image:
        image.draft(None, (SQUARE_SIDE, SQUARE_SIDE))  # a JPEG file is decoded to an eighth of its size
        return _encoded(ImageOps.fit(_resizable(image), (SQUARE_SIDE, SQUARE_SIDE)))


@contextmanager
def _opened(content: bytes) -> Iterator[Image.Image]:
    """Yields the image before it is decoded. Raises BrokenFile for one that is not of an allowed format and size, and
    instead of the many exceptions that Pillow raises for broken bytes, then and in the block."""
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            _check_size(image)
            yield image
    except BrokenFile:
        raise
    except Exception as error:
        raise BrokenFile(str(error)) from error


def _check_size(image: Image.Image) -> None:
    frames = _gif_frames(image) if image.format == "GIF" else getattr(image, "n_frames", 1)
    if image.width * image.height * frames > PIXEL_LIMIT:
        raise BrokenFile("too many pixels")


def _gif_frames(image: Image.Image) -> int:
    """Returns the number of frames. The file does not state it, so it is counted up to the limit."""
    frames = 1
    try:
        while image.width * image.height * frames <= PIXEL_LIMIT:
            if frames > FRAME_LIMIT:
                raise BrokenFile("too many frames")
            image.seek(frames)
            frames += 1
    except EOFError:
        image.seek(0)
    return frames


def _resizable(image: Image.Image) -> Image.Image:
    """Palettes and unusual numbers of bits cannot be resized, and transparency is resized in a copy of the image. Large
    images of these modes are therefore first made smaller by leaving pixels out."""
    if image.mode in _RESIZABLE_MODES:
        return image
    step = isqrt(image.width * image.height // _COPIED_PIXELS) or 1
    sampled = image.resize((ceil(image.width / step), ceil(image.height / step)), Image.Resampling.NEAREST)
    if sampled.mode.startswith("I"):
        return sampled.point(lambda value: value * (1 / 256)).convert("L")
    return sampled.convert("RGBA" if sampled.has_transparency_data else "RGB")


def _encoded(image: Image.Image) -> bytes:
    upright = ImageOps.exif_transpose(image)
    output = BytesIO()
    upright.save(output, "WEBP", quality=80)
    return output.getvalue()
