"""The ZIP file of an export. It is read file by file, and nothing is extracted.

It contains lists (`users.json`, `channels.json` …), a folder for each conversation with a file for each day, and, if a
tool has downloaded them, the bytes of files: `__uploads/<id>/<name>`, or `attachments/<id>-<name>` in a folder of a
conversation. A folder `__uploads` beside the ZIP file is read too.
"""

import re
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, NamedTuple
from zipfile import BadZipFile, ZipFile, ZipInfo

import orjson

from transfer.errors import TransferFailed
from transfer.slack.export import Conversation, ConversationKind, SlackUser, conversation_of, user_of
from transfer.slack.fields import JsonObject

DAY_BYTES = 64 * 1024 * 1024
LIST_BYTES = 256 * 1024 * 1024
"""The largest files of JSON that are read. Each is parsed in memory."""

ENTRIES = 2_000_000

_USERS = ("users.json", "org_users.json")
_DAY = re.compile(r"([^/]+)/(\d{4}-\d{2}-\d{2})\.json")
_UPLOAD = re.compile(r"__uploads/([A-Za-z0-9]+)/[^/]+|(?:[^/]+/)?attachments/([A-Za-z0-9]+)-[^/]+")
_FILE_ID = re.compile("[A-Za-z0-9]+")
_UNREADABLE = (BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, OSError)
"""What `zipfile` raises for damaged, encrypted and unsupported files."""


class DayFile(NamedTuple):
    name: str
    byte_size: int


@dataclass(frozen=True)
class FoundFile:
    """The bytes of a file that was shared in a message."""

    byte_size: int
    open: Callable[[], IO[bytes]]


class SlackArchive:
    def __init__(self, path: Path, file: ZipFile) -> None:
        self._path = path
        self._file = file
        self._days: dict[str, list[DayFile]] = defaultdict(list)
        self._uploads: dict[str, ZipInfo] = {}
        self._lists: dict[str, ZipInfo] = {}
        self._index(file.infolist())

    def users(self) -> list[SlackUser]:
        """Raises TransferFailed, as everything that reads the archive."""
        name = next((name for name in _USERS if name in self._lists), None)
        if name is None or not self._lists.keys() & {kind.value for kind in ConversationKind}:
            raise TransferFailed(
                f"{self._path} is not an export of a Slack workspace in the JSON format: it must contain users.json and"
                " channels.json, groups.json, mpims.json or dms.json."
            )
        users = (user_of(source) for source in self._objects(self._lists[name], LIST_BYTES))
        return [user for user in users if user is not None]

    def conversations(self, kind: ConversationKind) -> list[Conversation]:
        listed = self._lists.get(kind.value)
        sources = self._objects(listed, LIST_BYTES) if listed else []
        found = (conversation_of(kind, source) for source in sources)
        return [conversation for conversation in found if conversation is not None]

    def days(self, conversation: Conversation) -> Sequence[DayFile]:
        """Returns the days of the conversation, in order. Its folder has its name, or its id in direct messages."""
        folder = next((name for name in (conversation.name, conversation.id) if name in self._days), None)
        return sorted(self._days[folder]) if folder is not None else []

    def messages(self, day: DayFile) -> list[JsonObject]:
        return self._objects(self._file.getinfo(day.name), DAY_BYTES)

    def find_file(self, file_id: str) -> FoundFile | None:
        if info := self._uploads.get(file_id):
            return FoundFile(info.file_size, partial(self._file.open, info))
        if not _FILE_ID.fullmatch(file_id):
            return None
        folder = self._path.parent / "__uploads" / file_id
        path = next((path for path in sorted(folder.glob("*")) if path.is_file()), None) if folder.is_dir() else None
        return FoundFile(path.stat().st_size, partial(_opened, path)) if path is not None else None

    def _index(self, infos: Sequence[ZipInfo]) -> None:
        if len(infos) > ENTRIES:
            raise TransferFailed(f"{self._path} contains more than {ENTRIES:,} files.")
        root = _root([info.filename for info in infos])
        for info in infos:
            name = info.filename.removeprefix(root)
            if not info.filename.startswith(root) or info.is_dir():
                continue
            if day := _DAY.fullmatch(name):
                self._days[day[1]].append(DayFile(info.filename, info.file_size))
            elif upload := _UPLOAD.fullmatch(name):
                self._uploads.setdefault(upload[1] or upload[2], info)
            elif "/" not in name:
                self._lists[name] = info

    def _objects(self, info: ZipInfo, byte_limit: int) -> list[JsonObject]:
        if info.file_size > byte_limit:
            raise TransferFailed(f"{info.filename} in the export has more than {byte_limit:,} bytes.")
        try:
            with self._file.open(info) as file:
                values = orjson.loads(file.read(byte_limit + 1))
        except _UNREADABLE as error:
            raise TransferFailed(f"{info.filename} in the export cannot be read: {error}.") from None
        except orjson.JSONDecodeError:
            raise TransferFailed(f"{info.filename} in the export is not JSON.") from None
        if not isinstance(values, list):
            raise TransferFailed(f"{info.filename} in the export is not a list.")
        return [value if isinstance(value, dict) else {} for value in values]


@contextmanager
def opened_archive(path: Path) -> Iterator[SlackArchive]:
    """Raises TransferFailed if the file is not a ZIP file."""
    try:
        file = ZipFile(path)
    except BadZipFile:
        raise TransferFailed(f"{path} is not a ZIP file.") from None
    except OSError as error:
        raise TransferFailed(f"{path} cannot be read: {error.strerror}.") from None
    with file:
        yield SlackArchive(path, file)


def _opened(path: Path) -> IO[bytes]:
    return path.open("rb")


def _root(names: Sequence[str]) -> str:
    """Returns the folder of the lists: empty, unless the export was extracted and packed again."""
    folders = [name.removesuffix(users) for name in names for users in _USERS if name.endswith(users)]
    roots = [folder for folder in folders if (not folder or folder.endswith("/")) and "__MACOSX" not in folder]
    return min(roots, key=lambda folder: (folder.count("/"), folder), default="")
