"""From the script to its single acts, each with its moment and in the order in which they happen."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta, timezone
from typing import TypeAlias

from server.demo.script import Company, Departs, Looks, Room, RoomStep, Says, Step, Talk

SAO_PAULO = timezone(timedelta(hours=-3))
"""The script's times of day; Brazil has no summer time, so no time zone database is needed."""

REACTS_AFTER, EDITS_AFTER, DELETES_AFTER = timedelta(seconds=50), timedelta(seconds=70), timedelta(seconds=100)


@dataclass(frozen=True)
class Opens:
    """The room is created."""


@dataclass(frozen=True)
class Posts:
    line: Says
    answered: Says | None


@dataclass(frozen=True)
class Reacts:
    line: Says
    emoji: str
    agent: str


@dataclass(frozen=True)
class Edits:
    line: Says
    text: str


@dataclass(frozen=True)
class Deletes:
    line: Says


RoomAct: TypeAlias = Opens | Posts | Reacts | Edits | Deletes | RoomStep


@dataclass(frozen=True)
class Cue:
    """An act at its moment, in its room or (None) in the whole account."""

    moment: datetime
    room: Room | None
    act: RoomAct | Looks | Departs


def cues(company: Company, now: datetime) -> list[Cue]:
    """Returns everything that happens after the account was founded, in order; all of it before the day of `now`."""
    today = datetime.combine(now.astimezone(SAO_PAULO).date(), time(), SAO_PAULO)
    unordered = [Cue(moment_of(step, today), None, step) for step in company.steps]
    for room in company.rooms:
        unordered.append(Cue(moment_of(room.opened, today), room, Opens()))
        for step in room.steps:
            unordered.extend(_unfolded(room, step, moment_of(step, today)))
    return sorted(unordered, key=lambda cue: cue.moment)


def moment_of(step: Step, today: datetime) -> datetime:
    at = time.fromisoformat(step.at)
    return today - timedelta(days=step.days_ago) + timedelta(hours=at.hour, minutes=at.minute)


def _unfolded(room: Room, step: RoomStep, moment: datetime) -> Iterator[Cue]:
    if not isinstance(step, Talk):
        yield Cue(moment, room, step)
        return
    for place, line in enumerate(step.lines):
        yield Cue(moment, room, Posts(line, step.lines[place - line.back] if line.back else None))
        for emoji, agents in line.reactions.items():
            for agent in agents:
                yield Cue(moment + REACTS_AFTER, room, Reacts(line, emoji, agent))
        if line.edited is not None:
            yield Cue(moment + EDITS_AFTER, room, Edits(line, line.edited))
        if line.deleted:
            yield Cue(moment + DELETES_AFTER, room, Deletes(line))
        moment += timedelta(minutes=1, seconds=len(line.text))
