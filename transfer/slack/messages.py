"""Reading the messages of a conversation: what each becomes here."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from chat.errors import Refused
from chat.mention_scanner import parse_mentions
from chat.message_text import BODY_LENGTH
from chat.naming import is_visible
from chat.operations.change_messages import EMOJIS_LIMIT
from models.enums import SystemEvent
from transfer.slack.blocks import Block, BlockKind, joined
from transfer.slack.drafts import MessageDraft, ReactionDraft
from transfer.slack.emojis import emoji_of
from transfer.slack.events import WITHOUT_EQUIVALENT, actor_of, event_of, pinned_message
from transfer.slack.export import Conversation, name_of
from transfer.slack.fields import (
    JsonObject,
    microseconds_of,
    number_of,
    object_of,
    objects_of,
    text_of,
    texts_of,
    time_of,
)
from transfer.slack.identifiers import Workspace
from transfer.slack.mrkdwn import to_markdown
from transfer.slack.people import People, Person
from transfer.slack.references import References
from transfer.slack.report import Reason, Report
from transfer.slack.rich_text import blocks_to_markdown
from transfer.slack.shared_files import FileReader, files_of
from transfer.slack.splitting import parts_of
from transfer.slack.unfurls import attachments_to_markdown


@dataclass(frozen=True)
class Source:
    """A message of the export, and its time."""

    conversation: Conversation
    microseconds: int
    json: JsonObject

    @property
    def place(self) -> str:
        return f"{self.conversation.place}, {text_of(self.json, 'ts')}"

    @property
    def sent_at(self) -> datetime:
        return time_of(self.microseconds)

    @property
    def subtype(self) -> str:
        return text_of(self.json, "subtype")


def sources_of(conversation: Conversation, messages: Sequence[JsonObject], report: Report) -> list[Source]:
    """Returns the messages in the order of their times."""
    found: dict[int, Source] = {}
    for json in messages:
        microseconds = microseconds_of(json.get("ts"))
        if microseconds is None or json.get("type", "message") != "message":
            report.add(Reason.MALFORMED, conversation.place, str(json)[:80])
        else:
            found.setdefault(microseconds, Source(conversation, microseconds, json))
    return [found[microseconds] for microseconds in sorted(found)]


class MessageReader:
    def __init__(
        self,
        workspace: Workspace,
        people: People,
        references: References,
        plain_references: References,
        files: FileReader,
        report: Report,
    ) -> None:
        self._workspace = workspace
        self._people = people
        self._references = references
        self._plain_references = plain_references
        self._files = files
        self._report = report

    def drafts(self, source: Source) -> Sequence[MessageDraft]:
        """Returns what the message becomes: usually one message, several if it is too long, and none if nothing of it
        can be imported."""
        if source.subtype in WITHOUT_EQUIVALENT:
            self._report.add(Reason.EVENT, source.place, source.subtype)
            return []
        if (event := self._event(source)) is not None:
            return [event]
        if source.subtype == "tombstone":
            return [replace(self._draft(source), is_deleted=True)]
        return self._post(source)

    def _event(self, source: Source) -> MessageDraft | None:
        event = event_of(source.json, source.subtype, self._people)
        if event is None:
            return None
        draft = replace(self._draft(source), event=event, author=self._people.user(actor_of(source.json, event)))
        if event.kind != SystemEvent.PINNED:
            return replace(draft, reply_to_id=None)
        pinned = pinned_message(source.json)
        reply_to_id = self._workspace.message_id(source.conversation.id, pinned) if pinned is not None else None
        return replace(draft, reply_to_id=reply_to_id)

    def _post(self, source: Source) -> Sequence[MessageDraft]:
        draft = self._draft(source)
        shared = self._files.read(files_of(source.json), draft.message_id, source.place)
        body = self._body(source, shared.lines)
        if not is_visible(body) and not shared.drafts:
            self._report.add(Reason.NO_CONTENT, source.place, source.subtype)
            return []
        first, *others = parts_of(body, BODY_LENGTH) or [""]
        if others:
            self._report.add(Reason.SPLIT, source.place, f"{len(body):,} characters")
        complete = replace(
            draft,
            body=first,
            pinned_at=_pinned_at(source),
            reactions=self._reactions(source),
            files=shared.drafts,
        )
        return [complete, *self._continued(source, draft, others)]

    def _continued(self, source: Source, draft: MessageDraft, bodies: Sequence[str]) -> Iterator[MessageDraft]:
        for part, body in enumerate(bodies, 1):
            message_id = self._workspace.message_id(source.conversation.id, source.microseconds, part)
            yield replace(draft, message_id=message_id, body=body)

    def _draft(self, source: Source) -> MessageDraft:
        edited = microseconds_of(object_of(source.json, "edited").get("ts"))
        return MessageDraft(
            message_id=self._workspace.message_id(source.conversation.id, source.microseconds),
            place=source.place,
            sent_at=source.sent_at,
            author=self._author(source.json),
            reply_to_id=self._parent_of(source),
            edited_at=time_of(edited) if edited is not None else None,
        )

    def _parent_of(self, source: Source) -> UUID | None:
        thread = microseconds_of(source.json.get("thread_ts"))
        if thread is None or thread == source.microseconds:
            return None
        return self._workspace.message_id(source.conversation.id, thread)

    def _author(self, json: JsonObject) -> Person:
        """Returns who wrote the message. An app can write for a person, who is then its author."""
        bot, bot_id = object_of(json, "bot_profile"), text_of(json, "bot_id")
        user_id = text_of(json, "user") or text_of(object_of(json, "comment"), "user")
        is_of_bot = text_of(json, "subtype") == "bot_message" or (bool(bot_id) and not self._people.is_human(user_id))
        if is_of_bot or (not user_id and text_of(json, "username")):
            return self._people.bot(bot_id, text_of(bot, "name"), text_of(json, "username"))
        return self._people.user(user_id, name_of(object_of(json, "user_profile")))

    def _body(self, source: Source, file_lines: Sequence[str]) -> str:
        body = self._markdown(source.json, file_lines, self._references)
        try:
            parse_mentions(body)
        except Refused:
            self._report.add(Reason.MENTIONS, source.place)
            return self._markdown(source.json, file_lines, self._plain_references)
        return body

    def _markdown(self, json: JsonObject, file_lines: Sequence[str], references: References) -> str:
        text = blocks_to_markdown(objects_of(json, "blocks"), references) or to_markdown(_text(json), references)
        attachments = attachments_to_markdown(objects_of(json, "attachments"), references)
        paragraphs = [Block(BlockKind.PARAGRAPH, text), Block(BlockKind.LIST, attachments)]
        return joined([*paragraphs, *(Block(BlockKind.PARAGRAPH, line) for line in file_lines)])

    def _reactions(self, source: Source) -> Sequence[ReactionDraft]:
        found: dict[ReactionDraft, None] = {}
        emojis: set[str] = set()
        for reaction in objects_of(source.json, "reactions"):
            name, user_ids = text_of(reaction, "name"), texts_of(reaction, "users")
            emoji = emoji_of(name)
            if emoji is None or (emoji not in emojis and len(emojis) == EMOJIS_LIMIT):
                self._report.add(Reason.EMOJI, source.place, f":{name}:", max(1, len(user_ids)))
                continue
            emojis.add(emoji)
            found |= {ReactionDraft(emoji, self._people.user(user_id)): None for user_id in user_ids}
            if (unlisted := number_of(reaction, "count") - len(user_ids)) > 0:
                self._report.add(Reason.REACTION, source.place, f":{name}:", unlisted)
        return list(found)


def _text(json: JsonObject) -> str:
    """Returns the text. Old messages about a file describe it, and have the text of the person in a comment."""
    comment = text_of(object_of(json, "comment"), "comment")
    if comment:
        return comment
    file = object_of(json, "file")
    if text_of(json, "subtype") in ("file_share", "file_mention") and file:
        return text_of(object_of(file, "initial_comment"), "comment")
    return text_of(json, "text")


def _pinned_at(source: Source) -> datetime | None:
    """Returns when the message was pinned, if it still is."""
    listed = source.conversation.pins.get(source.microseconds)
    if listed is not None:
        return time_of(listed)
    if source.conversation.id not in texts_of(source.json, "pinned_to"):
        return None
    pinned = number_of(object_of(source.json, "pinned_info"), "pinned_ts")
    return time_of(pinned * 1_000_000 or source.microseconds)
