"""Plays the content through the chat's own operations, so the demo is a state that agents could have produced."""

from collections.abc import AsyncIterator, Iterable
from datetime import datetime, timedelta
from typing import TypeVar, assert_never
from uuid import UUID

from chat.directory import Directory, DirectoryAgent, DirectoryTeam
from chat.drafts import Given, IconAvatar
from chat.identity import AgentToken, DirectoryToken
from chat.operations.activations import apply_activations
from chat.operations.authors import add_authors
from chat.operations.change_channel import ChannelChanges, archive_channel, update_channel
from chat.operations.change_messages import add_reaction, delete_message, edit_message
from chat.operations.create_channel import ChannelDraft, create_channel
from chat.operations.create_upload import create_upload
from chat.operations.members import add_channel_members, change_member_role, join_channel, leave_channel
from chat.operations.open_direct_message import open_direct_message
from chat.operations.personal import MembershipChanges, update_membership
from chat.operations.reading import mark_all_read
from chat.operations.receive_upload import begin_reception, receive_upload
from chat.operations.send_message import send_message
from chat.operations.settings import SettingsChanges, update_account_settings
from chat.operations.sync_directory import write_directory
from chat.ports import CardSource, Chat, Files, Signal
from chat.sending import MessageDraft
from chat.uploads import UploadDraft
from models.database import Database
from models.enums import ChannelKind
from server.demo.account_format import DemoDirectory
from server.demo.channel_format import (
    AddAuthors,
    AddMembers,
    Archive,
    ChangeRole,
    ChangeSettings,
    ChannelEvent,
    DirectMessage,
    GroupChannel,
    Join,
    Leave,
    Message,
    Rename,
)
from server.demo.fields import MENTION
from server.demo.generated_files import MAKERS, ending
from server.demo.timeline import (
    AccountStep,
    AddReaction,
    ChannelStep,
    CreateChannel,
    Deactivate,
    DeleteMessage,
    EditMessage,
    MessageEvent,
    ReadEverything,
    SendMessage,
    Step,
)

Value = TypeVar("Value")


class SimulatedClock:
    """Shows the time of the step that is being played."""

    def __init__(self, time: datetime) -> None:
        self.time = time

    def now(self) -> datetime:
        return self.time


class NoWakeUps:
    """The demo is played before the server accepts connections, so there is no subscriber to wake."""

    def changed(self, account_id: str, change: int) -> None: ...

    def signal(self, signal: Signal) -> None: ...


