"""Assembles the GraphQL schema from the types and the root fields."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import ClassVar

import strawberry
from graphql import (
    GraphQLArgument,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
)
from graphql.pyutils import Undefined
from strawberry.federation.schema import FederationAny
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types.field import StrawberryField

from execution import BreadthFirstExecutor
from resolvers.account import AccountMutation, AccountQuery
from resolvers.agents import AgentsQuery
from resolvers.audit import AuditQuery
from resolvers.channels import ChannelsMutation, ChannelsQuery
from resolvers.forwards import ForwardsMutation
from resolvers.members import MembersMutation
from resolvers.messages import MessagesMutation, MessagesQuery
from resolvers.notifications import NotificationsMutation, NotificationsQuery
from resolvers.pins import PinsMutation
from resolvers.saved_messages import SavedMessagesMutation, SavedMessagesQuery
from resolvers.search import SearchQuery
from resolvers.sharing import SharingMutation, SharingQuery
from resolvers.uploads import UploadsMutation
from resolvers.viewer import ViewerMutation, ViewerQuery
from schema.context import RequestInfo
from schema.entities import ENTITIES
from schema.ids import refuse_inexact_ids
from schema.references import VERSION, resolve_references
from schema.texts import check_texts
from subscriptions.channels import ChannelsSubscription
from subscriptions.messages import MessagesSubscription
from subscriptions.notifications import NotificationsSubscription
from subscriptions.people import PeopleSubscription


@strawberry.type(
    description=(
        "Reads. Every field returns only what the viewer may see. If the viewer may not use the chat, a field is null"
        " and its error has a code. `chatViewer` and, for administrators, `chatAccountSettings` work nevertheless."
    )
)
class Query(
    ViewerQuery,
    ChannelsQuery,
    MessagesQuery,
    SearchQuery,
    SavedMessagesQuery,
    NotificationsQuery,
    AgentsQuery,
    AuditQuery,
    SharingQuery,
    AccountQuery,
): ...


@strawberry.type(description="Writes. Expected failures are in the `userErrors` of each payload.")
class Mutation(
    ViewerMutation,
    ChannelsMutation,
    MembersMutation,
    MessagesMutation,
    ForwardsMutation,
    PinsMutation,
    SavedMessagesMutation,
    NotificationsMutation,
    UploadsMutation,
    SharingMutation,
    AccountMutation,
): ...


@strawberry.type(description="Live events, over a WebSocket or as server-sent events.")
class Subscription(MessagesSubscription, ChannelsSubscription, NotificationsSubscription, PeopleSubscription): ...


DESCRIPTION = """\
The team chat of a customer-support platform. Agents write to each other in channels, direct messages and
announcements, and share the platform's items as cards.

The viewer is the agent whose token authenticates the request. `chatViewer` is their profile, `chatChannels` their
sidebar, and `chatChannel` one channel with its messages."""


class ChatSchema(strawberry.federation.Schema):
    """Resolves entities with our own resolver, which reads all representations together."""

    def as_str(self) -> str:
        """Returns the schema in SDL, with its description, which strawberry does not print."""
        definition = "\nschema @link("
        return super().as_str().replace(definition, f'\n"""\n{DESCRIPTION}\n"""{definition}', 1)

    async def entities_resolver(  # type: ignore[override]  # strawberry accepts an awaitable
        self, info: RequestInfo, representations: list[FederationAny]
    ) -> list[FederationAny]:
        return await resolve_references(info, representations)  # type: ignore[arg-type, return-value]


def build_schema(executor: type[StrawberryGraphQLCoreExecutionContext]) -> ChatSchema:
    """Returns the schema, whose operations the executor executes. The server uses `schema`. The benchmarks also build
    one with strawberry's own executor."""
    schema = ChatSchema(
        query=Query,
        mutation=Mutation,
        subscription=Subscription,
        types=list(ENTITIES.values()),
        federation_version=VERSION,
        execution_context_class=executor,
        config=StrawberryConfig(auto_camel_case=True),
    )
    _drop_null_defaults(schema._schema)
    schema._schema.description = DESCRIPTION
    return schema


def _drop_null_defaults(schema: GraphQLSchema) -> None:
    """Removes the default null, which strawberry gives every argument and input field that is None if it is omitted.
    Documentation would show it as the value that applies, although most have another meaning if omitted."""
    for type_ in schema.type_map.values():
        for given in _arguments_and_input_fields(type_):
            if given.default_value is None:
                given.default_value = Undefined


def _arguments_and_input_fields(type_: GraphQLNamedType) -> Iterator[GraphQLArgument | GraphQLInputField]:
    if isinstance(type_, GraphQLInputObjectType):
        yield from type_.fields.values()
    elif isinstance(type_, GraphQLObjectType | GraphQLInterfaceType):
        for field in type_.fields.values():
            yield from field.args.values()


class ChatExecutor(BreadthFirstExecutor):
    encoded_types: ClassVar[Mapping[str, type]] = {"DateTime": datetime}
    """orjson writes a `datetime` in the format of `DateTime`, in a fraction of the time."""

    max_objects: ClassVar[int] = 100_000
    """Five times the cost that operations may have by default. Lists can be longer than `@listSize` assumes: a system
    message can be about a thousand agents."""

    @staticmethod
    def check_arguments(field: StrawberryField, arguments: Mapping[str, object]) -> None:
        check_texts(field, arguments)


refuse_inexact_ids()
schema = build_schema(ChatExecutor)
