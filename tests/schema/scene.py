"""One account with a channel of every kind and somebody in every role, and a foreign account beside it."""

from dataclasses import dataclass

from models.enums import ItemKind
from tests.support.api import Api, Asker, House

OUTSIDER, FORMER, NEWCOMER, FOURTH = "extra-0000", "extra-0001", "extra-0002", "extra-0003"


@dataclass(frozen=True)
class Scene:
    """Bruno owns each channel, Carla is its admin, Davi a member; Ana administers the account and is in none."""

    house: House
    foreign: House
    public: str
    private: str
    announcement: str
    message: str

    @classmethod
    async def build(cls, api: Api) -> "Scene":
        house, foreign = await api.account(extra_agents=4), await api.account()
        bruno, members = house.bruno, ["carla", "davi", FORMER, FOURTH]
        public = await bruno.create_channel("Público", "PUBLIC", memberIds=members)
        private = await bruno.create_channel("Privado", "PRIVATE", memberIds=members)
        announcement = await bruno.create_channel("Avisos", "ANNOUNCEMENT")
        for channel in (public, private, announcement):
            await bruno.mutate(
                "changeChatMemberRole", "member { role }", channelId=channel, agentId="carla", role="ADMIN"
            )
        message = await bruno.send(private, "Olá")
        await house.own_item(ItemKind.DEAL, "1")
        await house.sync(agents=[{"id": FORMER, "name": "Extra 0001", "active": False}])
        return cls(house, foreign, public, private, announcement, message)

    def asker(self, name: str) -> Asker:
        house, api = self.house, self.house.api
        askers: dict[str, Asker] = {
            "nobody": api.nobody(),
            "bad token": Asker(api.http, "not.a.token"),
            "agent, module off": house.davi,
            "administrator, module off": house.ana,
            "deactivated": house.person(FORMER),
            "unknown": house.person("ghost"),
            "service": api.service(house.account_id),
            "foreign": self.foreign.bruno,
            "outsider": house.person(OUTSIDER),
            "member": house.davi,
            "channel admin": house.carla,
            "owner": house.bruno,
            "administrator": house.ana,
        }
        return askers[name]

    async def switch_module(self, on: bool) -> None:
        await self.house.ana.mutate("updateChatAccountSettings", "settings { chatEnabled }", chatEnabled=on)

    async def stir(self, *, busy: bool) -> None:
        """Lets something happen that every kind of stream would tell its members."""
        for person in (self.house.bruno, self.house.carla):
            await person.send(self.private, "[@Todos](mention://channel/all)")
            await person.mutate("setChatTyping", "channel { id }", channelId=self.private, typing=busy)
            await person.mutate("setChatPresence", "viewer { sendKey }", status="BUSY" if busy else "ONLINE")
