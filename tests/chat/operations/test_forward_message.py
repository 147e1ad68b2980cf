"""Forwarding messages: what readers of the destination see, and what stays hidden from them."""

import asyncio

import pytest
from sqlalchemy import text

from models.enums import ItemKind
from tests.support.api import Account, AgentClient, Api, Json, path_of
from tests.support.fingerprint import fingerprint
from tests.support.sockets import open_socket

QUOTED = """body forwardedFrom { author { id } createdAt body message { id body deletedAt } }
  cards { access title sharedBy { id } entity { __typename } }"""
FORWARD = f"message {{ id {QUOTED} }}"


async def forward(agent: AgentClient, message: str, to: Json, **input: object) -> Json:
    """Returns the new message, as its sender sees it."""
    payload = await agent.mutate("forwardChatMessage", FORWARD, messageId=message, destination=to, **input)
    forwarded: Json = payload["message"]
    return forwarded


async def read(agent: AgentClient, message: str) -> Json:
    query = f"query ($id: ID!) {{ chatMessage(id: $id) {{ {QUOTED} }} }}"
    found: Json = (await agent.query(query, id=message))["chatMessage"]
    return found


async def private_channel(agent: AgentClient, *members: str) -> str:
    """Creates a private channel. An agent without a channel may not, so the agent gets a public one first."""
    await agent.create_channel("Gerente")
    return await agent.create_channel("Origem", "PRIVATE", memberIds=list(members))


async def test_readers_of_the_destination_see_the_text_and_not_the_original(account: Account) -> None:
    source = await private_channel(account.bruno, "carla")
    target = await account.carla.create_channel("Destino", memberIds=["davi"])
    original = await account.bruno.send(source, "Segredo **bom**")
    sent_at = (await account.bruno.read(source, "lastMessage { createdAt }"))["lastMessage"]["createdAt"]
    forwarded = await forward(account.carla, original, {"channelId": target}, body="Vejam")
    assert forwarded["body"] == "Vejam"
    quoted = {"author": {"id": "bruno"}, "createdAt": sent_at, "body": "Segredo **bom**"}
    seen = {"id": original, "body": "Segredo **bom**", "deletedAt": None}
    assert forwarded["forwardedFrom"] == {**quoted, "message": seen}
    assert (await read(account.davi, forwarded["id"]))["forwardedFrom"] == {**quoted, "message": None}
    assert (await read(account.carla, original))["forwardedFrom"] is None


async def test_a_forward_stays_as_it_was(account: Account) -> None:
    channel = await account.bruno.create_channel(memberIds=["carla"])
    original = await account.bruno.send(channel, "Antes")
    forwarded = await forward(account.carla, original, {"channelId": channel})
    await account.bruno.mutate("editChatMessage", "message { id }", messageId=original, body="Depois")
    edited = (await read(account.carla, forwarded["id"]))["forwardedFrom"]
    assert (edited["body"], edited["message"]["body"]) == ("Antes", "Depois")
    await account.bruno.mutate("deleteChatMessage", "message { id }", messageId=original)
    deleted = (await read(account.carla, forwarded["id"]))["forwardedFrom"]
    assert (deleted["body"], deleted["author"]) == ("Antes", {"id": "bruno"})
    assert deleted["message"]["deletedAt"] is not None


async def test_a_deleted_forward_quotes_nothing(account: Account) -> None:
    channel = await account.bruno.create_channel()
    forwarded = await forward(account.bruno, await account.bruno.send(channel, "Oi"), {"channelId": channel})
    await account.bruno.mutate("deleteChatMessage", "message { id }", messageId=forwarded["id"])
    assert (await read(account.bruno, forwarded["id"]))["forwardedFrom"] is None


async def test_forwarding_a_forward_quotes_the_first_original(account: Account) -> None:
    source = await private_channel(account.bruno, "carla")
    between = await account.carla.create_channel("Meio", memberIds=["davi"])
    original = await account.bruno.send(source, "Primeiro")
    first = await forward(account.carla, original, {"channelId": between}, body="Comentário")
    second = await forward(account.davi, first["id"], {"agentId": "ana"})
    quoted = second["forwardedFrom"]
    assert (quoted["author"], quoted["body"], quoted["message"]) == ({"id": "bruno"}, "Primeiro", None)
    assert (await read(account.ana, second["id"]))["forwardedFrom"]["body"] == "Primeiro"


async def test_mentions_in_the_quoted_text_notify_nobody(account: Account, socket_url: str) -> None:
    source = await account.bruno.create_channel("Origem")
    target = await account.bruno.create_channel("Destino", memberIds=["carla", "davi"])
    original = await account.bruno.send(source, "[@Carla](mention://user/carla/Carla)")
    async with open_socket(socket_url, account.carla.token) as socket:
        stream = await socket.subscribe("subscription { chatMentionAdded { message { body } } }")
        await account.until_subscribed()
        await forward(account.bruno, original, {"channelId": target})
        mention = "Olha, [@Carla](mention://user/carla/Carla)"
        await forward(account.bruno, original, {"channelId": target}, body=mention)
        assert await stream.data() == {"message": {"body": mention}}


