"""What docs/incidents.md and docs/upgrading.md advise, on a server."""

from sqlalchemy import text

from tests.operation.documented_commands import blocks
from tests.support.api import Account
from tests.support.sockets import open_socket

ADDED = "subscription { chatMessageAdded { message { body } } }"
OVERLOAD = "One account overloads the system"


async def test_an_account_is_switched_off(account: Account, other_account: Account, socket_url: str) -> None:
    channel = await account.bruno.create_channel()
    (mutation,) = blocks("incidents.md", OVERLOAD, "graphql")
    async with open_socket(socket_url, account.bruno.token) as socket:
        stream = await socket.subscribe(ADDED)
        await account.until_subscribed()
        assert (await account.ana.query(mutation))["updateChatAccountSettings"] == {"userErrors": []}
        assert await stream.error_code() == "MODULE_DISABLED"
    refused = await account.bruno.execute("query ($id: ID!) { chatChannel(id: $id) { id } }", id=channel)
    assert refused.code == "MODULE_DISABLED"
    await other_account.bruno.create_channel()
    await account.ana.query(mutation.replace("false", "true"))
    assert await account.bruno.read(channel, "id") == {"id": channel}


async def test_the_busiest_accounts_are_found(account: Account) -> None:
    for _ in range(3):
        await account.bruno.create_channel()
    (query,) = blocks("incidents.md", OVERLOAD, "sql")
    async with account.api.engine.connect() as connection:
        counts = [count for _, count in (await connection.execute(text(query.strip().rstrip(";")))).all()]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > 0


async def test_long_transactions_are_listed(account: Account) -> None:
    (query,) = blocks("upgrading.md", "Before an upgrade", "sql")
    all_ages = query.replace("interval '1 minute'", "interval '0'")
    async with account.api.engine.begin() as earlier, account.api.engine.connect() as connection:
        await earlier.execute(text("SELECT 'a long report'"))
        found = (await connection.execute(text(all_ages.strip().rstrip(";")))).all()
    assert "SELECT 'a long report'" in [statement for *_, statement in found]
