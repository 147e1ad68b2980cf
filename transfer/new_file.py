"""Writing a file of an archive, which appears under its name only when it is complete."""

import os
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Self


class NewFile:
    """A file that is written inside a `with` block. At its end the file is complete and survives a crash. If the block
    raises, nothing has changed."""

    def __init__(self, path: Path) -> None:
        self.byte_size = 0
        self._path = path
        self._digest = sha256()
        self._temporary = path.with_name(f"{path.name}.new")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._temporary.open("wb")
        self._is_discarded = False

    def write(self, content: bytes) -> None:
        self._file.write(content)
        self._digest.update(content)
        self.byte_size += len(content)

    @property
    def sha256(self) -> bytes:
        return self._digest.digest()

    def discard(self) -> None:
        """At the end of the block there is no file, not even an older one."""
        self._is_discarded = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._file:
            self._file.flush()
            os.fsync(self._file.fileno())
        if error is None and not self._is_discarded:
            self._temporary.replace(self._path)
            return
        self._temporary.unlink()
        if error is None:
            self._path.unlink(missing_ok=True)
