"""The root field searchChatMessages."""

from typing import Annotated
from uuid import UUID

import strawberry

from chat.search_query import UNITS_LIMIT, parse_query
from execution import root_field
from loaders.pages import PAGE_DEFAULT, empty_page, page_request
from loaders.search import NO_FILTER
from schema.connections import After, First
from schema.context import RequestInfo
from schema.costs import PAGE, cost
from schema.search import MessageSearchConnection, MessageSearchFilter, results_for, search_filter
from schema.texts import query_argument

SEARCH_COST = 100
"""A search reads more than it returns."""

Query = Annotated[
    str | None,
    query_argument(
        "The words to find, all of them, in any order. Case and accents do not matter. The last word also finds words"
        ' that begin with it. Words in "quotation marks" must follow one another. In scripts without spaces, such as'
        f" Chinese, any characters can be searched for, and so can emojis. At most {UNITS_LIMIT} words or such"
        " characters."
    ),
]


@strawberry.type
class SearchQuery:
    @root_field(
        description=(
            "Messages that the viewer can read now, newest first, also in public channels that they have not joined."
            " System messages, deleted messages and the texts of cards are not searched. Without a query, all messages"
            " that the filter selects. Empty without both, and for a query without a letter, digit or emoji. A page can"
            " have fewer messages than `first`, or none, although there are more: go on while `hasNextPage` is true."
        ),
        directives=(*PAGE, *cost(SEARCH_COST)),
    )
    async def search_chat_messages(
        self,
        info: RequestInfo,
        query: Query = None,
        filter: Annotated[
            MessageSearchFilter | None,
            strawberry.argument(description="Which messages to search. All conditions must be met."),
        ] = None,
        first: First = PAGE_DEFAULT,
        after: After = None,
    ) -> MessageSearchConnection | None:
        viewer = await info.context.viewer()
        request = page_request("search", first, after, int, UUID)
        text = (query or "").strip()
        parts = parse_query(text)
        selected = search_filter(filter) if filter is not None else NO_FILTER
        finds_nothing = not parts if text else selected == NO_FILTER
        if selected is None or finds_nothing:
            return results_for(viewer, empty_page())
        return results_for(
            viewer, await info.context.loaders.searches.load((viewer.agent_id, parts, selected, request))
        )
