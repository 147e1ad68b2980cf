from models.enums import NotificationType
from notifications.unsubscriber import EmailUnsubscriber
from tests.notifications.office import Office

PREFERENCES = (
    "SELECT type, bell, email FROM notification_preferences WHERE account_id = :account_id AND agent_id = 'bruno'"
    " ORDER BY type"
)


async def test_it_switches_off_the_e_mail_of_the_types_and_leaves_the_bell(office: Office) -> None:
    await office.account.bruno.mutate(
        "updateChatNotificationPreference", "viewer { agent { id } }", type="DIRECT_MESSAGE", bell=False
    )
    switches = EmailUnsubscriber(office.account.api.pool)
    types = [NotificationType.MENTION, NotificationType.DIRECT_MESSAGE]
    for _ in range(2):
        await switches.switch_off(office.account.account_id, "bruno", types)
        rows = [tuple(row) for row in await office.rows(PREFERENCES)]
        assert rows == [("DIRECT_MESSAGE", False, False), ("MENTION", True, False)]


async def test_a_waiting_e_mail_of_the_type_is_not_sent(office: Office) -> None:
    channel = await office.account.ana.create_channel("Equipe", "PRIVATE", memberIds=["bruno"])
    await office.account.ana.send(channel, "[@Bruno](mention://user/bruno/Bruno)")
    switches = EmailUnsubscriber(office.account.api.pool)
    await switches.switch_off(office.account.account_id, "bruno", [NotificationType.MENTION])
    await office.work_after()
    assert office.received("bruno") == []


async def test_an_unknown_agent_has_nothing_to_switch_off(office: Office) -> None:
    await EmailUnsubscriber(office.account.api.pool).switch_off(
        office.account.account_id, "nobody", [NotificationType.MENTION]
    )
    assert await office.rows("SELECT type FROM notification_preferences WHERE account_id = :account_id") == []
