"""Reads the demo's content files."""

import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from chat.cards import ItemRef
from models.enums import ChannelKind
from server.demo.account_format import DemoDirectory, Items
from server.demo.channel_format import Channel, DirectMessage, GroupChannel
from server.demo.fields import References
from sources.demo import DemoItem, DemoItems

CONTENT = Path(__file__).parent / "content"
_KINDS = frozenset(ChannelKind)
Parsed = TypeVar("Parsed")

_DIRECTORY = TypeAdapter(DemoDirectory)
_ITEMS = TypeAdapter(Items)
_CHANNEL: TypeAdapter[GroupChannel | DirectMessage] = TypeAdapter(Channel)
_SENTENCES = {"missing": "this key is missing", "unexpected_keyword_argument": "there is no such key"}


class ContentError(Exception):
    """A content file is wrong. The text names the file, the place in it and the reason."""


@dataclass(frozen=True)
class Account:
    directory: DemoDirectory
    channels: tuple[GroupChannel | DirectMessage, ...]


def load_accounts(content: Path = CONTENT) -> list[Account]:
    """Returns the demo's accounts in the order of their folders. Raises ContentError."""
    return [_load_account(folder) for folder in _account_folders(content)]


def load_items(content: Path = CONTENT) -> DemoItems:
    """Returns the items of all accounts, without reading the channels. Raises ContentError."""
    items: dict[tuple[str, ItemRef], DemoItem] = {}
    for folder in _account_folders(content):
        directory = _load_directory(folder)
        for ref, item in _load_items(folder, directory.references()).items():
            items[directory.id, ref] = item
    return items


def _account_folders(content: Path) -> list[Path]:
    return sorted(folder for folder in content.iterdir() if folder.is_dir())


def _load_account(folder: Path) -> Account:
    directory = _load_directory(folder)
    references = directory.references()
    references = replace(references, items=frozenset(_load_items(folder, references)))
    channels = tuple(_load(_CHANNEL, path, references) for path in _channel_files(folder, directory))
    return Account(directory, channels)


def _load_directory(folder: Path) -> DemoDirectory:
    return _load(_DIRECTORY, folder / "account.toml", None)


def _load_items(folder: Path, references: References) -> dict[ItemRef, DemoItem]:
    return {
        ItemRef(item.kind, item.id): DemoItem(
            item.title, item.url, item.summary, item.details, frozenset(item.hidden_from), item.removed
        )
        for item in _load(_ITEMS, folder / "items.toml", references).items
    }


def _channel_files(folder: Path, directory: DemoDirectory) -> list[Path]:
    """Returns the files of the channels that account.toml lists. Raises ContentError if it does not list them all."""
    for path in sorted((folder / "channels").glob("*.toml")):
        if path.stem not in directory.channels:
            raise _error(folder / "account.toml", f'channels: "{path.stem}" is not listed')
    return [folder / "channels" / f"{name}.toml" for name in directory.channels]


def _load(adapter: TypeAdapter[Parsed], path: Path, references: References | None) -> Parsed:
    try:
        return adapter.validate_python(tomllib.loads(path.read_text("utf-8")), context=references)
    except ValidationError as error:
        raise _error(path, _sentence(error.errors(include_url=False)[0])) from None
    except OSError as error:
        raise _error(path, f"the file cannot be read: {error.strerror}") from None
    except ValueError as error:  # not TOML, or not UTF-8
        raise _error(path, str(error)) from None


def _error(path: Path, sentence: str) -> ContentError:
    where = path.relative_to(path.parents[2 if path.parent.name == "channels" else 1])
    return ContentError(f"{where}: {sentence}.")


def _sentence(error: ErrorDetails) -> str:
    """Returns the place and the reason, such as "exchange 2, message 1, by: there is no agent ...". The numbers count
    from 1."""
    place: list[str] = []
    for part in error["loc"]:
        if part in _KINDS:
            continue  # pydantic names the type of a union that it chose
        if isinstance(part, int):
            place[-1] = f"{place[-1].removesuffix('s')} {part + 1}"
        else:
            place.append(part)
    reason = str(error["ctx"]["error"]) if error["type"] == "value_error" else error["msg"]
    return ": ".join((", ".join(place), _SENTENCES.get(error["type"], reason))).removeprefix(": ")
