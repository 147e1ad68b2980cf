"""The account's own rules, kept by its administrators, whom nothing shuts out."""

import asyncio

from tests.support.api import Account, Api
from tests.support.fingerprint import fingerprint

SETTINGS = "settings { chatEnabled enabledRoles whoCreatesPrivate whoCreatesAnnouncement cardPreview emailContents }"
SEND_KEY = "{ chatViewer { sendKey } }"


async def test_only_what_is_given_changes_and_only_a_change_is_announced(account: Account) -> None:
    changed = await account.ana.mutate("updateChatAccountSettings", SETTINGS, whoCreatesPrivate="EVERYONE")
    assert changed["settings"] == {
        "chatEnabled": True,
        "enabledRoles": ["AGENT", "ADMINISTRATOR"],
        "whoCreatesPrivate": "EVERYONE",
        "whoCreatesAnnouncement": "CHANNEL_MANAGERS",
        "cardPreview": "WITH_ACCESS",
        "emailContents": True,
    }
    before = await fingerprint(account)
    await account.ana.mutate("updateChatAccountSettings", SETTINGS, whoCreatesPrivate="EVERYONE")
    assert await fingerprint(account) == before


async def test_administrators_cannot_be_shut_out(account: Account) -> None:
    before = await fingerprint(account)
    for roles in (["AGENT"], []):
        assert await account.ana.refusal("updateChatAccountSettings", SETTINGS, enabledRoles=roles) == "INVALID"
    assert await account.ana.refusal("updateChatAccountSettings", SETTINGS, chatEnabled=None) == "INVALID"
    assert await fingerprint(account) == before


async def test_a_role_that_is_switched_off_is_out_until_it_is_back(account: Account) -> None:
    channel = await account.bruno.create_channel()
    await account.ana.mutate("updateChatAccountSettings", SETTINGS, enabledRoles=["ADMINISTRATOR"])
    assert (await account.bruno.execute(SEND_KEY)).code == "MODULE_DISABLED"
    assert (await account.bruno.query("{ chatViewer { chatEnabled } }"))["chatViewer"] == {"chatEnabled": False}
    await account.ana.query(SEND_KEY)
    roles = ["ADMINISTRATOR", "AGENT", "AGENT"]
    changed = await account.ana.mutate("updateChatAccountSettings", SETTINGS, enabledRoles=roles)
    assert changed["settings"]["enabledRoles"] == ["AGENT", "ADMINISTRATOR"]
    await account.bruno.send(channel, "De volta")


async def test_switching_the_module_off_loses_nothing(account: Account) -> None:
    channel = await account.bruno.create_channel("Sala", memberIds=["carla"])
    await account.bruno.send(channel, "Fica")
    for on in (False, True):
        await account.ana.mutate("updateChatAccountSettings", SETTINGS, chatEnabled=on)
        assert ("errors" in (await account.bruno.execute(SEND_KEY)).body) is not on
    assert await account.carla.bodies(channel) == ["Fica"]
    assert (await account.carla.read(channel, "unreadCount"))["unreadCount"] == 1


async def test_administrators_keep_their_settings_while_the_module_is_off(api: Api) -> None:
    account = await api.create_account(enabled=False)
    viewer = "{ chatViewer { chatEnabled viewerCan { createPublicChannel administer } } }"
    assert (await account.ana.query(viewer))["chatViewer"] == {
        "chatEnabled": False,
        "viewerCan": {"createPublicChannel": False, "administer": True},
    }
    assert (await account.ana.execute(SEND_KEY)).code == "MODULE_DISABLED"
    await account.ana.mutate("updateChatAccountSettings", SETTINGS, chatEnabled=True)
    await account.ana.query(SEND_KEY)


async def test_the_profile_is_ones_own(account: Account, other_account: Account) -> None:
    changed = await account.bruno.mutate("updateChatProfile", "viewer { sendKey agent { id } }", sendKey="MOD_ENTER")
    assert changed["viewer"] == {"sendKey": "MOD_ENTER", "agent": {"id": "bruno"}}
    assert (await account.bruno.mutate("updateChatProfile", "viewer { sendKey }"))["viewer"]["sendKey"] == "MOD_ENTER"
    for agent in (account.carla, other_account.bruno):
        assert (await agent.query(SEND_KEY))["chatViewer"]["sendKey"] == "ENTER"
    await account.sync(agents=[{"id": "bruno", "name": "Bruno B."}])
    assert (await account.bruno.query(SEND_KEY))["chatViewer"]["sendKey"] == "MOD_ENTER"


async def test_many_changes_of_one_profile_at_once_do_not_lock_each_other_up(account: Account) -> None:
    """Sharing the row first, and writing it then, made a deadlock of each two of them."""
    before = await _deadlocks(account)
    await asyncio.gather(
        *(account.ana.mutate("updateChatProfile", "viewer { sendKey }", sendKey="ENTER") for _ in range(5)),
        *(account.ana.mutate("updateChatProfile", "viewer { sendKey }", sendKey="MOD_ENTER") for _ in range(5)),
    )
    await asyncio.sleep(1.2)  # PostgreSQL's statistics are up to a second late
    assert await _deadlocks(account) == before


async def _deadlocks(account: Account) -> int:
    async with account.api.engine.connect() as connection:
        found = await connection.exec_driver_sql(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        )
        return int(found.scalar_one())
