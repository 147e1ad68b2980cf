"""An S3 server on a local port: moto, in a process of its own, so that its memory is not this process's."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import httpx

from tests.support.processes import free_port

START_SECONDS = 60
_names = count(1)


@dataclass(frozen=True)
class Bucket:
    endpoint: str
    name: str

    def url(self, prefix: str) -> str:
        """Returns what CHAT_FILES_URL would be."""
        account = "access_key_id=id&secret_access_key=secret"
        return f"s3://{self.name}/{prefix}?endpoint={self.endpoint}&region=us-east-1&{account}"

    def objects(self) -> str:
        """Returns the XML list of the bucket's objects."""
        return httpx.get(f"{self.endpoint}/{self.name}?list-type=2").text

    def uploads(self) -> str:
        """Returns the XML list of the uploads that were neither completed nor aborted."""
        return httpx.get(f"{self.endpoint}/{self.name}?uploads").text


@dataclass(frozen=True)
class S3Server:
    endpoint: str

    def create_bucket(self) -> Bucket:
        bucket = Bucket(self.endpoint, f"bucket-{next(_names)}")
        httpx.put(f"{self.endpoint}/{bucket.name}").raise_for_status()
        return bucket


@contextmanager
def running_s3(log: Path) -> Iterator[S3Server]:
    port = free_port()
    program = str(Path(sys.executable).with_name("moto_server"))
    with log.open("wb") as output:
        process = subprocess.Popen([program, "-H", "127.0.0.1", "-p", str(port)], stdout=output, stderr=output)
    try:
        server = S3Server(f"http://127.0.0.1:{port}")
        httpx.Client(transport=httpx.HTTPTransport(retries=10)).get(server.endpoint, timeout=START_SECONDS)
        yield server
    finally:
        process.terminate()
        process.wait()
