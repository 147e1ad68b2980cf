"""The account's own rules, kept by its administrators, whom nothing shuts out."""

import asyncio

from tests.support.api import Api, House
from tests.support.fingerprint import fingerprint

SETTINGS = "settings { chatEnabled enabledRoles whoCreatesPrivate whoCreatesAnnouncement cardPreview emailContents }"
SEND_KEY = "{ chatViewer { sendKey } }"


async def test_only_what_is_given_changes_and_only_a_change_is_announced(house: House) -> None:
    changed = await house.ana.mutate("updateChatAccountSettings", SETTINGS, whoCreatesPrivate="EVERYONE")
    assert changed["settings"] == {
        "chatEnabled": True,
        "enabledRoles": ["AGENT", "ADMINISTRATOR"],
        "whoCreatesPrivate": "EVERYONE",
        "whoCreatesAnnouncement": "CHANNEL_MANAGERS",
        "cardPreview": "WITH_ACCESS",
        "emailContents": True,
    }
    before = await fingerprint(house)
    await house.ana.mutate("updateChatAccountSettings", SETTINGS, whoCreatesPrivate="EVERYONE")
    assert await fingerprint(house) == before


async def test_administrators_cannot_be_shut_out(house: House) -> None:
    before = await fingerprint(house)
    for roles in (["AGENT"], []):
        assert await house.ana.refusal("updateChatAccountSettings", SETTINGS, enabledRoles=roles) == "INVALID"
    assert await house.ana.refusal("updateChatAccountSettings", SETTINGS, chatEnabled=None) == "INVALID"
    assert await fingerprint(house) == before


async def test_a_role_that_is_switched_off_is_out_until_it_is_back(house: House) -> None:
    channel = await house.bruno.create_channel()
    await house.ana.mutate("updateChatAccountSettings", SETTINGS, enabledRoles=["ADMINISTRATOR"])
    assert (await house.bruno.ask(SEND_KEY)).code == "MODULE_DISABLED"
    assert (await house.bruno.query("{ chatViewer { chatEnabled } }"))["chatViewer"] == {"chatEnabled": False}
    await house.ana.query(SEND_KEY)
    roles = ["ADMINISTRATOR", "AGENT", "AGENT"]
    changed = await house.ana.mutate("updateChatAccountSettings", SETTINGS, enabledRoles=roles)
    assert changed["settings"]["enabledRoles"] == ["AGENT", "ADMINISTRATOR"]
    await house.bruno.send(channel, "De volta")


async def test_switching_the_module_off_loses_nothing(house: House) -> None:
    channel = await house.bruno.create_channel("Sala", memberIds=["carla"])
    await house.bruno.send(channel, "Fica")
    for on in (False, True):
        await house.ana.mutate("updateChatAccountSettings", SETTINGS, chatEnabled=on)
        assert ("errors" in (await house.bruno.ask(SEND_KEY)).body) is not on
    assert await house.carla.bodies(channel) == ["Fica"]
    assert (await house.carla.see(channel, "unreadCount"))["unreadCount"] == 1


async def test_administrators_keep_their_settings_while_the_module_is_off(api: Api) -> None:
    house = await api.account(enabled=False)
    viewer = "{ chatViewer { chatEnabled viewerCan { createPublicChannel administer } } }"
    assert (await house.ana.query(viewer))["chatViewer"] == {
        "chatEnabled": False,
        "viewerCan": {"createPublicChannel": False, "administer": True},
    }
    assert (await house.ana.ask(SEND_KEY)).code == "MODULE_DISABLED"
    await house.ana.mutate("updateChatAccountSettings", SETTINGS, chatEnabled=True)
    await house.ana.query(SEND_KEY)


async def test_the_profile_is_ones_own(house: House, other_house: House) -> None:
    changed = await house.bruno.mutate("updateChatProfile", "viewer { sendKey agent { id } }", sendKey="MOD_ENTER")
    assert changed["viewer"] == {"sendKey": "MOD_ENTER", "agent": {"id": "bruno"}}
    assert (await house.bruno.mutate("updateChatProfile", "viewer { sendKey }"))["viewer"]["sendKey"] == "MOD_ENTER"
    for person in (house.carla, other_house.bruno):
        assert (await person.query(SEND_KEY))["chatViewer"]["sendKey"] == "ENTER"
    await house.sync(agents=[{"id": "bruno", "name": "Bruno B."}])
    assert (await house.bruno.query(SEND_KEY))["chatViewer"]["sendKey"] == "MOD_ENTER"


async def test_many_changes_of_one_profile_at_once_do_not_lock_each_other_up(house: House) -> None:
    """Sharing the row first, and writing it then, made a deadlock of each two of them."""
    before = await _deadlocks(house)
    await asyncio.gather(
        *(house.ana.mutate("updateChatProfile", "viewer { sendKey }", sendKey="ENTER") for _ in range(5)),
        *(house.ana.mutate("updateChatProfile", "viewer { sendKey }", sendKey="MOD_ENTER") for _ in range(5)),
    )
    await asyncio.sleep(1.2)  # PostgreSQL's statistics are up to a second late
    assert await _deadlocks(house) == before


async def _deadlocks(house: House) -> int:
    async with house.api.engine.connect() as connection:
        found = await connection.exec_driver_sql(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        )
        return int(found.scalar_one())
