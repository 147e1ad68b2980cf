"""`internal-chat`: real processes and signals, and a database that survives all of them."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError

import jwt
import pytest

from server.cli import main
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

    def serve(self, program: tuple[str, ...] = SERVE, patience: float = 60) -> None:
        """Starts the server and waits for its first answer."""
        begun = time.monotonic()
        output = (self.data_dir.parent / "serve.log").open("wb")
        self.servers.append(subprocess.Popen(program, env=self.environment, stdout=output, stderr=output))
        while self.ask("{ __typename }") != {"data": {"__typename": "Query"}}:
            assert self.servers[-1].poll() is None, self.log()
            assert time.monotonic() - begun < patience, self.log()
            time.sleep(0.02)

    def log(self) -> str:
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
def operator(data_dir: Path) -> Operator:
    """Runs commands on a data directory that does not exist yet."""
    return Operator(data_dir, free_port())


@pytest.fixture(scope="module")
def demo_dir() -> Iterator[Path]:
    """A data directory that several tests use one after the other, so that the demo is loaded only once."""
    with tempfile.TemporaryDirectory(prefix="internal-chat-") as folder:
        yield Path(folder) / "data"


@pytest.fixture
def demo(demo_dir: Path) -> Iterator[Operator]:
    """Runs the demo. The server and its database are stopped after the test."""
    operator = Operator(demo_dir, free_port())
    yield operator
    for server in operator.servers:
        if server.poll() is None:
            server.terminate()
            server.wait(timeout=30)
    assert postmaster(demo_dir) is None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_stopping_the_server_stops_its_database(demo: Operator, number: signal.Signals) -> None:
    demo.serve()
    assert postmaster(demo.data_dir) is not None
    assert demo.end_by(number) == 0, demo.log()
    assert postmaster(demo.data_dir) is None


def test_the_server_prints_its_address_and_how_to_sign_in(demo: Operator) -> None:
    demo.serve()
    log = demo.log()
    assert f"{demo.url} " in log
    assert "internal-chat token 2" in log


def test_the_data_is_kept_when_the_server_is_started_again(demo: Operator) -> None:
    script = (str(ROOT / "scripts" / "run"),)
    token = _token(demo)
    demo.serve(script)
    before = demo.ask("{ chatViewer { agent { id name } } }", token)
    assert demo.end_by(signal.SIGTERM) == 0
    demo.serve(script)
    assert demo.ask("{ chatViewer { agent { id name } } }", token) == before
    assert "Bruno" in json.dumps(before)


def test_after_a_kill_the_next_start_takes_over_the_database(demo: Operator) -> None:
    demo.serve()
    survivor = postmaster(demo.data_dir)
    demo.end_by(signal.SIGKILL)
    assert postmaster(demo.data_dir) == survivor
    demo.serve()
    assert postmaster(demo.data_dir) == survivor
    assert demo.end_by(signal.SIGTERM) == 0
    assert postmaster(demo.data_dir) is None


def test_after_a_kill_of_server_and_database_the_next_start_recovers(demo: Operator) -> None:
    demo.serve()
    killed = postmaster(demo.data_dir)
    assert killed is not None
    demo.end_by(signal.SIGKILL)
    os.kill(killed, signal.SIGKILL)
    demo.serve()
    assert postmaster(demo.data_dir) not in (None, killed)


def test_commands_beside_a_running_server_do_not_stop_its_database(demo: Operator) -> None:
    demo.serve()
    running = postmaster(demo.data_dir)
    for command in ("check", "migrate", "seed"):
        done = demo.run(command)
        assert done.returncode == 0, done.stderr
        assert postmaster(demo.data_dir) == running
    assert demo.ask("{ __typename }") is not None


def test_readyz_reports_the_supervision_of_the_embedded_database(demo: Operator) -> None:
    demo.serve()
    with urllib.request.urlopen(demo.url.replace("/graphql", "/readyz"), timeout=10) as ready:
        assert json.load(ready)["embedded_postgres"] is True


def test_a_command_beside_a_running_server_can_restart_a_killed_database(demo: Operator) -> None:
    demo.serve()
    killed = postmaster(demo.data_dir)
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    done = demo.run("check")
    assert done.returncode == 0, done.stderr
    assert postmaster(demo.data_dir) not in (None, killed)
    assert demo.end_by(signal.SIGTERM) == 0
    assert postmaster(demo.data_dir) is None


def test_a_port_in_use_is_reported_before_anything_starts(demo: Operator, tmp_path: Path) -> None:
    demo.serve()
    done = demo.run("serve", CHAT_DATA_DIR=str(tmp_path / "elsewhere"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Cannot listen on 127.0.0.1:")
    assert not (tmp_path / "elsewhere").exists()


def test_the_demo_says_where_it_writes_e_mails(demo: Operator) -> None:
    demo.serve()
    assert f"E-mail    is written as .eml files into {demo.data_dir / 'emails'}" in demo.log()


def test_the_outbox_of_a_new_database_is_empty(operator: Operator) -> None:
    assert operator.run("migrate").returncode == 0
    done = operator.run("outbox", "--retry")
    assert done.stdout == "0 failed e-mails are queued again.\nThe outbox is empty.\n"
    assert (done.returncode, done.stderr) == (0, "")


def test_a_worker_needs_a_mail_server_except_in_the_demo(operator: Operator) -> None:
    done = operator.run("worker", CHAT_JWT_SECRET=SECRET)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "`worker` needs a mail server: set CHAT_SMTP_URL and CHAT_EMAIL_FROM.\n"
    assert not operator.data_dir.exists()


def test_only_the_token_is_printed(operator: Operator) -> None:
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
def test_invalid_settings_are_reported_in_one_line(
    data_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: str,
    settings: dict[str, str],
    sentence: str,
) -> None:
    """In this process: starting one for every case takes long."""
    for name, value in ({"CHAT_DATA_DIR": str(data_dir)} | settings).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "argv", ["internal-chat", *command.split()])
    with pytest.raises(SystemExit) as ended:
        main()
    output = capsys.readouterr()
    assert (ended.value.code, output.out) == (2, "")
    assert output.err.startswith(sentence)
    assert output.err.count("\n") == 1
    assert not data_dir.exists()


def test_no_token_is_issued_with_a_key_server(operator: Operator) -> None:
    done = operator.run("token", "2", CHAT_JWKS_URL="https://id.example/keys", CHAT_JWT_ISSUER="https://id.example")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1


def test_check_prints_a_line_for_each_part(operator: Operator) -> None:
    assert operator.run("migrate").returncode == 0
    done = operator.run("check")
    parts = ["settings", "database", "migrations", "broker", "storage"]
    assert [line.split()[0] for line in done.stdout.splitlines()] == parts
    assert list((operator.data_dir / "files").iterdir()) == []
    assert (done.returncode, done.stderr) == (0, "")
    unreachable = operator.run("check", CHAT_BROADCAST_URL="redis://user:hidden@127.0.0.1:1")
    assert (unreachable.returncode, unreachable.stdout) == (1, "".join(done.stdout.splitlines(keepends=True)[:3]))
    assert unreachable.stderr == "The broker of CHAT_BROADCAST_URL does not answer.\n"
    closed = "s3://files?endpoint=http://127.0.0.1:1&access_key_id=a&secret_access_key=hidden&region=x"
    unstored = operator.run("check", CHAT_FILES_URL=closed, CHAT_LINK_SECRET=SECRET)
    assert (unstored.returncode, unstored.stdout) == (1, "".join(done.stdout.splitlines(keepends=True)[:4]))
    assert unstored.stderr == "The storage of CHAT_FILES_URL cannot write, read and delete a file.\n"


def test_check_fails_at_the_first_part_with_a_problem(operator: Operator) -> None:
    unmigrated = operator.run("check")
    assert (unmigrated.returncode, len(unmigrated.stdout.splitlines())) == (1, 2)
    assert "internal-chat migrate" in unmigrated.stderr
    unreachable = operator.run("check", CHAT_DATABASE_URL="postgresql://u:hidden@127.0.0.1:1/chat")
    assert (unreachable.returncode, len(unreachable.stdout.splitlines())) == (1, 1)
    assert "hidden" not in unreachable.stderr
    assert "cannot be reached" in unreachable.stderr
    assert operator.run("check", CHAT_PORT="http").returncode == 1


def test_a_data_directory_that_cannot_be_used_is_explained(operator: Operator) -> None:
    operator.data_dir.write_text("a file")
    for command, code in (("serve", 1), ("check", 1), ("token", 2)):
        done = operator.run(command, *(["2"] if command == "token" else []))
        assert (done.returncode, done.stderr.count("\n")) == (code, 1), done.stderr
        assert "CHAT_DATA_DIR" in done.stderr


@pytest.mark.parametrize("url", ["postgresql://u:hid@den:x@127.0.0.1/chat", "postgresql://u:hid@den@127.0.0.1/chat"])
def test_a_password_that_is_not_encoded_is_explained(operator: Operator, url: str) -> None:
    for name, value in (("CHAT_DATABASE_URL", url), ("CHAT_BROADCAST_URL", url.replace("postgresql", "redis"))):
        done = operator.run("check", **{name: value})
        assert done.returncode == 1
        assert done.stderr.startswith(f"{name} is refused:")
        assert "%40" in done.stderr
        assert "hid" not in done.stderr


def test_the_demo_is_not_written_into_an_operators_database_by_mistake(operator: Operator, database_url: str) -> None:
    refused = operator.run("seed", CHAT_DATABASE_URL=database_url)
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "--into-my-database" in refused.stderr
    assert operator.run("seed").returncode == 0


def test_a_token_for_an_unknown_agent_comes_with_a_warning(demo: Operator) -> None:
    demo.serve()
    known, unknown = demo.run("token", "2"), demo.run("token", "nobody", "--account", "9")
    assert (known.returncode, known.stderr) == (0, "")
    assert (unknown.returncode, unknown.stdout.count("\n")) == (0, 1)
    assert unknown.stderr == "Warning: account 9 has no active agent nobody. The token is refused.\n"
    assert demo.run("token", "2", "--scope", "everything").returncode == 2


def _token(operator: Operator) -> str:
    return operator.run("token", "2").stdout.strip()
