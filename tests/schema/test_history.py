"""Pages of a channel's messages: every order of pages contains each message once, in order."""

import asyncio
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loaders.pages import encode_cursor
from tests.support.api import Account, Api, Json

PAGE = """query ($id: ID!, $first: Int, $after: String, $last: Int, $before: String, $around: ID) {
  chatChannel(id: $id) { messages(first: $first, after: $after, last: $last, before: $before, around: $around) {
    nodes { id seq } edges { cursor node { seq } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  } } }"""
END = 60


@dataclass(frozen=True)
class History:
    """A channel of 60 messages."""

    account: Account
    channel: str

    async def page(self, **arguments: object) -> Json:
        answer = await self.account.bruno.query(PAGE, id=self.channel, **self._with_cursors(arguments))
        found: Json = answer["chatChannel"]["messages"]
        assert [edge["node"]["seq"] for edge in found["edges"]] == seqs(found)
        return found

    async def refused(self, **arguments: object) -> str:
        return (await self.account.bruno.execute(PAGE, id=self.channel, **self._with_cursors(arguments))).code

    def _with_cursors(self, arguments: Json) -> Json:
        """Replaces lists by cursors of this channel's history with these values."""
        name = f"history {self.channel.removeprefix('chn_')}"
        return {
            key: encode_cursor(name, *value) if isinstance(value, list) else value for key, value in arguments.items()
        }


def seqs(page: Json) -> list[int]:
    return [node["seq"] for node in page["nodes"]]


@pytest.fixture(scope="session")
async def history(api: Api) -> History:
    account = await api.create_account()
    channel = await account.bruno.create_channel()
    for number in range(2, END + 1):
        await account.bruno.send(channel, str(number))
    return History(account, channel)


async def _forwards(history: History, sizes: list[int]) -> list[int]:
    found: list[int] = []
    cursor = None
    while True:
        size = sizes[len(found) % len(sizes)]
        page = await history.page(first=size, after=cursor)
        assert page["pageInfo"]["hasPreviousPage"] == bool(found)
        found += seqs(page)
        assert page["pageInfo"]["hasNextPage"] == (len(found) < END)
        if not page["pageInfo"]["hasNextPage"]:
            return found
        cursor = page["pageInfo"]["endCursor"]


async def _backwards(history: History, sizes: list[int]) -> list[int]:
    found: list[int] = []
    cursor = None
    while True:
        size = sizes[len(found) % len(sizes)]
        page = await history.page(last=size, before=cursor)
        found = seqs(page) + found
        assert page["pageInfo"]["hasPreviousPage"] == (len(found) < END)
        if not page["pageInfo"]["hasPreviousPage"]:
            return found
        cursor = page["pageInfo"]["startCursor"]


@given(sizes=st.lists(st.integers(4, 100), min_size=1, max_size=5), forwards=st.booleans())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_pages_of_any_size_contain_every_message_once(history: History, sizes: list[int], forwards: bool) -> None:
    walked = await (_forwards(history, sizes) if forwards else _backwards(history, sizes))
    assert walked == list(range(1, END + 1))


@given(place=st.integers(1, END), size=st.integers(1, 100))
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_a_page_around_a_message_continues_in_both_directions(history: History, place: int, size: int) -> None:
    (target,) = (await history.page(first=1, after=(await _cursor_before(history, place))))["nodes"]
    page = await history.page(around=target["id"], first=size)
    around = seqs(page)
    assert place in around
    assert around == list(range(around[0], around[-1] + 1))
    assert len(around) <= size
    assert abs((place - around[0]) - (size - 1) // 2) == 0 or around[0] == 1
    info = page["pageInfo"]
    earlier = seqs(await history.page(last=100, before=info["startCursor"]))
    later = seqs(await history.page(first=100, after=info["endCursor"]))
    assert earlier + around + later == list(range(1, END + 1))
    assert (info["hasPreviousPage"], info["hasNextPage"]) == (bool(earlier), bool(later))


async def _cursor_before(history: History, place: int) -> str | None:
    if place == 1:
        return None
    page = await history.page(first=place - 1)
    cursor: str = page["pageInfo"]["endCursor"]
    return cursor


async def test_the_default_page_is_the_newest_50_messages(history: History) -> None:
    assert seqs(await history.page()) == list(range(END - 49, END + 1))
    assert seqs(await history.page(last=3)) == [END - 2, END - 1, END]
    assert seqs(await history.page(first=3)) == [1, 2, 3]


async def test_the_last_page_continues_with_new_messages(account: Account) -> None:
    channel = await account.bruno.create_channel()
    history = History(account, channel)
    end = (await history.page())["pageInfo"]["endCursor"]
    assert seqs(await history.page(after=end)) == []
    await asyncio.gather(*(account.bruno.send(channel) for _ in range(3)))
    assert seqs(await history.page(after=end)) == [2, 3, 4]


@pytest.mark.parametrize(
    "arguments",
    [
        {"first": 0},
        {"first": 101},
        {"first": -1},
        {"last": 0},
        {"last": 101},
        {"first": 5, "last": 5},
        {"first": 5, "before": [3]},
        {"last": 5, "after": [3]},
        {"after": [3], "before": [3]},
        {"last": 5, "around": "msg_x"},
        {"after": [3], "around": "msg_x"},
        {"after": ""},
        {"after": "nonsense"},
        {"after": "é"},
        {"after": "WzNd"},
        {"after": ["a"]},
        {"after": [1, 2]},
        {"after": [True]},
        {"before": "eyJhIjoxfQ"},
        {"after": [2**63]},
    ],
)
async def test_invalid_arguments_are_refused(history: History, arguments: Json) -> None:
    assert await history.refused(**arguments) == "BAD_USER_INPUT"


async def test_cursors_beyond_the_ends_give_empty_pages(history: History) -> None:
    for arguments in ({"after": [2**63 - 1]}, {"after": [999]}, {"before": [1]}):
        assert seqs(await history.page(**arguments)) == []


@pytest.mark.parametrize("size", [1, 10])
async def test_a_permalink_opens_at_its_message(history: History, size: int) -> None:
    """With the two ids of its path, as docs/front-end.md describes."""
    (message,) = (await history.page(around=await _id_of(history, 30), first=1))["nodes"]
    query = "query ($id: ID!) { chatMessage(id: $id) { permalink } }"
    permalink = (await history.account.bruno.query(query, id=message["id"]))["chatMessage"]["permalink"]
    *_, channels, channel, messages, message_id = permalink.split("/")
    assert (channels, channel, messages, message_id) == ("channels", history.channel, "messages", message["id"])
    page = await history.page(around=message_id, first=size)
    assert len(page["nodes"]) == size
    assert seqs(page)[(size - 1) // 2] == 30
    before = await history.page(last=size, before=page["pageInfo"]["startCursor"])
    after = await history.page(first=size, after=page["pageInfo"]["endCursor"])
    found = seqs(before) + seqs(page) + seqs(after)
    assert found == list(range(found[0], found[0] + 3 * size))


async def _id_of(history: History, seq: int) -> str:
    (node,) = (await history.page(first=1, after=[seq - 1]))["nodes"]
    id: str = node["id"]
    return id
