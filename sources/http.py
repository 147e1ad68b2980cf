"""The gateway of a module that implements the chat's own contract."""

from collections.abc import Mapping, Sequence

from chat.cards import Check
from models.enums import ItemKind
from sources import contract
from sources.config import HttpConfig
from sources.endpoint import Endpoint
from sources.gateway import chunks
from sources.verdicts import Verdict


class HttpGateway:
    def __init__(self, config: HttpConfig) -> None:
        self._secret = config.secret
        self._endpoint = Endpoint(config.url)

    def calls(self, checks: Sequence[Check]) -> list[list[Check]]:
        return chunks(checks)

    async def ask(self, account_id: str, kind: ItemKind, checks: Sequence[Check]) -> Mapping[Check, Verdict]:
        token = contract.token(self._secret.get_secret_value())
        body = await self._endpoint.post(contract.question(account_id, kind, checks), token)
        return contract.verdicts(kind, checks, body)

    async def aclose(self) -> None:
        await self._endpoint.aclose()
