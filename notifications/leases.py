"""E-mails that belong to a worker for a limited time."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

LEASE = timedelta(minutes=5)
"""How long a claimed e-mail belongs to its worker. Afterwards it is claimed again: the worker has died."""


class ClaimedEmail(NamedTuple):
    """An e-mail that this worker may send until its lease ends. `attempts` includes the coming one."""

    account_id: str
    email_id: UUID
    attempts: int


class Claim(NamedTuple):
    """The e-mails that were claimed, and whether the claim has changed anything. Then there may be more to claim."""

    emails: Sequence[ClaimedEmail]
    found_work: bool
