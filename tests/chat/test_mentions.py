"""Mentions in the platform's syntax: the mentioned agents, and unreachable mentions reported to the author."""

from contextlib import suppress
from time import process_time

import pytest

from chat.errors import Refused
from chat.mentions import parse_mentions
from tests.support.api import Account, AgentClient, Api, Json
from tests.support.fingerprint import fingerprint

MENTIONS = "message { id mentions { target agent { id } teamName reachable } }"
CARLA, DAVI, ALL = "[@Carla](mention://user/carla/Carla)", "[@D](mention://user/davi)", "[@x](mention://channel/all)"


async def _send(agent: AgentClient, channel: str, body: str) -> tuple[str, list[Json]]:
    payload = await agent.mutate("sendChatMessage", MENTIONS, channelId=channel, body=body)
    return payload["message"]["id"], payload["message"]["mentions"]


async def _unread_mentions(agent: AgentClient, channel: str) -> int:
    count: int = (await agent.read(channel, "unreadMentionCount"))["unreadMentionCount"]
    return count


async def _create_private_channel(account: Account, *members: str) -> str:
    await account.bruno.create_channel("Outra")
    return await account.bruno.create_channel("Sala", "PRIVATE", memberIds=list(members))


def _agent(id: str | None, *, reachable: bool) -> Json:
    agent = {"id": id} if id else None
    return {"target": "AGENT", "agent": agent, "teamName": None, "reachable": reachable}


async def test_mentions_are_listed_once_in_the_order_of_the_text(account: Account) -> None:
    channel = await _create_private_channel(account, "carla", "davi")
    _, mentions = await _send(account.bruno, channel, f"{DAVI}, {CARLA} e {DAVI}")
    assert mentions == [_agent("davi", reachable=True), _agent("carla", reachable=True)]
    assert [await _unread_mentions(agent, channel) for agent in (account.bruno, account.carla, account.davi)] == [
        0,
        1,
        1,
    ]


async def test_a_mentioned_agent_who_cannot_read_the_channel_is_unreachable(account: Account) -> None:
    channel = await _create_private_channel(account, "carla")
    body = f"{DAVI} {CARLA} [@E](mention://user/elisa/E) [@?](mention://user/nobody/x)"
    _, mentions = await _send(account.bruno, channel, body)
    assert mentions == [
        _agent("davi", reachable=False),
        _agent("carla", reachable=True),
        _agent("elisa", reachable=False),
        _agent(None, reachable=False),
    ]
    await account.bruno.mutate("addChatMembers", "channel { id }", channelId=channel, agentIds=["davi"])
    assert await _unread_mentions(account.davi, channel) == 0


async def test_an_agent_who_is_not_a_member_is_reachable_in_a_public_channel(account: Account) -> None:
    channel = await account.bruno.create_channel()
    _, mentions = await _send(account.bruno, channel, DAVI)
    assert mentions == [_agent("davi", reachable=True)]


async def test_mentioning_oneself_is_listed_but_not_counted(account: Account) -> None:
    channel = await _create_private_channel(account, "carla")
    message, mentions = await _send(account.carla, channel, f"Eu, {CARLA}, e {ALL}")
    assert mentions[0] == _agent("carla", reachable=True)
    await account.carla.mutate("markChatUnread", "channel { id }", channelId=channel, messageId=message)
    assert [await _unread_mentions(agent, channel) for agent in (account.carla, account.bruno)] == [0, 1]


async def test_a_team_is_reachable_if_one_of_its_agents_can_read_the_channel(account: Account) -> None:
    await account.sync(
        teams=[
            {"id": "7", "name": "Suporte", "agentIds": ["carla", "davi", "elisa"]},
            {"id": "8", "name": "Vazio", "agentIds": []},
            {"id": "9", "name": "De fora", "agentIds": ["davi"]},
        ]
    )
    channel = await _create_private_channel(account, "carla")
    body = "[@S](mention://team/7/Suporte) [@V](mention://team/8) [@F](mention://team/9) [@?](mention://team/0)"
    _, mentions = await _send(account.bruno, channel, f"{body} {CARLA}")
    assert [(each["target"], each["teamName"], each["reachable"]) for each in mentions] == [
        ("TEAM", "Suporte", True),
        ("TEAM", "Vazio", False),
        ("TEAM", "De fora", False),
        ("TEAM", None, False),
        ("AGENT", None, True),
    ]
    assert await _unread_mentions(account.carla, channel) == 1


async def test_editing_replaces_the_mentioned_agents_and_deleting_removes_them(account: Account) -> None:
    channel = await _create_private_channel(account, "carla", "davi")
    message, _ = await _send(account.bruno, channel, CARLA)
    edited = await account.bruno.mutate("editChatMessage", MENTIONS, messageId=message, body=f"Não, {DAVI}")
    assert edited["message"]["mentions"] == [_agent("davi", reachable=True)]
    assert [await _unread_mentions(agent, channel) for agent in (account.carla, account.davi)] == [0, 1]
    await account.bruno.mutate("deleteChatMessage", MENTIONS, messageId=message)
    assert await _unread_mentions(account.davi, channel) == 0


