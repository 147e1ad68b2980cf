"""The audit log: every change of members, roles, authors and settings, and every deletion, is in it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from starlette.applications import Starlette

from chat.audit import NotAudited
from chat.identity import AgentToken
from chat.operation import Transaction, operation
from chat.operations import prune_audit as pruning
from chat.operations.prune_audit import prune_audit
from chat.ports import Chat
from models.enums import ChangeKind
from tests.support.api import Account, AgentClient, Api, Json
from tests.support.fingerprint import fingerprint

LOG = """query ($first: Int, $after: String, $agentId: ID, $channelId: ID) {
  chatAuditLog(first: $first, after: $after, agentId: $agentId, channelId: $channelId) {
    nodes { id at actor { id } action channel { id name } agent { id } messageId setting before after }
    pageInfo { hasNextPage endCursor }
  } }"""


class Entry(NamedTuple):
    action: str
    actor: str | None
    agent: str | None = None
    before: str | None = None
    after: str | None = None
    setting: str | None = None


def entry(node: Json) -> Entry:
    actor, agent = [each and each["id"] for each in (node["actor"], node["agent"])]
    return Entry(node["action"], actor, agent, node["before"], node["after"], node["setting"])


async def nodes(agent: AgentClient, **arguments: object) -> list[Json]:
    found: list[Json] = (await agent.query(LOG, **arguments))["chatAuditLog"]["nodes"]
    return found


async def log(account: Account, **arguments: object) -> list[Entry]:
    """Returns the entries, oldest first."""
    return [entry(node) for node in reversed(await nodes(account.ana, **arguments))]


async def delete(agent: AgentClient, message: str) -> None:
    await agent.mutate("deleteChatMessage", "message { id }", messageId=message)


async def test_what_happens_to_a_channel(account: Account) -> None:
    bruno, selection = account.bruno, "channel { id }"
    channel = await bruno.create_channel("Sala", memberIds=["carla"])
    for field, value in {"name": "Quarto", "description": "Para dormir", "kind": "PRIVATE"}.items():
        await bruno.mutate("updateChatChannel", selection, channelId=channel, **{field: value})
    await bruno.mutate("updateChatChannel", selection, channelId=channel, name="Quarto", description=None)
    avatar = {"icon": {"icon": "bed", "color": "#ffffff"}}
    await bruno.mutate("updateChatChannel", selection, channelId=channel, avatar=avatar)
    await bruno.mutate("archiveChatChannel", selection, channelId=channel)
    await bruno.mutate("archiveChatChannel", selection, channelId=channel)
    await bruno.mutate("unarchiveChatChannel", selection, channelId=channel)
    assert await log(account, channelId=channel) == [
        Entry("CHANNEL_CREATED", "bruno", after="Sala"),
        Entry("MEMBER_ADDED", "bruno", "bruno", after="OWNER"),
        Entry("MEMBER_ADDED", "bruno", "carla", after="MEMBER"),
        Entry("CHANNEL_RENAMED", "bruno", before="Sala", after="Quarto"),
        Entry("CHANNEL_DESCRIBED", "bruno", after="Para dormir"),
        Entry("CHANNEL_KIND_CHANGED", "bruno", before="PUBLIC", after="PRIVATE"),
        Entry("CHANNEL_DESCRIBED", "bruno", before="Para dormir"),
        Entry("CHANNEL_AVATAR_CHANGED", "bruno"),
        Entry("CHANNEL_ARCHIVED", "bruno"),
        Entry("CHANNEL_UNARCHIVED", "bruno"),
    ]
    # An administrator who cannot read a private channel manages it, and so sees its name.
    channels = [node["channel"] for node in await nodes(account.ana, channelId=channel)]
    assert channels == [{"id": channel, "name": "Quarto"}] * 10


async def test_members_and_roles(account: Account) -> None:
    bruno, selection = account.bruno, "channel { id }"
    channel = await bruno.create_channel()
    begin = len(await log(account, channelId=channel))
    await account.davi.mutate("joinChatChannel", selection, channelId=channel)
    await account.davi.mutate("leaveChatChannel", selection, channelId=channel)
    await bruno.mutate("addChatMembers", selection, channelId=channel, agentIds=["carla", "davi"])
    await bruno.mutate("changeChatMemberRole", "member { id }", channelId=channel, agentId="carla", role="ADMIN")
    await account.carla.mutate("removeChatMember", selection, channelId=channel, agentId="davi")
    await account.sync(agents=[{"id": "bruno", "name": "Bruno", "active": False}])
    assert (await log(account, channelId=channel))[begin:] == [
        Entry("MEMBER_ADDED", "davi", "davi", after="MEMBER"),
        Entry("MEMBER_REMOVED", "davi", "davi", before="MEMBER"),
        Entry("MEMBER_ADDED", "bruno", "carla", after="MEMBER"),
        Entry("MEMBER_ADDED", "bruno", "davi", after="MEMBER"),
        Entry("MEMBER_ROLE_CHANGED", "bruno", "carla", "MEMBER", "ADMIN"),
        Entry("MEMBER_REMOVED", "carla", "davi", "MEMBER"),
        # The last owner was deactivated: nobody made carla the owner.
        Entry("MEMBER_ROLE_CHANGED", None, "carla", "ADMIN", "OWNER"),
    ]


async def test_an_announcement_and_its_authors(account: Account) -> None:
    channel = await account.ana.create_channel("Avisos", "ANNOUNCEMENT")
    await account.ana.mutate("addChatAuthors", "channel { id }", channelId=channel, agentIds=["bruno"])
    await account.ana.mutate("removeChatAuthor", "channel { id }", channelId=channel, agentId="bruno")
    await account.sync(agents=[{"id": "nova", "name": "Nova"}])
    assert await log(account, channelId=channel) == [
        Entry("CHANNEL_CREATED", "ana", after="Avisos"),
        Entry("MEMBER_ADDED", "ana", "ana", after="OWNER"),
        Entry("MEMBER_ADDED", "ana", after="3"),
        Entry("AUTHOR_ADDED", "ana", "bruno"),
        Entry("AUTHOR_REMOVED", "ana", "bruno"),
        Entry("MEMBER_ADDED", None, after="1"),
    ]


async def test_deletions_by_authors_and_by_moderators_without_their_texts(account: Account) -> None:
    channel = await account.bruno.create_channel(memberIds=["carla"])
    own, other = [await account.carla.send(channel, text) for text in ("segredo um", "segredo dois")]
    await delete(account.carla, own)
    await delete(account.bruno, other)
    await delete(account.bruno, other)
    deletions = [node for node in await nodes(account.ana, channelId=channel) if node["action"] == "MESSAGE_DELETED"]
    assert [(node["messageId"], node["actor"]["id"], node["agent"]["id"]) for node in deletions] == [
        (other, "bruno", "carla"),
        (own, "carla", "carla"),
    ]
    assert "segredo" not in str(deletions)


async def test_direct_messages_are_not_in_it(account: Account) -> None:
    opened = await account.ana.mutate("openDirectMessage", "channel { id }", agentId="bruno")
    channel = opened["channel"]["id"]
    before = await log(account)
    await delete(account.ana, await account.ana.send(channel))
    assert await log(account) == before
    assert await log(account, channelId=channel) == []
    assert {entry.action for entry in before} == {"AGENT_ADDED", "SETTING_CHANGED"}


async def test_messages_reactions_pins_and_personal_state_are_not_in_it(account: Account) -> None:
    channel = await account.bruno.create_channel(memberIds=["carla"])
    before = await log(account)
    message, selection = await account.bruno.send(channel), "message { id }"
    await account.bruno.mutate("editChatMessage", selection, messageId=message, body="Outro")
    await account.carla.mutate("addChatReaction", selection, messageId=message, emoji="👍")
    await account.bruno.mutate("pinChatMessage", selection, messageId=message)
    await account.carla.mutate("markChatRead", "channel { id }", channelId=channel)
    await account.carla.mutate("updateChatMembership", "membership { muted }", channelId=channel, muted=True)
    assert await log(account) == before


async def test_settings_and_what_the_directory_changes(api: Api) -> None:
    account = await api.create_account()
    selection = "settings { id }"
    await account.ana.mutate(
        "updateChatAccountSettings", selection, membersPin=False, enabledRoles=["ADMINISTRATOR"], cardPreview="CHANNEL"
    )
    await account.ana.mutate("updateChatAccountSettings", selection, membersPin=False)
    await account.sync(
        agents=[
            {"id": "bruno", "name": "Bruno", "role": "ADMINISTRATOR"},
            {"id": "carla", "name": "Carla", "active": False},
            {"id": "davi", "name": "Davi Souza"},
            {"id": "elisa", "name": "Elisa"},
        ]
    )
    entries = await log(account)
    assert set(entries[:5]) == {
        Entry("AGENT_ADDED", None, id, after="ADMINISTRATOR" if id == "ana" else "AGENT")
        for id in ("ana", "bruno", "carla", "davi", "elisa")
    }
    assert entries[5:] == [
        Entry("SETTING_CHANGED", "ana", None, "false", "true", "chatEnabled"),
        Entry("SETTING_CHANGED", "ana", None, "AGENT, ADMINISTRATOR", "ADMINISTRATOR", "enabledRoles"),
        Entry("SETTING_CHANGED", "ana", None, "WITH_ACCESS", "CHANNEL", "cardPreview"),
        Entry("SETTING_CHANGED", "ana", None, "true", "false", "membersPin"),
        Entry("AGENT_ROLE_CHANGED", None, "bruno", "AGENT", "ADMINISTRATOR"),
        Entry("AGENT_DEACTIVATED", None, "carla"),
        Entry("AGENT_REACTIVATED", None, "elisa"),
    ]


async def test_a_change_of_many_agents_is_one_entry(api: Api) -> None:
    account = await api.create_account(extra_agents=1_000)
    assert (await log(account))[0] == Entry("AGENT_ADDED", None, after="1005")
    listed = [f"extra-{number:04}" for number in range(1_000)]
    channel = await account.bruno.create_channel(memberIds=listed)
    assert len(await nodes(account.ana, agentId="extra-0500", channelId=channel)) == 1


async def test_a_page_and_its_filters(account: Account) -> None:
    first, second = [await account.bruno.create_channel(name, memberIds=["carla"]) for name in ("Um", "Dois")]
    await account.carla.mutate("leaveChatChannel", "channel { id }", channelId=first)
    whole = await nodes(account.ana, first=100)
    paged, cursor = [], None
    while True:
        page = (await account.ana.query(LOG, first=3, after=cursor))["chatAuditLog"]
        paged += page["nodes"]
        cursor = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert paged == whole
    assert [node["at"] for node in whole] == sorted((node["at"] for node in whole), reverse=True)
    assert len({node["id"] for node in whole}) == len(whole)

    def is_carla(node: Json) -> bool:
        return "carla" in (entry(node).actor, entry(node).agent)

    assert await nodes(account.ana, agentId="carla") == [node for node in whole if is_carla(node)]
    in_second = [node for node in whole if node["channel"] and node["channel"]["id"] == second]
    assert await nodes(account.ana, channelId=second) == in_second
    assert len(in_second) == 3
    both = [node for node in in_second if is_carla(node)]
    assert await nodes(account.ana, channelId=second, agentId="carla") == both
    assert len(both) == 1


async def test_unknown_ids_give_an_empty_page(account: Account, other_account: Account) -> None:
    foreign = await other_account.ana.create_channel()
    for arguments in ({"agentId": "nobody"}, {"agentId": "a\x00"}, {"channelId": "chn_?"}, {"channelId": foreign}):
        assert await nodes(account.ana, **arguments) == []


async def test_only_administrators_see_it(account: Account) -> None:
    channel = await account.bruno.create_channel()
    assert await nodes(account.bruno, channelId=channel) == []
    assert await nodes(account.bruno) == []
    assert await nodes(account.ana) != []


async def test_the_number_of_statements_is_constant(account: Account) -> None:
    for number in range(10):
        await account.bruno.create_channel(f"Sala {number}", memberIds=["carla", "davi"])
    counts = []
    for size in (1, 40):
        with account.api.statements() as sent:
            assert len(await nodes(account.ana, first=size)) == size
        counts.append(len(sent))
    assert counts == [4, 4]


@operation
async def _forgetful(tx: Transaction, kind: ChangeKind) -> None:
    tx.announce(kind)


async def test_an_operation_cannot_forget_it(account: Account, app: Starlette) -> None:
    before = await fingerprint(account)
    token = AgentToken(account.account_id, "ana", datetime.now(UTC) + timedelta(hours=1))
    with pytest.raises(NotAudited, match="SETTINGS_CHANGED needs"):
        await _forgetful(app.state.services.chat, token, ChangeKind.SETTINGS_CHANGED)
    assert await fingerprint(account) == before
    await _forgetful(app.state.services.chat, token, ChangeKind.MEMBERS_COUNTED)


async def test_old_entries_are_deleted(account: Account, app: Starlette, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "BATCH", 2)
    chat: Chat = replace(app.state.services.chat)
    entries = await log(account)
    before = datetime.now(UTC)
    await account.bruno.create_channel("Nova")
    await prune_audit(chat, before - timedelta(days=1))
    assert len(await log(account)) == len(entries) + 2
    assert await prune_audit(chat, before) >= len(entries)
    assert [entry.action for entry in await log(account)] == ["CHANNEL_CREATED", "MEMBER_ADDED"]
