"""Limits on sockets whose clients have not signed in, so that clients without a token cannot use up the process."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import IPv6Address, IPv6Network, ip_address

from starlette.types import Scope

from server.limits.settings import LimitSettings


@dataclass(frozen=True)
class SocketLimits:
    unauthenticated: int
    """The maximum number of sockets of the process that have not signed in."""

    unauthenticated_per_address: int
    sign_in_seconds: float
    """How long a client may take to sign in after its socket was opened."""

    operations: int
    """The maximum number of operations that run on a socket."""

    @classmethod
    def of(cls, settings: LimitSettings) -> "SocketLimits":
        return cls(
            settings.unauthenticated_sockets,
            settings.unauthenticated_sockets_per_address,
            settings.sign_in_seconds,
            settings.operations_per_socket,
        )


class NotAdmitted(Exception):
    """There are too many sockets that have not signed in. `status` is that of the handshake's HTTP response."""

    def __init__(self, status: HTTPStatus) -> None:
        super().__init__(status)
        self.status = status


class UnauthenticatedSockets:
    """Counts the sockets of the process that have not signed in."""

    def __init__(self, limits: SocketLimits) -> None:
        self._limits = limits
        self._by_address: Counter[str] = Counter()

    @contextmanager
    def admitted(self, scope: Scope) -> Iterator[None]:
        """Counts the socket until the block ends. Raises NotAdmitted with 429 if the client's address has too many, and
        with 503 if the process has."""
        address = client_address(scope)
        if self._by_address[address] >= self._limits.unauthenticated_per_address:
            raise NotAdmitted(HTTPStatus.TOO_MANY_REQUESTS)
        if self._by_address.total() >= self._limits.unauthenticated:
            raise NotAdmitted(HTTPStatus.SERVICE_UNAVAILABLE)
        self._by_address[address] += 1
        try:
            yield
        finally:
            self._by_address[address] -= 1
            if not self._by_address[address]:
                del self._by_address[address]


def client_address(scope: Scope) -> str:
    """Returns the address by which clients are counted: for IPv6, the /64 network, since one client has all of its
    addresses. Sockets without an address, as behind a Unix socket, count together."""
    host: str = (scope.get("client") or ("", 0))[0]
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    return str(address.ipv4_mapped or IPv6Network((int(address), 64), strict=False))
