"""Importing the export of a Slack workspace into an account."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from uuid import UUID

from chat.identity import Identity
from chat.ports import Chat
from models.enums import ChannelKind
from transfer.progress import Progress
from transfer.slack.agents import DirectoryPerson, assigned_agents, read_assignments, read_directory
from transfer.slack.archive import SlackArchive, opened_archive
from transfer.slack.batches import batches_of
from transfer.slack.channels import (
    ImportedChannel,
    NewChannel,
    create_channel,
    hand_over,
    import_identity,
    open_direct_message,
    read_active_members,
    read_channels,
    read_kept_since,
    read_names,
)
from transfer.slack.drafts import MessageDraft
from transfer.slack.export import Conversation, ConversationKind, team_of
from transfer.slack.fields import time_of
from transfer.slack.identifiers import Workspace, workspace_of
from transfer.slack.mention_rows import Audience
from transfer.slack.messages import MessageReader, Source, sources_of
from transfer.slack.people import People
from transfer.slack.placing import CHANNEL_KINDS, channel_name, directory_pair, new_channel
from transfer.slack.report import Reason, Report, written_report
from transfer.slack.search_index import index_imported
from transfer.slack.shared_files import FileReader
from transfer.slack.stored_files import store_files
from transfer.slack.workspace_references import KnownChannel, Links, PlainReferences, WorkspaceReferences
from transfer.slack.writing import present_messages, write_batch

SOURCES_AT_ONCE = 500
"""How many messages of the export are converted together."""


@dataclass(frozen=True)
class ImportRequest:
    zip_path: Path
    account_id: str
    agents_path: Path | None
    report_path: Path | None


@dataclass(frozen=True)
class _Target:
    """The channel that a conversation's messages are written to."""

    conversation: Conversation
    channel_id: UUID
    audience: Audience


async def import_slack(chat: Chat, links: Links, request: ImportRequest, progress: Progress) -> Report:
    """Imports what was not imported before, and returns what was done. Raises TransferFailed, FilesUnavailable."""
    identity = import_identity(request.account_id, chat.clock.now())
    with opened_archive(request.zip_path) as archive, written_report(request.report_path) as report:
        users = archive.users()
        directory = await read_directory(chat, identity)
        assignments = read_assignments(request.agents_path, directory)
        workspace = workspace_of(request.account_id, team_of(users))
        people = People(workspace, users, assigned_agents(users, assignments, directory, report), report)
        importer = _Importer(chat, identity, archive, workspace, people, directory, links, report, progress)
        await importer.run()
        await index_imported(chat, identity, progress, report.messages)
        return report


