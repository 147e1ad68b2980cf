"""Messages that agents save for themselves."""

import asyncio

import pytest
from sqlalchemy import text

from chat.operations.saved_messages import SAVED_LIMIT
from tests.support.api import Account, AgentClient, Api
from tests.support.fingerprint import fingerprint
from tests.support.sockets import open_socket

SAVED = "message { id saved }"
LIST = """query ($first: Int, $after: String) {
  savedChatMessages(first: $first, after: $after) {
    nodes { id saved author { name } } pageInfo { hasNextPage endCursor }
  }
}"""

FILL = text(
    """WITH posted AS (
         INSERT INTO messages (account_id, message_id, channel_id, seq, post_number, author_id, body, created_at,
                               revision)
         SELECT account_id, gen_random_uuid(), channel_id, last_seq + n, post_count + n, 'bruno', 'x', now(), 1
           FROM channels, generate_series(1, :messages) AS n WHERE account_id = :account_id
         RETURNING account_id, message_id
       )
       INSERT INTO saved_messages (account_id, message_id, agent_id, saved_at)
       SELECT account_id, message_id, 'bruno', now() FROM posted"""
)


async def save(agent: AgentClient, message: str) -> None:
    saved = await agent.mutate("saveChatMessage", SAVED, messageId=message)
    assert saved["message"] == {"id": message, "saved": True}


async def saved(agent: AgentClient) -> list[str]:
    return [node["id"] for node in (await agent.query(LIST))["savedChatMessages"]["nodes"]]


async def test_saved_messages_are_listed_latest_first_and_only_to_who_saved_them(account: Account) -> None:
    channel = await account.bruno.create_channel(memberIds=["carla"])
    first, second = await account.bruno.send(channel), await account.bruno.send(channel)
    await save(account.carla, second)
    await save(account.carla, first)
    assert await saved(account.carla) == [first, second]
    assert await saved(account.bruno) == []
    query = "query ($id: ID!) { chatMessage(id: $id) { saved } }"
    flags = [(await agent.query(query, id=first))["chatMessage"]["saved"] for agent in (account.carla, account.bruno)]
    assert flags == [True, False]
    unsaved = await account.carla.mutate("unsaveChatMessage", SAVED, messageId=first)
    assert unsaved["message"] == {"id": first, "saved": False}
    assert await saved(account.carla) == [second]


