"""Whatever a message of an export contains, it can be imported, or the report says why not."""

from pathlib import Path
from uuid import UUID
from zipfile import ZipFile

from hypothesis import given
from hypothesis import strategies as st

from chat.attaching import ATTACHMENTS_LIMIT
from chat.mention_scanner import parse_mentions
from chat.message_text import BODY_LENGTH
from chat.naming import is_storable, is_visible
from chat.operations.change_messages import EMOJIS_LIMIT
from tests.transfer.slack.export_files import NOON, Json, at
from transfer.slack.agents import DirectoryPerson
from transfer.slack.archive import SlackArchive
from transfer.slack.drafts import MessageDraft
from transfer.slack.export import Conversation, ConversationKind
from transfer.slack.identifiers import Workspace
from transfer.slack.messages import MessageReader, sources_of
from transfer.slack.people import People
from transfer.slack.report import Reason, Report
from transfer.slack.shared_files import FileReader
from transfer.slack.splitting import parts_of
from transfer.slack.workspace_references import KnownChannel, PlainReferences, WorkspaceReferences

CHANNEL = Conversation(ConversationKind.PUBLIC, "C1", "general", NOON, "", (), False, "", "", {})  # noqa: FBT003
AGENTS = {f"U{number}": DirectoryPerson(f"agent {number}", f"Agent {number}", "", True) for number in range(200)}  # noqa: FBT003


class _NoLinks:
    def channel(self, channel_id: UUID) -> str:
        return "https://chat.example/channel"

    def message(self, channel_id: UUID, message_id: UUID) -> str:
        return "https://chat.example/message"


def read(json: Json, tmp: Path) -> tuple[list[MessageDraft], Report]:
    """Returns what the message becomes, and the report."""
    report = Report()
    workspace = Workspace("account", "T1")
    people = People(workspace, [], AGENTS, report)
    channels = {"C1": KnownChannel(UUID(int=1), "general")}
    path = tmp / "empty.zip"
    with ZipFile(path, "w"):
        pass
    with ZipFile(path) as file:
        reader = MessageReader(
            workspace,
            people,
            WorkspaceReferences(workspace, people, channels, _NoLinks()),
            PlainReferences(workspace, people, channels, _NoLinks()),
            FileReader(SlackArchive(path, file), 1_000, report),
            report,
        )
        return [draft for source in sources_of(CHANNEL, [json], report) for draft in reader.drafts(source)], report


_MARKUP = st.text(alphabet=st.sampled_from("abU12 *_~`<>@#!|&;:•◦\n^$%[](){}\x00\ud800é😀lgtam"), max_size=300)
_KEYS = st.sampled_from(
    """
    type text elements style url user_id name fields title value fallback users count id files mimetype comment ts
    thread_ts subtype user bot_id username bot_profile blocks attachments reactions file edited item pinned_info
    """.split()  # noqa: SIM905
)
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _MARKUP,
    lambda children: st.lists(children, max_size=3) | st.dictionaries(_KEYS, children, max_size=4),
    max_leaves=12,
)


@given(text=_MARKUP, more=st.dictionaries(_KEYS, _VALUES, max_size=6))
def test_any_message_becomes_messages_that_can_be_stored(
    tmp_path_factory: object, text: str, more: dict[str, object]
) -> None:
    tmp = Path(str(tmp_path_factory.getbasetemp()))  # type: ignore[attr-defined]
    drafts, report = read({"text": text, "user": "U1"} | more | {"ts": at(1), "type": "message"}, tmp)
    assert drafts or report.counts
    for draft in drafts:
        assert is_storable(draft.body)
        assert len(draft.body) <= BODY_LENGTH
        assert draft.event or draft.is_deleted or draft.files or is_visible(draft.body)
        parse_mentions(draft.body)


def test_a_long_text_is_split_and_code_stays_code(tmp_path: Path) -> None:
    text = "Intro\n```" + "\n".join(f"line {number}" for number in range(4_000)) + "```\nend"
    drafts, report = read({"ts": at(1), "user": "U1", "text": text}, tmp_path)
    assert len(drafts) == 2
    assert report.counts == {Reason.SPLIT: 1}
    assert [draft.body.count("```") for draft in drafts] == [2, 2]
    assert "".join(draft.body for draft in drafts).count("line ") == 4_000
    assert len({draft.message_id for draft in drafts}) == 2


@given(st.text(alphabet="a `\n", max_size=400), st.integers(100, 200))
def test_parts_are_short_and_lose_nothing_but_white_space(text: str, length: int) -> None:
    parts = parts_of(text, length)
    assert all(len(part) <= length for part in parts)
    assert "".join(parts).count("a") == text.count("a")


def test_mentions_beyond_the_limit_are_plain_names(tmp_path: Path) -> None:
    text = " ".join(f"<@U{number}>" for number in range(101))
    (draft,), report = read({"ts": at(1), "user": "U1", "text": text}, tmp_path)
    assert draft.body.startswith("@Agent 0 @Agent 1")
    assert report.counts == {Reason.MENTIONS: 1}


def test_emojis_beyond_the_limit_are_reported(tmp_path: Path) -> None:
    names = [f"flag-{first}{second}" for first in "abcdefg" for second in "abcdefghijklmnopqrstuvwxyz"]
    reactions = [{"name": name, "users": ["U1"], "count": 1} for name in names]
    (draft,), report = read({"ts": at(1), "user": "U1", "text": "x", "reactions": reactions}, tmp_path)
    assert len({reaction.emoji for reaction in draft.reactions}) == EMOJIS_LIMIT
    assert report.counts == {Reason.EMOJI: len(names) - EMOJIS_LIMIT}


def test_files_become_links_without_the_token_of_the_export(tmp_path: Path) -> None:
    files = [{"id": f"F{number}", "name": "a.txt", "url_private": "https://f.example/a?t=xoxe"} for number in range(25)]
    (draft,), report = read({"ts": at(1), "user": "U1", "text": "", "files": files}, tmp_path)
    assert draft.body.count("📎 [a.txt](https://f.example/a)") == 25
    assert "xoxe" not in draft.body
    assert report.counts == {Reason.FILE_MISSING: 25}
    assert ATTACHMENTS_LIMIT < 25
