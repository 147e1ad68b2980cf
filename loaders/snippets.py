"""Making the snippets of found messages: no connection is held meanwhile, and long texts are searched in a thread."""

import asyncio
from typing import NamedTuple

from chat.search_query import Part
from chat.search_snippets import snippet
from chat.search_text import LONG_TEXT
from execution import Loader, pause_if_due


class SnippetSource(NamedTuple):
    """The texts of a message, of which the first one with a match is shown, and the parts of the query."""

    texts: tuple[str, ...]
    parts: tuple[Part, ...]


def snippets_loader() -> Loader[SnippetSource, str]:
    return Loader(_make_snippets)


async def _make_snippets(sources: list[SnippetSource]) -> list[str]:
    return [await _make_snippet(source) for source in sources]


async def _make_snippet(source: SnippetSource) -> str:
    if sum(map(len, source.texts)) > LONG_TEXT:
        return await asyncio.to_thread(snippet, *source)
    await pause_if_due()
    return snippet(*source)
