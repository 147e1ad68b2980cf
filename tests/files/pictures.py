"""Images with metadata as phones and editors write it."""

from io import BytesIO

from PIL import Image, PngImagePlugin
from PIL.ExifTags import GPS, IFD, Base

SECRET = "Camera of Davi"
"""Is in every kind of metadata."""


def picture(width: int = 60, height: int = 40) -> Image.Image:
    """Returns an image whose corners differ: red is at the top left, and green at the top right."""
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    side = min(width, height) // 3
    image.paste("red", (0, 0, side, side))
    image.paste("lime", (width - side, 0, width, side))
    return image


def exif(orientation: int = 1) -> Image.Exif:
    metadata = Image.Exif()
    metadata[Base.Orientation] = orientation
    metadata[Base.Make] = SECRET
    place = metadata.get_ifd(IFD.GPSInfo)
    place[GPS.GPSLatitudeRef], place[GPS.GPSLatitude] = "S", (23.0, 33.0, 1.0)
    metadata.get_ifd(IFD.Exif)[Base.MakerNote] = SECRET.encode()
    return metadata


def saved(image: Image.Image, format: str, **options: object) -> bytes:
    output = BytesIO()
    image.save(output, format, **options)
    return output.getvalue()


def loaded(content: bytes) -> Image.Image:
    image = Image.open(BytesIO(content))
    image.load()
    return image


def with_metadata(format: str, orientation: int, image: Image.Image | None = None, **options: object) -> bytes:
    """Returns a JPEG, PNG or WebP file with all kinds of metadata of its format."""
    image = image or picture()
    xmp = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'>{SECRET}</x:xmpmeta>".encode()
    match format:
        case "JPEG":
            content = saved(image, format, exif=exif(orientation), xmp=xmp, comment=SECRET, **options)
            iptc = b"Photoshop 3.0\0" + SECRET.encode()
            segment = b"\xff\xed" + (2 + len(iptc)).to_bytes(2) + iptc
            return content[:2] + segment + content[2:] + b"a film of " + SECRET.encode()
        case "PNG":
            text = PngImagePlugin.PngInfo()
            text.add_text("Author", SECRET)
            text.add_itxt("XML:com.adobe.xmp", xmp.decode())
            return saved(image, format, exif=exif(orientation), pnginfo=text, **options) + SECRET.encode()
        case _:
            return saved(image, format, exif=exif(orientation), xmp=xmp, **options) + SECRET.encode()
