"""An account that has everything that agents can make through the API."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from models.enums import ItemKind, NotificationType
from tests.files.pictures import picture, saved
from tests.schema.scene import FORMER, FOURTH, NEWCOMER, OUTSIDER, Scene
from tests.support.api import AgentClient, Api

SAMPLES = Path(__file__).parents[1] / "files" / "samples"
AGENTS = ("ana", "bruno", "carla", "davi", OUTSIDER, FORMER, NEWCOMER, FOURTH, "elisa")
LATER = (datetime.now(UTC) + timedelta(days=30)).isoformat()


@dataclass(frozen=True)
class Company:
    scene: Scene
    channels: list[str]
    messages: list[str]
    """The first ones are of every kind, and the last one is the newest."""

    @property
    def account_id(self) -> str:
        return self.scene.account.account_id

    @classmethod
    async def build(cls, api: Api) -> "Company":
        company = cls(await Scene.build(api), [], [])
        await company._set_up()
        await company._write()
        await company._read()
        return company

    async def _set_up(self) -> None:
        scene, account = self.scene, self.scene.account
        teams = [{"id": "sales", "name": "Vendas", "agentIds": ["carla", "davi"]}]
        await account.sync(
            agents=[{"id": "bruno", "name": "Bruno", "locale": "pt-BR", "email": "b@example.com"}], teams=teams
        )
        await account.ana.mutate(
            "updateChatAccountSettings", "settings { chatEnabled }", whoCreatesPrivate="EVERYONE", cardPreview="CHANNEL"
        )
        bruno, davi = account.bruno, account.davi
        image = await bruno.upload(saved(picture(400, 300), "PNG"), "avatar.png", "image/png")
        with_image = await bruno.create_channel("Com imagem", "PUBLIC", avatar={"imageId": image})
        icon = {"icon": {"icon": "rocket", "color": "#336699"}}
        with_icon = await bruno.create_channel("Com ícone", "PRIVATE", description="Só nós", avatar=icon)
        old = await bruno.create_channel("Arquivado", "PUBLIC")
        await bruno.mutate("archiveChatChannel", "channel { id }", channelId=old)
        direct = [
            await self._direct(bruno, "carla"),
            await self._direct(davi, "bruno"),
            await self._direct(davi, "carla"),
        ]
        await account.bruno.mutate("addChatAuthors", "channel { id }", channelId=scene.announcement, agentIds=["davi"])
        await account.agent(NEWCOMER).mutate("joinChatChannel", "channel { id }", channelId=scene.public)
        await account.agent(FOURTH).mutate("leaveChatChannel", "channel { id }", channelId=scene.public)
        self.channels.extend([scene.public, scene.private, scene.announcement, with_image, with_icon, old, *direct])

    async def _direct(self, agent: AgentClient, peer: str) -> str:
        opened = await agent.mutate("openDirectMessage", "channel { id }", agentId=peer)
        id: str = opened["channel"]["id"]
        return id

    async def _write(self) -> None:
        scene, account = self.scene, self.scene.account
        bruno, carla, davi = account.bruno, account.carla, account.davi
        account.add_item(ItemKind.TASK, "hidden", hidden_from=["davi"])
        private, public = scene.private, scene.public
        recording = (SAMPLES / "chromium-audio.webm").read_bytes()
        photo = await davi.upload(saved(picture(900, 600), "JPEG"), "foto.jpg", "image/jpeg")
        files = [photo, await davi.upload(recording, "voz.webm", "audio/webm"), await davi.upload()]
        with_files = await davi.send(private, "Três arquivos", attachmentIds=files)
        cards = [{"kind": "DEAL", "id": "1"}, {"kind": "TASK", "id": "hidden"}]
        with_cards = await carla.send(private, "Dois cartões", cards=cards, clientKey="cards")
        reply = await bruno.send(private, "Uma *resposta* a [@Davi](mention://user/davi/Davi)", replyToId=with_files)
        team = await bruno.send(private, "[@Vendas](mention://team/sales/Vendas) e [@Ana](mention://user/ana/Ana)")
        everybody = await bruno.send(public, "[@Todos](mention://channel/all) reunião às dez, 会議は十時から")
        edited = await davi.send(public, "Rascunho")
        await davi.mutate("editChatMessage", "message { id }", messageId=edited, body="Versão final, definitiva")
        deleted = await davi.send(public, "Apagar isto")
        answer = await carla.send(public, "Resposta ao que foi apagado", replyToId=deleted)
        await davi.mutate("deleteChatMessage", "message { id }", messageId=deleted)
        news = await davi.send(scene.announcement, "Novidades da semana")
        direct = await carla.send(self.channels[6], "Só para você")
        destination = {"channelId": public}
        forward = (
            await davi.mutate(
                "forwardChatMessage", "message { id }", messageId=with_files, destination=destination, body="Vejam"
            )
        )["message"]["id"]
        for agent, emoji in ((bruno, "👍"), (carla, "👍"), (carla, "🎉")):
            await agent.mutate("addChatReaction", "message { id }", messageId=with_files, emoji=emoji)
        await bruno.upload(b"Never sent.", "unsent.txt")
        self.messages.extend([with_files, with_cards, reply, team, everybody, edited, deleted, answer])
        self.messages.extend([news, direct, forward])

    async def _read(self) -> None:
        scene, account = self.scene, self.scene.account
        bruno, carla, davi = account.bruno, account.carla, account.davi
        with_files, with_cards, reply, team, *_ = self.messages
        await bruno.mutate("pinChatMessage", "message { id }", messageId=with_files)
        for agent in (bruno, carla):
            await agent.mutate("saveChatMessage", "message { id }", messageId=with_cards)
        await davi.mutate("markChatRead", "channel { id }", channelId=scene.private, messageId=reply)
        await carla.mutate("markChatUnread", "channel { id }", channelId=scene.private, messageId=team)
        settings = {"notificationLevel": "MENTIONS", "favourite": True, "personalNote": "Meu", "mutedUntil": LATER}
        await davi.mutate("updateChatMembership", "membership { id }", channelId=scene.private, **settings)
        for type_ in NotificationType:
            await carla.mutate("updateChatNotificationPreference", "viewer { sendKey }", type=type_, email=False)
        hours = {"timeZone": "America/Sao_Paulo", "days": ["SATURDAY"], "from": "18:00", "to": "09:00"}
        await bruno.mutate("updateChatProfile", "viewer { sendKey }", sendKey="MOD_ENTER", quietHours=hours)
        status = {"emoji": "🌴", "text": "De férias", "until": LATER}
        await bruno.mutate("setChatPresence", "viewer { sendKey }", presence="BUSY", status=status)
        await account.sync(agents=[{"id": FOURTH, "name": "Extra 0003", "active": False}])
