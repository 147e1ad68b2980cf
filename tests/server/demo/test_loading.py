"""A mistake in a content file is reported with the file, the place and a sentence."""

import re
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from chat.cards import ItemRef
from models.enums import ItemKind
from server.demo.channel_format import GroupChannel, Join
from server.demo.loading import CONTENT, Account, ContentError, load_accounts, load_items

ACCOUNT = """
id = "1"
name = "Conversa Labs"
founded = "25 days ago 08:00"
channels = ["geral"]

[agents.ana]
id = "11"
name = "Ana"
email = "ana@example.com"
role = "ADMINISTRATOR"

[agents.bruno]
id = "12"
name = "Bruno"
email = "bruno@example.com"

[teams]
Suporte = ["bruno"]
"""
ITEMS = """
[[items]]
kind = "DEAL"
id = "77"
title = "Renewal"
url = "https://app.example.com/deals/77"
hidden_from = ["bruno"]
"""
CHANNEL = """
kind = "PUBLIC"
name = "Geral"
description = "Everything."
icon = "home"
color = "#5b6cff"
created = "24 days ago 08:30"
owner = "ana"

events = [
    { at = "1 day ago 09:00", type = "join", agent = "bruno" },
]

[[exchanges]]
at = "24 days ago 09:00"
messages = [
    { by = "ana", text = "Good morning" },
    { by = "ana", text = "Good evening, @Bruno" },
    { by = "bruno", reply_to = "Good m", text = "Hi", cards = ["DEAL 77"], reactions = { "👋" = ["ana"] } },
]
"""
DIRECT = 'kind = "DIRECT"\ncreated = "3 days ago 08:00"\nowner = "ana"\npeer = "bruno"\n'
FILES = {"account.toml": ACCOUNT, "items.toml": ITEMS, "channels/geral.toml": CHANNEL}


