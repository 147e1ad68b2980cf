"""What changes between writing a notification and sending its e-mail. In each test, the same message also notifies
carla, for whom nothing changes: she gets her e-mail."""

from collections.abc import Awaitable, Callable

import pytest

from tests.notifications.office import Office

BODY = "[@Bruno](mention://user/bruno/Bruno) [@Carla](mention://user/carla/Carla)"
ONLY_CARLA = "[@Carla](mention://user/carla/Carla)"

Cause = Callable[[Office, str, str], Awaitable[object]]
"""Changes something for bruno, after ana has mentioned him in a message of a private channel."""


async def read_the_channel(office: Office, channel: str, message: str) -> None:
    await office.account.bruno.mutate("markChatRead", "channel { id }", channelId=channel)


async def read_in_the_bell(office: Office, channel: str, message: str) -> None:
    await office.account.bruno.mutate("markChatNotificationsRead", "viewer { agent { id } }")


async def remove_the_mention(office: Office, channel: str, message: str) -> None:
    await office.account.ana.mutate("editChatMessage", "message { id }", messageId=message, body=ONLY_CARLA)


async def remove_the_member(office: Office, channel: str, message: str) -> None:
    await office.account.ana.mutate("removeChatMember", "channel { id }", channelId=channel, agentId="bruno")


async def revoke_access(office: Office, channel: str, message: str) -> None:
    """Removes the membership only, so that the notification remains and the check itself is tested."""
    await office.execute("DELETE FROM members WHERE account_id = :account_id AND agent_id = 'bruno'")


async def switch_the_type_off(office: Office, channel: str, message: str) -> None:
    await office.account.bruno.mutate(
        "updateChatNotificationPreference", "viewer { agent { id } }", type="MENTION", email=False
    )


async def deactivate(office: Office, channel: str, message: str) -> None:
    await office.account.sync(agents=[{"id": "bruno", "name": "Bruno", "email": "b@example.com", "active": False}])


async def remove_the_address(office: Office, channel: str, message: str) -> None:
    await office.account.sync(agents=[{"id": "bruno", "name": "Bruno"}])


CAUSES: tuple[Cause, ...] = (
    read_the_channel,
    read_in_the_bell,
    remove_the_mention,
    remove_the_member,
    revoke_access,
    switch_the_type_off,
    deactivate,
    remove_the_address,
)


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.__name__)
async def test_before_the_e_mail_is_stored(office: Office, cause: Cause) -> None:
    channel, message = await _mention_both(office)
    await cause(office, channel, message)
    await office.work_after()
    assert (len(office.emails_to("bruno")), len(office.emails_to("carla"))) == (0, 1)
    assert office.received("carla") in ([BODY], [ONLY_CARLA])
    assert set(await office.states(office.account.bruno)) <= {"TAKEN_BACK"}


@pytest.mark.parametrize("cause", CAUSES, ids=lambda cause: cause.__name__)
async def test_before_the_next_attempt(office: Office, cause: Cause) -> None:
    channel, message = await _mention_both(office)
    office.inbox.fail_temporarily()
    await office.work_after()
    assert [state for state, *_ in await office.email_rows()] == ["WAITING", "WAITING"]
    office.inbox.failure = None
    await cause(office, channel, message)
    await office.work_after()
    assert (len(office.emails_to("bruno")), len(office.emails_to("carla"))) == (0, 1)
    assert set(await office.states(office.account.bruno)) <= {"TAKEN_BACK"}
    assert sorted(state for state, *_ in await office.email_rows()) == ["SENT", "TAKEN_BACK"]


async def test_nobody_gets_a_deleted_message(office: Office) -> None:
    channel, message = await _mention_both(office)
    await office.account.ana.send(channel, f"Later {ONLY_CARLA}")
    await office.account.ana.mutate("deleteChatMessage", "message { id }", messageId=message)
    await office.work_after()
    assert office.received("bruno") == []
    assert office.received("carla") == [f"Later {ONLY_CARLA}"]


async def test_a_message_that_is_deleted_after_a_failure_is_left_out(office: Office) -> None:
    channel, message = await _mention_both(office)
    await office.account.ana.send(channel, f"Later {ONLY_CARLA}")
    office.inbox.fail_temporarily()
    await office.work_after()
    office.inbox.failure = None
    await office.account.ana.mutate("deleteChatMessage", "message { id }", messageId=message)
    await office.work_after()
    assert office.received("bruno") == []
    assert office.received("carla") == [f"Later {ONLY_CARLA}"]


@pytest.mark.parametrize("change", [{"chatEnabled": False}, {"enabledRoles": ["ADMINISTRATOR"]}])
async def test_nobody_gets_e_mail_who_may_not_use_the_chat(office: Office, change: dict[str, object]) -> None:
    channel, _ = await _mention_both(office)
    await office.account.bruno.send(channel, "[@Ana](mention://user/ana/Ana)")
    await office.account.ana.mutate("updateChatAccountSettings", "settings { chatEnabled }", **change)
    await office.work_after()
    assert office.received("bruno") == office.received("carla") == []
    assert len(office.emails_to("ana")) == ("enabledRoles" in change)


async def _mention_both(office: Office) -> tuple[str, str]:
    """Returns the channel and the message."""
    channel = await office.account.ana.create_channel("Equipe", "PRIVATE", memberIds=["bruno", "carla"])
    return channel, await office.account.ana.send(channel, BODY)
