"""The secrets that sign tokens and links: part of the settings. Secrets that are not set are created in the data
directory."""

import hmac
from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings

from server.identity.stored_secret import stored_secret
from server.misconfigured import Misconfigured

SECRET_BYTES = 32
"""RFC 7518, 3.2: the minimum length of an HS256 key is that of the hash."""

LINK_LABEL = b"internal-chat links in e-mails"
"""What the key of links is derived for, so that it is not the secret of tokens."""

FILE_LINK_LABEL = b"internal-chat links to files"


class SecretSettings(BaseSettings):
    data_dir: Path = Field(Path(".data"), description="The folder of the embedded database, files and secrets.")
    jwt_secret: SecretStr | None = Field(
        None, description=f"The HS256 secret of the tokens, at least {SECRET_BYTES} bytes."
    )
    fallback_jwt_secret: SecretStr | None = Field(
        None,
        description="A second secret whose tokens are accepted while CHAT_JWT_SECRET is replaced. It signs nothing.",
    )
    jwks_url: str | None = Field(
        None, description="The URL of the keys that verify tokens (RS256, ES256 or EdDSA), instead of a secret."
    )
    link_secret: SecretStr | None = Field(
        None,
        description=f"The secret that signs links in e-mails and to files, at least {SECRET_BYTES} bytes. Unset:"
        " derived from CHAT_JWT_SECRET.",
    )
    fallback_link_secret: SecretStr | None = Field(
        None,
        description="A second secret whose links work while CHAT_LINK_SECRET is replaced. It signs nothing."
        " Unset: CHAT_FALLBACK_JWT_SECRET, if CHAT_LINK_SECRET is unset too.",
    )

    @field_validator("jwt_secret", "fallback_jwt_secret", "link_secret", "fallback_link_secret")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value().encode()) < SECRET_BYTES:
            raise ValueError(f"it must be at least {SECRET_BYTES} bytes long")
        return value

    @property
    def is_demo(self) -> bool:
        return self.jwt_secret is None and self.jwks_url is None

    def hs256_secret(self) -> str | None:
        """Returns None if a key server issues the tokens. The first call in the demo creates its secret."""
        if self.is_demo:
            return self._stored_secret("jwt-secret")
        return _value(self.jwt_secret)

    def accepted_hs256_secrets(self) -> tuple[str, ...]:
        """Returns the secrets that verify tokens, first the one that signs them. Empty if a key server issues them."""
        secrets = self.hs256_secret(), _value(self.fallback_jwt_secret)
        return tuple(secret for secret in secrets if secret is not None)

    def link_key(self) -> bytes | None:
        """Returns the key that signs the links in e-mails; None if a key server issues the tokens and there is no
        secret for links. The first call in the demo creates its secret."""
        secret = self._link_secret()
        return _derived(secret, LINK_LABEL) if secret is not None else None

    def fallback_link_key(self) -> bytes | None:
        """Returns the key of links in e-mails that are accepted although `link_key` did not sign them."""
        secret = self._fallback_link_secret()
        return _derived(secret, LINK_LABEL) if secret is not None else None

    def file_link_key(self) -> bytes:
        """Returns the key that signs the links to files. Without a secret in the settings, it is derived from one that
        the first call creates in the data directory: that of tokens in the demo, or one of links."""
        return _derived(self._link_secret() or self._stored_secret("link-secret"), FILE_LINK_LABEL)

    def fallback_file_link_key(self) -> bytes | None:
        """Returns the key of links to files that are accepted although `file_link_key` did not sign them."""
        secret = self._fallback_link_secret()
        return _derived(secret, FILE_LINK_LABEL) if secret is not None else None

    def _link_secret(self) -> str | None:
        return _value(self.link_secret) or self.hs256_secret()

    def _fallback_link_secret(self) -> str | None:
        """If links are signed with the secret of tokens, they are accepted with its fallback too."""
        if self.fallback_link_secret or self.link_secret:
            return _value(self.fallback_link_secret)
        return _value(self.fallback_jwt_secret)

    def _stored_secret(self, name: str) -> str:
        try:
            return stored_secret(self.data_dir / name, SECRET_BYTES)
        except OSError as error:
            raise Misconfigured(
                f"The data directory {self.data_dir} cannot be used: {error.strerror}. Set CHAT_DATA_DIR to a"
                " directory that this user can create or write to."
            ) from None


def _value(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None


def _derived(secret: str, label: bytes) -> bytes:
    return hmac.digest(secret.encode(), label, "sha256")
