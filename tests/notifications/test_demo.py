"""From a message to an e-mail as the recipient sees it, with the composer, the folder and the links of the demo."""

from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import httpx
from pydantic import SecretStr

from server.email import email_worker
from server.settings import Settings
from tests.notifications.office import Office

BODY = "Olá [@Bruno](mention://user/bruno/Bruno), **veja** isto"


async def test_a_mention_becomes_a_file_with_links(office: Office, settings: Settings, tmp_path: Path) -> None:
    (email,) = await _emails_about_a_mention(office, settings, tmp_path)
    plain = email.get_body(("plain",))
    assert plain is not None
    text = plain.get_content()
    assert "Olá @Bruno, veja isto" in text
    assert f"{settings.url}/channels/chn_" in text
    assert email["To"].addresses[0].addr_spec == office.address("bruno")
    assert "Equipe" in email["Subject"]


async def test_contents_can_be_left_out(office: Office, settings: Settings, tmp_path: Path) -> None:
    await office.account.ana.mutate("updateChatAccountSettings", "settings { chatEnabled }", emailContents=False)
    (email,) = await _emails_about_a_mention(office, settings, tmp_path)
    assert b"veja" not in email.as_bytes()
    assert "Ana" in email.as_string()


async def test_the_link_switches_the_e_mail_off_with_post_only(
    office: Office, settings: Settings, tmp_path: Path
) -> None:
    (email,) = await _emails_about_a_mention(office, settings, tmp_path)
    http = office.account.api.http
    link = httpx.URL(str(email["List-Unsubscribe"]).strip("<>")).path
    preferences = (
        "SELECT type, bell, email FROM notification_preferences WHERE account_id = :account_id AND agent_id = 'bruno'"
    )
    assert (await http.get(link)).status_code == 200
    assert await office.rows(preferences) == []
    assert (await http.post(link, data={"List-Unsubscribe": "One-Click"})).status_code == 200
    assert [tuple(row) for row in await office.rows(preferences)] == [("MENTION", True, False)]


async def _emails_about_a_mention(office: Office, settings: Settings, folder: Path) -> list[EmailMessage]:
    """Returns the e-mails to bruno that a worker of the demo has written."""
    channel = await office.account.ana.create_channel("Equipe", "PRIVATE", memberIds=["bruno"])
    await office.account.ana.send(channel, BODY)
    office.clock.advance(timedelta(minutes=3))
    # The secret of the served application, which is in its own data directory.
    secret = SecretStr(settings.hs256_secret() or "")
    elsewhere = settings.model_copy(update={"data_dir": folder, "link_secret": secret})
    worker = email_worker(elsewhere, office.account.api.pool, office.clock)
    assert worker is not None
    while (await worker.send_due()).found_work:
        pass
    files = (folder / "emails").glob("*.eml")
    emails = [message_from_bytes(file.read_bytes(), policy=SMTP) for file in files]
    return [each for each in emails if isinstance(each, EmailMessage) and office.address("bruno") in str(each["To"])]
