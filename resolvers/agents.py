"""The root field chatAgents."""

from typing import Annotated

import strawberry

from execution import root_field
from loaders.pages import PAGE_DEFAULT, page_request
from schema.agents import Agent
from schema.connections import After, Connection, First, connect
from schema.context import RequestInfo
from schema.costs import PAGE
from schema.texts import query_argument


@strawberry.type
class AgentsQuery:
    @root_field(description="The agents of the account, ordered by name, including deactivated ones.", directives=PAGE)
    async def chat_agents(
        self,
        info: RequestInfo,
        query: Annotated[str | None, query_argument("Only agents whose name contains this.")] = None,
        first: First = PAGE_DEFAULT,
        after: After = None,
    ) -> Connection[Agent] | None:
        await info.context.viewer()
        request = page_request("agents", first, after, str, str)
        found = await info.context.loaders.agent_lists.load((query, request))
        return connect(found, lambda row: Agent(row=row))
