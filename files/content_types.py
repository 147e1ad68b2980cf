"""What files are, by their first bytes, and which of them browsers may show."""

import re

import puremagic

HEAD_BYTES = 40_000
"""How many bytes puremagic looks at."""

OCTET_STREAM = "application/octet-stream"

_INLINE = {
    "image": {"jpeg", "png", "gif", "webp"},
    "audio": {"webm", "x-matroska", "mp4", "ogg", "wav", "mpeg", "flac"},
    "video": {"webm", "x-matroska", "mp4", "quicktime", "ogg"},
}

_MEDIA = (
    (re.compile(rb"\xff\xd8\xff"), "image/jpeg"),
    (re.compile(rb"\x89PNG\r\n\x1a\n"), "image/png"),
    (re.compile(rb"GIF8[79]a"), "image/gif"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "image/webp"),
    (re.compile(rb"RIFF....WAVE", re.DOTALL), "audio/wav"),
    (re.compile(rb"\x1a\x45\xdf\xa3.{0,64}matroska", re.DOTALL), "video/x-matroska"),
    (re.compile(rb"\x1a\x45\xdf\xa3"), "video/webm"),
    (re.compile(rb"....ftypqt  ", re.DOTALL), "video/quicktime"),
    (re.compile(rb"....ftyp", re.DOTALL), "video/mp4"),
    (re.compile(rb"OggS.{,64}\x80theora", re.DOTALL), "video/ogg"),
    (re.compile(rb"OggS"), "audio/ogg"),
    (re.compile(rb"fLaC"), "audio/flac"),
    (re.compile(rb"ID3|\xff[\xfa\xfb\xf2\xf3\xe2\xe3]"), "audio/mpeg"),
)
"""The types that this folder reads and browsers show. puremagic does not know all their forms."""

_MARKUP = (
    (b"<svg", "image/svg+xml"),
    (b"<html", "text/html"),
    (b"<!doctype html", "text/html"),
    (b"<", "application/xml"),
)

_CONTAINERS = ("application/zip", "application/x-ole-storage")
"""What documents of many types begin as."""

_LEAST_CONFIDENCE = 0.3
"""Of puremagic in a type: below are those that it recognises by two bytes, as which texts begin too."""

_HARMLESS = re.compile(r"(?:text|application)/[a-z0-9][a-z0-9.+-]*")
_ACTIVE = re.compile("html|xml|xsl|script|pdf|flash")
"""In the names of types of files that can contain programs."""


def is_inline(content_type: str) -> bool:
    """Whether a browser may show a file of this type. Every other file is downloaded. It is true of what `inspect`
    returns only if the bytes are of that type."""
    family, _, subtype = content_type.partition("/")
    return subtype in _INLINE.get(family, ())


def media_type(head: bytes) -> str | None:
    """Returns the type of an image, a recording or a video by its first bytes. None for any other file. Whether
    containers (WebM, MP4) contain a picture is not known yet."""
    return next((type for signature, type in _MEDIA if signature.match(head)), None)


def file_type(head: bytes, declared: str) -> str:
    """Returns a type that is not inline: what the bytes are, or the declared type if that is not known and the type is
    harmless, or application/octet-stream."""
    declared = declared.partition(";")[0].strip().lower()
    return _markup_type(head) or _known_type(head, declared) or _harmless_type(declared)


def _markup_type(head: bytes) -> str | None:
    """Browsers ignore what precedes the first tag, and so does this function."""
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return next((type for tag, type in _MARKUP if text.startswith(b"<") and tag in text), None)


def _known_type(head: bytes, declared: str) -> str | None:
    try:
        matches = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return None
    likely = [match.mime_type for match in matches if match.mime_type and match.confidence >= _LEAST_CONFIDENCE]
    known = next((type for type in (declared, *_CONTAINERS) if type in likely), next(iter(likely), ""))
    return known if known and not is_inline(known) else None


def _harmless_type(declared: str) -> str:
    return declared if _HARMLESS.fullmatch(declared) and not _ACTIVE.search(declared) else OCTET_STREAM
