"""A front end on an origin of its own in a real browser: queries, an event stream and a socket."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest
from playwright.async_api import Browser, Page

from tests.support.processes import SERVE, free_port, running

pytestmark = pytest.mark.chromium

SCRIPT = """async ({ url, token }) => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const post = (query, accept, variables) =>
        fetch(url, { method: "POST", headers: { ...headers, accept }, body: JSON.stringify({ query, variables }) });
    const execute = async (query, variables) => (await (await post(query, "application/json", variables)).json()).data;
    const added = "subscription ($channel: ID!) { chatMessageAdded(channelId: $channel) { message { body } } }";

    async function* events(channel) {
        const response = await post(added, "text/event-stream", { channel });
        for await (const chunk of response.body.pipeThrough(new TextDecoderStream())) yield chunk;
    }

    const socket = (channel) => new Promise((resolve, reject) => {
        const socket = new WebSocket(url.replace("http", "ws"), "graphql-transport-ws");
        const frames = [];
        const send = (message) => socket.send(JSON.stringify(message));
        socket.onopen = () => send({ type: "connection_init", payload: headers });
        socket.onclose = () => reject(new Error("the socket was closed"));
        socket.onmessage = ({ data }) => {
            const message = JSON.parse(data);
            if (message.type === "connection_ack") {
                send({ type: "subscribe", id: "1", payload: { query: added, variables: { channel } } });
                resolve(frames);
            }
            if (message.type === "next") frames.push(message.payload.data.chatMessageAdded.message.body);
        };
    });

    const { chatViewer } = await execute("{ chatViewer { agent { name } } }");
    const { openDirectMessage } = await execute(
        'mutation { openDirectMessage(input: { agentId: "2" }) { channel { id } } }');
    const channel = openDirectMessage.channel.id;
    const stream = events(channel);
    const comment = (await stream.next()).value;
    const frames = await socket(channel);
    const received = stream.next();
    const send = `mutation ($channel: ID!) {
        sendChatMessage(input: { channelId: $channel, body: "From another origin" }) { userErrors { code } } }`;
    while (frames.length === 0) {
        await execute(send, { channel });
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return { name: chatViewer.agent.name, comment, event: (await received).value, frame: frames[0] };
}"""

REFUSED = """async (url) => ({
    query: await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" })
        .then(() => "answered", () => "refused"),
    socket: await new Promise((resolve) => {
        const socket = new WebSocket(url.replace("http", "ws"), "graphql-transport-ws");
        socket.onopen = () => resolve("opened");
        socket.onclose = () => resolve("refused");
    }),
})"""


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Front end</title>")

    def log_message(self, format: str, *args: object) -> None:
        """Prints nothing."""


@pytest.fixture(scope="module")
def front_end_port() -> Iterator[int]:
    """The port of a server whose every page is empty."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Page) as server:
        Thread(target=server.serve_forever).start()
        yield server.server_port
        server.shutdown()


@dataclass(frozen=True)
class Chat:
    url: str
    log: Path


@pytest.fixture(scope="module")
async def chat(front_end_port: int, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Chat]:
    """A demo server that allows the front end under the name localhost only."""
    folder = tmp_path_factory.mktemp("server")
    port = free_port()
    chat = Chat(f"http://127.0.0.1:{port}/graphql", folder / "server.log")
    settings = {
        "CHAT_DATA_DIR": str(folder / "data"),
        "CHAT_PORT": str(port),
        "CHAT_ALLOWED_ORIGINS": f"http://localhost:{front_end_port}",
    }
    async with running(SERVE, chat.url, chat.log, settings=settings):
        yield chat


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    context = await browser.new_context()
    yield await context.new_page()
    await context.close()


async def test_a_page_of_an_allowed_origin_uses_the_whole_api(page: Page, chat: Chat, front_end_port: int) -> None:
    async with httpx.AsyncClient() as http:
        signed_in = await http.post(f"{chat.url}/demo/token", json={"accountId": "1", "agentId": "1"})
    await page.goto(f"http://localhost:{front_end_port}/")
    result = await page.evaluate(SCRIPT, {"url": chat.url, "token": signed_in.json()["token"]})
    assert result["name"].startswith("Ana")
    assert result["comment"] == ": ping\n\n"
    assert result["event"].startswith("event: next\n")
    assert "From another origin" in result["event"]
    assert result["frame"] == "From another origin"


async def test_a_page_of_another_origin_is_refused_and_logged(page: Page, chat: Chat, front_end_port: int) -> None:
    origin = f"http://127.0.0.1:{front_end_port}"
    await page.goto(f"{origin}/")
    assert await page.evaluate(REFUSED, chat.url) == {"query": "refused", "socket": "refused"}
    refusals = [line for line in chat.log.read_text().splitlines() if '"origin_refused"' in line]
    assert len(refusals) == 2
    assert all(origin in line and "CHAT_ALLOWED_ORIGINS" in line for line in refusals)
