"""The root fields of sharing the platform's items."""

from dataclasses import dataclass
from typing import Annotated
from uuid import NAMESPACE_OID, UUID, uuid5

import strawberry

from chat.access import Seat
from chat.cards import Answer, CardAccess, ItemRef, can_be_item_id
from chat.errors import Refused
from chat.naming import is_storable
from chat.operations.destinations import ToAgent
from chat.operations.share_item import ShareDraft, share_item
from chat.policies import allowed, check_post
from chat.viewer import Viewer
from execution import root_field
from loaders.pages import PAGE_DEFAULT, page_request
from models.rows import AgentRow
from resolvers.drafts import destination
from resolvers.mutation import mutation
from schema.agents import Agent
from schema.cards import SharedCard, SharedEntityRefInput
from schema.channels import Channel
from schema.connections import After, Connection, First, connect
from schema.context import RequestInfo
from schema.costs import PAGE, cost
from schema.messages import message_of
from schema.payloads import ShareToChatPayload
from schema.sharing import ShareDestination, ShareDestinationRefInput, SharePreview, ShareToChatInput
from schema.texts import query_argument

PREVIEW_LIMIT = 100
"""In channels with more members, access is not counted, so that a preview is one call of bounded size."""


@strawberry.type
class SharingQuery:
    @root_field(
        description=(
            "Where the viewer can share an item: the channels that they can post in and the active agents, ordered by"
            " name. The field `name` is nullable in ChatChannel but not in ChatAgent: use an alias for one of them."
        ),
        directives=PAGE,
    )
    async def share_destinations(
        self,
        info: RequestInfo,
        query: Annotated[str | None, query_argument("Only destinations whose name contains this.")] = None,
        first: First = PAGE_DEFAULT,
        after: After = None,
    ) -> Connection[ShareDestination] | None:
        viewer = await info.context.viewer()
        request = page_request("destinations", first, after, str, str, str)
        found = await info.context.loaders.destinations.load((viewer.agent_id, query, request))
        return connect(found, lambda destination: _destination(viewer, destination))

    @root_field(
        description=(
            "The card as the viewer sees it, and how many members of the destination could see the item. Null if the"
            " viewer cannot post there."
        ),
        directives=cost(PREVIEW_LIMIT),
    )
    async def share_preview(
        self,
        info: RequestInfo,
        entity: Annotated[SharedEntityRefInput, strawberry.argument(description="The item.")],
        destination: Annotated[ShareDestinationRefInput, strawberry.argument(description="The destination.")],
    ) -> SharePreview | None:
        viewer = await info.context.viewer()
        ref = entity.ref()
        if not can_be_item_id(ref.item_id):
            return None
        readers = await _readers(info, viewer, destination)
        if readers is None:
            return None
        answers = await _answers(info, [viewer.agent_id, *(readers.agent_ids or ())], ref)
        return SharePreview(
            card=SharedCard(
                card_id=_preview_id(ref), ref=ref, sharer_id=viewer.agent_id, shared_texts=None, reader=viewer
            ),
            members_with_access=_count(answers, readers.agent_ids, viewer.agent_id),
            member_count=readers.member_count,
        )


def _preview_id(ref: ItemRef) -> UUID:
    """Returns the id of a card that is not stored. It is the same each time, so that caches of clients keep the card's
    fields together."""
    return uuid5(NAMESPACE_OID, f"{ref.kind} {ref.item_id}")


@strawberry.type
class SharingMutation:
    @mutation(ShareToChatPayload, "Shares an item as a card, in a channel or in a direct message.")
    async def share_to_chat(self, info: RequestInfo, input: ShareToChatInput) -> ShareToChatPayload:
        draft = ShareDraft(input.entity.ref(), destination(input.destination), input.body, input.client_key)
        return ShareToChatPayload(
            message=await message_of(info.context, await share_item(info.context.chat, info.context.token, draft))
        )


@dataclass(frozen=True)
class _Readers:
    """The members of a destination. `agent_ids` is None if there are too many to check their access."""

    member_count: int
    agent_ids: list[str] | None


def _destination(viewer: Viewer, found: Seat | AgentRow) -> Channel | Agent:
    return Channel(seat=found, reader=viewer) if isinstance(found, Seat) else Agent(row=found)


async def _readers(info: RequestInfo, viewer: Viewer, ref: ShareDestinationRefInput) -> _Readers | None:
    """Returns None if the viewer cannot post there."""
    try:
        to = destination(ref)
    except Refused:
        return None
    if isinstance(to, ToAgent):
        peer = await info.context.loaders.agents.load(to.agent_id) if is_storable(to.agent_id) else None
        if peer is None or not peer.active or peer.agent_id == viewer.agent_id:
            return None
        return _Readers(2, [viewer.agent_id, peer.agent_id])
    seat = await info.context.loaders.seats.load((viewer.agent_id, to.channel_id))
    if seat is None or not allowed(check_post, seat):
        return None
    if seat.channel.member_count > PREVIEW_LIMIT:
        return _Readers(seat.channel.member_count, None)
    member_ids = await info.context.loaders.active_members.load(to.channel_id)
    return _Readers(seat.channel.member_count, member_ids)


async def _answers(info: RequestInfo, agent_ids: list[str], ref: ItemRef) -> dict[str, Answer]:
    distinct = list(dict.fromkeys(agent_ids))
    answers = await info.context.loaders.answers.load_many([(agent_id, ref) for agent_id in distinct])
    return dict(zip(distinct, answers, strict=True))


def _count(answers: dict[str, Answer], agent_ids: list[str] | None, viewer_id: str) -> int | None:
    """Returns None also if the module did not answer for every member: a missing answer does not mean no access."""
    accesses = [answers[agent_id].access for agent_id in agent_ids or ()]
    if agent_ids is None or answers[viewer_id].access != CardAccess.GRANTED or CardAccess.UNAVAILABLE in accesses:
        return None
    return accesses.count(CardAccess.GRANTED)