async def test_a_forward_to_an_agent_opens_the_direct_message(account: Account) -> None:
    channel = await account.bruno.create_channel()
    original = await account.bruno.send(channel, "Oi")
    forwarded = await forward(account.bruno, original, {"agentId": "carla"}, clientKey="once")
    assert (await read(account.carla, forwarded["id"]))["forwardedFrom"]["body"] == "Oi"
    found = await account.carla.query("{ chatChannels(kinds: [DIRECT]) { nodes { unreadCount } } }")
    assert found["chatChannels"]["nodes"] == [{"unreadCount": 1}]
    # Into the direct message that exists now.
    await forward(account.carla, original, {"agentId": "bruno"})


async def test_a_client_key_forwards_once_even_if_the_original_is_deleted_meanwhile(account: Account) -> None:
    channel = await account.bruno.create_channel(memberIds=["carla"])
    original, other = await account.bruno.send(channel, "Oi"), await account.bruno.send(channel, "Olá")
    once: Json = {"to": {"channelId": channel}, "clientKey": "once"}
    sent = await asyncio.gather(*(forward(account.carla, original, **once) for _ in range(5)))
    assert len({each["id"] for each in sent}) == 1
    await account.bruno.mutate("deleteChatMessage", "message { id }", messageId=original)
    before = await fingerprint(account)
    assert (await forward(account.carla, original, **once))["id"] == sent[0]["id"]
    for changes in ({"messageId": other}, {"body": "Outro"}, {"destination": {"agentId": "bruno"}}):
        input: Json = {"messageId": original, "destination": {"channelId": channel}, "clientKey": "once", **changes}
        assert await account.carla.refusal("forwardChatMessage", FORWARD, **input) == "CONFLICT"
    assert await fingerprint(account) == before


@pytest.mark.usefixtures("one_item_of_each_kind")
async def test_cards_are_shared_again_and_checked_for_the_forwarder_and_each_reader(account: Account) -> None:
    channel = await account.bruno.create_channel(memberIds=["carla", "davi"])
    account.add_item(ItemKind.TASK, "open")
    cards = [{"kind": "DEAL", "id": "deal"}, {"kind": "TASK", "id": "open"}]
    original = await account.bruno.send(channel, "", cards=cards)
    forwarded = await forward(account.carla, original, {"channelId": channel})
    assert [(card["title"], card["sharedBy"]) for card in forwarded["cards"]] == [
        ("Secret title of deal", {"id": "carla"}),
        ("Secret title of open", {"id": "carla"}),
    ]
    seen = (await read(account.davi, forwarded["id"]))["cards"]
    assert [(card["access"], card["title"]) for card in seen] == [
        ("FORBIDDEN", None),
        ("GRANTED", "Secret title of open"),
    ]
    before = await fingerprint(account)
    refused = await account.davi.payload(
        "forwardChatMessage", FORWARD, messageId=original, destination={"channelId": channel}
    )
    assert refused["message"] is None
    assert [(error["code"], error["path"]) for error in refused["userErrors"]] == [("SHARE_DENIED", ["messageId"])]
    refused_direct = await account.davi.refusal(
        "forwardChatMessage", FORWARD, messageId=original, destination={"agentId": "ana"}
    )
    assert refused_direct == "SHARE_DENIED"
    assert await fingerprint(account) == before
    # The card of the forward is a card like every other one, and is removed with it.
    await account.carla.mutate("deleteChatMessage", "message { id }", messageId=forwarded["id"])
    assert (await read(account.bruno, forwarded["id"]))["cards"] == []
    assert len((await read(account.bruno, original))["cards"]) == 2


async def test_refused_forwards_write_and_publish_nothing(account: Account, socket_url: str) -> None:
    source = await private_channel(account.bruno)
    target = await account.carla.create_channel("Destino", memberIds=["davi"])
    hidden = await account.bruno.send(source, "Segredo")
    created = (await account.carla.read(target, "lastMessage { id }"))["lastMessage"]["id"]
    deleted, own = await account.carla.send(target), await account.carla.send(target, "Aberto")
    await account.carla.mutate("deleteChatMessage", "message { id }", messageId=deleted)
    to: Json = {"channelId": target}
    cases: list[tuple[Json, str, list[str] | None]] = [
        ({"messageId": hidden, "destination": to}, "NOT_FOUND", ["messageId"]),
        ({"messageId": deleted, "destination": to}, "NOT_FOUND", ["messageId"]),
        ({"messageId": created, "destination": to}, "FORBIDDEN", ["messageId"]),
        ({"messageId": own, "destination": {"channelId": source}}, "NOT_FOUND", ["destination", "channelId"]),
        ({"messageId": own, "destination": {"agentId": "elisa"}}, "NOT_FOUND", ["destination", "agentId"]),
        ({"messageId": own, "destination": {"agentId": "carla"}}, "INVALID", ["destination", "agentId"]),
        ({"messageId": own, "destination": to, "body": "x" * 20_001}, "INVALID", ["body"]),
        ({"messageId": own, "destination": to, "clientKey": ""}, "INVALID", ["clientKey"]),
    ]
    async with open_socket(socket_url, account.davi.token) as socket:
        stream = await socket.subscribe("subscription { chatMessageAdded { message { id } } }")
        await account.until_subscribed()
        before = await fingerprint(account, "presences")
        for input, code, path in cases:
            payload = await account.carla.payload("forwardChatMessage", FORWARD, **input)
            (error,) = payload["userErrors"]
            assert (payload["message"], error["code"], error["path"]) == (None, code, path), input
        assert await fingerprint(account, "presences") == before
        forwarded = await forward(account.carla, own, to)
        assert await stream.data() == {"message": {"id": forwarded["id"]}}


