"""The root field of the audit log."""

from datetime import datetime
from uuid import UUID

import strawberry

from chat.naming import is_storable
from execution import root_field
from loaders.audit import AuditFilter
from loaders.pages import PAGE_DEFAULT, empty_page, page_request
from schema.audit import AuditAgent, AuditChannel, AuditConnection, entries_for
from schema.connections import After, First
from schema.context import RequestInfo
from schema.costs import PAGE
from schema.ids import Prefix, parse_id


@strawberry.type
class AuditQuery:
    @root_field(
        description=(
            "For account administrators: who changed channels, members, roles, authors and settings, and who deleted"
            " messages, newest first. Direct messages are never in it. Empty for everyone else."
        ),
        directives=PAGE,
    )
    async def chat_audit_log(
        self,
        info: RequestInfo,
        first: First = PAGE_DEFAULT,
        after: After = None,
        agent_id: AuditAgent = None,
        channel_id: AuditChannel = None,
    ) -> AuditConnection | None:
        viewer = await info.context.viewer()
        request = page_request("audit", first, after, datetime, UUID)
        wanted = _filter(agent_id, channel_id)
        if wanted is None or not viewer.is_administrator:
            return entries_for(viewer, empty_page())
        return entries_for(viewer, await info.context.loaders.audit_pages.load((wanted, request)))


def _filter(agent_id: str | None, channel_id: str | None) -> AuditFilter | None:
    """Returns None if there can be no entry, because an id cannot exist."""
    channel = parse_id(Prefix.CHANNEL, channel_id) if channel_id is not None else None
    if (channel_id is not None and channel is None) or (agent_id is not None and not is_storable(agent_id)):
        return None
    return AuditFilter(agent_id, channel)
