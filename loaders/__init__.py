"""The loaders of one request, or of one account's streams in this process between two changes.

Loaders cache their results, so they must not live longer: access is read once per request and again after each change.
If a result depends on the viewer, the key is (agent_id, id).
"""

from dataclasses import dataclass
from uuid import UUID

from strawberry.dataloader import DataLoader

from chat.access import Pair, Seat
from chat.cards import Answer
from chat.ports import CardSource
from loaders.agents import load_agents, load_presences
from loaders.batches import Sessions, defaulting_loader, optional_loader
from loaders.cards import AnswerKey, AnswersLoader, SharedInKey, load_cards, load_shared_in
from loaders.channels import load_seats
from loaders.members import (
    AuthorsKey,
    MembersKey,
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
from loaders.reads import Reads
from loaders.viewers import ViewerSnapshot, load_channel_managers, load_viewers
from models import Agent, Author, Card, Member, Message
from models.enums import PresenceStatus


@dataclass(frozen=True)
class DataSources:
    """The sources that loaders read from. The sessions run each statement on its own, without a transaction."""

    sessions: Sessions
    cards: CardSource


class Loaders:
    """The loaders, all for one account."""

    answers: DataLoader[AnswerKey, Answer]
    cards: DataLoader[UUID, list[Card]]
    shared_in: DataLoader[SharedInKey, Page[Message]]
    viewers: DataLoader[str, ViewerSnapshot | None]
    channel_managers: DataLoader[str, bool]
    agents: DataLoader[str, Agent | None]
    presences: DataLoader[str, PresenceStatus]
    seats: DataLoader[Pair, Seat | None]
    members: DataLoader[MembersKey, Page[Member]]
    authors: DataLoader[AuthorsKey, Page[Author]]
    notes: DataLoader[Pair, str | None]
    unread_mentions: DataLoader[Pair, int]
    messages: DataLoader[Pair, Message | None]
    history: DataLoader[SeqRange, list[Message]]
    posts: DataLoader[PostKey, Message | None]
    reactions: DataLoader[Pair, list[ReactionCount]]
    reactors: DataLoader[ReactorsKey, Page[str]]
    mentions: DataLoader[UUID, list[MentionWithAgent]]

    def __init__(self, data: DataSources, account_id: str) -> None:
        reads = Reads(data.sessions)
        sessions = reads.session
        self.answers = AnswersLoader(data.cards, account_id, reads)
        self.cards = defaulting_loader(sessions, account_id, load_cards, list)
        self.shared_in = defaulting_loader(sessions, account_id, load_shared_in, empty_page)
        self.viewers = optional_loader(sessions, account_id, load_viewers)
        self.channel_managers = defaulting_loader(sessions, account_id, load_channel_managers, bool)
        self.agents = optional_loader(sessions, account_id, load_agents)
        self.presences = defaulting_loader(sessions, account_id, load_presences, lambda: PresenceStatus.OFFLINE)
        self.seats = optional_loader(sessions, account_id, load_seats)
        self.members = defaulting_loader(sessions, account_id, load_members, empty_page)
        self.authors = defaulting_loader(sessions, account_id, load_authors, empty_page)
        self.notes = optional_loader(sessions, account_id, load_notes)
        self.unread_mentions = defaulting_loader(sessions, account_id, load_unread_mentions, int)
        self.messages = optional_loader(sessions, account_id, load_messages)
        self.history = defaulting_loader(sessions, account_id, load_history, list)
        self.posts = optional_loader(sessions, account_id, load_posts)
        self.reactions = defaulting_loader(sessions, account_id, load_reactions, list)
        self.reactors = defaulting_loader(sessions, account_id, load_reactors, empty_page)
        self.mentions = defaulting_loader(sessions, account_id, load_mentions, list)
