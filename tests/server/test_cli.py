"""`internal-chat` as an operator meets it: real processes, real signals, a database that survives all of them."""

import json
import os
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError

import jwt
import pytest

from tests.server.postgres.test_embedded import postmaster
from tests.support.processes import PROGRAM, SERVE, free_port

ROOT = Path(__file__).parents[2]
SECRET = "a secret of thirty-two bytes or more"


class Operator:
    """Runs commands on one data directory and one port."""

    def __init__(self, data_dir: Path, port: int) -> None:
        self.data_dir = data_dir
        self.url = f"http://127.0.0.1:{port}/graphql"
        self.environment = os.environ | {"CHAT_DATA_DIR": str(data_dir), "CHAT_PORT": str(port)}
        self.servers: list[subprocess.Popen[bytes]] = []

    def run(self, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
        environment = self.environment | settings
        command = [PROGRAM, *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120)

    def serve(self, program: tuple[str, ...] = SERVE, patience: float = 60) -> float:
        """Seconds until the first answer."""
        begun = time.monotonic()
        output = (self.data_dir.parent / "serve.log").open("wb")
        self.servers.append(subprocess.Popen(program, env=self.environment, stdout=output, stderr=output))
        while self.ask("{ __typename }") != {"data": {"__typename": "Query"}}:
            assert self.servers[-1].poll() is None, self.said()
            assert time.monotonic() - begun < patience, self.said()
            time.sleep(0.02)
        return time.monotonic() - begun

    def said(self) -> str:
        return (self.data_dir.parent / "serve.log").read_text()

    def ask(self, query: str, token: str | None = None) -> object:
        headers = {"content-type": "application/json"}
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        body = json.dumps({"query": query}).encode()
        try:
            with urllib.request.urlopen(urllib.request.Request(self.url, body, headers), timeout=10) as answer:
                return json.load(answer)
        except (URLError, ConnectionError):
            return None

    def end_by(self, number: signal.Signals) -> int:
        self.servers[-1].send_signal(number)
        return self.servers[-1].wait(timeout=30)


@pytest.fixture
def operator(data_dir: Path) -> Iterator[Operator]:
    operator = Operator(data_dir, free_port())
    yield operator
    for server in operator.servers:
        if server.poll() is None:
            server.terminate()
            server.wait(timeout=30)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopping_the_server_stops_its_database(operator: Operator, number: signal.Signals) -> None:
    operator.serve()
    assert postmaster(operator.data_dir) is not None
    assert operator.end_by(number) == 0, operator.said()
    assert postmaster(operator.data_dir) is None


def test_it_says_where_it_is_and_how_to_sign_in(operator: Operator) -> None:
    operator.serve()
    said = operator.said()
    assert f"{operator.url} " in said
    assert "internal-chat token 2" in said


def test_the_second_start_takes_less_than_five_seconds_and_the_data_is_kept(operator: Operator) -> None:
    script = (str(ROOT / "scripts" / "run"),)
    token = _token(operator)
    operator.serve(script)
    before = operator.ask("{ chatViewer { agent { id name } } }", token)
    assert operator.end_by(signal.SIGTERM) == 0
    assert operator.serve(script) < 5
    assert operator.ask("{ chatViewer { agent { id name } } }", token) == before
    assert "Bruno" in json.dumps(before)


def test_after_a_kill_the_next_start_is_whole(operator: Operator) -> None:
    operator.serve()
    survivor = postmaster(operator.data_dir)
    operator.end_by(signal.SIGKILL)
    assert postmaster(operator.data_dir) == survivor
    operator.serve()
    assert postmaster(operator.data_dir) == survivor
    assert operator.end_by(signal.SIGTERM) == 0
    assert postmaster(operator.data_dir) is None


def test_after_a_kill_of_everything_the_next_start_is_whole(operator: Operator) -> None:
    operator.serve()
    killed = postmaster(operator.data_dir)
    assert killed is not None
    operator.end_by(signal.SIGKILL)
    os.kill(killed, signal.SIGKILL)
    operator.serve()
    assert postmaster(operator.data_dir) not in (None, killed)


def test_commands_beside_a_running_server_leave_it_running(operator: Operator) -> None:
    operator.serve()
    running = postmaster(operator.data_dir)
    for command in ("check", "migrate", "seed"):
        done = operator.run(command)
        assert done.returncode == 0, done.stderr
        assert postmaster(operator.data_dir) == running
    assert operator.ask("{ __typename }") is not None


def test_a_taken_port_is_said_before_anything_starts(operator: Operator, tmp_path: Path) -> None:
    operator.serve()
    done = operator.run("serve", CHAT_DATA_DIR=str(tmp_path / "elsewhere"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Cannot listen on 127.0.0.1:")
    assert not (tmp_path / "elsewhere").exists()


def test_a_token_is_all_that_is_printed(operator: Operator) -> None:
    done = operator.run("token", "22", "--account", "2", "--ttl", "60", "--scope", "directory")
    claims = jwt.decode(done.stdout.strip(), options={"verify_signature": False})
    assert (claims["sub"], claims["account_id"], claims["scope"]) == ("22", "2", "directory")
    assert claims["exp"] - claims["iat"] == 60
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


def test_the_schema_is_printed(operator: Operator) -> None:
    done = operator.run("schema")
    assert "type Query" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("command", ["serve", "migrate", "seed", "token 2"])
@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"CHAT_HOST": "0.0.0.0"}, "Without CHAT_JWT_SECRET or CHAT_JWKS_URL this is the demo"),
        ({"CHAT_PORT": "http"}, "CHAT_PORT is refused: "),
        ({"CHAT_PROT": "8000"}, "Unknown settings: CHAT_PROT."),
    ],
)
def test_wrong_settings_end_in_a_sentence(
    operator: Operator, command: str, settings: dict[str, str], sentence: str
) -> None:
    done = operator.run(*command.split(), **settings)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith(sentence)
    assert done.stderr.count("\n") == 1
    assert not operator.data_dir.exists()


def test_a_key_servers_tokens_are_not_issued_here(operator: Operator) -> None:
    done = operator.run("token", "2", CHAT_JWKS_URL="https://id.example/keys", CHAT_JWT_ISSUER="https://id.example")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1


def test_check_has_a_line_for_each_part(operator: Operator) -> None:
    assert operator.run("migrate").returncode == 0
    done = operator.run("check")
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["settings", "database", "migrations"]
    assert done.returncode == 0


def test_check_fails_on_the_first_part_that_is_not_in_order(operator: Operator) -> None:
    unmigrated = operator.run("check")
    assert (unmigrated.returncode, len(unmigrated.stdout.splitlines())) == (1, 2)
    assert "internal-chat migrate" in unmigrated.stderr
    unreachable = operator.run("check", CHAT_DATABASE_URL="postgresql://u:hidden@127.0.0.1:1/chat")
    assert (unreachable.returncode, len(unreachable.stdout.splitlines())) == (1, 1)
    assert "hidden" not in unreachable.stderr
    assert "cannot be reached" in unreachable.stderr
    assert operator.run("check", CHAT_PORT="http").returncode == 1


def _token(operator: Operator) -> str:
    return operator.run("token", "2").stdout.strip()
