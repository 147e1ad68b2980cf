"""One account with a channel of every kind and somebody in every role, and a foreign account beside it."""

from dataclasses import dataclass

from models.enums import ItemKind
from tests.support.api import Account, Api, ApiClient

OUTSIDER, FORMER, NEWCOMER, FOURTH = "extra-0000", "extra-0001", "extra-0002", "extra-0003"


@dataclass(frozen=True)
class Scene:
    """Bruno owns each channel, Carla is its admin, Davi a member; Ana administers the account and is in none."""

    account: Account
    foreign: Account
    public: str
    private: str
    announcement: str
    message: str

    @classmethod
    async def build(cls, api: Api) -> "Scene":
        account, foreign = await api.create_account(extra_agents=4), await api.create_account()
        bruno, members = account.bruno, ["carla", "davi", FORMER, FOURTH]
        public = await bruno.create_channel("Público", "PUBLIC", memberIds=members)
        private = await bruno.create_channel("Privado", "PRIVATE", memberIds=members)
        announcement = await bruno.create_channel("Avisos", "ANNOUNCEMENT")
        for channel in (public, private, announcement):
            await bruno.mutate(
                "changeChatMemberRole", "member { role }", channelId=channel, agentId="carla", role="ADMIN"
            )
        message = await bruno.send(private, "Olá")
        await account.add_item(ItemKind.DEAL, "1")
        await account.sync(agents=[{"id": FORMER, "name": "Extra 0001", "active": False}])
        return cls(account, foreign, public, private, announcement, message)

    def asker(self, name: str) -> ApiClient:
        account, api = self.account, self.account.api
        askers: dict[str, ApiClient] = {
            "nobody": api.anonymous(),
            "bad token": ApiClient(api.http, "not.a.token"),
            "agent, module off": account.davi,
            "administrator, module off": account.ana,
            "deactivated": account.agent(FORMER),
            "unknown": account.agent("ghost"),
            "service": api.service(account.account_id),
            "foreign": self.foreign.bruno,
            "outsider": account.agent(OUTSIDER),
            "member": account.davi,
            "channel admin": account.carla,
            "owner": account.bruno,
            "administrator": account.ana,
        }
        return askers[name]

    async def switch_module(self, on: bool) -> None:
        await self.account.ana.mutate("updateChatAccountSettings", "settings { chatEnabled }", chatEnabled=on)

    async def stir(self, *, busy: bool) -> None:
        """Lets something happen that every kind of stream would tell its members."""
        for agent in (self.account.bruno, self.account.carla):
            await agent.send(self.private, "[@Todos](mention://channel/all)")
            await agent.mutate("setChatTyping", "channel { id }", channelId=self.private, typing=busy)
            await agent.mutate("setChatPresence", "viewer { sendKey }", status="BUSY" if busy else "ONLINE")
