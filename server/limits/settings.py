"""The limits on what one client may send and cause: part of the settings. docs/limits.md describes them for clients."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings

Count = Annotated[int, Field(ge=1)]
Bytes = Annotated[int, Field(ge=1_000)]
Tokens = Annotated[int, Field(ge=100)]
Seconds = Annotated[float, Field(ge=1, le=300)]
PerSecond = Annotated[float, Field(ge=0.1)]


class LimitSettings(BaseSettings):
    request_bytes: Bytes = Field(
        256_000, description="The maximum size of a request's body, and of a message on a socket, in bytes."
    )
    directory_request_bytes: Bytes = Field(
        4_000_000, description="The same as CHAT_REQUEST_BYTES, for HTTP requests with the scope `directory`."
    )
    document_bytes: Bytes = Field(64_000, description="The maximum size of a GraphQL document, in bytes of UTF-8.")
    document_tokens: Tokens = Field(10_000, description="The maximum number of tokens of a GraphQL document.")
    anonymous_document_bytes: Bytes = Field(
        16_000, description="The same as CHAT_DOCUMENT_BYTES, for requests without a valid token."
    )
    anonymous_document_tokens: Tokens = Field(
        2_000, description="The same as CHAT_DOCUMENT_TOKENS, for requests without a valid token."
    )
    document_depth: Count = Field(15, description="How deep the fields of a GraphQL document may be nested.")
    document_aliases: Count = Field(
        50, description="The maximum number of aliases and repeated fields of an operation, its fragments included."
    )
    document_directives: Count = Field(
        50, description="The maximum number of directives of an operation, its fragments included."
    )
    operation_cost: Count = Field(
        20_000, description="The maximum cost of an operation: how many objects it can return."
    )
    query_seconds: Annotated[float, Field(ge=0.1, le=300)] = Field(
        10.0, description="A query that runs for so many seconds is ended."
    )
    operations_per_second: PerSecond = Field(
        50.0, description="How many operations an agent can start per second, over HTTP and sockets."
    )
    operations_burst: Count = Field(200, description="How many operations an agent can start at once.")
    anonymous_operations_per_second: PerSecond = Field(
        10.0, description="The same as CHAT_OPERATIONS_PER_SECOND, per address, for clients without a valid token."
    )
    anonymous_operations_burst: Count = Field(
        100, description="The same as CHAT_OPERATIONS_BURST, per address, for clients without a valid token."
    )
    requests_per_agent: Count = Field(
        10, description="How many HTTP requests of an agent the process answers at a time."
    )
    sockets_per_agent: Count = Field(
        20, description="The maximum number of sockets and event streams of an agent in the process."
    )
    sockets_per_account: Count = Field(
        20_000, description="The maximum number of sockets and event streams of an account in the process."
    )
    operations_per_socket: Count = Field(100, description="The maximum number of operations that run on a socket.")
    send_seconds: Seconds = Field(20.0, description="A client that reads nothing for so many seconds is disconnected.")
    head_seconds: Seconds = Field(
        10.0, description="The number of seconds within which the head of a request must arrive."
    )
    sign_in_seconds: Seconds = Field(
        5.0, description="The number of seconds after which a socket that has not signed in is closed."
    )
    unauthenticated_sockets: Count = Field(
        200, description="The maximum number of sockets of the process that have not signed in."
    )
    unauthenticated_sockets_per_address: Count = Field(
        10, description="The maximum number of sockets of one client address that have not signed in."
    )