async def test_the_added_text_can_be_removed(account: Account) -> None:
    channel = await account.bruno.create_channel()
    forwarded = await forward(account.bruno, await account.bruno.send(channel), {"channelId": channel}, body="Vejam")
    edited = await account.bruno.mutate(
        "editChatMessage", "message { body forwardedFrom { body } }", messageId=forwarded["id"], body=""
    )
    assert edited["message"] == {"body": "", "forwardedFrom": {"body": "Hello"}}


async def test_access_lost_while_the_module_answers_is_noticed(api: Api, account: Account) -> None:
    """The second transaction reads the original again: here the forwarder is removed from its channel before."""
    source = await private_channel(account.bruno, "carla")
    target = await account.carla.create_channel("Destino")
    original = await account.bruno.send(source, "Segredo")
    lock = text("SELECT FROM channels WHERE account_id = :account AND channel_id = CAST(:id AS uuid) FOR NO KEY UPDATE")
    async with api.engine.connect() as connection, connection.begin() as blocking:
        await connection.execute(lock, {"account": account.account_id, "id": target.removeprefix("chn_")})
        forwarding = asyncio.create_task(
            account.carla.refusal("forwardChatMessage", FORWARD, messageId=original, destination={"channelId": target})
        )
        await api.until_waiting(1)
        await account.bruno.mutate("removeChatMember", "channel { id }", channelId=source, agentId="carla")
        await blocking.rollback()
        assert await forwarding == "NOT_FOUND"


async def test_the_statements_do_not_depend_on_the_number_of_forwards(api: Api, account: Account) -> None:
    channel = await account.bruno.create_channel("Sala", memberIds=["carla"])
    counts = []
    for number in (1, 20):
        for place in range(number):
            await forward(account.bruno, await account.carla.send(channel, str(place)), {"channelId": channel})
        with api.statements() as sent:
            await account.bruno.read(channel, f"messages(last: 50) {{ nodes {{ {QUOTED} }} }}")
        counts.append(len(sent))
    # The viewer, the channel, the page, the quotations, the cards, the originals, and the authors.
    assert counts == [7, 7]
    original = await account.carla.send(channel)
    with api.statements() as sent:
        await forward(account.bruno, original, {"channelId": channel})
    assert len(sent) == 17, "\n\n".join(sent)


# ------------------------------------------------------------------ files
async def test_a_forward_has_files_of_its_own(account: Account) -> None:
    source = await private_channel(account.bruno, "carla")
    target = await account.carla.create_channel("Destino", memberIds=["davi"])
    uploads = [await account.bruno.upload(b"first", "a.txt"), await account.bruno.upload(b"second", "b.txt")]
    original = await account.bruno.send(source, "", attachmentIds=uploads)
    forwarded = (await forward(account.carla, original, {"channelId": target}))["id"]
    await account.bruno.mutate("deleteChatMessage", "message { id }", messageId=original)
    found = await account.davi.attachments(forwarded, "id filename url")
    assert [each["filename"] for each in found] == ["a.txt", "b.txt"]
    assert not {each["id"] for each in found} & set(uploads)
    answers = [await account.davi.http.get(path_of(each["url"])) for each in found]
    assert [answer.content for answer in answers] == [b"first", b"second"]
    again = (await forward(account.davi, forwarded, {"agentId": "bruno"}))["id"]
    assert len(await account.bruno.attachments(again)) == 2


async def test_a_forward_with_a_file_is_sent_once_per_client_key(account: Account) -> None:
    channel = await account.bruno.create_channel()
    original = await account.bruno.send(channel, "", attachmentIds=[await account.bruno.upload()])
    sent = await asyncio.gather(
        *(forward(account.bruno, original, {"channelId": channel}, clientKey="once") for _ in range(5))
    )
    assert len({message["id"] for message in sent}) == 1
    assert len(await account.bruno.attachments(sent[0]["id"])) == 1


async def test_a_forwarded_file_is_found_as_a_file(account: Account) -> None:
    channel = await account.bruno.create_channel()
    original = await account.bruno.send(channel, "", attachmentIds=[await account.bruno.upload()])
    plain = await account.bruno.send(channel, "sem anexo")
    forwarded = (await forward(account.bruno, original, {"channelId": channel}))["id"]
    await forward(account.bruno, plain, {"channelId": channel})
    files = "query { searchChatMessages(filter: {has: [FILE]}) { nodes { message { id } } } }"
    assert [each["message"]["id"] for each in (await account.bruno.query(files))["searchChatMessages"]["nodes"]] == [
        forwarded,
        original,
    ]
