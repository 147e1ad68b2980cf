"""The subscriptions chatTyping and chatPresenceChanged. Their events are neither stored nor replayed."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime, timedelta
from typing import Annotated

import strawberry

from chat.errors import DenialCode, Denied
from chat.ports import SignalKind
from execution import Event
from live.merging import merge
from live.signals import Listener, ReceivedSignal
from schema.agents import Agent, agents_of_each
from schema.texts import checked_subscription
from subscriptions.channel_events import channel_events, require_channel_id, require_readable
from subscriptions.context import StreamContext, StreamInfo, reader_of
from subscriptions.event_types import ChannelId, TypingChange
from subscriptions.viewer_events import admission_events

TYPING_SECONDS = 6
"""How long an agent counts as typing after a signal. Clients repeat it while the agent keeps typing."""

WATCHED_AGENTS = 200


@strawberry.type
class PeopleSubscription:
    @strawberry.subscription(
        graphql_type=TypingChange,
        description=(
            "Who is typing in a channel, reported whenever that changes. An agent counts as typing for 6 seconds after"
            " setChatTyping. Ends with ACCESS_LOST when the viewer can no longer read the channel."
        ),
    )
    @checked_subscription
    async def chat_typing(self, info: StreamInfo, channel_id: ChannelId) -> AsyncGenerator[Event[TypingChange], None]:
        viewer = await info.context.viewer()
        channel = require_channel_id(channel_id)
        current = await info.context.current_change()
        kinds = [SignalKind.TYPING, SignalKind.NOT_TYPING]
        with info.context.hub.signals.listen(viewer.account_id, kinds, [channel]) as listener:
            source = merge(channel_events(info.context, channel, current), _typing(info.context, listener))
            async with aclosing(source) as items:
                async for item in items:
                    if isinstance(item, list):
                        loaders = info.context.new_loaders()
                        await reader_of(viewer.agent_id, loaders)
                        require_readable(await loaders.seats.load((viewer.agent_id, channel)))
                        (typing,) = await agents_of_each(loaders, [item])
                        yield info.context.event(TypingChange(agents=typing), loaders)

    @strawberry.subscription(
        graphql_type=Agent,
        description=(
            "Reports each of these agents when they come online, go offline or choose another presence, and when their"
            " status changes or ends."
        ),
    )
    @checked_subscription
    async def chat_presence_changed(
        self,
        info: StreamInfo,
        agent_ids: Annotated[list[strawberry.ID], strawberry.argument(description="The agents to watch, at most 200.")],
    ) -> AsyncGenerator[Event[Agent], None]:
        viewer = await info.context.viewer()
        if len(agent_ids) > WATCHED_AGENTS:
            raise Denied(DenialCode.BAD_USER_INPUT, f"One stream can watch at most {WATCHED_AGENTS} agents.")
        watched = {str(agent_id) for agent_id in agent_ids}
        signals = info.context.hub.signals
        with signals.listen(viewer.account_id, [SignalKind.PRESENCE], watched) as listener:
            async with aclosing(merge(admission_events(info.context), listener.received())) as items:
                async for item in items:
                    if isinstance(item, ReceivedSignal):
                        await reader_of(viewer.agent_id, item.loaders)
                        concerned = sorted(watched & set(item.signal.agent_ids))
                        (changed,) = await agents_of_each(item.loaders, [concerned])
                        for agent in changed:
                            yield info.context.event(agent, item.loaders)


async def _typing(context: StreamContext, listener: Listener) -> AsyncGenerator[list[str], None]:
    """Yields the agents who are typing, except the viewer, after each change: a signal or a timeout."""
    typing_until: dict[str, datetime] = {}
    async with aclosing(listener.received()) as signals:
        step = asyncio.ensure_future(anext(signals))
        try:
            while True:
                await asyncio.wait([step], timeout=_seconds_until_first_timeout(context, typing_until))
                before = set(typing_until)
                if step.done():
                    _apply(context, typing_until, step.result())
                    step = asyncio.ensure_future(anext(signals))
                now = context.chat.clock.now()
                for agent_id in [agent_id for agent_id, end in typing_until.items() if end <= now]:
                    del typing_until[agent_id]
                if set(typing_until) != before:
                    yield sorted(typing_until)
        finally:
            step.cancel()
            await asyncio.gather(step, return_exceptions=True)


def _apply(context: StreamContext, typing_until: dict[str, datetime], received: ReceivedSignal) -> None:
    for agent_id in received.signal.agent_ids:
        if agent_id == context.token.agent_id:
            continue
        if received.signal.kind == SignalKind.TYPING:
            typing_until[agent_id] = context.chat.clock.now() + timedelta(seconds=TYPING_SECONDS)
        else:
            typing_until.pop(agent_id, None)


def _seconds_until_first_timeout(context: StreamContext, typing_until: dict[str, datetime]) -> float | None:
    """Returns None if nobody is typing."""
    if not typing_until:
        return None
    return max(0.0, (min(typing_until.values()) - context.chat.clock.now()).total_seconds())
