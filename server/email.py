"""The worker that sends e-mails, as the settings configure it."""

from collections.abc import Sequence
from datetime import timedelta

import structlog

from chat.ports import Clock
from models.database import Database
from notifications.composition import DigestComposer
from notifications.folder_transport import FolderTransport
from notifications.sending import SMTP_CONNECTIONS
from notifications.smtp_transport import SmtpTransport
from notifications.timing import EmailTiming
from notifications.transports import Transport
from notifications.worker import EmailWorker
from server.links import EmailLinks
from server.settings import EMAIL_FOLDER, Settings

log = structlog.get_logger(__name__)


def email_worker(settings: Settings, database: Database, clock: Clock) -> EmailWorker | None:
    """Returns None, and logs this, if e-mail is not configured: e-mails then wait in the database. The demo always has
    a worker."""
    if not settings.sends_email:
        log.info("email_not_configured", reason="CHAT_SMTP_URL is not set")
        return None
    key = settings.link_key()
    assert key is not None, "the settings require it with a mail server"
    composer = DigestComposer(settings.email_sender, EmailLinks(settings.url, key), clock)
    timing = EmailTiming(
        window=timedelta(seconds=settings.email_window_seconds),
        presence=timedelta(seconds=settings.email_presence_seconds),
    )
    return EmailWorker(database, clock, email_transports(settings), composer, timing)


def email_transports(settings: Settings) -> Sequence[Transport]:
    """Returns connections to the mail server, which are opened when they are used; in the demo without one, a folder of
    the data directory."""
    if settings.smtp_server is not None:
        return [SmtpTransport(settings.smtp_server) for _ in range(SMTP_CONNECTIONS)]
    return [FolderTransport(settings.data_dir / EMAIL_FOLDER)]
