"""Mentions in the platform's syntax: the mentioned agents, and unreachable mentions reported to the author."""

from urllib.parse import quote

import pytest

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


async def test_a_member_may_show_the_syntax_for_mentioning_everybody_in_code(api: Api) -> None:
    account = await api.create_account(extra_agents=54)
    extras = [f"extra-{number:04}" for number in range(54)]
    channel = await account.bruno.create_channel(memberIds=["carla", *extras])
    assert (await account.bruno.read(channel, "memberCount"))["memberCount"] == 56
    for body in (f"Write `{ALL}`", f"```\n{ALL}\n```", f"> {ALL}", f"a <!-- {ALL} -->", f"!{ALL}"):
        message, mentions = await _send(account.carla, channel, body)
        assert mentions == []
        edited = await account.carla.mutate("editChatMessage", MENTIONS, messageId=message, body=f"{body}!")
        assert edited["message"]["mentions"] == []
    assert await _unread_mentions(account.agent("extra-0053"), channel) == 0
    assert await account.carla.refusal("sendChatMessage", MENTIONS, channelId=channel, body=ALL) == "FORBIDDEN"


async def test_an_id_with_any_character_can_be_mentioned_with_percent_escapes(account: Account) -> None:
    ids = ["ana maria", "a/b", "x)y", "josé", "50%"]
    await account.sync(
        agents=[{"id": id, "name": "Nome"} for id in ids], teams=[{"id": "a/b", "name": "Time", "agentIds": ["a/b"]}]
    )
    channel = await _create_private_channel(account, *ids)
    body = " ".join(f"[@Nome](mention://user/{quote(id, safe='')}/Nome)" for id in ids)
    _, mentions = await _send(account.bruno, channel, f"{body} [@Time](mention://team/a%2Fb)")
    assert mentions[:-1] == [_agent(id, reachable=True) for id in ids]
    assert (mentions[-1]["teamName"], mentions[-1]["reachable"]) == ("Time", True)
    assert [await _unread_mentions(account.agent(id), channel) for id in ids] == [1] * len(ids)


async def test_an_escape_that_is_no_text_mentions_nobody(account: Account) -> None:
    channel = await _create_private_channel(account, "carla")
    for id in ("jos%E9", "carla%00", "%ED%A0%80"):
        _, mentions = await _send(account.bruno, channel, f"[@X](mention://user/{id}/X)")
        assert mentions == [_agent(None, reachable=False)]


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
