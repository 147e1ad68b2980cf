"""Turns the content into events in the order in which they happen."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TypeAlias

from server.demo.account_format import Agent
from server.demo.channel_format import ChannelEvent, DirectMessage, Exchange, GroupChannel, Message
from server.demo.loading import Account

SAO_PAULO = timezone(timedelta(hours=-3))
"""The time zone of the content. Brazil has no summer time, so no time zone database is needed."""

REACTION_DELAY, EDIT_DELAY, DELETION_DELAY = timedelta(seconds=50), timedelta(seconds=70), timedelta(seconds=100)


@dataclass(frozen=True)
class CreateChannel:
    pass


@dataclass(frozen=True)
class SendMessage:
    message: Message
    reply_to: Message | None


@dataclass(frozen=True)
class AddReaction:
    message: Message
    emoji: str
    agent_id: str


@dataclass(frozen=True)
class EditMessage:
    message: Message
    text: str


@dataclass(frozen=True)
class DeleteMessage:
    message: Message


@dataclass(frozen=True)
class ReadEverything:
    agent: Agent


@dataclass(frozen=True)
class Deactivate:
    agent: Agent


MessageEvent: TypeAlias = SendMessage | AddReaction | EditMessage | DeleteMessage


@dataclass(frozen=True)
class AccountStep:
    """An event that concerns the whole account."""

    time: datetime
    event: ReadEverything | Deactivate


@dataclass(frozen=True)
class ChannelStep:
    time: datetime
    channel: GroupChannel | DirectMessage
    event: CreateChannel | MessageEvent | ChannelEvent


Step: TypeAlias = AccountStep | ChannelStep


def midnight_before(now: datetime) -> datetime:
    """Returns the start of the day, in the content's time zone."""
    return now.astimezone(SAO_PAULO).replace(hour=0, minute=0, second=0, microsecond=0)


def steps(account: Account, midnight: datetime) -> list[Step]:
    """Returns everything that happens after the account was founded, in order."""
    unordered = [*_account_steps(account, midnight), *_channel_steps(account, midnight)]
    return sorted(unordered, key=lambda step: step.time)


def _account_steps(account: Account, midnight: datetime) -> Iterator[Step]:
    for agent in account.directory.agents.values():
        if agent.reads_everything is not None:
            yield AccountStep(midnight + agent.reads_everything, ReadEverything(agent))
        if agent.deactivated is not None:
            yield AccountStep(midnight + agent.deactivated, Deactivate(agent))


def _channel_steps(account: Account, midnight: datetime) -> Iterator[Step]:
    for channel in account.channels:
        yield ChannelStep(midnight + channel.created, channel, CreateChannel())
        for event in channel.events:
            yield ChannelStep(midnight + event.at, channel, event)
        for exchange in channel.exchanges:
            for time, message_event in _message_events(exchange, midnight + exchange.at):
                yield ChannelStep(time, channel, message_event)


def _message_events(exchange: Exchange, time: datetime) -> Iterator[tuple[datetime, MessageEvent]]:
    """The time between two messages is a minute, and a second for each character of the first."""
    for message in exchange.messages:
        yield time, SendMessage(message, exchange.replied_to(message))
        for emoji, agent_ids in message.reactions.items():
            for agent_id in agent_ids:
                yield time + REACTION_DELAY, AddReaction(message, emoji, agent_id)
        if message.edited_to is not None:
            yield time + EDIT_DELAY, EditMessage(message, message.edited_to)
        if message.deleted:
            yield time + DELETION_DELAY, DeleteMessage(message)
        time += timedelta(minutes=1, seconds=len(message.text))
