"""Server-sent events (graphql-sse, distinct connections) for clients that cannot hold a socket."""

from strawberry.http.streaming import SSETransport


class EventStream(SSETransport):
    """Frames with LF alone: CRLF, which the specification allows as well, is more than some gateways parse."""

    def encode_event(self, event: str, data: str | None = None) -> str:
        return super().encode_event(event, data).replace("\r\n", "\n")

    def encode_comment(self, comment: str) -> str:
        return super().encode_comment(comment).replace("\r\n", "\n")