@pytest.fixture
def content(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        path = tmp_path / "labs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def only_account(content: Path) -> Account:
    (account,) = load_accounts(content)
    return account


def only_channel(account: Account) -> GroupChannel:
    (channel,) = account.channels
    assert isinstance(channel, GroupChannel)
    return channel


def test_names_become_ids_and_times_become_offsets(content: Path) -> None:
    account = only_account(content)
    channel = only_channel(account)
    assert account.directory.founded == timedelta(days=-25, hours=8)
    assert account.directory.team_members() == {"Suporte": ("12",)}
    assert channel.owner == "11"
    (event,) = channel.events
    assert isinstance(event, Join)
    assert (event.at, event.agent) == (timedelta(days=-1, hours=9), "12")
    assert channel.exchanges[0].messages[2].cards == (ItemRef(ItemKind.DEAL, "77"),)
    assert channel.exchanges[0].messages[2].reactions == {"👋": ("11",)}
    assert load_items(content)["1", ItemRef(ItemKind.DEAL, "77")].hidden_from == {"12"}


def test_a_reply_refers_to_the_message_with_those_first_words(content: Path) -> None:
    (exchange,) = only_channel(only_account(content)).exchanges
    first, second, reply = exchange.messages
    assert exchange.replied_to(reply) is first
    assert exchange.replied_to(second) is None


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("account.toml", 'role = "ADMINISTRATOR"', "", "one of the agents must be an ADMINISTRATOR"),
        ("account.toml", '["bruno"]', '["eva"]', 'the team Suporte has the unknown agent "eva"'),
        ("account.toml", 'email = "ana@example.com"', "", "agents, ana, email: this key is missing."),
        ("account.toml", '"ADMINISTRATOR"', '"BOSS"', "agents, ana, role: Input should be 'AGENT' or 'ADMINISTRATOR'."),
        ("account.toml", '["geral"]', "[]", 'channels: "geral" is not listed.'),
        ("account.toml", '["geral"]', '["geral"', "at line"),
        ("items.toml", '["bruno"]', '["eva"]', 'item 1, hidden_from 1: there is no agent "eva", only ana, bruno.'),
        ("items.toml", '"DEAL"', '"DEALS"', "item 1, kind: Input should be 'CONVERSATION'"),
        ("items.toml", ITEMS, ITEMS * 2, "there are several items DEAL 77."),
        ("channels/geral.toml", '"PUBLIC"', '"OPEN"', "does not match any of the expected tags: 'PUBLIC'"),
        ("channels/geral.toml", 'owner = "ana"', 'owner = "eva"', 'owner: there is no agent "eva", only ana, bruno.'),
        ("channels/geral.toml", "icon", "image", "icon: this key is missing."),
        ("channels/geral.toml", 'icon = "home"', 'icon = "home"\nimage = "x"', "image: there is no such key."),
        ("channels/geral.toml", '"join"', '"enter"', "event 1: Input tag 'enter' found"),
        ("channels/geral.toml", '"1 day ago 09:00"', '"yesterday"', 'event 1, join, at: a time has the form "25 days'),
        ("channels/geral.toml", '"1 day ago 09:00"', '"0 days ago 09:00"', "event 1, join, at: a time has the form"),
        ("channels/geral.toml", '"1 day ago 09:00"', '"1 day ago 24:00"', "event 1, join, at: a time has the form"),
        ("channels/geral.toml", 'by = "bruno"', 'by = "eva"', 'exchange 1, message 3, by: there is no agent "eva"'),
        ("channels/geral.toml", "@Bruno", "@Eva", "exchange 1, message 2, text: @Eva mentions nobody"),
        ("channels/geral.toml", "DEAL 77", "DEAL 78", "message 3, card 1: a card is the kind and id of an item"),
        (
            "channels/geral.toml",
            'text = "Hi"',
            'text = "Hi", files = ["a.pdf"]',
            "the name of a file ends with .png or",
        ),
        ("channels/geral.toml", '["ana"]', '["eva"]', "message 3, reactions, 👋 1: there is no agent"),
        ("channels/geral.toml", '"Good m"', '"Good"', 'message 3: "Good" must be the first words of exactly one'),
        ("channels/geral.toml", '"Good m"', '"Hi"', 'message 3: "Hi" must be the first words of exactly one earlier'),
    ],
)
def test_a_mistake_is_reported_with_its_place(content: Path, file: str, old: str, new: str, reason: str) -> None:
    path = content / "labs" / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(ContentError) as refused:
        load_accounts(content)
    assert str(refused.value).startswith(f"labs/{file}: ")
    assert reason in str(refused.value)
    assert str(refused.value).endswith(".")


def test_a_listed_channel_without_a_file_is_reported(content: Path) -> None:
    (content / "labs/channels/geral.toml").unlink()
    with pytest.raises(ContentError, match=r"^labs/channels/geral\.toml: the file cannot be read: No such file"):
        load_accounts(content)


def test_a_file_that_is_not_utf_8_is_reported(content: Path) -> None:
    (content / "labs/items.toml").write_bytes(b'title = "Padaria Sol \xe9"')
    with pytest.raises(ContentError, match=r"^labs/items\.toml: .*can't decode"):
        load_items(content)


def test_a_direct_message_has_a_peer(content: Path) -> None:
    path = content / "labs/channels/geral.toml"
    path.write_text(DIRECT)
    (direct,) = only_account(content).channels
    assert (direct.kind, direct.owner) == ("DIRECT", "11")
    path.write_text(DIRECT.replace("peer", "member"))
    with pytest.raises(ContentError, match=r"geral\.toml: peer: this key is missing\."):
        load_accounts(content)


def test_the_example_in_the_readme_is_a_valid_channel(tmp_path: Path) -> None:
    example = re.search(r"```toml\n(.*?)```", (CONTENT / "README.md").read_text(), re.DOTALL)
    assert example is not None
    shutil.copytree(CONTENT / "conversa-labs", tmp_path / "labs")
    (tmp_path / "labs/channels/vendas.toml").write_text(example[1])
    channels = {channel.name: channel for channel in only_account(tmp_path).channels if channel.kind != "DIRECT"}
    assert [len(exchange.messages) for exchange in channels["Vendas"].exchanges] == [3]
