"""The orientation in Exif metadata, which is kept when the rest is removed: without it an image lies on its side."""

import struct

_ORIENTATION = 0x0112
_SHORT = 3
UPRIGHT = 1
SIDEWAYS = range(5, 9)
"""The orientations that exchange width and height."""


def orientation_of(exif: bytes) -> int:
    """Returns 1 to 8, and 1 if the metadata is broken or has no orientation."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(exif[:4])
    if order is None:
        return UPRIGHT
    try:
        (directory,) = struct.unpack_from(f"{order}I", exif, 4)
        (count,) = struct.unpack_from(f"{order}H", exif, directory)
        for at in range(directory + 2, directory + 2 + 12 * count, 12):
            tag, type, _, value = struct.unpack_from(f"{order}HHIH", exif, at)
            if tag == _ORIENTATION and type == _SHORT and 1 <= value <= 8:
                return int(value)
    except struct.error:
        pass
    return UPRIGHT


def exif_of(orientation: int) -> bytes:
    """Returns metadata that contains nothing else."""
    return b"MM\0*" + struct.pack(">IHHHIHHI", 8, 1, _ORIENTATION, _SHORT, 1, orientation, 0, 0)