class _Importer:
    def __init__(
        self,
        chat: Chat,
        identity: Identity,
        archive: SlackArchive,
        workspace: Workspace,
        people: People,
        directory: dict[str, DirectoryPerson],
        links: Links,
        report: Report,
        progress: Progress,
    ) -> None:
        self._chat = chat
        self._identity = identity
        self._archive = archive
        self._workspace = workspace
        self._people = people
        self._active_agents = frozenset(agent.agent_id for agent in directory.values() if agent.active)
        self._report = report
        self._progress = progress
        self._channels = [each for kind in CHANNEL_KINDS for each in archive.conversations(kind)]
        self._direct_messages = archive.conversations(ConversationKind.DIRECT_MESSAGE)
        known = {each.id: KnownChannel(self._channel_id(each), each.name) for each in self._channels}
        self._references = WorkspaceReferences(workspace, people, known, links)
        plain = PlainReferences(workspace, people, known, links)
        files = FileReader(archive, chat.upload_limits.byte_size, report)
        self._reader = MessageReader(workspace, people, self._references, plain, files, report)

    async def run(self) -> None:
        conversations = [*self._channels, *self._direct_messages]
        byte_size = sum(day.byte_size for each in conversations for day in self._archive.days(each))
        self._progress.stage("Importing bytes of messages", byte_size)
        await self._import_channels()
        for conversation in self._direct_messages:
            await self._import_direct_message(conversation)

    async def _import_channels(self) -> None:
        names = await read_names(self._chat, self._identity)
        channel_ids = [self._channel_id(conversation) for conversation in self._channels]
        existing = await read_channels(self._chat, self._identity, channel_ids)
        for conversation in self._channels:
            before = existing.get(self._channel_id(conversation))
            if before is None or before.creator_id == self._people.importer.agent_id:
                await self._import_new_channel(conversation, names, is_begun=before is not None)
            else:
                await self._append_to_channel(conversation, before)

    async def _import_new_channel(self, conversation: Conversation, names: set[str], *, is_begun: bool) -> None:
        name = "" if is_begun else channel_name(conversation, self._people, names, self._report)
        channel = new_channel(self._workspace, conversation, name, self._people, self._references, self._report)
        if not is_begun:
            await create_channel(self._chat, self._identity, channel, self._people.importer)
        await self._import_messages(_Target(conversation, channel.channel_id, self._audience(channel)))
        await hand_over(self._chat, self._identity, channel, self._people.importer)
        self._report.channels += 1

    def _audience(self, channel: NewChannel) -> Audience:
        members = frozenset(channel.member_ids) & self._active_agents
        return Audience(members, self._active_agents if channel.kind == ChannelKind.PUBLIC else members)

    async def _append_to_channel(self, conversation: Conversation, channel: ImportedChannel) -> None:
        channel_id = self._channel_id(conversation)
        members = await read_active_members(self._chat, self._identity, channel_id)
        readers = self._active_agents if channel.kind == ChannelKind.PUBLIC else members
        await self._import_messages(_Target(conversation, channel_id, Audience(members, readers)))

    async def _import_direct_message(self, conversation: Conversation) -> None:
        days = self._archive.days(conversation)
        if not days:
            return
        pair = directory_pair(conversation, self._people)
        if pair is None:
            self._report.add(Reason.DIRECT_MESSAGE, conversation.id, ", ".join(conversation.member_ids))
            self._progress.advance(sum(day.byte_size for day in days))
            return
        created_at = time_of(conversation.created)
        wanted_id = self._channel_id(conversation)
        channel_id = await open_direct_message(self._chat, self._identity, wanted_id, pair, created_at)
        members = frozenset(pair) & self._active_agents
        await self._import_messages(_Target(conversation, channel_id, Audience(members, members)))

    async def _import_messages(self, target: _Target) -> None:
        kept_since = await read_kept_since(self._chat, self._identity, target.channel_id)
        remaining = self._kept(self._sources(target.conversation), kept_since)
        while sources := list(islice(remaining, SOURCES_AT_ONCE)):
            drafts = [draft for source in await self._new(sources) for draft in self._reader.drafts(source)]
            for batch in batches_of(drafts, len(target.audience.active_members)):
                await self._write(target, batch)

    def _sources(self, conversation: Conversation) -> Iterator[Source]:
        """Yields the conversation's messages in order. Only those of one day are in memory."""
        for day in self._archive.days(conversation):
            yield from sources_of(conversation, self._archive.messages(day), self._report)
            self._progress.advance(day.byte_size)

    def _kept(self, sources: Iterator[Source], since: datetime | None) -> Iterator[Source]:
        """Yields the messages that the channel keeps. The others would be removed at once."""
        for source in sources:
            if since is None or source.sent_at >= since:
                yield source
            else:
                self._report.add(Reason.EXPIRED, source.place)

    async def _new(self, sources: Sequence[Source]) -> Iterator[Source]:
        """Returns the messages that were not imported before."""
        ids = [self._workspace.message_id(source.conversation.id, source.microseconds) for source in sources]
        present = await present_messages(self._chat, self._identity, ids)
        self._report.present += len(present)
        return (source for source, id in zip(sources, ids, strict=True) if id not in present)

    async def _write(self, target: _Target, drafts: Sequence[MessageDraft]) -> None:
        stored = await store_files(self._chat, self._identity, drafts, self._report)
        written = await write_batch(self._chat, self._identity, target.channel_id, target.audience, stored)
        self._report.messages += written.messages
        self._report.files += written.files
        for reason, concerned in (
            (Reason.OLDER, written.older),
            (Reason.EVENT, written.unknown_pins),
            (Reason.NO_PARENT, written.without_parent),
            (Reason.PIN, written.without_pin),
        ):
            for draft in concerned:
                self._report.add(reason, draft.place)

    def _channel_id(self, conversation: Conversation) -> UUID:
        return self._workspace.channel_id(conversation.id, conversation.created)
