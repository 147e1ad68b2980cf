import pytest

from tests.notifications.office import Office, open_office
from tests.support.api import Account


@pytest.fixture
async def office(account: Account) -> Office:
    return await open_office(account)
