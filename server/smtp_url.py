"""The mail server in the settings, as a URL."""

from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from notifications.smtp_server import Credentials, Encryption, SmtpServer
from server.addresses import PERCENT_ENCODE, is_loopback

DEFAULT_PORTS = {"smtp": 587, "smtps": 465}
OPTIONS = ("starttls", "ca")


def parse_smtp_url(text: str) -> SmtpServer:
    """Returns the server of `smtp://user:password@host:port` (STARTTLS) or `smtps://…` (TLS from the first byte).
    Raises ValueError with a text that contains nothing of the URL."""
    url = urlsplit(text)
    if url.scheme not in DEFAULT_PORTS or not url.hostname:
        raise ValueError("it must be an smtp:// or smtps:// URL with a host")
    if url.netloc.count("@") > 1:
        raise ValueError(f"it has more than one `@`. {PERCENT_ENCODE}")
    if url.path not in ("", "/") or url.fragment:
        raise ValueError(f"only options may follow the host. {PERCENT_ENCODE}")
    options = _options(url)
    credentials = _credentials(url)
    encryption = _encryption(url, options, credentials)
    return SmtpServer(url.hostname, _port(url), encryption, credentials, _ca_file(options))


def _port(url: SplitResult) -> int:
    try:
        return url.port or DEFAULT_PORTS[url.scheme]
    except ValueError:
        raise ValueError(f"its port is not a valid number. {PERCENT_ENCODE}") from None


def _credentials(url: SplitResult) -> Credentials | None:
    if url.username is None:
        return None
    if not url.username or not url.password:
        raise ValueError("give both a user name and a password, or neither")
    return Credentials(unquote(url.username), unquote(url.password))


def _options(url: SplitResult) -> dict[str, str]:
    options = dict(parse_qsl(url.query, keep_blank_values=True))
    if not options.keys() <= set(OPTIONS):
        raise ValueError(f"its only options are {' and '.join(OPTIONS)}. {PERCENT_ENCODE}")
    return options


def _encryption(url: SplitResult, options: dict[str, str], credentials: Credentials | None) -> Encryption:
    if "starttls" not in options:
        if url.scheme == "smtps":
            return Encryption.IMPLICIT
        return Encryption.REQUIRED if credentials else Encryption.IF_OFFERED
    if options["starttls"] != "never" or url.scheme != "smtp":
        raise ValueError("the option starttls can only be `never`, and only with smtp://")
    if credentials or not is_loopback(url.hostname or ""):
        raise ValueError("starttls=never is only for a mail server on a loopback address, without a password")
    return Encryption.NONE


def _ca_file(options: dict[str, str]) -> Path | None:
    if "ca" not in options:
        return None
    file = Path(options["ca"])
    if not file.is_file():
        raise ValueError("the file of its option ca does not exist")
    return file
