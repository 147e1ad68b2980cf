"""Metadata is removed from images, and nothing else changes."""

import struct
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms, ImageOps
from PIL.ExifTags import Base

from files.metadata import without_metadata
from files.orientation import exif_of, orientation_of
from files.recordings import BrokenFile
from tests.files.pictures import SECRET, exif, loaded, picture, saved, with_metadata

FORMATS = ["JPEG", "PNG", "WEBP"]
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def type_of(format: str) -> str:
    return f"image/{format.lower()}"


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_only_the_orientation_is_left(format: str, orientation: int) -> None:
    content = with_metadata(format, orientation)
    assert SECRET.encode() in content
    assert loaded(content).getexif()[Base.Make] == SECRET
    cleaned = without_metadata(content, type_of(format))
    assert SECRET.encode() not in cleaned
    image = loaded(cleaned)
    assert dict(image.getexif()) == ({Base.Orientation: orientation} if orientation > 1 else {})
    assert image.tobytes() == loaded(content).tobytes()
    assert ImageOps.exif_transpose(image).tobytes() == ImageOps.exif_transpose(loaded(content)).tobytes()


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("orientation", [1, 6])
def test_removing_twice_is_removing_once(format: str, orientation: int) -> None:
    cleaned = without_metadata(with_metadata(format, orientation), type_of(format))
    assert without_metadata(cleaned, type_of(format)) == cleaned


@pytest.mark.parametrize("format", FORMATS)
def test_an_image_without_metadata_stays_as_it_is(format: str) -> None:
    content = saved(picture(), format)
    assert without_metadata(content, type_of(format)) == content


@pytest.mark.parametrize("format", FORMATS)
def test_colour_profiles_stay(format: str) -> None:
    cleaned = without_metadata(with_metadata(format, 1, icc_profile=PROFILE), type_of(format))
    assert loaded(cleaned).info["icc_profile"] == PROFILE


def test_progressive_and_cmyk_jpeg_files_stay_readable() -> None:
    for content in (with_metadata("JPEG", 3, progressive=True), with_metadata("JPEG", 3, picture().convert("CMYK"))):
        cleaned = without_metadata(content, "image/jpeg")
        assert loaded(cleaned).tobytes() == loaded(content).tobytes()
        assert SECRET.encode() not in cleaned


def test_transparency_stays() -> None:
    image = picture().convert("RGBA")
    image.putalpha(100)
    for format in ("PNG", "WEBP"):
        assert loaded(without_metadata(with_metadata(format, 1, image), type_of(format))).getpixel((5, 5))[3] == 100  # type: ignore[index]
    palette = saved(picture().convert("P"), "PNG", transparency=3, exif=exif())
    assert loaded(without_metadata(palette, "image/png")).info["transparency"] == 3


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_animations_stay(format: str) -> None:
    frames = [picture().rotate(90 * turn) for turn in range(4)]
    content = saved(frames[0], format, save_all=True, append_images=frames[1:], duration=200, exif=exif(6))
    image = Image.open(BytesIO(without_metadata(content, type_of(format))))
    assert image.n_frames == 4  # type: ignore[attr-defined]
    assert dict(image.getexif()) == {Base.Orientation: 6}


def test_the_preview_of_another_picture_is_removed() -> None:
    """Phones add a second picture with metadata of its own."""
    content = saved(picture(), "MPO", save_all=True, append_images=[picture(30, 20)], exif=exif(6))
    assert loaded(content).format == "MPO"
    cleaned = without_metadata(content, "image/jpeg")
    assert loaded(cleaned).format == "JPEG"
    assert SECRET.encode() not in cleaned


def test_other_types_are_not_read() -> None:
    assert without_metadata(b"anything", "image/gif") == b"anything"


@pytest.mark.parametrize("format", FORMATS)
@given(data=st.data())
@settings(max_examples=150, deadline=None)
def test_broken_images(format: str, data: st.DataObject) -> None:
    """Broken bytes are refused, or nothing of the metadata's segments is left."""
    content = bytearray(with_metadata(format, 6))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(content)))
    try:
        cleaned = without_metadata(bytes(content[:end]), type_of(format))
    except BrokenFile:
        return
    assert without_metadata(cleaned, type_of(format)) == cleaned


@given(st.binary(max_size=200))
def test_broken_orientations(content: bytes) -> None:
    assert orientation_of(content) in range(1, 9)
    assert orientation_of(b"MM\0*" + content) in range(1, 9)


def test_orientations_in_both_byte_orders() -> None:
    assert [orientation_of(exif_of(orientation)) for orientation in range(1, 9)] == list(range(1, 9))
    assert orientation_of(b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, 8, 0, 0)) == 8
    assert orientation_of(exif_of(9)) == 1
