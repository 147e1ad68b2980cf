"""The settings of an account, which administrators can always change, and the profile of an agent."""

import asyncio

import pytest
from asyncpg.connection import LoggedQuery

from tests.support.api import Account, Api
from tests.support.fingerprint import fingerprint

SETTINGS = (
    "settings { chatEnabled enabledRoles whoCreatesPrivate whoCreatesAnnouncement cardPreview emailContents"
    " membersPin }"
)
SEND_KEY = "{ chatViewer { sendKey } }"


async def test_only_given_fields_change_and_an_unchanged_value_is_not_announced(account: Account) -> None:
    changed = await account.ana.mutate("updateChatAccountSettings", SETTINGS, whoCreatesPrivate="EVERYONE")
    assert changed["settings"] == {
        "chatEnabled": True,
        "enabledRoles": ["AGENT", "ADMINISTRATOR"],
        "whoCreatesPrivate": "EVERYONE",
        "whoCreatesAnnouncement": "CHANNEL_MANAGERS",
        "cardPreview": "WITH_ACCESS",
        "emailContents": True,
        "membersPin": True,
    }
    before = await fingerprint(account)
    await account.ana.mutate("updateChatAccountSettings", SETTINGS, whoCreatesPrivate="EVERYONE")
    assert await fingerprint(account) == before


async def test_the_administrator_role_cannot_be_excluded(account: Account) -> None:
    before = await fingerprint(account)
    for roles in (["AGENT"], []):
        assert await account.ana.refusal("updateChatAccountSettings", SETTINGS, enabledRoles=roles) == "INVALID"
    assert await account.ana.refusal("updateChatAccountSettings", SETTINGS, chatEnabled=None) == "INVALID"
    assert await fingerprint(account) == before


async def test_agents_of_an_excluded_role_are_denied_until_it_is_included_again(account: Account) -> None:
    channel = await account.bruno.create_channel()
    await account.ana.mutate("updateChatAccountSettings", SETTINGS, enabledRoles=["ADMINISTRATOR"])
    assert (await account.bruno.execute(SEND_KEY)).code == "MODULE_DISABLED"
    assert (await account.bruno.query("{ chatViewer { chatEnabled } }"))["chatViewer"] == {"chatEnabled": False}
    await account.ana.query(SEND_KEY)
    roles = ["ADMINISTRATOR", "AGENT", "AGENT"]
    changed = await account.ana.mutate("updateChatAccountSettings", SETTINGS, enabledRoles=roles)
    assert changed["settings"]["enabledRoles"] == ["AGENT", "ADMINISTRATOR"]
    await account.bruno.send(channel, "De volta")


async def test_disabling_the_chat_loses_no_data(account: Account) -> None:
    channel = await account.bruno.create_channel("Sala", memberIds=["carla"])
    await account.bruno.send(channel, "Fica")
    for on in (False, True):
        await account.ana.mutate("updateChatAccountSettings", SETTINGS, chatEnabled=on)
        assert ("errors" in (await account.bruno.execute(SEND_KEY)).body) is not on
    assert await account.carla.bodies(channel) == ["Fica"]
    assert (await account.carla.read(channel, "unreadCount"))["unreadCount"] == 1


async def test_administrators_can_change_settings_while_the_chat_is_disabled(api: Api) -> None:
    account = await api.create_account(enabled=False)
    viewer = "{ chatViewer { chatEnabled viewerCan { createPublicChannel administer } } }"
    assert (await account.ana.query(viewer))["chatViewer"] == {
        "chatEnabled": False,
        "viewerCan": {"createPublicChannel": False, "administer": True},
    }
    assert (await account.ana.execute(SEND_KEY)).code == "MODULE_DISABLED"
    await account.ana.mutate("updateChatAccountSettings", SETTINGS, chatEnabled=True)
    await account.ana.query(SEND_KEY)


LISTS = ["chatChannels", "discoverChatChannels", "manageableChatChannels", "chatAgents", "shareDestinations"]


@pytest.mark.parametrize("enabled", [True, False])
async def test_the_lists_of_a_disabled_chat_do_not_take_the_viewer_with_them(api: Api, enabled: bool) -> None:
    """Clients learn whether the chat is enabled in one request with everything that they show first."""
    account = await api.create_account(enabled=enabled)
    lists = " ".join(f"{name} {{ nodes {{ __typename }} }}" for name in LISTS)
    body = (await account.bruno.execute(f"{{ chatViewer {{ agent {{ id }} chatEnabled }} {lists} }}")).body
    assert body["data"].pop("chatViewer") == {"agent": {"id": "bruno"}, "chatEnabled": enabled}
    if enabled:
        assert "errors" not in body
        assert all(body["data"][name] is not None for name in LISTS)
    else:
        assert body["data"] == dict.fromkeys(LISTS)
        assert [error["path"] for error in body["errors"]] == [[name] for name in LISTS]
        assert {error["extensions"]["code"] for error in body["errors"]} == {"MODULE_DISABLED"}


async def test_a_profile_belongs_to_one_agent_of_one_account(account: Account, other_account: Account) -> None:
    changed = await account.bruno.mutate("updateChatProfile", "viewer { sendKey agent { id } }", sendKey="MOD_ENTER")
    assert changed["viewer"] == {"sendKey": "MOD_ENTER", "agent": {"id": "bruno"}}
    assert (await account.bruno.mutate("updateChatProfile", "viewer { sendKey }"))["viewer"]["sendKey"] == "MOD_ENTER"
    for agent in (account.carla, other_account.bruno):
        assert (await agent.query(SEND_KEY))["chatViewer"]["sendKey"] == "ENTER"
    await account.sync(agents=[{"id": "bruno", "name": "Bruno B."}])
    assert (await account.bruno.query(SEND_KEY))["chatViewer"]["sendKey"] == "MOD_ENTER"


async def test_concurrent_updates_of_one_profile_do_not_deadlock(account: Account) -> None:
    """Two transactions that lock the row FOR SHARE and then update it deadlock."""
    failures: list[BaseException] = []

    def record(executed: LoggedQuery) -> None:
        if executed.exception is not None:
            failures.append(executed.exception)

    with account.api.pool.logging(record):
        await asyncio.gather(
            *(account.ana.mutate("updateChatProfile", "viewer { sendKey }", sendKey="ENTER") for _ in range(5)),
            *(account.ana.mutate("updateChatProfile", "viewer { sendKey }", sendKey="MOD_ENTER") for _ in range(5)),
        )
    assert failures == []
