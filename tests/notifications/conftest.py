"""An account whose e-mails are sent, and the browser that shows e-mails."""

import pytest

from tests.notifications.office import Office, open_office
from tests.support.api import Account
from tests.support.browsers import browser, browser_path

__all__ = ["browser", "browser_path"]


@pytest.fixture
async def office(account: Account) -> Office:
    return await open_office(account)
