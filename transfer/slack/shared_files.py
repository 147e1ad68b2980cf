"""The files of a message: those whose bytes are there, and a line for each of the others."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from chat.attaching import ATTACHMENTS_LIMIT
from chat.errors import Refused
from chat.uploads import FILENAME_LENGTH, UNKNOWN_TYPE, checked_content_type, checked_filename
from transfer.slack.archive import SlackArchive
from transfer.slack.drafts import FileDraft
from transfer.slack.fields import JsonObject, object_of, objects_of, text_of
from transfer.slack.identifiers import attachment_id
from transfer.slack.markdown import escaped, link
from transfer.slack.report import Reason, Report

_GONE = {"tombstone", "hidden_by_limit"}
_UNNAMED = "file"


class SharedFiles(NamedTuple):
    drafts: Sequence[FileDraft]
    lines: Sequence[str]
    """Markdown for the files that cannot be attached."""


def files_of(source: JsonObject) -> Sequence[JsonObject]:
    """Returns the files of a message. Until 2018 a message had only one."""
    return objects_of(source, "files") or [file for file in [object_of(source, "file")] if file]


class FileReader:
    def __init__(self, archive: SlackArchive, byte_limit: int, report: Report) -> None:
        self._archive = archive
        self._byte_limit = byte_limit
        self._report = report

    def read(self, files: Sequence[JsonObject], message_id: UUID, place: str) -> SharedFiles:
        drafts: list[FileDraft] = []
        lines: list[str] = []
        for number, file in enumerate(files):
            content = self._archive.find_file(text_of(file, "id"))
            if content is None:
                self._report.add(Reason.FILE_MISSING, place, _shown_name(file))
                lines.append(_line(file))
            elif not 0 < content.byte_size <= self._byte_limit or len(drafts) == ATTACHMENTS_LIMIT:
                self._report.add(Reason.FILE_REFUSED, place, f"{_shown_name(file)}, {content.byte_size:,} bytes")
                lines.append(_line(file))
            else:
                type_ = _content_type(file)
                drafts.append(FileDraft(attachment_id(message_id, number), _filename(file), type_, content))
        return SharedFiles(drafts, lines)


def _line(file: JsonObject) -> str:
    """Returns a link to the file in Slack. Its address must not contain the token of the export."""
    name = escaped(_shown_name(file))
    url = text_of(file, "permalink", "url_private").partition("?")[0]
    return f"📎 {link(name, url) if text_of(file, 'mode') not in _GONE else name}"


def _shown_name(file: JsonObject) -> str:
    return " ".join(text_of(file, "name", "title").split())[:FILENAME_LENGTH] or _UNNAMED


def _filename(file: JsonObject) -> str:
    try:
        return checked_filename(_shown_name(file))
    except Refused:
        return _UNNAMED


def _content_type(file: JsonObject) -> str:
    try:
        return checked_content_type(text_of(file, "mimetype"))
    except Refused:
        return UNKNOWN_TYPE
