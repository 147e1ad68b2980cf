"""The demo's accounts, agents and channels."""


async def seed(database_url: str) -> None:
    """Writes the demo where it is not there yet."""
