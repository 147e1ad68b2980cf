"""Assembles the GraphQL schema from the types and the root fields."""

from collections.abc import Iterable
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.extensions import ValidationCache
from strawberry.federation.schema import FederationAny
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext, StreamResult
from strawberry.types import ExecutionContext
from strawberry.types.graphql import OperationType

from execution import BreadthFirstExecutor
from resolvers.account import AccountMutation, AccountQuery
from resolvers.agents import AgentsQuery
from resolvers.channels import ChannelsMutation, ChannelsQuery
from resolvers.members import MembersMutation
from resolvers.messages import MessagesMutation, MessagesQuery
from resolvers.sharing import SharingMutation, SharingQuery
from resolvers.viewer import ViewerMutation, ViewerQuery
from schema.context import Info
from schema.entities import ENTITIES
from schema.references import VERSION, resolve_references
from server.http.documents import DOCUMENTS, OneOperation, ParsedDocuments
from server.http.errors import CodedErrors
from subscriptions.channels import ChannelsSubscription
from subscriptions.context import StreamContext
from subscriptions.messages import MessagesSubscription
from subscriptions.people import PeopleSubscription


@strawberry.type(description="Reads. Every field returns only what the viewer may see.")
class Query(ViewerQuery, ChannelsQuery, MessagesQuery, AgentsQuery, SharingQuery, AccountQuery): ...


@strawberry.type(description="Writes. Expected failures are in the `userErrors` of each payload.")
class Mutation(
    ViewerMutation, ChannelsMutation, MembersMutation, MessagesMutation, SharingMutation, AccountMutation
): ...


@strawberry.type(description="Live events, over a WebSocket or as server-sent events.")
class Subscription(MessagesSubscription, ChannelsSubscription, PeopleSubscription): ...


class ChatSchema(strawberry.federation.Schema):
    """Gives each operation on a socket a context of its own: strawberry uses one for the whole life of the socket."""

    async def entities_resolver(  # type: ignore[override]  # strawberry accepts an awaitable
        self, info: Info, representations: list[FederationAny]
    ) -> list[FederationAny]:
        return await resolve_references(info, representations)  # type: ignore[arg-type, return-value]

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Logs nothing: CodedErrors logs unexpected errors, and strawberry's log would contain what clients sent."""

    async def stream(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        operation_extensions: dict[str, Any] | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
    ) -> StreamResult:
        assert isinstance(context_value, StreamContext)
        return await super().stream(
            query,
            variable_values,
            context_value.for_operation(),
            root_value,
            operation_name,
            operation_extensions,
            allowed_operation_types,
        )


def build_schema(executor: type[StrawberryGraphQLCoreExecutionContext]) -> ChatSchema:
    """Returns the schema, whose operations the executor executes. The server's is `schema`; the benchmarks compare it
    with strawberry's own executor."""
    return ChatSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=list(ENTITIES.values()),
        federation_version=VERSION,
        execution_context_class=executor,
        extensions=[
            CodedErrors,
            ParsedDocuments,
            lambda: ValidationCache(maxsize=DOCUMENTS),
            OneOperation,
        ],
        config=StrawberryConfig(auto_camel_case=True),
    )


schema = build_schema(BreadthFirstExecutor)
