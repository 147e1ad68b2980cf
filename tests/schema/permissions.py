"""The outcome of each root field for each kind of caller: the table that the permission tests go through."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.schema.scene import FOURTH, NEWCOMER, Scene
from tests.support.api import Json

GATED = ("no token", "bad token", "agent, module off", "administrator, module off", "deactivated", "unknown", "service")
CALLERS = (*GATED, "other account", "outsider", "member", "channel admin", "owner", "administrator")

# Outcomes: ok, null, empty (a connection without nodes), CODE of a userError, !CODE of a top-level error, silent (an
# open stream that delivers nothing of what happens in the scene).
UNSIGNED = "!UNAUTHENTICATED !UNAUTHENTICATED"
NOT_AN_AGENT = "!AGENT_INACTIVE !AGENT_INACTIVE !FORBIDDEN"
CLOSED = f"{UNSIGNED} !MODULE_DISABLED !MODULE_DISABLED {NOT_AN_AGENT}"
RECOGNISED = f"{UNSIGNED} ok ok {NOT_AN_AGENT}"
SETTINGS_READ = f"{UNSIGNED} null ok {NOT_AN_AGENT}"
SETTINGS_WRITE = f"{UNSIGNED} !FORBIDDEN ok {NOT_AN_AGENT}"
SERVICE = f"{UNSIGNED} !FORBIDDEN !FORBIDDEN !FORBIDDEN !FORBIDDEN ok"
# The socket itself is closed for a bad token.
STREAM = f"!UNAUTHENTICATED 4403 !MODULE_DISABLED !MODULE_DISABLED {NOT_AN_AGENT}"

LOST = "!ACCESS_LOST"

EPHEMERAL = {"setChatTyping"}
"""Mutations that write nothing even when they are allowed."""

Variables = Callable[[Scene], Json]
Preparation = Callable[[Scene], Awaitable[object]]


@dataclass(frozen=True)
class Row:
    """A root field, its variables, and its outcome for each of CALLERS. `prepare` runs before the request."""

    field: str
    outcomes: dict[str, str]
    variables: Variables
    prepare: Preparation | None


def row(
    field: str, outcomes: str, variables: Variables, *, gate: str = CLOSED, prepare: Preparation | None = None
) -> Row:
    words = [*gate.split(), *outcomes.split()]
    return Row(field, dict(zip(CALLERS, words, strict=True)), variables, prepare)


def no_variables(_: Scene) -> Json:
    return {}


def private(scene: Scene) -> Json:
    return {"channelId": scene.private}


def message(scene: Scene) -> Json:
    return {"messageId": scene.message}


def private_message(scene: Scene) -> Json:
    return {"channelId": scene.private, "messageId": scene.message}


def with_(variables: Variables, **more: object) -> Variables:
    return lambda scene: {**variables(scene), **more}


async def archive(scene: Scene) -> None:
    await scene.account.bruno.mutate("archiveChatChannel", "channel { id }", channelId=scene.private)


async def author(scene: Scene) -> None:
    input: Json = {"channelId": scene.announcement, "agentIds": ["davi"]}
    await scene.account.bruno.mutate("addChatAuthors", "channel { id }", **input)


async def reaction(scene: Scene) -> None:
    await scene.account.davi.mutate("addChatReaction", "message { id }", messageId=scene.message, emoji="👍")


async def save(scene: Scene) -> None:
    for agent in (scene.account.davi, scene.account.carla, scene.account.bruno):
        await agent.mutate("saveChatMessage", "message { id }", messageId=scene.message)


async def pin(scene: Scene) -> None:
    await scene.account.bruno.mutate("pinChatMessage", "message { id }", messageId=scene.message)


async def mention_everybody(scene: Scene) -> None:
    text = "[@Todos](mention://channel/all)"
    await scene.account.bruno.mutate("editChatMessage", "message { id }", messageId=scene.message, body=text)


DIRECTORY: Json = {"account": {"name": "Renamed"}, "agents": [{"id": "bruno", "name": "Bruno B."}], "teams": []}
DEAL: Json = {"kind": "DEAL", "id": "1"}

# fmt: off
#                                   other acc. outsider   member     ch. admin  owner      administrator
ROWS = (
    row("chatViewer",              "ok         ok         ok         ok         ok         ok",
        no_variables, gate=RECOGNISED),
    row("chatChannel",             "null       null       ok         ok         ok         ok",
        lambda scene: {"id": scene.private}),
    row("chatChannels",            "empty      empty      ok         ok         ok         empty",
        with_(no_variables, kinds=["PRIVATE"])),
    row("discoverChatChannels",    "empty      ok         ok         ok         ok         ok",
        with_(no_variables, query="publico")),
    row("manageableChatChannels",  "empty      empty      empty      empty      empty      ok",
        with_(no_variables, query="privado")),
    row("chatMessage",             "null       null       ok         ok         ok         null",
        lambda scene: {"id": scene.message}),
    row("searchChatMessages",      "empty      empty      ok         ok         ok         empty",
        lambda scene: {"query": "ola", "filter": {"channelId": scene.private}}),
    row("savedChatMessages",       "empty      empty      ok         ok         ok         empty",
        no_variables, prepare=save),
    row("chatAgents",              "empty      ok         ok         ok         ok         ok",
        with_(no_variables, query="extra 0002")),
    row("chatNotifications",       "empty      empty      ok         ok         empty      empty",
        no_variables, prepare=mention_everybody),
    row("whyNotified",             "null       null       ok         ok         ok         null",
        message),
    row("shareDestinations",       "empty      empty      ok         ok         ok         empty",
        with_(no_variables, query="privado")),
    row("sharePreview",            "null       null       ok         ok         ok         null",
        lambda scene: {"entity": DEAL, "destination": {"channelId": scene.private}}),
    row("_entities",               "null       null       ok         ok         ok         ok",
        lambda scene: {"representations": [{"__typename": "ChatChannel", "id": scene.private}]}),
    row("_service",                "ok         ok         ok         ok         ok         ok",
        no_variables, gate="ok ok ok ok ok ok ok"),
    row("chatAccountSettings",     "null       null       null       null       null       ok",
        no_variables, gate=SETTINGS_READ),
    row("chatAuditLog",            "empty      empty      empty      empty      empty      ok",
        lambda scene: {"channelId": scene.private, "agentId": "bruno"}),

    row("updateChatProfile",       "ok         ok         ok         ok         ok         ok",
        with_(no_variables, sendKey="MOD_ENTER")),
    row("markAllChatsRead",        "ok         ok         ok         ok         ok         ok",
        no_variables),
    row("markChatNotificationsRead", "ok       ok         ok         ok         ok         ok",
        lambda scene: {"notificationIds": [scene.message.replace("msg", "ntf")]}, prepare=mention_everybody),
    row("updateChatNotificationPreference", "ok ok      ok         ok         ok         ok",
        with_(no_variables, type="MENTION", bell=False)),
    row("setChatPresence",         "ok         ok         ok         ok         ok         ok",
        with_(no_variables, presence="BUSY")),
    row("createChatChannel",       "FORBIDDEN  FORBIDDEN  FORBIDDEN  ok         ok         ok",
        with_(no_variables, kind="PRIVATE", name="Novo", memberIds=["davi"])),
    row("updateChatChannel",       "NOT_FOUND  NOT_FOUND  FORBIDDEN  ok         ok         ok",
        with_(private, name="Outro nome")),
    row("archiveChatChannel",      "NOT_FOUND  NOT_FOUND  FORBIDDEN  ok         ok         ok",
        private),
    row("unarchiveChatChannel",    "NOT_FOUND  NOT_FOUND  FORBIDDEN  ok         ok         ok",
        private, prepare=archive),
    row("openDirectMessage",       "NOT_FOUND  ok         ok         ok         ok         ok",
        with_(no_variables, agentId=NEWCOMER)),
    row("joinChatChannel",         "NOT_FOUND  ok         ok         ok         ok         ok",
        lambda scene: {"channelId": scene.public}),
    row("leaveChatChannel",        "NOT_FOUND  NOT_FOUND  ok         ok         LAST_OWNER FORBIDDEN",
        private),
    row("addChatMembers",          "NOT_FOUND  NOT_FOUND  FORBIDDEN  ok         ok         ok",
        with_(private, agentIds=[NEWCOMER])),
    row("removeChatMember",        "NOT_FOUND  NOT_FOUND  FORBIDDEN  ok         ok         ok",
        with_(private, agentId=FOURTH)),
    row("changeChatMemberRole",    "NOT_FOUND  NOT_FOUND  FORBIDDEN  ok         ok         ok",
        with_(private, agentId=FOURTH, role="ADMIN")),
    row("addChatAuthors",          "NOT_FOUND  FORBIDDEN  FORBIDDEN  ok         ok         ok",
        lambda scene: {"channelId": scene.announcement, "agentIds": [NEWCOMER]}),
    row("removeChatAuthor",        "NOT_FOUND  FORBIDDEN  FORBIDDEN  ok         ok         ok",
        lambda scene: {"channelId": scene.announcement, "agentId": "davi"}, prepare=author),
    row("updateChatMembership",    "NOT_FOUND  NOT_FOUND  ok         ok         ok         FORBIDDEN",
        with_(private, favourite=True, personalNote="Meu")),
    row("sendChatMessage",         "NOT_FOUND  NOT_FOUND  ok         ok         ok         FORBIDDEN",
        lambda scene: {"channelId": scene.private, "body": "Oi", "replyToId": scene.message, "clientKey": "1"}),
    row("createChatUpload",        "ok         ok         ok         ok         ok         ok",
        with_(no_variables, filename="nota.txt", contentType="text/plain", byteSize=3)),
    row("shareToChat",             "NOT_FOUND  NOT_FOUND  ok         ok         ok         FORBIDDEN",
        lambda scene: {"entity": DEAL, "destination": {"channelId": scene.private}}),
    row("forwardChatMessage",      "NOT_FOUND  NOT_FOUND  ok         ok         ok         FORBIDDEN",
        lambda scene: {"messageId": scene.message, "destination": {"channelId": scene.private}}),
    row("setChatTyping",           "NOT_FOUND  NOT_FOUND  ok         ok         ok         FORBIDDEN",
        with_(private, typing=True)),
    row("editChatMessage",         "NOT_FOUND  NOT_FOUND  FORBIDDEN  FORBIDDEN  ok         NOT_FOUND",
        with_(message, body="Outro texto")),
    row("deleteChatMessage",       "NOT_FOUND  NOT_FOUND  FORBIDDEN  ok         ok         NOT_FOUND",
        message),
    row("addChatReaction",         "NOT_FOUND  NOT_FOUND  ok         ok         ok         NOT_FOUND",
        with_(message, emoji="🎉")),
    row("removeChatReaction",      "NOT_FOUND  NOT_FOUND  ok         ok         ok         NOT_FOUND",
        with_(message, emoji="👍"), prepare=reaction),
    row("pinChatMessage",          "NOT_FOUND  NOT_FOUND  ok         ok         ok         NOT_FOUND",
        message),
    row("unpinChatMessage",        "NOT_FOUND  NOT_FOUND  ok         ok         ok         NOT_FOUND",
        message, prepare=pin),
    row("saveChatMessage",         "NOT_FOUND  NOT_FOUND  ok         ok         ok         NOT_FOUND",
        message),
    row("unsaveChatMessage",       "NOT_FOUND  NOT_FOUND  ok         ok         ok         NOT_FOUND",
        message, prepare=save),
    row("markChatRead",            "NOT_FOUND  NOT_FOUND  ok         ok         ok         FORBIDDEN",
        private_message),
    row("markChatUnread",          "NOT_FOUND  NOT_FOUND  ok         ok         ok         FORBIDDEN",
        private_message),
    row("updateChatAccountSettings", "!FORBIDDEN !FORBIDDEN !FORBIDDEN !FORBIDDEN !FORBIDDEN ok",
        with_(no_variables, whoCreatesPrivate="EVERYONE"), gate=SETTINGS_WRITE),
    row("syncChatDirectory",       "!FORBIDDEN !FORBIDDEN !FORBIDDEN !FORBIDDEN !FORBIDDEN !FORBIDDEN",
        with_(no_variables, **DIRECTORY), gate=SERVICE),

    row("chatMessageAdded",        f"{LOST}    {LOST}     ok         ok         ok         {LOST}",
        private, gate=STREAM),
    row("chatChannelChanged",      f"{LOST}    {LOST}     ok         ok         ok         {LOST}",
        private, gate=STREAM),
    row("chatTyping",              f"{LOST}    {LOST}     ok         ok         ok         {LOST}",
        private, gate=STREAM),
    row("chatMentionAdded",        "silent     silent     ok         ok         ok         silent",
        no_variables, gate=STREAM),
    row("chatNotificationAdded",   "silent     silent     ok         ok         ok         silent",
        no_variables, gate=STREAM),
    row("chatInboxChanged",        "silent     silent     ok         ok         ok         silent",
        no_variables, gate=STREAM),
    row("chatPresenceChanged",     "silent     ok         ok         ok         ok         ok",
        with_(no_variables, agentIds=["carla", "davi"]), gate=STREAM),
)
# fmt: on
MATRIX = {row.field: row for row in ROWS}
