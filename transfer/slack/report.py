"""What was imported, and what was not, with the reasons."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import IO

import orjson

from transfer.errors import TransferFailed

EXAMPLES = 3


class Reason(Enum):
    """Why something was not imported as it was. The text is how the summary names the cases."""

    PERSON_OUTSIDE = "People who are not in the directory (they appear under their names, without an account)"
    AMBIGUOUS_EMAIL = "People whose e-mail address several agents have (they appear without an account)"
    DIRECT_MESSAGE = "Direct messages that are not between two agents of the directory (not imported)"
    NO_MEMBER = "Channels without an agent of the directory as a member (administrators manage them)"
    NAME_CHANGED = "Channels with another name here, because theirs is taken or too long"
    DESCRIPTION_CUT = "Descriptions of channels that were too long (cut)"
    MALFORMED = "Entries that are not messages (not imported)"
    NO_CONTENT = "Messages without any content that can be imported (not imported)"
    OLDER = "Messages that are older than the newest message of their channel here (not imported)"
    EXPIRED = "Messages that are older than the account, or their channel, keeps messages (not imported)"
    EVENT = "Events without an equivalent here (not imported)"
    NO_PARENT = "Replies to a message that is missing (imported as ordinary messages)"
    SPLIT = "Messages that were too long (imported as several messages)"
    MENTIONS = "Messages that mention too many people (the mentions are plain names)"
    EMOJI = "Reactions with an emoji of the workspace's own, or with more emojis than a message can have (not imported)"
    REACTION = "Reactions of people whom the export does not list (not imported)"
    PIN = "Pins beyond the number that a channel can have (not imported)"
    FILE_MISSING = "Files that are not in the export (the message has a link to Slack instead)"
    FILE_REFUSED = "Files that are empty, too large, too many or damaged (the message has their names instead)"


@dataclass
class Report:
    """Counts what was not imported as it was, and keeps the first examples. Each case is written to `file` as a line of
    JSON, if there is one."""

    file: IO[bytes] | None = None
    channels: int = 0
    messages: int = 0
    files: int = 0
    present: int = 0
    """Messages of the export that were imported before."""

    counts: Counter[Reason] = field(default_factory=Counter)
    examples: dict[Reason, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, reason: Reason, place: str, detail: str = "", count: int = 1) -> None:
        """`place` is a channel, or a channel and the time of a message."""
        self.counts[reason] += count
        example = f"{place}: {detail}" if detail else place
        if len(self.examples[reason]) < EXAMPLES:
            self.examples[reason].append(example[:200])
        if self.file is not None:
            line = {"reason": reason.name, "place": place, "detail": detail, "count": count}
            self.file.write(orjson.dumps(line) + b"\n")

    def lines(self) -> Iterator[str]:
        """Yields the lines of a summary."""
        known = f" {self.present:,} messages were imported before." if self.present else ""
        yield f"Imported {self.channels:,} channels, {self.messages:,} messages and {self.files:,} files.{known}"
        for reason in Reason:
            if count := self.counts[reason]:
                yield f"{reason.value}: {count:,}"
                yield from (f"    {example}" for example in self.examples[reason])


@contextmanager
def written_report(path: Path | None) -> Iterator[Report]:
    """Yields a report that is also written to the file. Raises TransferFailed if the file cannot be written."""
    if path is None:
        yield Report()
        return
    try:
        file = path.open("wb")
    except OSError as error:
        raise TransferFailed(f"The report cannot be written to {path}: {error.strerror}.") from None
    with file:
        yield Report(file)
