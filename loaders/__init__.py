"""The loaders of one request, or of one account's streams in this process between two changes.

Loaders cache their results, so they must not live longer: access is read once per request and again after each change.
If a result depends on the viewer, the key is (agent_id, id).
"""

from dataclasses import dataclass
from uuid import UUID

from chat.access import Pair, Seat
from chat.cards import Answer
from chat.ports import CardSource
from execution import Loader
from loaders.agents import AgentListKey, load_agent_lists, load_agents, load_presences
from loaders.batches import defaulting_loader, optional_loader
from loaders.cards import AnswerKey, SharedInKey, answers_loader, load_cards, load_shared_in
from loaders.channels import (
    NameListKey,
    SidebarKey,
    load_discovery,
    load_joined_channels,
    load_manageable,
    load_seats,
    load_sidebars,
)
from loaders.destinations import load_destinations
from loaders.members import (
    AuthorsKey,
    MembersKey,
    load_active_members,
    load_authors,
    load_members,
    load_notes,
    load_unread_mentions,
)
from loaders.messages import (
    MentionWithAgent,
    PostKey,
    ReactionCount,
    ReactorsKey,
    SeqRange,
    load_history,
    load_mentions,
    load_messages,
    load_posts,
    load_reactions,
    load_reactors,
)
from loaders.pages import Page, empty_page
from loaders.viewers import ViewerSnapshot, load_channel_managers, load_viewers
from models.database import Database
from models.enums import PresenceStatus
from models.rows import AgentRow, CardRow, MemberRow, MessageRow


@dataclass(frozen=True)
class DataSources:
    """The sources that loaders read from."""

    database: Database
    cards: CardSource


class Loaders:
    """The loaders, all for one account."""

    answers: Loader[AnswerKey, Answer]
    cards: Loader[UUID, list[CardRow]]
    shared_in: Loader[SharedInKey, Page[MessageRow]]
    viewers: Loader[str, ViewerSnapshot | None]
    channel_managers: Loader[str, bool]
    agents: Loader[str, AgentRow | None]
    presences: Loader[str, PresenceStatus]
    agent_lists: Loader[AgentListKey, Page[AgentRow]]
    seats: Loader[Pair, Seat | None]
    joined_channels: Loader[str, list[Seat]]
    sidebars: Loader[SidebarKey, Page[Seat]]
    discovery: Loader[NameListKey, Page[Seat]]
    manageable: Loader[NameListKey, Page[Seat]]
    destinations: Loader[NameListKey, Page[Seat | AgentRow]]
    active_members: Loader[UUID, list[str]]
    members: Loader[MembersKey, Page[MemberRow]]
    authors: Loader[AuthorsKey, Page[str]]
    notes: Loader[Pair, str | None]
    unread_mentions: Loader[Pair, int]
    messages: Loader[Pair, MessageRow | None]
    history: Loader[SeqRange, list[MessageRow]]
    posts: Loader[PostKey, MessageRow | None]
    reactions: Loader[Pair, list[ReactionCount]]
    reactors: Loader[ReactorsKey, Page[str]]
    mentions: Loader[UUID, list[MentionWithAgent]]

    def __init__(self, data: DataSources, account_id: str) -> None:
        database = data.database
        self.answers = answers_loader(data.cards, account_id)
        self.cards = defaulting_loader(database, account_id, load_cards, list)
        self.shared_in = defaulting_loader(database, account_id, load_shared_in, empty_page)
        self.viewers = optional_loader(database, account_id, load_viewers)
        self.channel_managers = defaulting_loader(database, account_id, load_channel_managers, bool)
        self.agents = optional_loader(database, account_id, load_agents)
        self.presences = defaulting_loader(database, account_id, load_presences, lambda: PresenceStatus.OFFLINE)
        self.agent_lists = defaulting_loader(database, account_id, load_agent_lists, empty_page)
        self.seats = optional_loader(database, account_id, load_seats)
        self.joined_channels = defaulting_loader(database, account_id, load_joined_channels, list)
        self.sidebars = defaulting_loader(database, account_id, load_sidebars, empty_page)
        self.discovery = defaulting_loader(database, account_id, load_discovery, empty_page)
        self.manageable = defaulting_loader(database, account_id, load_manageable, empty_page)
        self.destinations = defaulting_loader(database, account_id, load_destinations, empty_page)
        self.active_members = defaulting_loader(database, account_id, load_active_members, list)
        self.members = defaulting_loader(database, account_id, load_members, empty_page)
        self.authors = defaulting_loader(database, account_id, load_authors, empty_page)
        self.notes = optional_loader(database, account_id, load_notes)
        self.unread_mentions = defaulting_loader(database, account_id, load_unread_mentions, int)
        self.messages = optional_loader(database, account_id, load_messages)
        self.history = defaulting_loader(database, account_id, load_history, list)
        self.posts = optional_loader(database, account_id, load_posts)
        self.reactions = defaulting_loader(database, account_id, load_reactions, list)
        self.reactors = defaulting_loader(database, account_id, load_reactors, empty_page)
        self.mentions = defaulting_loader(database, account_id, load_mentions, list)
