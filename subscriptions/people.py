"""What colleagues do right now: typing, coming and going. Nothing of it is stored or replayed."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Annotated

import strawberry

from chat.errors import DenialCode, Denied
from chat.ports import SignalKind
from schema.agents import Agent, agents
from subscriptions.channel_changes import channel_events, known_channel, readable
from subscriptions.context import StreamContext, StreamInfo
from subscriptions.merging import merged
from subscriptions.signals import Heard, Listener
from subscriptions.viewer_changes import gate_events
from subscriptions.vocabulary import ChannelId, TypingChange

TYPING_SECONDS = 6
"""How long somebody types after saying so; clients repeat it while the keys go on."""

WATCHED_AGENTS = 200


@strawberry.type
class PeopleSubscription:
    @strawberry.subscription(
        description=(
            "Who is typing in a channel, told whenever that changes; somebody counts as typing for 6 seconds after"
            " setChatTyping. Ends with ACCESS_LOST once the viewer can no longer read the channel."
        )
    )
    async def chat_typing(self, info: StreamInfo, channel_id: ChannelId) -> AsyncGenerator[TypingChange, None]:
        viewer = await info.context.viewer()
        channel = known_channel(channel_id)
        kinds = [SignalKind.TYPING, SignalKind.NOT_TYPING]
        with info.context.hub.signals.listening(viewer.account_id, kinds, [channel]) as listener:
            source = merged(channel_events(info.context, channel, None), _typing(info.context, listener))
            async with aclosing(source) as news:
                async for each in news:
                    if isinstance(each, list):
                        info.context.begin()
                        await info.context.viewer()
                        readable(await info.context.loaders.seats.load((viewer.agent_id, channel)))
                        yield TypingChange(agents=await agents(info.context.loaders, each))

    @strawberry.subscription(
        description="Which of these agents came, went, or appear as something else; each as they are now."
    )
    async def chat_presence_changed(
        self,
        info: StreamInfo,
        agent_ids: Annotated[
            list[strawberry.ID], strawberry.argument(description="Whom to watch, at most 200 agents.")
        ],
    ) -> AsyncGenerator[Agent, None]:
        viewer = await info.context.viewer()
        if len(agent_ids) > WATCHED_AGENTS:
            raise Denied(DenialCode.BAD_USER_INPUT, f"At most {WATCHED_AGENTS} agents are watched by one stream.")
        watched = {str(agent_id) for agent_id in agent_ids}
        signals = info.context.hub.signals
        with signals.listening(viewer.account_id, [SignalKind.PRESENCE], watched) as listener:
            async with aclosing(merged(gate_events(info.context), listener.hear())) as news:
                async for each in news:
                    if isinstance(each, Heard):
                        info.context.begin(each.loaders)
                        for agent in await agents(info.context.loaders, sorted(watched & set(each.signal.agent_ids))):
                            yield agent


async def _typing(context: StreamContext, listener: Listener) -> AsyncGenerator[list[str], None]:
    """Yields who is typing, the viewer left out, whenever it changed: by what was said, or by silence."""
    until: dict[str, datetime] = {}
    async with aclosing(listener.hear()) as hearing:
        step = asyncio.ensure_future(anext(hearing))
        try:
            while True:
                await asyncio.wait([step], timeout=_until_first_ends(context, until))
                before = set(until)
                if step.done():
                    _take(context, until, step.result())
                    step = asyncio.ensure_future(anext(hearing))
                now = context.chat.clock.now()
                for agent_id in [agent_id for agent_id, end in until.items() if end <= now]:
                    del until[agent_id]
                if set(until) != before:
                    yield sorted(until)
        finally:
            step.cancel()
            await asyncio.gather(step, return_exceptions=True)


def _take(context: StreamContext, until: dict[str, datetime], heard: Heard) -> None:
    for agent_id in heard.signal.agent_ids:
        if agent_id == context.agent_id:
            continue
        if heard.signal.kind == SignalKind.TYPING:
            until[agent_id] = context.chat.clock.now() + timedelta(seconds=TYPING_SECONDS)
        else:
            until.pop(agent_id, None)


def _until_first_ends(context: StreamContext, until: dict[str, datetime]) -> float | None:
    """Returns the seconds until the first one stops by silence; None: nobody is typing."""
    if not until:
        return None
    return max(0.0, (min(until.values()) - context.chat.clock.now()).total_seconds())
