"""Invalid settings are refused with a message that names the setting and never contains a secret."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import make_url

from notifications.mailboxes import Mailbox
from notifications.smtp_server import Credentials, Encryption
from server.addresses import async_url
from server.file_store import open_files
from server.misconfigured import Misconfigured
from server.settings import Settings, read_settings

SECRET = "a secret of thirty-two bytes or more"


def test_without_variables_the_settings_are_those_of_a_local_demo(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = read_settings()
    assert (settings.is_demo, settings.host, settings.port) == (True, "127.0.0.1", 8000)
    assert settings.url == "http://127.0.0.1:8000"
    assert settings.data_dir == tmp_path / ".data"
    assert (settings.issuer, settings.jwt_audience) == ("internal-chat-demo", "internal-chat")
    assert settings.broadcast_url == "memory://"
    assert settings.database_url is None


def test_the_secret_of_the_demo_is_created_once_and_private(data_dir: Path) -> None:
    first, second = (Settings(data_dir=data_dir).hs256_secret() for _ in range(2))
    assert first is not None
    assert first == second
    assert len(first.encode()) >= 32
    assert stat.S_IMODE((data_dir / "jwt-secret").stat().st_mode) == 0o600
    assert [path.name for path in data_dir.iterdir()] == ["jwt-secret"]


def test_processes_that_start_together_use_the_same_secret(data_dir: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from server.settings import Settings; "
        "print(Settings(data_dir=Path(sys.argv[1])).hs256_secret())"
    )
    command = [sys.executable, "-c", program, str(data_dir)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    assert len({process.communicate()[0] for process in running}) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_the_demo_can_listen_on_loopback_addresses(host: str) -> None:
    assert read_settings(host).is_demo


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.7", "chat.example"])
def test_the_demo_cannot_listen_on_other_addresses(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("CHAT_HOST", host)
    with pytest.raises(Misconfigured) as refused:
        read_settings()
    assert str(refused.value) == (
        "Without CHAT_JWT_SECRET or CHAT_JWKS_URL this is the demo, which listens on this machine only: "
        f"set one of them to listen on {host}."
    )
    monkeypatch.setenv("CHAT_JWT_SECRET", SECRET)
    assert read_settings().host == host


@pytest.mark.parametrize(
    ("variable", "good", "bad"),
    [
        ("CHAT_PORT", "8080", "70000"),
        ("CHAT_PORT", "1", "eighty"),
        ("CHAT_JWT_SECRET", SECRET, "thirty-one bytes are not enough"),
        ("CHAT_DATABASE_URL", "postgres://db/chat", "mysql://db/chat"),
        ("CHAT_DATABASE_URL", "postgresql://u:p@db:6432/chat?sslmode=require", "db/chat"),
        ("CHAT_BROADCAST_URL", "rediss://cache:6380/1", "kafka://cache"),
        ("CHAT_BROADCAST_URL", "postgres://db/chat", "cache:6379"),
        ("CHAT_PUBLIC_URL", "https://chat.example/", "chat.example"),
        ("CHAT_TRUSTED_PROXIES", "10.0.0.0/8, ::1", "proxy.example"),
        ("CHAT_ALLOWED_ORIGINS", "https://app.example, tauri://localhost", "chat.example:8080"),
        ("CHAT_ALLOWED_ORIGINS", "http://[::1]:5173", "*"),
        ("CHAT_ALLOWED_ORIGINS", "http://localhost:5173/", "https://*.app.example"),
        ("CHAT_ALLOWED_ORIGINS", "https://app.example", "https://app.example/chat"),
        ("CHAT_UNAUTHENTICATED_SOCKETS", "1", "0"),
        ("CHAT_SIGN_IN_SECONDS", "1.5", "301"),
        ("CHAT_EMAIL_FROM", "chat@example.com", "chat.example.com"),
        ("CHAT_EMAIL_FROM", "Internal Chat <chat@example.com>", "Internal Chat <chat@example.com>, b@example.com"),
    ],
)
def test_an_invalid_value_is_refused(monkeypatch: pytest.MonkeyPatch, variable: str, good: str, bad: str) -> None:
    monkeypatch.setenv(variable, good)
    read_settings()
    monkeypatch.setenv(variable, bad)
    with pytest.raises(Misconfigured) as refused:
        read_settings()
    sentence = str(refused.value)
    assert sentence.startswith(f"{variable} is refused: ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert bad not in sentence


@pytest.mark.parametrize(
    "bad",
    [
        "https://mail.example",
        "smtp://",
        "smtp://relay:secret@word@mail.example",
        "smtp://relay:secret/word@mail.example",
        "smtp://relay@mail.example",
        "smtp://mail.example:port",
        "smtp://mail.example?tls=no",
        "smtp://mail.example?starttls=never",
        "smtp://relay:secret@127.0.0.1?starttls=never",
        "smtps://127.0.0.1?starttls=never",
        "smtps://mail.example?ca=/does/not/exist.pem",
    ],
)
def test_an_invalid_mail_server_is_refused(monkeypatch: pytest.MonkeyPatch, bad: str) -> None:
    monkeypatch.setenv("CHAT_EMAIL_FROM", "chat@example.com")
    monkeypatch.setenv("CHAT_SMTP_URL", bad)
    with pytest.raises(Misconfigured) as refused:
        read_settings()
    sentence = str(refused.value)
    assert sentence.startswith("CHAT_SMTP_URL is refused: ")
    assert "secret" not in sentence
    assert "mail.example" not in sentence


@pytest.mark.parametrize(
    ("url", "port", "encryption", "credentials"),
    [
        ("smtp://mail.example", 587, Encryption.IF_OFFERED, None),
        ("smtp://r%40x:p%2Fw@mail.example:2525", 2525, Encryption.REQUIRED, Credentials("r@x", "p/w")),
        ("smtps://relay:word@mail.example/", 465, Encryption.IMPLICIT, Credentials("relay", "word")),
        ("smtp://127.0.0.1:25?starttls=never", 25, Encryption.NONE, None),
        ("smtp://[::1]:25?starttls=never", 25, Encryption.NONE, None),
    ],
)
def test_credentials_are_sent_encrypted_and_encryption_is_left_out_on_loopback_only(
    monkeypatch: pytest.MonkeyPatch, url: str, port: int, encryption: Encryption, credentials: Credentials | None
) -> None:
    monkeypatch.setenv("CHAT_EMAIL_FROM", "chat@example.com")
    monkeypatch.setenv("CHAT_SMTP_URL", url)
    server = read_settings().smtp_server
    assert server is not None
    assert (server.port, server.encryption, server.credentials) == (port, encryption, credentials)


def test_a_mail_server_can_have_certificates_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "relay.pem"
    file.touch()
    monkeypatch.setenv("CHAT_EMAIL_FROM", "chat@example.com")
    monkeypatch.setenv("CHAT_SMTP_URL", f"smtps://mail.example?ca={file}")
    server = read_settings().smtp_server
    assert server is not None
    assert server.ca_file == file


def test_a_mail_server_needs_a_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read_settings().email_sender.address == "internal-chat@localhost"
    monkeypatch.setenv("CHAT_SMTP_URL", "smtps://relay:hidden@mail.example")
    with pytest.raises(Misconfigured, match="needs CHAT_EMAIL_FROM"):
        read_settings()
    monkeypatch.setenv("CHAT_EMAIL_FROM", '"Chat, internal" <chat@example.com>')
    settings = read_settings()
    assert settings.email_sender == Mailbox("Chat, internal", "chat@example.com")
    assert "hidden" not in repr(settings)
    assert "hidden" not in repr(settings.smtp_server)


def test_allowed_origins_are_compared_as_browsers_send_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "CHAT_ALLOWED_ORIGINS", "HTTPS://App.Example:443/, http://app.example:80, http://app.example:443"
    )
    assert read_settings().allowed_origins == {
        "https://app.example",
        "http://app.example",
        "http://app.example:443",
    }


def test_a_key_server_needs_an_issuer_and_excludes_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_JWKS_URL", "https://id.example/keys")
    monkeypatch.setenv("CHAT_JWT_ISSUER", "https://id.example")
    assert read_settings("0.0.0.0").hs256_secret() is None
    monkeypatch.setenv("CHAT_JWT_SECRET", SECRET)
    with pytest.raises(Misconfigured, match="not both"):
        read_settings()
    monkeypatch.delenv("CHAT_JWT_SECRET")
    monkeypatch.delenv("CHAT_JWT_ISSUER")
    with pytest.raises(Misconfigured, match="needs CHAT_JWT_ISSUER"):
        read_settings()


def test_an_unknown_variable_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_TEST_REQUIRE_ALL", "1")
    read_settings()
    monkeypatch.setenv("CHAT_DATABSE_URL", "postgresql://db/chat")
    with pytest.raises(Misconfigured, match=r"^Unknown settings: CHAT_DATABSE_URL\. Known are .*CHAT_DATABASE_URL"):
        read_settings()


def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_JWT_SECRET", "")
    assert read_settings().is_demo


def test_options_take_precedence_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_PORT", "9000")
    assert read_settings().port == 9000
    assert read_settings("::1", 9001).url == "http://[::1]:9001"


def test_the_repr_contains_no_secrets() -> None:
    shown = repr(Settings.model_validate({"jwt_secret": SECRET, "database_url": "postgresql://u:hidden@db/chat"}))
    assert "hidden" not in shown
    assert SECRET not in shown


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_every_spelling_of_a_database_url_is_accepted(scheme: str) -> None:
    assert async_url(f"{scheme}://u:p%40ss@db:6432/chat") == "postgresql+asyncpg://u:p%40ss@db:6432/chat"


def test_a_socket_folder_and_tls_survive_the_translation() -> None:
    url = make_url(async_url("postgresql://postgres:@/postgres?host=/some/dir&sslmode=require"))
    assert (url.host, url.database, dict(url.query)) == (None, "postgres", {"host": "/some/dir", "ssl": "require"})


# ------------------------------------------------------------------ the links in e-mails
MAIL = {"smtp_url": "smtps://mail.example", "email_from": "chat@example.com"}
KEY_SERVER = {"jwks_url": "https://id.example/keys", "jwt_issuer": "https://id.example"}


def test_links_are_signed_with_a_key_derived_from_the_secret_of_tokens() -> None:
    one, other = (Settings(jwt_secret=SecretStr(letter * 32)) for letter in "ab")
    assert one.link_key() is not None
    assert one.link_key() == one.link_key() != other.link_key()
    assert one.link_key() != one.jwt_secret.get_secret_value().encode()  # type: ignore[union-attr]


def test_a_secret_for_links_takes_precedence() -> None:
    both = Settings(jwt_secret=SecretStr("a" * 32), link_secret=SecretStr("b" * 32))
    assert both.link_key() == Settings(jwt_secret=SecretStr("b" * 32)).link_key()


def test_with_a_key_server_e_mail_needs_a_secret_for_links() -> None:
    assert Settings.model_validate(KEY_SERVER).link_key() is None
    with pytest.raises(ValueError, match="CHAT_SMTP_URL needs CHAT_LINK_SECRET"):
        Settings.model_validate(KEY_SERVER | MAIL)
    assert Settings.model_validate(KEY_SERVER | MAIL | {"link_secret": "b" * 32}).link_key() is not None


def test_files_have_a_key_of_their_own(tmp_path: Path) -> None:
    secret = Settings(jwt_secret=SecretStr("a" * 32))
    assert secret.file_link_key() == secret.file_link_key() != secret.link_key()
    both = Settings(jwt_secret=SecretStr("a" * 32), link_secret=SecretStr("b" * 32))
    assert both.file_link_key() == Settings(jwt_secret=SecretStr("b" * 32)).file_link_key()
    stored = Settings.model_validate(KEY_SERVER | {"data_dir": tmp_path})
    assert stored.file_link_key() == Settings.model_validate(KEY_SERVER | {"data_dir": tmp_path}).file_link_key()


@pytest.mark.parametrize(
    ("secrets", "accepted"),
    [
        ({"fallback_jwt_secret": "b" * 32}, "b"),
        ({"fallback_jwt_secret": "b" * 32, "fallback_link_secret": "c" * 32}, "c"),
        ({"link_secret": "d" * 32, "fallback_link_secret": "c" * 32}, "c"),
        ({"link_secret": "d" * 32, "fallback_jwt_secret": "b" * 32}, None),
        ({}, None),
    ],
)
def test_the_fallback_of_links_is_that_of_the_secret_that_signs_them(
    secrets: dict[str, str], accepted: str | None
) -> None:
    settings = Settings.model_validate({"jwt_secret": SECRET} | secrets)
    expected = Settings(jwt_secret=SecretStr(accepted * 32)) if accepted else None
    assert settings.fallback_link_key() == (expected and expected.link_key())
    assert settings.fallback_file_link_key() == (expected and expected.file_link_key())


def test_a_fallback_of_the_secret_of_tokens_needs_the_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_FALLBACK_JWT_SECRET", SECRET)
    with pytest.raises(Misconfigured, match="CHAT_FALLBACK_JWT_SECRET needs CHAT_JWT_SECRET"):
        read_settings()
    monkeypatch.setenv("CHAT_JWT_SECRET", SECRET[::-1])
    assert read_settings().accepted_hs256_secrets() == (SECRET[::-1], SECRET)
    monkeypatch.setenv("CHAT_FALLBACK_JWT_SECRET", "short")
    with pytest.raises(Misconfigured, match="CHAT_FALLBACK_JWT_SECRET is refused: it must be at least 32 bytes"):
        read_settings()


def test_with_a_key_server_a_shared_storage_needs_a_secret_for_links() -> None:
    shared = KEY_SERVER | {"files_url": "s3://files"}
    with pytest.raises(ValueError, match="CHAT_FILES_URL needs CHAT_LINK_SECRET"):
        Settings.model_validate(shared)
    assert Settings.model_validate(shared | {"link_secret": "b" * 32}).files_address == "s3://files"


def test_a_storage_that_cannot_be_opened_is_refused(tmp_path: Path) -> None:
    for url in ("ftp://files", "s3://"):
        with pytest.raises(Misconfigured, match="CHAT_FILES_URL is refused"):
            open_files(Settings(data_dir=tmp_path, files_url=url))
    open_files(Settings(data_dir=tmp_path))
    assert (tmp_path / "files").is_dir()
