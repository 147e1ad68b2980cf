"""Secrets that are planted everywhere appear in no log, metric or trace, and in no answer that must not have them.

Each secret is a word that occurs nowhere else. The test sends requests of all kinds, most of which fail, to a server in
a process of its own, and then searches for the words.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import httpx
import orjson
import pytest
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from server.addresses import async_url
from server.settings import Settings
from tests.server.observation.collector import Collector, running_collector
from tests.sources.processes import closed_port_url, running
from tests.support.api import Account, AgentClient, Api, Json, path_of
from tests.support.databases import Databases
from tests.support.services import ServerProcess
from tests.support.sockets import PROTOCOL, Ended, open_socket
from tests.support.waiting import until


class Secret(StrEnum):
    """What is planted. The secrets of the server must be in no answer at all."""

    SIGNING_KEY = "canarysigningkeyofthirtytwobytesormore"
    DATABASE_PASSWORD = "canarydatabasepassword"
    BROKER_PASSWORD = "canarybrokerpassword"
    MAIL_PASSWORD = "canarymailpassword"
    MAIL_GREETING = "canarymailgreeting"
    MODULE_SECRET = "canarymodulesecretofthirtytwobytes"
    METRICS_TOKEN = "canarymetricstoken"
    DATABASE_ERROR = "canarydatabaseerror"


class Planted(StrEnum):
    """What clients send. Only the agent who sent it, and those who can read it, may see it in an answer."""

    BODY = "canarybody"
    FAILING_BODY = "canaryfailingbody"
    NUMBER_BODY = "canarynumberbody"
    NOTE = "canarynote"
    CHANNEL = "canarychannel"
    CARD_TITLE = "canarycardtitle"
    FILE = "canaryfile"
    SEARCH = "canarysearch"
    EMAIL = "canaryemail@example.com"
    VARIABLE_NAME = "canaryVariableName"
    VARIABLE = "canaryvariablevalue"
    ALIAS = "canaryAlias"
    UNKNOWN_FIELD = "canaryUnknownField"
    LITERAL = "canaryliteral"
    SYNTAX = "canarysyntax"
    TOKEN = "canarytoken"
    QUERY_STRING = "canaryquerystring"
    PATH = "canarypath"
    HEADER = "canaryheader"
    ADDRESS = "203.0.113.77"
    FRAME = "canaryframe"
    KEY = "canaryclientkey"


OPERATION_NAME = "CanaryOperationName"
"""Planted where it is logged, to show that the search would find a secret."""

# The errors of the first quote the message, as those of a trigger can. The second is an invalid value.
TRIGGER = f"""
CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.body LIKE '%{Planted.FAILING_BODY}%' THEN
        RAISE EXCEPTION '{Secret.DATABASE_ERROR} %', NEW.body USING DETAIL = NEW.body, HINT = '{Secret.DATABASE_ERROR}';
    ELSIF NEW.body LIKE '%{Planted.NUMBER_BODY}%' THEN
        PERFORM NEW.body::integer;
    END IF;
    RETURN NEW;
