"""Reactions: one real emoji, once per message, agent and emoji."""

import asyncio

import pytest

from tests.api import House
from tests.house.scene import fingerprint

REACTIONS = "message { reactions { emoji count viewerReacted agents { nodes { id } } } }"


@pytest.mark.parametrize("emoji", ["👍", "👩‍👩‍👧‍👦", "🇧🇷", "👍🏽", "❤️", "1️⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"])
async def test_every_real_emoji_will_do(house: House, emoji: str) -> None:
    message = await house.bruno.send(await house.bruno.create_channel())
    added = await house.bruno.mutate("addChatReaction", REACTIONS, messageId=message, emoji=emoji)
    assert [reaction["emoji"] for reaction in added["message"]["reactions"]] == [emoji]


@pytest.mark.parametrize("text", ["", "text", "a", "👍👍", "👍 ", ":thumbsup:", "1", "\u200d", "👍\x00", "🇧"])
async def test_nothing_else_will(house: House, text: str) -> None:
    message = await house.bruno.send(await house.bruno.create_channel())
    before = await fingerprint(house)
    for mutation in ("addChatReaction", "removeChatReaction"):
        assert await house.bruno.refusal(mutation, REACTIONS, messageId=message, emoji=text) == "INVALID"
    assert await fingerprint(house) == before


async def test_twice_is_once_and_each_agent_counts(house: House) -> None:
    channel = await house.bruno.create_channel(memberIds=["carla"])
    message = await house.bruno.send(channel)
    people = [house.bruno, house.carla]
    await asyncio.gather(
        *(
            person.mutate("addChatReaction", REACTIONS, messageId=message, emoji="👍")
            for person in people
            for _ in range(5)
        )
    )
    added = await house.carla.mutate("addChatReaction", REACTIONS, messageId=message, emoji="🎉")
    both = {"nodes": [{"id": "bruno"}, {"id": "carla"}]}
    assert added["message"]["reactions"] == [
        {"emoji": "👍", "count": 2, "viewerReacted": True, "agents": both},
        {"emoji": "🎉", "count": 1, "viewerReacted": True, "agents": {"nodes": [{"id": "carla"}]}},
    ]
    before = await fingerprint(house)
    unchanged = await house.bruno.mutate("removeChatReaction", REACTIONS, messageId=message, emoji="🎉")
    assert unchanged["message"]["reactions"][1]["viewerReacted"] is False
    assert await fingerprint(house) == before
    removed = await house.carla.mutate("removeChatReaction", REACTIONS, messageId=message, emoji="🎉")
    assert [reaction["count"] for reaction in removed["message"]["reactions"]] == [2]


async def test_who_only_reads_a_public_channel_does_not_react(house: House) -> None:
    message = await house.bruno.send(await house.bruno.create_channel())
    refused = await house.davi.refusal("addChatReaction", REACTIONS, messageId=message, emoji="👍")
    assert refused == "NOT_A_MEMBER"
