"""The settings: CHAT_* environment variables, read and validated once.

Every command reads them first, so this module imports nothing that takes long to load.
"""

import ipaddress
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import NoDecode, SettingsConfigDict

from notifications.mailboxes import Mailbox, parse_mailbox
from notifications.smtp_server import SmtpServer
from server.addresses import async_url, check_broadcast_url, is_loopback, origin_of
from server.limits.settings import LimitSettings
from server.misconfigured import Misconfigured
from server.secret_settings import SecretSettings
from server.smtp_url import parse_smtp_url

if TYPE_CHECKING:
    from sources.config import SourceConfigs

PREFIX = "CHAT_"
TEST_PREFIX = "CHAT_TEST_"
"""Variables of the test scripts. The server ignores them."""

EMAIL_FOLDER = "emails"
"""The folder in the data directory into which the demo writes its e-mails."""

FILES_FOLDER = "files"
"""The folder of files in the data directory."""

DEMO_ISSUER = "internal-chat-demo"
DEFAULT_ISSUER = "internal-chat"
DEFAULT_SENDER = "Internal Chat <internal-chat@localhost>"


class Settings(SecretSettings, LimitSettings):
    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True, validate_default=True)

    host: str = Field("127.0.0.1", description="The address to listen on.")
    port: Annotated[int, Field(ge=1, le=65535)] = Field(8000, description="The port to listen on.")
    database_url: str | None = Field(
        None, repr=False, description="A PostgreSQL database, version 15 or newer. Unset: the embedded database."
    )
    broadcast_url: str = Field(
        "memory://",
        repr=False,
        description="How processes wake each other's live streams: memory://, postgres:// or redis://.",
    )
    jwt_issuer: str | None = Field(
        None, description=f"The `iss` of the tokens. Unset: {DEFAULT_ISSUER}. Required with CHAT_JWKS_URL."
    )
    jwt_audience: str = Field("internal-chat", description="The `aud` of the tokens.")
    drain_seconds: Annotated[float, Field(ge=0, le=300)] = Field(
        3.0, description="The number of seconds over which a server that stops closes its sockets."
    )
    trusted_proxies: str = Field(
        "127.0.0.1,::1",
        description="The addresses and networks of the proxies whose X-Forwarded-For gives the client's address.",
    )
    allowed_origins: Annotated[frozenset[str], NoDecode] = Field(
        frozenset(), description="The origins of front ends on other addresses that may use the API from browsers."
    )
    public_url: str | None = Field(
        None, description="The URL at which users reach the server. Unset: http://host:port."
    )
    smtp_url: SecretStr | None = Field(
        None, description="The mail server that takes e-mails: smtp:// (STARTTLS) or smtps://."
    )
    email_from: str | None = Field(
        None, description="The sender of e-mails: an address, or `Name <address>`. Required with CHAT_SMTP_URL."
    )
    email_worker: bool = Field(
        default=True, description="Whether `serve` sends e-mails too. If not, run `internal-chat worker`."
    )
    email_delay_seconds: Annotated[float, Field(ge=0, le=86_400)] = Field(
        120.0, description="How many seconds an e-mail waits for the message to be read; half of it in direct messages."
    )
    email_window_seconds: Annotated[float, Field(ge=0, le=86_400)] = Field(
        600.0, description="For how many seconds after their last e-mails an agent gets no further ones."
    )
    email_presence_seconds: Annotated[float, Field(ge=0, le=86_400)] = Field(
        900.0, description="How many seconds an e-mail waits at most for an agent who has the chat open."
    )
    audit_days: Annotated[int, Field(ge=1)] = Field(
        400, description="After how many days entries of the audit log are deleted."
    )
    files_url: str | None = Field(
        None,
        repr=False,
        description="Where files are stored: a directory, or s3://bucket/prefix. Unset: `files` in CHAT_DATA_DIR.",
    )
    file_bytes: Annotated[int, Field(ge=1, le=2_147_483_647)] = Field(
        100_000_000, description="The maximum size of a file, in bytes."
    )
    upload_hours: Annotated[float, Field(gt=0, le=720)] = Field(
        24.0, description="After how many hours an upload that was not sent in a message is deleted."
    )
    documents: Path | None = Field(
        None, description="The folder with the trusted documents of your front ends. See docs/persisted-documents.md."
    )
    only_trusted_documents: bool = Field(
        default=False, description="Whether documents outside CHAT_DOCUMENTS are refused."
    )
    introspection: bool = Field(
        default=True, description="Whether clients can read the schema, through introspection and `_service`."
    )
    graphiql: bool = Field(default=True, description="Whether GraphiQL is served.")
    log_format: Literal["json", "console"] | None = Field(
        None, description="The form of log lines: json or console. Unset: console on a terminal, otherwise json."
    )
    metrics_token: SecretStr | None = Field(
        None, description="The bearer token of `/metrics`. Unset: only processes on this machine can read the metrics."
    )
    worker_metrics_port: Annotated[int, Field(ge=1, le=65535)] | None = Field(
        None, description="The port on which `internal-chat worker` serves `/metrics`. Unset: it serves none."
    )
    sources: str | None = Field(
        None,
        repr=False,
        description="JSON: the source module of each kind of item. See docs/source-modules.md.",
    )

    @field_validator("data_dir", "documents")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return value and value.expanduser().resolve()

    @field_validator("database_url")
    @classmethod
    def _postgres(cls, value: str | None) -> str | None:
        return value and async_url(value)

    @field_validator("broadcast_url")
    @classmethod
    def _known_broadcast(cls, value: str) -> str:
        check_broadcast_url(value)
        return value

    @field_validator("jwks_url", "public_url")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname:
            raise ValueError("it must be an http:// or https:// address")
        return value.rstrip("/")

    @field_validator("smtp_url")
    @classmethod
    def _mail_server(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            parse_smtp_url(value.get_secret_value())
        return value

    @field_validator("email_from")
    @classmethod
    def _sender(cls, value: str | None) -> str | None:
        if value is not None:
            parse_mailbox(value)
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: str) -> str:
        try:
            for network in value.split(","):
                ipaddress.ip_network(network.strip())
        except ValueError:
            raise ValueError("it must be addresses and networks, such as 10.0.0.0/8, separated by commas") from None
        return value

    @field_validator("allowed_origins", mode="before")
    @classmethod
    def _origins(cls, value: str | frozenset[str]) -> frozenset[str]:
        return frozenset(map(origin_of, value.split(",") if isinstance(value, str) else value))

    @field_validator("sources")
    @classmethod
    def _valid_sources(cls, value: str | None) -> str | None:
        if value is not None:
            _parse_sources(value)
        return value

    @model_validator(mode="after")
    def _one_authority(self) -> Self:
        if self.jwt_secret and self.jwks_url:
            raise ValueError("Set CHAT_JWT_SECRET or CHAT_JWKS_URL, not both: tokens have one authority.")
        if self.jwks_url and not self.jwt_issuer:
            raise ValueError("CHAT_JWKS_URL needs CHAT_JWT_ISSUER: a key alone does not identify the issuer.")
        if self.fallback_jwt_secret and not self.jwt_secret:
            raise ValueError("CHAT_FALLBACK_JWT_SECRET needs CHAT_JWT_SECRET: it is used while that is replaced.")
        if self.is_demo and not is_loopback(self.host):
            raise ValueError(
                f"Without CHAT_JWT_SECRET or CHAT_JWKS_URL this is the demo, which listens on this machine "
                f"only: set one of them to listen on {self.host}."
            )
        return self

    @model_validator(mode="after")
    def _trusted_documents_exist(self) -> Self:
        if self.only_trusted_documents and self.documents is None:
            raise ValueError("CHAT_ONLY_TRUSTED_DOCUMENTS needs CHAT_DOCUMENTS: no document would be executed.")
        return self

    @model_validator(mode="after")
    def _sender_of_mail(self) -> Self:
        if self.smtp_url and not self.email_from:
            raise ValueError("CHAT_SMTP_URL needs CHAT_EMAIL_FROM: mail servers refuse e-mails without a sender.")
        if self.smtp_url and self.jwks_url and not self.link_secret:
            raise ValueError("With CHAT_JWKS_URL, CHAT_SMTP_URL needs CHAT_LINK_SECRET: it signs the links in e-mails.")
        return self

    @model_validator(mode="after")
    def _same_links_in_all_processes(self) -> Self:
        if self.files_url and self.jwks_url and not self.link_secret:
            raise ValueError("With CHAT_JWKS_URL, CHAT_FILES_URL needs CHAT_LINK_SECRET: it signs the links to files.")
        return self

    @property
    def source_configs(self) -> "SourceConfigs":
        """The configured source modules. The demo has its own by default, one for each kind of item."""
        # Imported here: the kinds of items are in `models`, which loads SQLAlchemy.
        from sources.config import DEMO_SOURCES

        if self.sources is not None:
            return _parse_sources(self.sources)
        return DEMO_SOURCES if self.is_demo else {}

    @property
    def smtp_server(self) -> SmtpServer | None:
        """None if no mail server is configured: the demo writes its e-mails into a folder, others send none."""
        return parse_smtp_url(self.smtp_url.get_secret_value()) if self.smtp_url else None

    @property
    def sends_email(self) -> bool:
        """Whether there is a mail server, or the folder of the demo instead. If not, e-mails wait in the database."""
        return self.smtp_url is not None or self.is_demo

    @property
    def email_sender(self) -> Mailbox:
        return parse_mailbox(self.email_from or DEFAULT_SENDER)

    @property
    def metrics_bearer_token(self) -> str | None:
        return self.metrics_token.get_secret_value() if self.metrics_token else None

    @property
    def issuer(self) -> str:
        return self.jwt_issuer or (DEMO_ISSUER if self.is_demo else DEFAULT_ISSUER)

    @property
    def url(self) -> str:
        """The URL at which users reach the server, without a trailing slash."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return self.public_url or f"http://{host}:{self.port}"

    def broadcast_address(self, database_url: str) -> str:
        """Returns the URL of the broker. `postgres://` on its own means the chat's own database."""
        if self.broadcast_url in ("postgres://", "postgresql://"):
            return async_url(database_url).replace("postgresql+asyncpg://", "postgresql://", 1)
        return self.broadcast_url

    @property
    def files_address(self) -> str:
        """The URL or path of the storage of files."""
        return self.files_url or str(self.data_dir / FILES_FOLDER)


