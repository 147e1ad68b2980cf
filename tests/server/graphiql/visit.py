import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import ConsoleMessage, Page, Request, WebSocket

PATIENCE_SECONDS = 10


@dataclass(eq=False)  # playwright sets an attribute on objects whose methods it calls
class Visit:
    """A page of the browser, and the problems that it reports."""

    page: Page
    origin: str
    problems: list[str] = field(default_factory=list)
    sockets: list[WebSocket] = field(default_factory=list)
    frames: list[str] = field(default_factory=list)

    def watch(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.problems.append(f"uncaught: {error}"))
        self.page.on("request", self._request)
        self.page.on("websocket", self._websocket)

    def frames_sent(self, kind: str) -> list[dict[str, Any]]:
        return [frame for frame in map(json.loads, self.frames) if frame["type"] == kind]

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not condition():
                await self.page.wait_for_timeout(20)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.problems.append(f"console: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.origin}/", "data:")):
            self.problems.append(f"foreign request: {request.url}")

    def _websocket(self, socket: WebSocket) -> None:
        if not socket.url.startswith(self.origin.replace("http", "ws", 1)):
            self.problems.append(f"foreign socket: {socket.url}")
        self.sockets.append(socket)
        socket.on("framesent", lambda frame: self.frames.append(str(frame)))
