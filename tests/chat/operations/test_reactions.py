"""Reactions: one emoji, unique per message, agent and emoji."""

import asyncio

import pytest

from tests.support.api import Account
from tests.support.fingerprint import fingerprint

REACTIONS = "message { reactions { emoji count viewerReacted agents { nodes { id } } } }"


@pytest.mark.parametrize("emoji", ["👍", "👩‍👩‍👧‍👦", "🇧🇷", "👍🏽", "❤️", "1️⃣", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"])
async def test_every_emoji_is_accepted(account: Account, emoji: str) -> None:
    message = await account.bruno.send(await account.bruno.create_channel())
    added = await account.bruno.mutate("addChatReaction", REACTIONS, messageId=message, emoji=emoji)
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
async def test_different_spellings_of_one_emoji_are_one_reaction(
    account: Account, written: str, qualified: str
) -> None:
    channel = await account.bruno.create_channel(memberIds=["carla"])
    message = await account.bruno.send(channel)
    await account.bruno.mutate("addChatReaction", REACTIONS, messageId=message, emoji=written)
    added = await account.carla.mutate("addChatReaction", REACTIONS, messageId=message, emoji=qualified)
    assert [(each["emoji"], each["count"]) for each in added["message"]["reactions"]] == [(qualified, 2)]
    before = await fingerprint(account)
    await account.carla.mutate("addChatReaction", REACTIONS, messageId=message, emoji=written)
    assert await fingerprint(account) == before
    for agent in (account.bruno, account.carla):
        removed = await agent.mutate("removeChatReaction", REACTIONS, messageId=message, emoji=written)
    assert removed["message"]["reactions"] == []


@pytest.mark.parametrize(
    "text",
    [
        *("", "text", "a", "👍👍", "👍 ", ":thumbsup:", "1", "\u200d", "👍\x00", "🇧"),
        # Parts of emojis: a skin tone, red hair, a presentation selector, a keycap digit.
        *("🏻", "🦰", "\ufe0f", "1\ufe0f"),
    ],
)
async def test_other_text_is_refused(account: Account, text: str) -> None:
    message = await account.bruno.send(await account.bruno.create_channel())
    before = await fingerprint(account)
    for mutation in ("addChatReaction", "removeChatReaction"):
        assert await account.bruno.refusal(mutation, REACTIONS, messageId=message, emoji=text) == "INVALID"
    assert await fingerprint(account) == before


async def test_a_repeated_reaction_counts_once_per_agent(account: Account) -> None:
    channel = await account.bruno.create_channel(memberIds=["carla"])
    message = await account.bruno.send(channel)
    agents = [account.bruno, account.carla]
    await asyncio.gather(
        *(
            agent.mutate("addChatReaction", REACTIONS, messageId=message, emoji="👍")
            for agent in agents
            for _ in range(5)
        )
    )
    added = await account.carla.mutate("addChatReaction", REACTIONS, messageId=message, emoji="🎉")
    both = {"nodes": [{"id": "bruno"}, {"id": "carla"}]}
    assert added["message"]["reactions"] == [
        {"emoji": "👍", "count": 2, "viewerReacted": True, "agents": both},
        {"emoji": "🎉", "count": 1, "viewerReacted": True, "agents": {"nodes": [{"id": "carla"}]}},
    ]
    before = await fingerprint(account)
    unchanged = await account.bruno.mutate("removeChatReaction", REACTIONS, messageId=message, emoji="🎉")
    assert unchanged["message"]["reactions"][1]["viewerReacted"] is False
    assert await fingerprint(account) == before
    removed = await account.carla.mutate("removeChatReaction", REACTIONS, messageId=message, emoji="🎉")
    assert [reaction["count"] for reaction in removed["message"]["reactions"]] == [2]


async def test_a_reader_who_is_not_a_member_cannot_react(account: Account) -> None:
    message = await account.bruno.send(await account.bruno.create_channel())
    refused = await account.davi.refusal("addChatReaction", REACTIONS, messageId=message, emoji="👍")
    assert refused == "NOT_A_MEMBER"


async def test_a_message_carries_at_most_50_emojis(account: Account) -> None:
    channel = await account.bruno.create_channel(memberIds=["carla"])
    message = await account.bruno.send(channel)
    emojis = [chr(ord("😀") + number) for number in range(55)]
    answers = await asyncio.gather(
        *(account.bruno.payload("addChatReaction", REACTIONS, messageId=message, emoji=emoji) for emoji in emojis)
    )
    refused = [answer["userErrors"] for answer in answers if answer["userErrors"]]
    assert [[(error["code"], error["path"]) for error in errors] for errors in refused] == [
        [("INVALID", ["emoji"])]
    ] * 5
    carried = (await account.carla.read(channel, "lastMessage { reactions { emoji } }"))["lastMessage"]["reactions"]
    assert len(carried) == 50

    another = next(emoji for emoji in emojis if {"emoji": emoji} not in carried)
    before = await fingerprint(account)
    assert await account.carla.refusal("addChatReaction", REACTIONS, messageId=message, emoji=another) == "INVALID"
    assert await fingerprint(account) == before
    there = carried[0]["emoji"]
    joined = await account.carla.mutate("addChatReaction", REACTIONS, messageId=message, emoji=there)
    assert max(reaction["count"] for reaction in joined["message"]["reactions"]) == 2
    for agent in (account.bruno, account.carla):
        await agent.mutate("removeChatReaction", REACTIONS, messageId=message, emoji=there)
    await account.carla.mutate("addChatReaction", REACTIONS, messageId=message, emoji=another)