def read_settings(host: str | None = None, port: int | None = None) -> Settings:
    """Arguments take precedence over the environment. Raises Misconfigured."""
    known = {PREFIX + name.upper() for name in Settings.model_fields}
    present = {name for name in os.environ if name.upper().startswith(PREFIX)}
    unknown = sorted(name for name in present if name.upper() not in known and not name.startswith(TEST_PREFIX))
    if unknown:
        raise Misconfigured(f"Unknown settings: {', '.join(unknown)}. Known are {', '.join(sorted(known))}.")
    arguments = {"host": host, "port": port}
    try:
        return Settings(**{name: value for name, value in arguments.items() if value is not None})  # type: ignore[arg-type]
    except ValidationError as error:
        raise Misconfigured("\n".join(map(_sentence, error.errors()))) from None


def _parse_sources(value: str) -> "SourceConfigs":
    # Imported here: see `source_configs`.
    from sources.config import parse_sources

    return parse_sources(value)


def _sentence(error: ErrorDetails) -> str:
    """Never contains the value, which may be a secret."""
    reason = str(error["ctx"]["error"]) if error["type"] == "value_error" else error["msg"]
    if not error["loc"]:
        return reason
    return f"{PREFIX}{str(error['loc'][0]).upper()} is refused: {reason[0].lower()}{reason[1:]}."