class Player:
    """Plays one account, and keeps the ids that its channels and messages get."""

    def __init__(
        self,
        database: Database,
        directory: DemoDirectory,
        sources: CardSource,
        files: Files,
        founded: datetime,
    ) -> None:
        self._directory = directory
        self._clock = SimulatedClock(founded)
        self._chat = Chat(database, self._clock, NoWakeUps(), sources, files)
        self._channel_ids: dict[GroupChannel | DirectMessage, UUID] = {}
        self._deactivated: set[str] = set()
        self._message_ids: dict[Message, UUID] = {}
        self._mentions = _mentions(directory)

    async def found(self) -> None:
        """Syncs the directory, and turns the chat on as the administrator."""
        await self._sync()
        settings = SettingsChanges(chat_enabled=Given(True))  # noqa: FBT003
        await update_account_settings(self._chat, self._as(self._directory.administrator.id), settings)

    async def play(self, steps: Iterable[Step]) -> None:
        for step in steps:
            self._clock.time = step.time
            match step:
                case AccountStep(event=ReadEverything(agent)):
                    await mark_all_read(self._chat, self._as(agent.id))
                case AccountStep(event=Deactivate(agent)):
                    self._deactivated.add(agent.id)
                    await self._sync()
                case ChannelStep():
                    await self._play_in(step.channel, step.event)

    async def _play_in(
        self, channel: GroupChannel | DirectMessage, event: CreateChannel | MessageEvent | ChannelEvent
    ) -> None:
        if isinstance(event, CreateChannel):
            self._channel_ids[channel] = await self._create(channel)
            return
        chat, id = self._chat, self._channel_ids[channel]
        match event:
            case SendMessage(message, reply_to):
                await self._send(id, message, reply_to)
            case AddReaction(message, emoji, agent_id):
                await add_reaction(chat, self._as(agent_id), self._message_ids[message], emoji)
            case EditMessage(message, text):
                await edit_message(chat, self._as(message.by), self._message_ids[message], self._with_mentions(text))
            case DeleteMessage(message):
                await delete_message(chat, self._as(message.by), self._message_ids[message])
            case Join():
                await join_channel(chat, self._as(event.agent), id)
            case Leave():
                await leave_channel(chat, self._as(event.agent), id)
            case AddMembers():
                await add_channel_members(chat, self._as(event.by), id, event.agents)
            case AddAuthors():
                await add_authors(chat, self._as(event.by), id, event.agents)
            case ChangeRole():
                await change_member_role(chat, self._as(event.by), id, event.agent, event.role)
            case Rename():
                await update_channel(chat, self._as(event.by), ChannelChanges(id, name=Given(event.name)))
            case Archive():
                await archive_channel(chat, self._as(event.by), id)
            case ChangeSettings():
                await update_membership(chat, self._as(event.agent), _membership_changes(id, event))
            case _:
                assert_never(event)

    async def _create(self, channel: GroupChannel | DirectMessage) -> UUID:
        owner = self._as(channel.owner)
        if isinstance(channel, DirectMessage):
            return await open_direct_message(self._chat, owner, channel.peer)
        avatar = IconAvatar(channel.icon, channel.color)
        draft = ChannelDraft(ChannelKind(channel.kind), channel.name, channel.description, avatar, channel.members)
        return await create_channel(self._chat, owner, draft)

    async def _send(self, channel_id: UUID, message: Message, reply_to: Message | None) -> None:
        reply_to_id = self._message_ids[reply_to] if reply_to else None
        draft = MessageDraft(
            channel_id,
            self._with_mentions(message.text),
            reply_to_id,
            cards=message.cards,
            attachment_ids=tuple([await self._upload(message.by, name) for name in message.files]),
        )
        sent = await send_message(self._chat, self._as(message.by), draft)
        self._message_ids[message] = sent.message_id

    async def _upload(self, agent_id: str, name: str) -> UUID:
        content_type, make = MAKERS[ending(name)]
        content, uploader = make(name), self._as(agent_id)
        upload = await create_upload(self._chat, uploader, UploadDraft(name, content_type, len(content)))
        reception = await begin_reception(self._chat, uploader, upload.attachment_id, upload.byte_size)
        await receive_upload(self._chat, uploader, reception, _one_chunk(content))
        return upload.attachment_id

    async def _sync(self) -> None:
        agents = [
            DirectoryAgent(agent.id, agent.name, agent.email, None, agent.role, agent.id not in self._deactivated)
            for agent in self._directory.agents.values()
        ]
        teams = [DirectoryTeam(name.lower(), name, ids) for name, ids in self._directory.team_members().items()]
        token = DirectoryToken(self._directory.id, self._expiry())
        await write_directory(self._chat, token, Directory(self._directory.name, agents, teams))
        await apply_activations(self._chat, token)

    def _as(self, agent_id: str) -> AgentToken:
        return AgentToken(self._directory.id, agent_id, self._expiry())

    def _expiry(self) -> datetime:
        return self._clock.time + timedelta(hours=1)

    def _with_mentions(self, text: str) -> str:
        """Returns the text with each @Name as a mention in the platform's syntax."""
        return MENTION.sub(lambda name: self._mentions[name[1]], text)


async def _one_chunk(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _membership_changes(channel_id: UUID, settings: ChangeSettings) -> MembershipChanges:
    return MembershipChanges(
        channel_id,
        notification_level=_given(settings.notification_level),
        muted=_given(settings.muted),
        favourite=_given(settings.favourite),
        personal_note=_given(settings.personal_note),
    )


def _given(value: Value | None) -> Given[Value] | None:
    return None if value is None else Given(value)


def _mentions(directory: DemoDirectory) -> dict[str, str]:
    """Returns the platform's syntax of each mention by the name that the content uses."""
    agents = {
        agent.name: f"[@{agent.name}](mention://user/{agent.id}/{agent.name})" for agent in directory.agents.values()
    }
    teams = {name: f"[@{name}](mention://team/{name.lower()}/{name})" for name in directory.teams}
    return agents | teams | {"all": "[@all](mention://channel/all)"}
