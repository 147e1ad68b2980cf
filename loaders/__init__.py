"""The loaders of one request, or of all of an account's streams in the process between two changes.

They remember what they read, so they must not outlive it: access is asked once per request and after each change. Keys
whose answer depends on who asks are (agent_id, id).
"""

from dataclasses import dataclass
from uuid import UUID

from strawberry.dataloader import DataLoader

from chat.access import Pair, Seat
from chat.cards import Answer
from chat.ports import CardSource
from loaders.agents import load_agents, load_presences
from loaders.batches import Sessions, found_or, found_or_none
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
    MentionShown,
    PostKey,
    ReactionTally,
    ReactorsKey,
    SeqRange,
    load_history,
    load_mentions,
    load_messages,
    load_posts,
    load_reactions,
    load_reactors,
)
from loaders.pages import Slice, empty_slice
from loaders.reads import Reads
from loaders.viewers import Standing, load_channel_managers, load_standings
from models import Agent, Author, Card, Member, Message
from models.enums import PresenceStatus


@dataclass(frozen=True)
class Reading:
    """What loaders read from. Of `sessions` each statement stands by itself, without a transaction."""

    sessions: Sessions
    cards: CardSource


class Loaders:
    """All of one account."""

    answers: DataLoader[AnswerKey, Answer]
    cards: DataLoader[UUID, list[Card]]
    shared_in: DataLoader[SharedInKey, Slice[Message]]
    standings: DataLoader[str, Standing | None]
    channel_managers: DataLoader[str, bool]
    agents: DataLoader[str, Agent | None]
    presences: DataLoader[str, PresenceStatus]
    seats: DataLoader[Pair, Seat | None]
    members: DataLoader[MembersKey, Slice[Member]]
    authors: DataLoader[AuthorsKey, Slice[Author]]
    notes: DataLoader[Pair, str | None]
    unread_mentions: DataLoader[Pair, int]
    messages: DataLoader[Pair, Message | None]
    history: DataLoader[SeqRange, list[Message]]
    posts: DataLoader[PostKey, Message | None]
    reactions: DataLoader[Pair, list[ReactionTally]]
    reactors: DataLoader[ReactorsKey, Slice[str]]
    mentions: DataLoader[UUID, list[MentionShown]]

    def __init__(self, reading: Reading, account_id: str) -> None:
        reads = Reads(reading.sessions)
        sessions = reads.session
        self.answers = AnswersLoader(reading.cards, account_id, reads)
        self.cards = found_or(sessions, account_id, load_cards, list)
        self.shared_in = found_or(sessions, account_id, load_shared_in, empty_slice)
        self.standings = found_or_none(sessions, account_id, load_standings)
        self.channel_managers = found_or(sessions, account_id, load_channel_managers, bool)
        self.agents = found_or_none(sessions, account_id, load_agents)
        self.presences = found_or(sessions, account_id, load_presences, lambda: PresenceStatus.OFFLINE)
        self.seats = found_or_none(sessions, account_id, load_seats)
        self.members = found_or(sessions, account_id, load_members, empty_slice)
        self.authors = found_or(sessions, account_id, load_authors, empty_slice)
        self.notes = found_or_none(sessions, account_id, load_notes)
        self.unread_mentions = found_or(sessions, account_id, load_unread_mentions, int)
        self.messages = found_or_none(sessions, account_id, load_messages)
        self.history = found_or(sessions, account_id, load_history, list)
        self.posts = found_or_none(sessions, account_id, load_posts)
        self.reactions = found_or(sessions, account_id, load_reactions, list)
        self.reactors = found_or(sessions, account_id, load_reactors, empty_slice)
        self.mentions = found_or(sessions, account_id, load_mentions, list)
