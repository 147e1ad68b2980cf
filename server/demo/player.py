"""Plays the script through the chat's own operations, so that the demo is what people could have made themselves."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import assert_never
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from chat.drafts import Given, IconAvatar
from chat.identity import AgentToken, DirectoryToken
from chat.operations.authors import add_authors
from chat.operations.change_channel import ChannelChanges, archive_channel, update_channel
from chat.operations.change_messages import add_reaction, delete_message, edit_message
from chat.operations.create_channel import ChannelDraft, create_channel
from chat.operations.members import add_channel_members, change_member_role, join_channel, leave_channel
from chat.operations.open_direct_message import open_direct_message
from chat.operations.personal import MembershipChanges, update_membership
from chat.operations.reading import mark_all_read
from chat.operations.send_message import send_message
from chat.operations.settings import SettingsChanges, update_account_settings
from chat.operations.sync_directory import Directory, DirectoryAgent, DirectoryTeam, sync_directory
from chat.ports import Chat, Signal
from chat.sending import MessageDraft
from models.enums import ChannelKind
from server.demo.items import load_items
from server.demo.script import (
    Adds,
    Archives,
    Company,
    Departs,
    Joins,
    Keeps,
    Leaves,
    LetsPost,
    Looks,
    Promotes,
    Renames,
    Room,
    Says,
    Talk,
)
from server.demo.timeline import Cue, Deletes, Edits, Opens, Posts, Reacts, RoomAct
from sources.config import DEMO_SOURCES
from sources.registry import build_sources


class StoryClock:
    """Stands at the moment of the act that is being played."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment


class NobodyListens:
    """The demo is played before the server takes its first connection: there is nobody to wake."""

    def changed(self, account_id: str, change: int) -> None: ...

    def signal(self, signal: Signal) -> None: ...


class Player:
    """Plays one company's story, remembering the ids that its rooms and lines were given."""

    def __init__(self, sessions: async_sessionmaker[AsyncSession], company: Company, founded: datetime) -> None:
        self.company = company
        self.clock = StoryClock(founded)
        self.chat = Chat(sessions, self.clock, NobodyListens(), build_sources(DEMO_SOURCES, load_items()))
        self.rooms: dict[str, UUID] = {}
        self.lines: dict[Says, UUID] = {}
        self.mentions = _mentions(company)

    async def found(self) -> None:
        """The directory arrives, and the first agent turns the chat on."""
        await self._sync(departed=())
        on = SettingsChanges(chat_enabled=Given(True))  # noqa: FBT003
        await update_account_settings(self.chat, self._as(self.company.people[0].id), on)

    async def play(self, cues: Iterable[Cue]) -> None:
        for cue in cues:
            self.clock.moment = cue.moment
            match cue.act:
                case Looks(agent=agent):
                    await mark_all_read(self.chat, self._as(agent))
                case Departs(agent=agent):
                    await self._sync(departed=(agent,))
                case act:
                    assert cue.room is not None
                    await self._play_in(cue.room, act)

    async def _play_in(self, room: Room, act: RoomAct) -> None:
        chat, id = self.chat, self.rooms.get(room.name, UUID(int=0))
        match act:
            case Opens():
                self.rooms[room.name] = await self._open(room)
            case Posts(line, answered):
                await self._post(id, line, answered)
            case Reacts(line, emoji, agent):
                await add_reaction(chat, self._as(agent), self.lines[line], emoji)
            case Edits(line, text):
                await edit_message(chat, self._as(line.by), self.lines[line], self._written(text))
            case Deletes(line):
                await delete_message(chat, self._as(line.by), self.lines[line])
            case Joins(agent=agent):
                await join_channel(chat, self._as(agent), id)
            case Leaves(agent=agent):
                await leave_channel(chat, self._as(agent), id)
            case Adds(by=by, agents=agents):
                await add_channel_members(chat, self._as(by), id, agents)
            case Promotes(by=by, agent=agent, role=role):
                await change_member_role(chat, self._as(by), id, agent, role)
            case LetsPost(by=by, agents=agents):
                await add_authors(chat, self._as(by), id, agents)
            case Renames(by=by, name=name):
                await update_channel(chat, self._as(by), ChannelChanges(id, name=Given(name)))
            case Archives(by=by):
                await archive_channel(chat, self._as(by), id)
            case Keeps():
                await self._keep(id, act)
            case Talk():
                raise AssertionError("the timeline unfolds talks into posts")
            case _:
                assert_never(act)

    async def _open(self, room: Room) -> UUID:
        owner = self._as(room.owner)
        if room.kind == ChannelKind.DIRECT:
            (peer,) = room.members
            return await open_direct_message(self.chat, owner, peer)
        avatar = IconAvatar(room.icon, room.color)
        return await create_channel(
            self.chat, owner, ChannelDraft(room.kind, room.name, room.description, avatar, room.members)
        )

    async def _post(self, channel_id: UUID, line: Says, answered: Says | None) -> None:
        reply_to_id = self.lines[answered] if answered else None
        draft = MessageDraft(channel_id, self._written(line.text), reply_to_id, cards=line.shares)
        self.lines[line] = (await send_message(self.chat, self._as(line.by), draft)).message_id

    async def _keep(self, channel_id: UUID, keeps: Keeps) -> None:
        changes = MembershipChanges(
            channel_id,
            notification_level=Given(keeps.level),
            muted=Given(keeps.muted),
            favourite=Given(keeps.favourite),
            personal_note=Given(keeps.note),
        )
        await update_membership(self.chat, self._as(keeps.agent), changes)

    async def _sync(self, departed: tuple[str, ...]) -> None:
        agents = [
            DirectoryAgent(person.id, person.name, person.email, None, person.role, person.id not in departed)
            for person in self.company.people
        ]
        teams = [DirectoryTeam(name.lower(), name, agents) for name, agents in self.company.teams.items()]
        service = DirectoryToken(self.company.id, self._expiry())
        await sync_directory(self.chat, service, Directory(self.company.name, agents, teams))

    def _as(self, agent_id: str) -> AgentToken:
        return AgentToken(self.company.id, agent_id, self._expiry())

    def _expiry(self) -> datetime:
        return self.clock.moment + timedelta(hours=1)

    def _written(self, text: str) -> str:
        """Returns the text with its @Names as the platform writes mentions."""
        return re.sub(r"(?<!\w)@(\w+)", lambda name: self.mentions[name[1]], text)


def _mentions(company: Company) -> dict[str, str]:
    people = {person.name: f"[@{person.name}](mention://user/{person.id}/{person.name})" for person in company.people}
    teams = {name: f"[@{name}](mention://team/{name.lower()}/{name})" for name in company.teams}
    return people | teams | {"all": "[@all](mention://channel/all)"}
