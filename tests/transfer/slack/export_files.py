"""Slack exports as tests write them: a ZIP file with lists, and a file for each day of each conversation."""

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Json = dict[str, Any]

TEAM = "T024BE7LD"
NOON = 1_600_000_000
"""2020-09-13 12:26:40 UTC, the time of the first message."""


def at(seconds: int, micro: int = 0) -> str:
    """Returns Slack's time of a message, so many seconds after the first."""
    return f"{NOON + seconds}.{micro:06}"


def user(id: str, name: str, email: str | None = None, **more: object) -> Json:
    profile = {"real_name": name, "display_name": name.lower(), **({"email": email} if email else {})}
    return {"id": id, "team_id": TEAM, "name": name.lower(), "real_name": name, "profile": profile, **more}


def conversation(id: str, name: str, members: Sequence[str], **more: object) -> Json:
    return {"id": id, "name": name, "created": NOON - 100, "members": list(members), **more}


def said(seconds: int, user_id: str, text: str, **more: object) -> Json:
    return {"type": "message", "user": user_id, "text": text, "ts": at(seconds), **more}


@dataclass
class Export:
    users: list[Json] = field(default_factory=list)
    channels: list[Json] = field(default_factory=list)
    groups: list[Json] = field(default_factory=list)
    mpims: list[Json] = field(default_factory=list)
    dms: list[Json] = field(default_factory=list)
    days: dict[str, list[Json]] = field(default_factory=dict)
    """The messages by folder and day, such as `general/2020-09-13`."""

    uploads: dict[str, bytes] = field(default_factory=dict)
    """The bytes of files by their places in the ZIP file."""

    @property
    def files(self) -> Mapping[str, bytes]:
        lists = {name: getattr(self, name) for name in ("users", "channels", "groups", "mpims", "dms")}
        texts = {f"{name}.json": list_ for name, list_ in (lists | self.days).items()}
        return {name: json.dumps(content).encode() for name, content in texts.items()} | self.uploads

    def write(self, path: Path, root: str = "") -> Path:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in self.files.items():
                archive.writestr(root + name, content)
        return path
