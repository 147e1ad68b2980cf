"""The clients of the live benchmark: how they subscribe to each server, and how a message is sent through it."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import httpx

from benchmarks.environment import Client, Environment
from benchmarks.history import MESSAGE
from benchmarks.layouts import Layout
from benchmarks.subscribers import StreamClient, message_body, renumber
from chat.positions import encode_position
from server.identity.tokens import issue_token

ITEM_ID = "77"

STREAM = f"""
subscription Live($channelId: ID!, $since: String) {{
  chatMessageAdded(channelId: $channelId, since: $since) {{ message {{ ...MessageFields }} alert position }}
}}
{MESSAGE}
"""

STREAM_WITH_CARDS = f"""
subscription Live($channelId: ID!, $since: String) {{
  chatMessageAdded(channelId: $channelId, since: $since) {{
    message {{
      ...MessageFields
      cards {{
        id kind access title summary icon url
        entity {{ __typename ... on Deal {{ id card {{ stage amount currency }} }} }}
      }}
    }}
    alert position
  }}
}}
{MESSAGE}
"""

SEND = """
mutation Send($input: SendChatMessageInput!) {
  sendChatMessage(input: $input) { message { id } userErrors { code } }
}
"""

Post = Callable[[int], Awaitable[None]]
"""Sends the message with this number."""


@dataclass(frozen=True)
class MessageKind:
    """What is sent, and what the clients select of it."""

    title: str
    stream: str
    cards: Sequence[Mapping[str, str]] | None
    """The items to share; None for a server that has no such argument."""

    variants: Sequence[str]
    """A text that each variant of the frame contains. The members of a channel receive the variants in turn."""

    def variant_of(self, member: int) -> int:
        return member % len(self.variants)


TEXT = MessageKind("text", STREAM, None, ['"position":'])
CARD = MessageKind(
    "a text and a card that every other reader may see",
    STREAM_WITH_CARDS,
    [{"kind": "DEAL", "id": ITEM_ID}],
    ['"access":"GRANTED"', '"access":"FORBIDDEN"'],
)


def graphql_clients(
    environment: Environment, layout: Layout, kind: MessageKind, port: int, members: int | None = None, since: int = 0
) -> list[StreamClient]:
    """Returns one client per socket. All streams start after the same change, so that they deliver the same messages
    whenever they were opened."""
    return [
        StreamClient(
            f"ws://127.0.0.1:{port}/graphql",
            kind.variant_of(member),
            kind.variants[kind.variant_of(member)],
            init_frame(environment, layout.account_id, layout.agent_id(channel, member)),
            _subscribe_frame(layout, kind, channel, since),
        )
        for channel in range(len(layout.channel_ids))
        for member in range(members or layout.members)
    ]


def graphql_post(environment: Environment, layout: Layout, kind: MessageKind, http: httpx.AsyncClient) -> Post:
    writers = [
        Client.of(http, environment.settings, layout.account_id, layout.agent_id(channel, 0))
        for channel in range(len(layout.channel_ids))
    ]
    cards = {"cards": kind.cards} if kind.cards is not None else {}

    async def post(number: int) -> None:
        channel = layout.channel_of_message(number)
        answer = await writers[channel].execute(
            SEND,
            input={
                "channelId": layout.public_channel_id(channel),
                "body": message_body(number),
                "clientKey": str(number),
                **cards,
            },
        )
        if errors := answer["sendChatMessage"]["userErrors"]:
            raise RuntimeError(f"Message {number} was refused: {errors}")

    return post


def bare_clients(kind: MessageKind, channels: int, members: int, port: int) -> list[StreamClient]:
    return [
        StreamClient(f"ws://127.0.0.1:{port}/{channel}?{variant}", variant, kind.variants[variant])
        for channel in range(channels)
        for variant in map(kind.variant_of, range(members))
    ]


def bare_post(channels: int, frames: Sequence[str], http: httpx.AsyncClient) -> Post:
    """Returns a function that lets the bare server send these frames, renumbered, one to each variant of clients."""

    async def post(number: int) -> None:
        content = "\n".join(renumber(frame, number) for frame in frames)
        response = await http.post(f"/{number % channels}", content=content)
        response.raise_for_status()

    return post


def init_frame(environment: Environment, account_id: str, agent_id: str) -> str:
    token = issue_token(environment.settings, account_id, agent_id, timedelta(hours=2))
    return json.dumps({"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}})


def _subscribe_frame(layout: Layout, kind: MessageKind, channel: int, since: int) -> str:
    variables = {
        "channelId": layout.public_channel_id(channel),
        "since": encode_position(layout.account_id, since),
    }
    return json.dumps({"id": "1", "type": "subscribe", "payload": {"query": kind.stream, "variables": variables}})
