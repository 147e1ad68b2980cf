"""How sockets that have not signed in are counted."""

import pytest

from server.http.admission import NotAdmitted, SocketLimits, UnauthenticatedSockets, client_address


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("unknown", "unknown"),
    ],
)
def test_addresses_of_one_client_count_together(host: str, address: str) -> None:
    assert client_address({"client": (host, 1)}) == address


def test_clients_without_an_address_count_together() -> None:
    assert client_address({"client": None}) == client_address({})


def test_a_socket_counts_until_it_signs_in_or_closes() -> None:
    sockets = UnauthenticatedSockets(SocketLimits(3, unauthenticated_per_address=2, sign_in_seconds=1, operations=1))
    near, far, other = ({"client": (host, 1)} for host in ("192.0.2.1", "192.0.2.2", "192.0.2.3"))
    with sockets.admitted(near):
        with sockets.admitted(near):
            assert _refused(sockets, near) == 429
            with sockets.admitted(far):
                assert _refused(sockets, far) == _refused(sockets, other) == 503
            with sockets.admitted(other):
                assert _refused(sockets, near) == 429
        with sockets.admitted(near), sockets.admitted(far):
            assert _refused(sockets, other) == 503


def _refused(sockets: UnauthenticatedSockets, scope: dict[str, tuple[str, int]]) -> int:
    with pytest.raises(NotAdmitted) as refusal, sockets.admitted(scope):
        pass
    return refusal.value.status
