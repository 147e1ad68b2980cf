"""An account with a channel of every kind and an agent in every role, and another account beside it."""

from dataclasses import dataclass

from models.enums import ItemKind
from tests.support.api import Account, AgentClient, Api, ApiClient

OUTSIDER, FORMER, NEWCOMER, FOURTH = "extra-0000", "extra-0001", "extra-0002", "extra-0003"


@dataclass(frozen=True)
class Scene:
    """In each channel, bruno is the owner, carla an admin and davi a member. Ana is an administrator of the account and
    a member of none."""

    account: Account
    other: Account
    public: str
    private: str
    announcement: str
    message: str

    @classmethod
    async def build(cls, api: Api) -> "Scene":
        account, other = await api.create_account(extra_agents=4), await api.create_account()
        bruno, members = account.bruno, ["carla", "davi", FORMER, FOURTH]
        public = await bruno.create_channel("Público", "PUBLIC", memberIds=members)
        private = await bruno.create_channel("Privado", "PRIVATE", memberIds=members)
        announcement = await bruno.create_channel("Avisos", "ANNOUNCEMENT")
        for channel in (public, private, announcement):
            await bruno.mutate(
                "changeChatMemberRole", "member { role }", channelId=channel, agentId="carla", role="ADMIN"
            )
        message = await bruno.send(private, "Olá")
        account.add_item(ItemKind.DEAL, "1")
        await account.sync(agents=[{"id": FORMER, "name": "Extra 0001", "active": False}])
        return cls(account, other, public, private, announcement, message)

    def caller(self, name: str) -> ApiClient:
        account, api = self.account, self.account.api
        callers: dict[str, ApiClient] = {
            "no token": api.anonymous(),
            "bad token": ApiClient(api.http, "not.a.token"),
            "agent, module off": account.davi,
            "administrator, module off": account.ana,
            "deactivated": account.agent(FORMER),
            "unknown": account.agent("ghost"),
            "service": api.service(account.account_id),
            "other account": self.other.bruno,
            "outsider": account.agent(OUTSIDER),
            "member": account.davi,
            "channel admin": account.carla,
            "owner": account.bruno,
            "administrator": account.ana,
        }
        return callers[name]

    async def switch_module(self, on: bool) -> None:
        await self.account.ana.mutate("updateChatAccountSettings", "settings { chatEnabled }", chatEnabled=on)

    async def cause_events(self) -> None:
        """Causes events that every kind of stream delivers to members of the private channel."""
        for agent in (self.account.bruno, self.account.carla):
            await agent.send(self.private, "[@Todos](mention://channel/all)")
            await agent.mutate("setChatTyping", "channel { id }", channelId=self.private, typing=True)
            await agent.mutate("setChatPresence", "viewer { sendKey }", presence="BUSY")

    async def cause_events_for(self, agent: AgentClient) -> list[str]:
        """Causes events that reach the agent wherever they come from: a direct message that mentions them and, in the
        other account, davi's change of presence. Returns the ids that distinguish these events from others."""
        account = self.account if agent.account_id == self.account.account_id else self.other
        sender = account.carla if agent.id == "bruno" else account.bruno
        opened = await sender.mutate("openDirectMessage", "channel { id }", agentId=agent.id)
        channel: str = opened["channel"]["id"]
        await sender.send(channel, f"[@{agent.name}](mention://user/{agent.id}/{agent.name})")
        if account is self.account:
            return [channel]
        await account.davi.mutate("setChatPresence", "viewer { sendKey }", presence="BUSY")
        return [channel, account.davi.id]
