"""A key server like that of an identity provider, with faults that tests can switch on."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
Jwk = dict[str, object]


def jwk(key: PrivateKey, key_id: str) -> Jwk:
    """Returns the public key as a JWK."""
    match key:
        case rsa.RSAPrivateKey():
            text = RSAAlgorithm.to_jwk(key.public_key())
        case ec.EllipticCurvePrivateKey():
            text = ECAlgorithm.to_jwk(key.public_key())
        case ed25519.Ed25519PrivateKey():
            text = OKPAlgorithm.to_jwk(key.public_key())
    public: Jwk = json.loads(text)
    return public | {"kid": key_id, "use": "sig"}


class KeyServer:
    def __init__(self) -> None:
        self.keys: list[Jwk] = []
        self.status = 200
        self.headers: dict[str, str] = {}
        self.padding = 0
        self.delay = 0.0
        self.requests: list[str] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.requests.append(self.path)
                time.sleep(outer.delay)
                body = json.dumps({"keys": outer.keys, "padding": " " * outer.padding}).encode()
                self.send_response(outer.status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/keys"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
