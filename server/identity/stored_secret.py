"""A secret that is stored in a file of the data directory."""

import os
import secrets
from contextlib import suppress
from pathlib import Path


def stored_secret(path: Path, size: int) -> str:
    """Returns the secret, of so many bytes, and creates it if there is none. It is written to a temporary file that is
    then linked, so that processes that start together use the same one. Raises OSError."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(secrets.token_urlsafe(size))
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text()
