"""Who has read the messages of an announcement."""

from dataclasses import dataclass

import pytest

from tests.support.api import Account, AgentClient, Api, Json

COUNTS = "messages(last: 100) { nodes { id readCount systemEvent { kind } } }"
READERS = """query ($id: ID!, $first: Int, $after: String) { chatMessage(id: $id) {
  readCount readBy(first: $first, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } }
} }"""


@dataclass(frozen=True)
class Announcement:
    """An announcement of ana, in which davi is an author too."""

    account: Account
    id: str
    messages: list[str]

    @classmethod
    async def build(cls, api: Api, messages: int = 3, extra_agents: int = 0) -> "Announcement":
        account = await api.create_account(extra_agents=extra_agents)
        channel = await account.ana.create_channel("Avisos", "ANNOUNCEMENT")
        await account.ana.mutate("addChatAuthors", "channel { id }", channelId=channel, agentIds=["davi"])
        return cls(account, channel, [await account.ana.send(channel, str(number)) for number in range(messages)])

    async def mark(self, agent: AgentClient, message: str) -> None:
        await agent.mutate("markChatRead", "channel { id }", channelId=self.id, messageId=message)

    async def counts(self, agent: AgentClient) -> list[int | None]:
        """Returns the counts of the messages of agents, in order."""
        nodes = (await agent.read(self.id, COUNTS))["messages"]["nodes"]
        return [node["readCount"] for node in nodes if node["systemEvent"] is None]


@pytest.fixture
async def announcement(api: Api) -> Announcement:
    return await Announcement.build(api)


async def readers(agent: AgentClient, message: str, **page: object) -> Json:
    found: Json = (await agent.query(READERS, id=message, **page))["chatMessage"]
    return found


async def test_a_message_is_read_up_to_the_marker_and_its_author_does_not_count(announcement: Announcement) -> None:
    account, (first, second, third) = announcement.account, announcement.messages
    assert await announcement.counts(account.ana) == [0, 0, 0]
    await announcement.mark(account.carla, second)
    await announcement.mark(account.bruno, third)
    assert await announcement.counts(account.ana) == [2, 2, 1]
    found = [(await readers(account.ana, message))["readBy"]["nodes"] for message in (first, second, third)]
    assert found == [[{"id": "bruno"}, {"id": "carla"}], [{"id": "bruno"}, {"id": "carla"}], [{"id": "bruno"}]]
    await account.bruno.mutate("markChatUnread", "channel { id }", channelId=announcement.id, messageId=first)
    assert await announcement.counts(account.ana) == [1, 1, 0]
    # Davi has read everything before the message that he sends.
    await account.davi.send(announcement.id)
    assert await announcement.counts(account.ana) == [2, 2, 1, 0]


async def test_deactivated_agents_do_not_count(announcement: Announcement) -> None:
    account, message = announcement.account, announcement.messages[-1]
    for agent in (account.bruno, account.carla):
        await announcement.mark(agent, message)
    await account.sync(agents=[{"id": "bruno", "name": "Bruno", "active": False}])
    assert await announcement.counts(account.ana) == [1, 1, 1]
    assert (await readers(account.ana, message))["readBy"]["nodes"] == [{"id": "carla"}]
    # A deactivated author is not subtracted.
    await account.sync(agents=[{"id": "bruno", "name": "Bruno", "role": "ADMINISTRATOR"}])
    await account.sync(agents=[{"id": "ana", "name": "Ana", "active": False}])
    assert await announcement.counts(account.bruno) == [2, 2, 2]


async def test_only_authors_and_managers_of_announcements_see_it(announcement: Announcement) -> None:
    account, message = announcement.account, announcement.messages[0]
    for name, sees in {"ana": True, "davi": True, "bruno": False}.items():
        found = await readers(account.agent(name), message)
        assert (found["readCount"] is not None, found["readBy"] is not None) == (sees, sees), name
    await account.ana.mutate(
        "changeChatMemberRole", "member { role }", channelId=announcement.id, agentId="bruno", role="ADMIN"
    )
    assert (await readers(account.bruno, message))["readCount"] == 0
    channel = await account.ana.create_channel("Sala", memberIds=["bruno"])
    found = await readers(account.ana, await account.bruno.send(channel))
    assert found == {"readCount": None, "readBy": None}


async def test_pages_of_readers_are_complete_and_without_duplicates(api: Api) -> None:
    announcement = await Announcement.build(api, 1, extra_agents=5)
    account, (message,) = announcement.account, announcement.messages
    ids = [f"extra-{number:04}" for number in range(5)]
    for agent_id in ids:
        await announcement.mark(account.agent(agent_id), message)
    seen: list[str] = []
    after: str | None = None
    while True:
        found = await readers(account.ana, message, first=2, after=after)
        assert found["readCount"] == 5
        seen += [node["id"] for node in found["readBy"]["nodes"]]
        if not found["readBy"]["pageInfo"]["hasNextPage"]:
            break
        after = found["readBy"]["pageInfo"]["endCursor"]
    assert seen == ids


async def test_counts_of_a_page_agree_with_the_markers_of_all_members(api: Api) -> None:
    announcement = await Announcement.build(api, 12, extra_agents=20)
    account, messages = announcement.account, announcement.messages
    markers = {f"extra-{number:04}": number * 7 % 13 - 1 for number in range(20)}
    for agent_id, place in markers.items():
        if place >= 0:
            await announcement.mark(account.agent(agent_id), messages[place])
    expected = [sum(marker >= place for marker in markers.values()) for place in range(12)]
    assert await announcement.counts(account.ana) == expected


@pytest.mark.parametrize("messages", [1, 50])
async def test_the_statements_do_not_depend_on_the_number_of_messages(api: Api, messages: int) -> None:
    announcement = await Announcement.build(api, messages)
    await announcement.mark(announcement.account.carla, announcement.messages[-1])
    with api.statements() as sent:
        await announcement.account.ana.read(
            announcement.id, "messages(last: 50) { nodes { readCount readBy(first: 5) { nodes { name } } } }"
        )
    # The viewer, the channel, the page, the counts, the readers, and the agents.
    assert len(sent) == 6, "\n\n".join(sent)


async def test_an_agent_who_joined_later_has_not_read_earlier_messages(announcement: Announcement) -> None:
    """Although everything before their joining is marked as read."""
    account, (*_, third) = announcement.account, announcement.messages
    await announcement.mark(account.bruno, third)
    await account.sync(agents=[{"id": "gil", "name": "Gil"}])
    later = await account.ana.send(announcement.id, "later")
    await announcement.mark(account.agent("gil"), later)
    assert await announcement.counts(account.ana) == [1, 1, 1, 1]
    assert (await readers(account.ana, third))["readBy"]["nodes"] == [{"id": "bruno"}]
    assert (await readers(account.ana, later))["readBy"]["nodes"] == [{"id": "gil"}]
