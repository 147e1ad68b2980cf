"""Counting the e-mails that were lost and repeated."""

from collections import Counter
from collections.abc import Sequence
from email.message import EmailMessage

from tests.support.fault_report import FINDINGS, Finding


def count_deliveries(fault: str, accepted: Sequence[EmailMessage], addresses: Sequence[str]) -> tuple[int, int]:
    """Returns how many of the e-mails, one to each address, were lost, and how many were repeated with the same
    Message-ID. Adds a row to the report. Fails if an e-mail has two Message-IDs."""
    counts = Counter(address for email in accepted if (address := recipient(email)) in addresses)
    identities = {(recipient(email), email["Message-ID"]) for email in accepted if recipient(email) in addresses}
    assert len(identities) == len(counts), "an e-mail has several Message-IDs"
    lost = len(addresses) - len(counts)
    repeated = counts.total() - len(counts)
    FINDINGS.append(Finding(f"e-mail; {fault}", len(addresses), counts.total(), lost, repeated, 0.0))
    return lost, repeated


def recipient(email: EmailMessage) -> str:
    """Returns the address without the fault that it selects."""
    address: str = email["X-Envelope-To"]
    return address.rpartition("+")[2]
