"""Dividing messages into batches, each of which is written in one short transaction."""

from collections.abc import Iterator, Sequence

from transfer.slack.drafts import MessageDraft
from transfer.slack.mention_rows import mentions_everybody

MESSAGES = 500
CHARACTERS = 400_000
FILES = 40
MENTIONED = 20_000
"""How many rows the mentions of everybody in a batch may have."""


def batches_of(drafts: Sequence[MessageDraft], members: int) -> Iterator[list[MessageDraft]]:
    """Yields the messages in batches. A message that alone is more than a batch may have is a batch of its own."""
    batch: list[MessageDraft] = []
    weight = 0.0
    for draft in drafts:
        added = _weight(draft, members)
        if batch and weight + added > 1:
            yield batch
            batch, weight = [], 0.0
        batch.append(draft)
        weight += added
    if batch:
        yield batch


def _weight(draft: MessageDraft, members: int) -> float:
    """Returns the share of a batch that the message takes."""
    mentioned = members if mentions_everybody(draft) else 0
    shares = (1 / MESSAGES, len(draft.body) / CHARACTERS, len(draft.files) / FILES, mentioned / MENTIONED)
    return max(shares)