async def test_pages_are_complete_and_without_duplicates(account: Account) -> None:
    channel = await account.bruno.create_channel()
    messages = [await account.bruno.send(channel, str(number)) for number in range(5)]
    for message in messages:
        await save(account.bruno, message)
    seen: list[str] = []
    after: str | None = None
    while True:
        page = (await account.bruno.query(LIST, first=2, after=after))["savedChatMessages"]
        seen += [node["id"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert seen == messages[::-1]


async def test_repetitions_change_nothing(account: Account) -> None:
    channel = await account.bruno.create_channel()
    message, other = await account.bruno.send(channel), await account.bruno.send(channel)
    await asyncio.gather(*(save(account.bruno, message) for _ in range(4)))
    before = await fingerprint(account)
    await save(account.bruno, message)
    await account.bruno.mutate("unsaveChatMessage", SAVED, messageId=other)
    assert await fingerprint(account) == before


async def test_deleted_and_unreadable_messages_are_not_listed(account: Account) -> None:
    await account.bruno.create_channel("Gerente")
    channel = await account.bruno.create_channel("Sala", "PRIVATE", memberIds=["carla"])
    kept, deleted = await account.bruno.send(channel), await account.bruno.send(channel)
    for message in (kept, deleted):
        await save(account.carla, message)
    await account.bruno.mutate("deleteChatMessage", "message { id }", messageId=deleted)
    assert await saved(account.carla) == [kept]
    assert await account.carla.refusal("saveChatMessage", SAVED, messageId=deleted) == "NOT_FOUND"
    await account.bruno.mutate("removeChatMember", "channel { id }", channelId=channel, agentId="carla")
    assert await saved(account.carla) == []
    before = await fingerprint(account)
    for mutation in ("saveChatMessage", "unsaveChatMessage"):
        assert await account.carla.refusal(mutation, SAVED, messageId=kept) == "NOT_FOUND"
    assert await fingerprint(account) == before
    await account.bruno.mutate("addChatMembers", "channel { id }", channelId=channel, agentIds=["carla"])
    assert await saved(account.carla) == [kept]


async def test_the_other_devices_get_an_event_and_nobody_else(account: Account, socket_url: str) -> None:
    channel = await account.bruno.create_channel(memberIds=["carla"])
    message = await account.bruno.send(channel)
    inbox = "subscription { chatInboxChanged { channelId } }"
    position = await account.bruno.position()
    async with (
        open_socket(socket_url, account.carla.token) as of_carla,
        open_socket(socket_url, account.bruno.token) as of_bruno,
    ):
        streams = [await of_carla.subscribe(inbox), await of_bruno.subscribe(inbox)]
        await account.until_subscribed(2)
        await save(account.carla, message)
        assert await streams[0].data() == {"channelId": channel}
        await save(account.bruno, message)
        assert await streams[1].data() == {"channelId": channel}
        assert not streams[0].has_result
    assert await account.bruno.position() == position


async def test_an_agent_saves_at_most_10_000_messages(api: Api, account: Account) -> None:
    channel = await account.bruno.create_channel(memberIds=["carla"])
    last, one_more = await account.bruno.send(channel), await account.bruno.send(channel)
    async with api.engine.begin() as connection:
        await connection.execute(FILL, {"account_id": account.account_id, "messages": SAVED_LIMIT - 1})
    answers = await asyncio.gather(
        *(account.bruno.payload("saveChatMessage", SAVED, messageId=message) for message in (last, one_more))
    )
    (refused,) = [answer["userErrors"] for answer in answers if answer["userErrors"]]
    assert [(error["code"], error["path"]) for error in refused] == [("INVALID", ["messageId"])]
    there, left_out = (last, one_more) if answers[0]["message"] else (one_more, last)
    before = await fingerprint(account)
    assert await account.bruno.refusal("saveChatMessage", SAVED, messageId=left_out) == "INVALID"
    await save(account.bruno, there)
    assert await fingerprint(account) == before
    await save(account.carla, left_out)
    await account.bruno.mutate("unsaveChatMessage", SAVED, messageId=there)
    await save(account.bruno, left_out)


@pytest.mark.parametrize("messages", [1, 20])
async def test_the_statements_do_not_depend_on_the_number_of_messages(
    api: Api, account: Account, messages: int
) -> None:
    channel = await account.bruno.create_channel()
    for number in range(messages):
        await save(account.bruno, await account.bruno.send(channel, str(number)))
    with api.statements() as sent:
        assert len(await saved(account.bruno)) == messages
    # The viewer, the list, which of the messages are saved, and the authors.
    assert len(sent) == 4, "\n\n".join(sent)


async def test_a_message_that_is_being_deleted_is_not_saved(api: Api, account: Account) -> None:
    channel = await account.bruno.create_channel()
    await save(account.bruno, await account.bruno.send(channel))
    message = await account.bruno.send(channel)
    async with api.engine.connect() as connection, connection.begin() as deleting:
        tombstone = "UPDATE messages SET deleted_at = now(), body = '' WHERE account_id = :account_id AND seq = 3"
        assert (await connection.execute(text(tombstone), {"account_id": account.account_id})).rowcount == 1
        saving = asyncio.create_task(account.bruno.refusal("saveChatMessage", SAVED, messageId=message))
        await api.until_waiting(1)
        await deleting.commit()
    assert await saving == "NOT_FOUND"
    assert len(await saved(account.bruno)) == 1