END $$
"""
SEND = "mutation Send($input: SendChatMessageInput!) { sendChatMessage(input: $input) { message { id } } }"
ADDED = (
    "subscription ($id: ID!, $since: String) { chatMessageAdded(channelId: $id, since: $since) { message { body } } }"
)
SEARCH = "query ($text: String!) { searchChatMessages(query: $text) { nodes { message { id } } } }"


@dataclass
class Scene:
    """The server under test, and what it has answered."""

    process: ServerProcess
    http: httpx.AsyncClient
    collector: Collector
    engine: AsyncEngine
    account: Account
    answers: list[str] = field(default_factory=list)
    """All answers but those to ana, who plants the secrets and may read them."""

    answers_to_ana: list[str] = field(default_factory=list)
    request_ids: list[str] = field(default_factory=list)
    """Of the requests that must have a log line."""

    @property
    def log(self) -> str:
        """Everything that the process has written to its standard output and standard error."""
        return self.process.output()

    async def post(self, client: AgentClient, query: str, /, **variables: object) -> httpx.Response:
        return await self.request(client, json={"query": query, "variables": variables})

    async def request(
        self,
        client: AgentClient,
        method: str = "POST",
        path: str = "/graphql",
        headers: Mapping[str, str] | None = None,
        json: Json | None = None,
        content: bytes | None = None,
    ) -> httpx.Response:
        sent = {
            "authorization": f"Bearer {client.token}",
            "x-forwarded-for": Planted.ADDRESS.value,
            "cookie": f"session={Planted.HEADER}",
            "user-agent": Planted.HEADER.value,
            "referer": f"https://app.example/{Planted.HEADER}",
            "x-request-id": f"{Planted.HEADER}@{Planted.HEADER}",
            **(headers or {}),
        }
        answer = await self.http.request(method, path, headers=sent, json=json, content=content)
        heads = "\n".join(f"{name}: {value}" for name, value in answer.headers.items())
        (self.answers_to_ana if client.id == "ana" else self.answers).append(f"{heads}\n{answer.text}")
        self.request_ids.append(answer.headers["x-request-id"])
        return answer


@asynccontextmanager
async def failing_mail_server() -> AsyncIterator[int]:
    """Runs a mail server that refuses every connection with a text, and yields its port."""

    async def refuse(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(f"554 5.7.1 {Secret.MAIL_GREETING} <{Planted.EMAIL}>\r\n".encode())
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]


class CanaryServer(ServerProcess):
    """A server whose broker does not answer, so it never gets ready."""

    async def ready(self, status: int = 503, patience: float = 90) -> None:
        await super().ready(status, patience)


@pytest.fixture
async def scene(databases: Databases, worker_id: str, tmp_path: Path) -> AsyncIterator[Scene]:
    url = await asyncio.to_thread(databases.create, f"canary_{worker_id}")
    engine = create_async_engine(async_url(url))
    module = running("tests.server.observation.source_module:app", TITLE=Planted.CARD_TITLE)
    with running_collector() as collector, module as module_url:
        async with failing_mail_server() as mail_port:
            broker = closed_port_url().removeprefix("http://")
            sources = {
                kind: {"type": "http", "url": f"{module_url}/", "secret": Secret.MODULE_SECRET}
                for kind in ("DEAL", "TASK")
            }
            with_password = make_url(url).set(username="postgres", password=Secret.DATABASE_PASSWORD)
            process = CanaryServer(
                tmp_path,
                with_password.render_as_string(hide_password=False),
                f"redis://:{Secret.BROKER_PASSWORD}@{broker}",
                CHAT_JWT_SECRET=Secret.SIGNING_KEY,
                CHAT_SMTP_URL=f"smtp://relay:{Secret.MAIL_PASSWORD}@127.0.0.1:{mail_port}",
                CHAT_EMAIL_FROM="chat@example.com",
                CHAT_EMAIL_DELAY_SECONDS="0",
                CHAT_SOURCES=orjson.dumps(sources).decode(),
                CHAT_METRICS_TOKEN=Secret.METRICS_TOKEN,
                OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
                OTEL_BSP_SCHEDULE_DELAY="100",
            )
            await process.start()
            async with httpx.AsyncClient(base_url=process.url, timeout=30) as http:
                api = Api(http, Settings(data_dir=tmp_path, jwt_secret=Secret.SIGNING_KEY), engine)
                yield Scene(process, http, collector, engine, await api.create_account())
            await process.stop()
    await engine.dispose()


async def test_planted_secrets_appear_nowhere(scene: Scene, run_folder: Path) -> None:
    channel = await _plant_texts(scene)
    await _fail_in_the_database(scene, channel)
    await _fail_in_a_source_module(scene, channel)
    await _send_bad_documents(scene)
    await _send_bad_requests(scene)
    await _use_sockets(scene, channel)
    await _look_as_a_stranger(scene, channel)
    await until(lambda: "emails_failed" in scene.log, "an e-mail that failed")
    metrics = (await scene.http.get("/metrics", headers={"authorization": f"Bearer {Secret.METRICS_TOKEN}"})).text
    await until(lambda: OPERATION_NAME.encode() in b"".join(scene.collector.bodies), "the exported spans")
    await scene.process.stop()

    _check_that_the_search_would_find_a_secret(scene)
    texts = {
        "log": scene.log,
        "metrics": metrics,
        "traces": b"".join(scene.collector.bodies).decode(errors="replace"),
        "log of the embedded database": (run_folder / "postgres" / "server.log").read_text(),
    }
    for where, text in texts.items():
        assert [secret for secret in (*Secret, *Planted, scene.account.ana.token) if secret and secret in text] == [], (
            where
        )
    assert [secret for secret in Secret if any(secret in answer for answer in scene.answers_to_ana)] == []
    assert [secret for secret in (*Secret, *Planted) if any(secret in answer for answer in scene.answers)] == []


def _check_that_the_search_would_find_a_secret(scene: Scene) -> None:
    """Each request has a log line, and the name of an operation, which may be logged, is found."""
    events = [orjson.loads(line) for line in scene.log.splitlines() if line.startswith("{")]
    logged = {event.get("request_id") for event in events if event["event"] in ("operation", "request", "socket")}
    assert [request_id for request_id in scene.request_ids if request_id not in logged] == []
    assert len(scene.request_ids) > 25
    assert OPERATION_NAME in scene.log
    assert {"unexpected_error", "source_unavailable", "broadcast_lost", "emails_failed"} <= {e["event"] for e in events}
    assert any(Planted.BODY in answer for answer in scene.answers_to_ana)


async def _plant_texts(scene: Scene) -> str:
    """Returns a private channel of ana and bruno, with a message, a note, a file and a card."""
    ana = scene.account.ana
    bruno = {"id": "bruno", "name": "Bruno", "email": Planted.EMAIL.value}
    await scene.account.sync(agents=[{"id": "ana", "name": "Ana", "role": "ADMINISTRATOR"}, bruno])
    channel = await ana.create_channel(Planted.CHANNEL, "PRIVATE", memberIds=["bruno"])
    await ana.mutate(
        "updateChatMembership", "membership { personalNote }", channelId=channel, personalNote=Planted.NOTE
    )
    upload = await ana.upload(filename=f"{Planted.FILE}.txt")
    mention = f"{Planted.BODY} [@Bruno](mention://user/bruno/Bruno)"
    card = {"kind": "DEAL", "id": "77"}
    sent = {"channelId": channel, "body": mention, "clientKey": Planted.KEY, "attachmentIds": [upload], "cards": [card]}
    answer = await scene.post(ana, SEND, input=sent)
    message: str = answer.json()["data"]["sendChatMessage"]["message"]["id"]
    (attached,) = await ana.attachments(message, "url")
    download = await scene.request(ana, "GET", path_of(attached["url"]))
    assert Planted.FILE in download.headers["content-disposition"]
    page = (
        f"query {OPERATION_NAME}($id: ID!) {{ chatChannel(id: $id) {{"
        " name messages(last: 5) { nodes { body cards { title } } } } }"
    )
    read = await scene.post(ana, page, id=channel)
    assert Planted.BODY in read.text
    assert Planted.CARD_TITLE in read.text
    await scene.post(ana, SEARCH, text=Planted.SEARCH)
    return channel


async def _fail_in_the_database(scene: Scene, channel: str) -> None:
    async with scene.engine.begin() as connection:
        await connection.exec_driver_sql(TRIGGER)
        await connection.exec_driver_sql(
            "CREATE TRIGGER fail BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION fail()"
        )
    for body in (Planted.FAILING_BODY, Planted.NUMBER_BODY):
        answer = await scene.post(
            scene.account.ana,
            SEND.replace("sendChatMessage(", f"{Planted.ALIAS}: sendChatMessage("),
            input={"channelId": channel, "body": body},
        )
        (error,) = answer.json()["errors"]
        assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"


async def _fail_in_a_source_module(scene: Scene, channel: str) -> None:
    sent = {"channelId": channel, "body": Planted.BODY, "cards": [{"kind": "TASK", "id": "77"}]}
    assert (await scene.post(scene.account.ana, SEND, input=sent)).json()["data"]["sendChatMessage"]["message"] is None


async def _send_bad_documents(scene: Scene) -> None:
    ana = scene.account.ana
    for document in (
        f"{{ {Planted.SYNTAX} ",
        f"{{ {Planted.UNKNOWN_FIELD} }}",
        f'{{ chatChannel(id: ["{Planted.LITERAL}"]) {{ id }} }}',
        f"query (${Planted.VARIABLE_NAME}: ID!) {{ chatChannel(id: ${Planted.VARIABLE_NAME}) {{ id }} }}",
        f'{{ {Planted.ALIAS}: chatChannel(id: "{Planted.LITERAL}") {{ id }} }}',
        f'{{ chatAgents(first: 1000, query: "{Planted.LITERAL}") {{ nodes {{ id }} }} }}',
    ):
        await scene.post(ana, document)
    await scene.post(ana, "query ($id: ID!) { chatChannel(id: $id) { id } }", id={"a": Planted.VARIABLE})
    await scene.post(
        ana, "query ($id: ID!) { chatChannel(id: $id) { id } }", id=Planted.VARIABLE, **{Planted.VARIABLE_NAME: 1}
    )


async def _send_bad_requests(scene: Scene) -> None:
    ana, json_type = scene.account.ana, {"content-type": "application/json"}
    forged = {"authorization": f"Bearer {Planted.TOKEN}"}
    await scene.request(ana, headers=forged, json={"query": "{ chatViewer { agent { id } } }"})
    await scene.request(ana, headers={"authorization": Planted.TOKEN}, json={"query": "{ __typename }"})
    await scene.request(ana, headers=json_type, content=f'{{"query": "{Planted.SYNTAX}'.encode())
    await scene.request(ana, headers={"content-type": Planted.HEADER}, content=Planted.BODY.encode())
    await scene.request(ana, "GET", f"/graphql?query={{__typename}}&token={Planted.QUERY_STRING}")
    await scene.request(ana, "GET", f"/graphql?query=mutation{{a}}&variables={Planted.QUERY_STRING}")
    await scene.request(ana, "PUT", f"/graphql?{Planted.QUERY_STRING}", content=Planted.BODY.encode())
    await scene.request(ana, "GET", f"/{Planted.PATH}/{Planted.EMAIL}?{Planted.QUERY_STRING}")
    await scene.request(ana, "GET", f"/files/{Planted.PATH}?{Planted.QUERY_STRING}")
    await scene.request(ana, "PUT", f"/uploads/{Planted.PATH}?{Planted.QUERY_STRING}", content=Planted.BODY.encode())
    await scene.request(ana, "POST", f"/unsubscribe/{Planted.PATH}")
    preflight = {"origin": f"https://app.example/{Planted.HEADER}", "access-control-request-method": "POST"}
    assert (await scene.http.options("/graphql", headers=preflight)).status_code == 400


async def _use_sockets(scene: Scene, channel: str) -> None:
    ana, url = scene.account.ana, scene.process.socket_url
    async with open_socket(f"{url}?token={Planted.QUERY_STRING}", ana.token) as socket:
        stream = await socket.subscribe(ADDED, id=channel, since=await ana.position(channel))
        await ana.send(channel, Planted.BODY)
        scene.answers_to_ana.append(json.dumps(await stream.next()))
        failed = await socket.subscribe(SEND, input={"channelId": channel, "body": Planted.FAILING_BODY})
        scene.answers_to_ana.append(json.dumps(await failed.next()))
        await socket.send({"type": "subscribe", "id": Planted.FRAME, "payload": {"query": Planted.FRAME}})
        await socket.send({"type": Planted.FRAME, "payload": Planted.FRAME})
        with suppress(Ended):
            await stream.next()
    with pytest.raises(Ended):
        async with open_socket(url, Planted.TOKEN):
            pass
    async with connect(url, subprotocols=[PROTOCOL]) as connection:
        await connection.send(f"not JSON: {Planted.FRAME}")
        await connection.wait_closed()
    with pytest.raises(InvalidStatus):
        async with connect(url, additional_headers={"origin": f"https://{Planted.HEADER}.example/{Planted.HEADER}"}):
            pass


async def _look_as_a_stranger(scene: Scene, channel: str) -> None:
    """Sends requests as carla, who cannot read the channel."""
    await scene.account.sync(agents=[{"id": "carla", "name": "Carla"}])
    carla = scene.account.carla
    page = (
        "query ($id: ID!) { chatChannel(id: $id) {"
        " name viewerMembership { personalNote } messages(last: 5) { nodes { body } } } }"
    )
    await scene.post(carla, page, id=channel)
    await scene.post(carla, "{ chatChannels { nodes { name } } discoverableChatChannels { nodes { name } } }")
    await scene.post(carla, SEARCH, text="canary")
    await scene.post(carla, SEND, input={"channelId": channel, "body": "Hello"})
    await scene.post(carla, "{ chatAgents { nodes { name } } }")
    anonymous = await scene.http.post("/graphql", json={"query": "{ chatChannels { nodes { name } } }"})
    scene.answers += [anonymous.text, (await scene.http.get("/metrics")).text, (await scene.http.get("/readyz")).text]
