"""The listening socket. It is bound first, so that a port in use is reported before anything else starts."""

import socket


class AddressUnavailable(Exception):
    """The port is in use, or the address does not belong to this machine."""


def bind_listener(host: str, port: int) -> socket.socket:
    """Returns a bound socket that does not accept connections yet. Raises AddressUnavailable."""
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise AddressUnavailable(f"Cannot listen on {host}:{port}: {error.strerror}.") from None
    return listener
