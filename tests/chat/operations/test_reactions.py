"""Reactions: one real emoji, once per message, agent and emoji."""

import asyncio

import pytest

from tests.support.api import House
from tests.support.fingerprint import fingerprint

REACTIONS = "message { reactions { emoji count viewerReacted agents { nodes { id } } } }"


@pytest.mark.parametrize("emoji", ["👍", "👩‍👩‍👧‍👦", "🇧🇷", "👍🏽", "❤️", "1️⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"])
async def test_every_real_emoji_will_do(house: House, emoji: str) -> None:
    message = await house.bruno.send(await house.bruno.create_channel())
    added = await house.bruno.mutate("addChatReaction", REACTIONS, messageId=message, emoji=emoji)
    assert [reaction["emoji"] for reaction in added["message"]["reactions"]] == [emoji]


@pytest.mark.parametrize(
    ("written", "qualified"),
    [
        ("\u2764", "\u2764\ufe0f"),
        ("👍\ufe0f", "👍"),
        ("\u2642", "\u2642\ufe0f"),
        ("\u2122", "\u2122\ufe0f"),
        ("1\u20e3", "1\ufe0f\u20e3"),
        ("\U0001f575\u200d\u2642", "\U0001f575\ufe0f\u200d\u2642\ufe0f"),
        ("\u270c\ufe0f🏻", "\u270c🏻"),
    ],
)
async def test_one_emoji_is_one_however_it_is_written(house: House, written: str, qualified: str) -> None:
    channel = await house.bruno.create_channel(memberIds=["carla"])
    message = await house.bruno.send(channel)
    await house.bruno.mutate("addChatReaction", REACTIONS, messageId=message, emoji=written)
    added = await house.carla.mutate("addChatReaction", REACTIONS, messageId=message, emoji=qualified)
    assert [(each["emoji"], each["count"]) for each in added["message"]["reactions"]] == [(qualified, 2)]
    before = await fingerprint(house)
    await house.carla.mutate("addChatReaction", REACTIONS, messageId=message, emoji=written)
    assert await fingerprint(house) == before
    for person in (house.bruno, house.carla):
        removed = await person.mutate("removeChatReaction", REACTIONS, messageId=message, emoji=written)
    assert removed["message"]["reactions"] == []


@pytest.mark.parametrize(
    "text",
    [
        *("", "text", "a", "👍👍", "👍 ", ":thumbsup:", "1", "\u200d", "👍\x00", "🇧"),
        # Parts of emojis alone: a skin tone, red hair, the presentation, a digit that asks for a picture.
        *("🏻", "🦰", "\ufe0f", "1\ufe0f"),
    ],
)
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


async def test_a_message_carries_at_most_50_emojis(house: House) -> None:
    channel = await house.bruno.create_channel(memberIds=["carla"])
    message = await house.bruno.send(channel)
    emojis = [chr(ord("😀") + number) for number in range(55)]
    answers = await asyncio.gather(
        *(house.bruno.payload("addChatReaction", REACTIONS, messageId=message, emoji=emoji) for emoji in emojis)
    )
    refused = [answer["userErrors"] for answer in answers if answer["userErrors"]]
    assert [[(error["code"], error["path"]) for error in errors] for errors in refused] == [
        [("INVALID", ["emoji"])]
    ] * 5
    carried = (await house.carla.see(channel, "lastMessage { reactions { emoji } }"))["lastMessage"]["reactions"]
    assert len(carried) == 50

    another = next(emoji for emoji in emojis if {"emoji": emoji} not in carried)
    before = await fingerprint(house)
    assert await house.carla.refusal("addChatReaction", REACTIONS, messageId=message, emoji=another) == "INVALID"
    assert await fingerprint(house) == before
    there = carried[0]["emoji"]
    joined = await house.carla.mutate("addChatReaction", REACTIONS, messageId=message, emoji=there)
    assert max(reaction["count"] for reaction in joined["message"]["reactions"]) == 2
    for person in (house.bruno, house.carla):
        await person.mutate("removeChatReaction", REACTIONS, messageId=message, emoji=there)
    await house.carla.mutate("addChatReaction", REACTIONS, messageId=message, emoji=another)
