from tests.support.api import Account


async def test_a_sent_message_appears_for_another_member(account: Account) -> None:
    channel = await account.bruno.create_channel("Suporte", "PUBLIC", memberIds=["carla"])
    await account.bruno.send(channel, "Bom dia, [@Carla](mention://user/carla/Carla)!")
    seen = await account.carla.read(
        channel,
        "name unreadCount unreadMentionCount lastMessage { body author { name } }"
        " messages { nodes { seq body mentions { agent { name } reachable } systemEvent { kind agents { name } } } }",
    )
    assert seen["unreadCount"] == 1
    assert seen["unreadMentionCount"] == 1
    assert seen["lastMessage"]["author"] == {"name": "Bruno"}
    assert [node["seq"] for node in seen["messages"]["nodes"]] == [1, 2, 3]
