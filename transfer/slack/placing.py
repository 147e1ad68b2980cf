"""What the channels of a workspace become here: their names, descriptions, owners and members."""

from collections.abc import Iterator, Mapping
from itertools import count

from chat.naming import DESCRIPTION_LENGTH, NAME_LENGTH, clean_name, fold, is_visible
from models.enums import ChannelKind
from transfer.slack.agents import DirectoryPerson
from transfer.slack.channels import NewChannel
from transfer.slack.export import Conversation, ConversationKind
from transfer.slack.fields import time_of
from transfer.slack.identifiers import Workspace
from transfer.slack.mrkdwn import to_plain
from transfer.slack.people import People
from transfer.slack.references import References
from transfer.slack.report import Reason, Report

CHANNEL_KINDS = {
    ConversationKind.PUBLIC: ChannelKind.PUBLIC,
    ConversationKind.PRIVATE: ChannelKind.PRIVATE,
    ConversationKind.GROUP_MESSAGE: ChannelKind.PRIVATE,
}


def new_channel(
    workspace: Workspace,
    conversation: Conversation,
    name: str,
    people: People,
    references: References,
    report: Report,
) -> NewChannel:
    members = list(_members(conversation, people))
    if not members:
        report.add(Reason.NO_MEMBER, conversation.place)
    return NewChannel(
        channel_id=workspace.channel_id(conversation.id, conversation.created),
        created_message_id=workspace.creation_id(conversation.id, conversation.created),
        kind=CHANNEL_KINDS[conversation.kind],
        name=name,
        description=_description(conversation, references, report),
        creator=people.user(conversation.creator_id),
        created_at=time_of(conversation.created),
        is_archived=conversation.is_archived,
        member_ids=tuple(member.agent_id for member in members),
        owner_ids=_owners(members, people.agent(conversation.creator_id)),
    )


def channel_name(conversation: Conversation, people: People, taken: set[str], report: Report) -> str:
    """Returns a name that no channel of the account has, and adds it to those that are taken."""
    wanted = _wanted_name(conversation, people)
    name = next(name for name in _candidates(wanted) if fold(name) not in taken)
    if name != wanted:
        report.add(Reason.NAME_CHANGED, conversation.place, name)
    taken.add(fold(name))
    return name


def _wanted_name(conversation: Conversation, people: People) -> str:
    if conversation.kind == ConversationKind.GROUP_MESSAGE:
        names = ", ".join(people.user(user_id).name for user_id in conversation.member_ids)
        return clean_name(names) or conversation.name
    name = clean_name(conversation.name)
    return name if is_visible(name) else conversation.id


def _candidates(wanted: str) -> Iterator[str]:
    """Yields the name, "name (Slack)", "name (Slack 2)" and so on, each cut to the length of names."""
    yield wanted[:NAME_LENGTH].strip()
    for number in count(1):
        suffix = f" (Slack {number})" if number > 1 else " (Slack)"
        yield wanted[: NAME_LENGTH - len(suffix)].strip() + suffix


def _description(conversation: Conversation, references: References, report: Report) -> str | None:
    texts = dict.fromkeys(to_plain(text, references).strip() for text in (conversation.purpose, conversation.topic))
    description = "\n\n".join(text for text in texts if text)
    if len(description) > DESCRIPTION_LENGTH:
        report.add(Reason.DESCRIPTION_CUT, conversation.place)
    return description[:DESCRIPTION_LENGTH].strip() or None


def _members(conversation: Conversation, people: People) -> Iterator[DirectoryPerson]:
    agents: dict[str, DirectoryPerson] = {}
    for user_id in conversation.member_ids:
        if agent := people.agent(user_id):
            agents.setdefault(agent.agent_id, agent)
    yield from agents.values()


def _owners(members: list[DirectoryPerson], creator: DirectoryPerson | None) -> frozenset[str]:
    """Returns the creator if they are a member. Unless they are active, the first active member is an owner too:
    a channel with active members always has an active owner."""
    owners = {creator.agent_id} if creator is not None and creator in members else set()
    if creator is None or not owners or not creator.active:
        owners |= {next((member.agent_id for member in members if member.active), "")} - {""}
    return frozenset(owners)


def directory_pair(conversation: Conversation, people: People) -> tuple[str, str] | None:
    """Returns the two agents of a direct message; None if they are not two different agents of the directory."""
    agents: Mapping[str, None] = dict.fromkeys(
        agent.agent_id for user_id in conversation.member_ids if (agent := people.agent(user_id)) is not None
    )
    if len(conversation.member_ids) != 2 or len(agents) != 2:
        return None
    one, other = agents
    return one, other