async def test_mentioning_everybody_of_more_than_50_members_is_for_owners_and_admins(api: Api) -> None:
    account = await api.create_account(extra_agents=48)
    extras = [f"extra-{number:04}" for number in range(48)]
    channel = await account.bruno.create_channel(memberIds=["carla", *extras])
    _, mentions = await _send(account.carla, channel, ALL)
    assert mentions == [{"target": "CHANNEL", "agent": None, "teamName": None, "reachable": True}]
    assert await _unread_mentions(account.agent("extra-0047"), channel) == 1
    message, _ = await _send(account.carla, channel, "Sem ninguém")
    await account.bruno.mutate("addChatMembers", "channel { id }", channelId=channel, agentIds=["davi"])
    assert (await account.bruno.read(channel, "memberCount"))["memberCount"] == 51
    assert await account.carla.refusal("sendChatMessage", MENTIONS, channelId=channel, body=ALL) == "FORBIDDEN"
    assert await account.carla.refusal("editChatMessage", MENTIONS, messageId=message, body=ALL) == "FORBIDDEN"
    await _send(account.bruno, channel, ALL)
    assert await _unread_mentions(account.agent("extra-0047"), channel) == 2


async def test_a_message_that_mentioned_everybody_before_the_channel_grew_can_be_edited(api: Api) -> None:
    account = await api.create_account(extra_agents=48)
    extras = [f"extra-{number:04}" for number in range(48)]
    channel = await account.bruno.create_channel(memberIds=["carla", *extras])
    message, _ = await _send(account.carla, channel, f"{ALL} Bom dai")
    await account.bruno.mutate("addChatMembers", "channel { id }", channelId=channel, agentIds=["davi"])
    await account.carla.mutate("editChatMessage", MENTIONS, messageId=message, body=f"{ALL} Bom dia")
    await account.carla.mutate("editChatMessage", MENTIONS, messageId=message, body="Bom dia")
    before = await fingerprint(account)
    assert await account.carla.refusal("editChatMessage", MENTIONS, messageId=message, body=ALL) == "FORBIDDEN"
    assert await fingerprint(account) == before


@pytest.mark.parametrize(
    "body",
    [
        "[@Carla [Vendas]](mention://user/carla/Carla%20%5BVendas%5D)",
        r"[@C\]arla](mention://user/carla/C%5Darla)",
        "[@Carla [[Vendas]]](mention://user/carla)",
        "[@Carla [Vendas](mention://user/carla)",
        "[@Carla (Vendas)](mention://user/carla/Carla%20(Vendas))",
        "[@Carla [Vendas]](mention://user/carla/Carla [Vendas])",
        "[isto](https://example.com) [@Carla](mention://user/carla)",
        "[x]] [@Carla](mention://user/carla)",
    ],
)
async def test_a_name_can_contain_brackets(account: Account, body: str) -> None:
    channel = await _create_private_channel(account, "carla")
    assert (await _send(account.bruno, channel, body))[1] == [_agent("carla", reachable=True)]


_HOSTILE = [
    "[@" * 10_000,
    "[" * 20_000,
    "[@" * 9_990 + "](mention://user/1)",
    "[@](mention://user/1/" * 960,
    "[@x](mention://user/1)" * 900,
    "[@](mention://" * 1_400,
    "](mention://" * 1_600,
    "](mention://user/" * 1_170,
    "](mention://user/1)" * 1_050,
    "[@ [a]" * 3_300 + "](mention://",
    "[@" + "]" * 19_900 + "](mention://",
    "[@x](mention://user/1/" + "]" * 19_900,
    "[@x](mention://user/1" + "a" * 19_900,
    "\\" * 19_900 + "](mention://",
    "[@\n" * 6_600 + "](mention://",
]


@pytest.mark.parametrize("body", _HOSTILE, ids=range(len(_HOSTILE)))
def test_parsing_a_hostile_text_takes_linear_time(body: str) -> None:
    """Parsing blocks the event loop, so a text of 20,000 characters must not take seconds."""
    assert min(_seconds(body) for _ in range(3)) < 1


def _seconds(body: str) -> float:
    started = process_time()
    with suppress(Refused):
        parse_mentions(body)
    return process_time() - started


@pytest.mark.parametrize(
    "body",
    [
        "@carla",
        "[Carla](mention://user/carla/Carla)",
        "[@Carla](https://example.com/mention://user/carla)",
        "[@Carla](mention://contact/carla)",
        "[@x](mention://channel/some)",
        "[@Carla] (mention://user/carla)",
        "[@Davi] e [Carla](mention://user/carla)",
        "[@Carla\n](mention://user/carla)",
        r"\[@Carla](mention://user/carla)",
        r"[@Carla\](mention://user/carla)",
    ],
)
async def test_other_syntax_is_not_a_mention(account: Account, body: str) -> None:
    channel = await _create_private_channel(account, "carla")
    assert (await _send(account.bruno, channel, body))[1] == []


async def test_a_message_can_mention_at_most_100(account: Account) -> None:
    channel = await _create_private_channel(account, "carla")
    named = [f"[@x](mention://user/{number}/x)" for number in range(101)]
    body = " ".join(named)
    assert await account.bruno.refusal("sendChatMessage", MENTIONS, channelId=channel, body=body) == "INVALID"
    assert len((await _send(account.bruno, channel, " ".join(named[:100])))[1]) == 100
