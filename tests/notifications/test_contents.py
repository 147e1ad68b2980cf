"""What the worker passes on about each e-mail."""

from models.enums import ItemKind
from tests.notifications.office import Office

MENTION = "[@Bruno](mention://user/bruno/Bruno)"


async def test_an_e_mail_shows_the_first_20_messages_and_knows_the_number_of_all(office: Office) -> None:
    channel = await office.account.ana.create_channel("Equipe", "PRIVATE", memberIds=["bruno"])
    bodies = [f"{MENTION} {number:02}" for number in range(23)]
    for body in bodies:
        await office.account.ana.send(channel, body)
    await office.work_after()
    (contents,) = office.composer.composed
    assert [each.body for each in contents.shown] == bodies[:20]
    assert len(contents.message_ids) == 23
    assert await office.states(office.account.bruno) == ["SENT"] * 23


async def test_the_account_can_leave_contents_out(office: Office) -> None:
    await office.account.ana.mutate("updateChatAccountSettings", "settings { chatEnabled }", emailContents=False)
    direct = await office.account.ana.mutate("openDirectMessage", "channel { id }", agentId="bruno")
    await office.account.ana.send(direct["channel"]["id"], "Secret")
    await office.work_after()
    (contents,) = office.composer.composed
    assert [each.body for each in contents.shown] == [None]
    assert "Secret" not in office.received("bruno")[0]


async def test_a_message_with_only_files_has_their_names(office: Office) -> None:
    direct = await office.account.ana.mutate("openDirectMessage", "channel { id }", agentId="bruno")
    uploads = [await office.account.ana.upload(filename=name) for name in ("b.txt", "a.txt")]
    await office.account.ana.send(direct["channel"]["id"], "", attachmentIds=uploads)
    await office.work_after()
    (contents,) = office.composer.composed
    assert [(each.body, list(each.filenames)) for each in contents.shown] == [("", ["b.txt", "a.txt"])]


async def test_cards_appear_as_their_kinds(office: Office) -> None:
    for kind, id in (("DEAL", "1"), ("TASK", "2")):
        office.account.add_item(ItemKind(kind), id)
    direct = await office.account.ana.mutate("openDirectMessage", "channel { id }", agentId="bruno")
    await office.account.ana.send(
        direct["channel"]["id"], "Look", cards=[{"kind": "TASK", "id": "2"}, {"kind": "DEAL", "id": "1"}]
    )
    await office.work_after()
    (contents,) = office.composer.composed
    assert [list(each.card_kinds) for each in contents.shown] == [[ItemKind.TASK, ItemKind.DEAL]]


async def test_a_direct_message_is_called_by_its_peer(office: Office) -> None:
    direct = await office.account.ana.mutate("openDirectMessage", "channel { id }", agentId="bruno")
    await office.account.ana.send(direct["channel"]["id"], "Bom dia")
    await office.work_after()
    (contents,) = office.composer.composed
    assert (contents.envelope.channel_name, contents.envelope.peer_name) == (None, "Ana")
    assert (contents.envelope.agent_name, contents.envelope.address) == ("Bruno", office.address("bruno"))


async def test_a_forward_shows_its_own_text_and_the_quoted_text(office: Office) -> None:
    channel = await office.account.ana.create_channel("Equipe")
    original = await office.account.ana.send(channel, "Original")
    for body in ("", "Veja"):
        await office.account.ana.mutate(
            "forwardChatMessage", "message { id }", messageId=original, destination={"agentId": "bruno"}, body=body
        )
    await office.work_after()
    (contents,) = office.composer.composed
    assert [each.body for each in contents.shown] == ["Ana: Original", "Veja\n\nAna: Original"]
