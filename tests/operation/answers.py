"""What an agent can see: the answers to the queries of a front end."""

import httpx

from tests.support.api import AgentClient, Json, path_of

MESSAGE = """id seq body createdAt editedAt deletedAt pinnedAt saved permalink readCount
  author { id name status { text emoji } }
  systemEvent { kind } replyTo { id body } forwardedFrom { body }
  reactions { emoji count viewerReacted } mentions { __typename }
  attachments { id filename contentType byteSize kind width height }
  cards { access title summary }"""
SIDEBAR = """{ chatChannels(first: 50) { nodes {
  id kind name description createdAt archivedAt memberCount unreadCount unreadMentionCount position
  lastMessage { id body } firstUnreadMessage { id } directPeer { id }
  viewerMembership { role notificationLevel muted favourite personalNote }
  members(first: 50) { nodes { role agent { id name } } } authors(first: 50) { nodes { id } }
  pinnedMessages(first: 50) { nodes { id } }
} } }"""
HISTORY = f"""query ($id: ID!) {{ chatChannel(id: $id) {{ messages(last: 100) {{ nodes {{ {MESSAGE} }} }} }} }}"""
SEARCH = f"""query ($query: String!) {{ searchChatMessages(query: $query, first: 100) {{ nodes {{
  snippet message {{ {MESSAGE} }}
}} }} }}"""
WORDS = ("a", "bom dia", "release", "Cópia")
REST = f"""{{
  chatViewer {{
    chatEnabled sendKey unreadNotificationCount position
    notificationPreferences {{ type bell email }} quietHours {{ timeZone days from to }}
  }}
  chatNotifications(first: 100) {{ nodes {{ type createdAt readAt actor {{ id }} message {{ id }} }} }}
  savedChatMessages(first: 100) {{ nodes {{ {MESSAGE} }} }}
  chatAgents(first: 100) {{ nodes {{ id name }} }}
  discoverChatChannels(first: 100) {{ nodes {{ id name }} }}
  chatAccountSettings {{ enabledRoles whoCreatesPrivate emailContents }}
}}"""
FILES = """query ($id: ID!) { chatChannel(id: $id) { messages(last: 100) { nodes {
  attachments { id url thumbnailUrl }
} } } }"""


async def answers_of(agent: AgentClient) -> Json:
    sidebar = await agent.query(SIDEBAR)
    channels = [channel["id"] for channel in sidebar["chatChannels"]["nodes"]]
    return {
        "sidebar": sidebar,
        "histories": {id: await agent.query(HISTORY, id=id) for id in channels},
        "searches": {word: await agent.query(SEARCH, query=word) for word in WORDS},
        "rest": await agent.query(REST),
    }


async def files_of(agent: AgentClient) -> dict[str, bytes]:
    """Returns the bytes behind each link to a file in the agent's channels."""
    found = {}
    for channel in (await agent.query(SIDEBAR))["chatChannels"]["nodes"]:
        for message in (await agent.query(FILES, id=channel["id"]))["chatChannel"]["messages"]["nodes"]:
            for attachment in message["attachments"]:
                for name in ("url", "thumbnailUrl"):
                    if attachment[name] is not None:
                        found[f"{attachment['id']} {name}"] = await _bytes(agent.http, attachment[name])
    return found


async def _bytes(http: httpx.AsyncClient, url: str) -> bytes:
    answer = await http.get(path_of(url))
    assert answer.status_code == 200, answer.text
    return answer.content
