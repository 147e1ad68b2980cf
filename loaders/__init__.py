"""The loaders of one request, or of one account's streams in this process between two changes.

Loaders cache their results, so they must not live longer: access is read once per request and again after each change.
If a result depends on the viewer, the key is (agent_id, id).
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from chat.access import Pair, Seat
from chat.cards import Answer
from chat.ports import CardSource
from chat.quiet_hours import QuietTimes
from execution import Loader
from loaders.agents import AgentListKey, load_agent_lists, load_agents, load_presences, load_statuses
from loaders.attachments import load_attachments
from loaders.audit import AuditKey, load_audit_pages
from loaders.batches import Batch, Key, Value, defaulting_loader, optional_loader
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
from loaders.forwards import load_forwards
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
    load_message_rows,
    load_messages,
    load_posts,
    load_reactions,
    load_reactors,
)
from loaders.notifications import (
    BellKey,
    Preferences,
    load_bells,
    load_notifications,
    load_preferences,
    load_quiet_times,
    load_unread_counts,
)
from loaders.pages import Page, empty_page
from loaders.pins import PinnedKey, load_pin_times, load_pinned
from loaders.readers import MessagePlace, ReadersKey, load_read_counts, load_readers
from loaders.saved_messages import SavedKey, load_saved, load_saved_lists
from loaders.search import FoundMessage, SearchKey, load_search_pages
from loaders.snippets import SnippetSource, snippets_loader
from loaders.viewers import ViewerSnapshot, load_channel_managers, load_viewers
from models.database import Database
from models.enums import PresenceStatus
from models.rows import (
    AgentRow,
    AttachmentRow,
    AuditRow,
    CardRow,
    ForwardRow,
    MemberRow,
    MessageRow,
    NotificationRow,
    StatusRow,
)


@dataclass(frozen=True)
class DataSources:
    """The sources that loaders read from."""

    database: Database
    cards: CardSource


class Loaders:
    """The loaders, all for one account. Each is made when it is used first: most requests use few of them."""

    def __init__(self, data: DataSources, account_id: str) -> None:
        self._data = data
        self._account_id = account_id

    @cached_property
    def answers(self) -> Loader[AnswerKey, Answer]:
        return answers_loader(self._data.cards, self._account_id)

    @cached_property
    def cards(self) -> Loader[UUID, list[CardRow]]:
        return self._defaulting(load_cards, list)

    @cached_property
    def attachments(self) -> Loader[UUID, list[AttachmentRow]]:
        return self._defaulting(load_attachments, list)

    @cached_property
    def shared_in(self) -> Loader[SharedInKey, Page[MessageRow]]:
        return self._defaulting(load_shared_in, empty_page)

    @cached_property
    def viewers(self) -> Loader[str, ViewerSnapshot | None]:
        return self._optional(load_viewers)

    @cached_property
    def channel_managers(self) -> Loader[str, bool]:
        return self._defaulting(load_channel_managers, bool)

    @cached_property
    def agents(self) -> Loader[str, AgentRow | None]:
        return self._optional(load_agents)

    @cached_property
    def presences(self) -> Loader[str, PresenceStatus]:
        return self._defaulting(load_presences, lambda: PresenceStatus.OFFLINE)

    @cached_property
    def statuses(self) -> Loader[str, StatusRow | None]:
        return self._optional(load_statuses)

    @cached_property
    def agent_lists(self) -> Loader[AgentListKey, Page[AgentRow]]:
        return self._defaulting(load_agent_lists, empty_page)

    @cached_property
    def seats(self) -> Loader[Pair, Seat | None]:
        return self._optional(load_seats)

    @cached_property
    def joined_channels(self) -> Loader[str, list[Seat]]:
        return self._defaulting(load_joined_channels, list)

    @cached_property
    def sidebars(self) -> Loader[SidebarKey, Page[Seat]]:
        return self._defaulting(load_sidebars, empty_page)

    @cached_property
    def discovery(self) -> Loader[NameListKey, Page[Seat]]:
        return self._defaulting(load_discovery, empty_page)

    @cached_property
    def manageable(self) -> Loader[NameListKey, Page[Seat]]:
        return self._defaulting(load_manageable, empty_page)

    @cached_property
    def destinations(self) -> Loader[NameListKey, Page[Seat | AgentRow]]:
        return self._defaulting(load_destinations, empty_page)

    @cached_property
    def active_members(self) -> Loader[UUID, list[str]]:
        return self._defaulting(load_active_members, list)

    @cached_property
    def members(self) -> Loader[MembersKey, Page[MemberRow]]:
        return self._defaulting(load_members, empty_page)

    @cached_property
    def authors(self) -> Loader[AuthorsKey, Page[str]]:
        return self._defaulting(load_authors, empty_page)

    @cached_property
    def notes(self) -> Loader[Pair, str | None]:
        return self._optional(load_notes)

    @cached_property
    def unread_mentions(self) -> Loader[Pair, int]:
        return self._defaulting(load_unread_mentions, int)

    @cached_property
    def messages(self) -> Loader[Pair, MessageRow | None]:
        return self._optional(load_messages)

    @cached_property
    def message_rows(self) -> Loader[UUID, MessageRow | None]:
        """Messages by id, for callers that have checked the reader's access to the channel."""
        return self._optional(load_message_rows)

    @cached_property
    def history(self) -> Loader[SeqRange, list[MessageRow]]:
        return self._defaulting(load_history, list)

    @cached_property
    def posts(self) -> Loader[PostKey, MessageRow | None]:
        return self._optional(load_posts)

    @cached_property
    def reactions(self) -> Loader[Pair, list[ReactionCount]]:
        return self._defaulting(load_reactions, list)

    @cached_property
    def reactors(self) -> Loader[ReactorsKey, Page[str]]:
        return self._defaulting(load_reactors, empty_page)

    @cached_property
    def pin_times(self) -> Loader[UUID, datetime | None]:
        return self._optional(load_pin_times)

    @cached_property
    def pinned(self) -> Loader[PinnedKey, Page[MessageRow]]:
        return self._defaulting(load_pinned, empty_page)

    @cached_property
    def forwards(self) -> Loader[UUID, ForwardRow | None]:
        """What messages quote, for callers that have checked the reader's access to the messages."""
        return self._optional(load_forwards)

    @cached_property
    def read_counts(self) -> Loader[MessagePlace, int]:
        return self._defaulting(load_read_counts, int)

    @cached_property
    def readers(self) -> Loader[ReadersKey, Page[str]]:
        return self._defaulting(load_readers, empty_page)

    @cached_property
    def saved(self) -> Loader[Pair, bool]:
        """Whether the agent has saved the message."""
        return self._defaulting(load_saved, bool)

    @cached_property
    def saved_lists(self) -> Loader[SavedKey, Page[MessageRow]]:
        return self._defaulting(load_saved_lists, empty_page)

    @cached_property
    def mentions(self) -> Loader[UUID, list[MentionWithAgent]]:
        return self._defaulting(load_mentions, list)

    @cached_property
    def audit_pages(self) -> Loader[AuditKey, Page[AuditRow]]:
        return self._defaulting(load_audit_pages, empty_page)

    @cached_property
    def searches(self) -> Loader[SearchKey, Page[FoundMessage]]:
        return self._defaulting(load_search_pages, empty_page)

    @cached_property
    def snippets(self) -> Loader[SnippetSource, str]:
        return snippets_loader()

    @cached_property
    def bells(self) -> Loader[BellKey, Page[NotificationRow]]:
        return self._defaulting(load_bells, empty_page)

    @cached_property
    def notifications(self) -> Loader[Pair, NotificationRow | None]:
        return self._optional(load_notifications)

    @cached_property
    def unread_counts(self) -> Loader[str, int]:
        """How many unread notifications the bell of each agent shows."""
        return self._defaulting(load_unread_counts, int)

    @cached_property
    def preferences(self) -> Loader[str, Preferences]:
        return self._defaulting(load_preferences, dict)

    @cached_property
    def quiet_times(self) -> Loader[str, QuietTimes]:
        return self._defaulting(load_quiet_times, lambda: QuietTimes(None, None))

    def cancel_reads(self) -> None:
        """Cancels the reads that are running, and so their statements. Only for the loaders of one request."""
        for loader in vars(self).values():
            if isinstance(loader, Loader):
                loader.cancel_reads()

    def _optional(self, batch: Batch[Key, Value]) -> Loader[Key, Value | None]:
        return optional_loader(self._data.database, self._account_id, batch)

    def _defaulting(self, batch: Batch[Key, Value], missing: Callable[[], Value]) -> Loader[Key, Value]:
        return defaulting_loader(self._data.database, self._account_id, batch, missing)
