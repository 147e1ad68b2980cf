"""The headers of an e-mail, and what they are for any name."""

import re
from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.enums import ItemKind, NotificationType
from notifications.digests import EXCERPTS_LIMIT, Digest
from notifications.emails import compose
from notifications.headers import NAME_LENGTH
from notifications.mailboxes import InvalidAddress, Mailbox, header_address, mailbox, parse_mailbox
from tests.notifications.samples import SENDER, WRITTEN_AT, digest, message

NAMES = [
    "Silva, Ana",
    'Ana "Bê" Silva',
    "back\\slash",
    "Ana; b: c@d.example, <e@f.example>",
    "Ana\r\nBcc: eve@example.com",
    "=?utf-8?q?Ana=0D=0ABcc:_eve@example.com?=",
    "=?utf-8?q?a=2C_b?=",
    "משה כהן, فاطمة",
    "Ana 🎉👩🏽‍💻 " * 12,
    "Silva, " * 28,
    'Ünï "q", ' * 22,
    "(comment)",
    "x" * 300,
    "\u202eevil",
    "",
]


def sent(digest: Digest, sender: Mailbox = SENDER) -> bytes:
    return compose(digest, sender, WRITTEN_AT).as_bytes()


def fields(data: bytes) -> dict[str, str]:
    """Returns the header fields of an e-mail, read by rules that are independent of the library's classes."""
    head = data.partition(b"\r\n\r\n")[0].decode("ascii")
    lines = re.sub(r"\r\n(?=[ \t])", "", head).split("\r\n")
    names = [line.partition(":")[0] for line in lines]
    assert len(set(names)) == len(names)
    return {name: line.partition(": ")[2] for name, line in zip(names, lines, strict=True)}


def decoded(value: str) -> str:
    return str(make_header(decode_header(value)))


def body(data: bytes, subtype: str) -> str:
    email = message_from_bytes(data, policy=policy.default)
    assert isinstance(email, EmailMessage)
    part = email.get_body((subtype,))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def test_the_headers_make_an_automatic_email_that_can_be_switched_off() -> None:
    assert {name: value for name, value in fields(sent(digest())).items() if not name.startswith("Content")} == {
        "From": "ConversaLabs <chat@example.com>",
        "To": "Ana Souza <ana@example.com>",
        "Subject": "=?utf-8?q?=23support_=C2=B7_ConversaLabs?=",
        "Date": "Thu, 05 Mar 2026 14:32:00 +0000",
        "Message-ID": digest().message_id,
        "In-Reply-To": digest().thread_root,
        "References": digest().thread_root,
        "List-Id": "=?utf-8?q?=23support_=C2=B7_ConversaLabs?= <5e938ce88bc1031f1949d93bb64bb61f.chat.example.com>",
        "List-Unsubscribe": "<https://chat.example/unsubscribe/1.abc.def>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "OOF, AutoReply",
        "MIME-Version": "1.0",
    }


def test_the_emails_of_a_channel_are_one_thread() -> None:
    first, second = (
        fields(sent(digest(batch=batch, locale=locale, omitted=omitted)))
        for batch, locale, omitted in [("b1", "en", 0), ("b2", "pt-BR", 3)]
    )
    assert first["Message-ID"] != second["Message-ID"]
    assert first["References"] == second["References"]
    assert first["References"] not in (first["Message-ID"], second["Message-ID"])
    assert first["Subject"] == second["Subject"]


def test_a_direct_message_has_the_name_of_the_peer() -> None:
    email = sent(digest(channel=None, peer="Bruno Lima"))
    assert decoded(fields(email)["Subject"]) == "Bruno Lima · ConversaLabs"
    assert body(email, "plain").startswith("1 new message from Bruno Lima\n")


@pytest.mark.parametrize("name", NAMES)
def test_a_name_never_changes_the_headers(name: str) -> None:
    check_name(name)


@given(st.text(max_size=120))
def test_no_name_changes_the_headers(name: str) -> None:
    check_name(name)


def check_name(name: str) -> None:
    facts = digest(recipient=mailbox(name, "ana@example.com"), channel=name)
    email = compose(facts, Mailbox(name, "c@d.example"), WRITTEN_AT)
    data = email.as_bytes()
    found = fields(data)
    assert found.keys() == fields(sent(digest())).keys()
    assert all(len(line) <= 998 for line in data.split(b"\r\n"))
    assert (header_address(email, "From"), header_address(email, "To")) == ("c@d.example", "ana@example.com")
    for header, address in (("From", "c@d.example"), ("To", "ana@example.com")):
        shown, _, rest = found[header].rpartition("<")
        assert rest == f"{address}>"
        assert re.fullmatch(r"(?:[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+ )*", shown)
        assert "\n" not in decoded(shown)
    if name.isprintable() and "=?" not in name:
        assert decoded(found["To"].rpartition("<")[0]).split() == name[:NAME_LENGTH].split()


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ana",
        "ana@",
        "@example.com",
        "ana@example.com\r\nBcc: eve@example.com",
        "ana@example.com, eve@example.com",
        "ana@example.com eve@example.com",
        "Ana <ana@example.com>",
        "ana(c)@example.com",
        '"a b"@example.com',
        "ána@example.com",
        "ana@exa mple.com",
        "ana@example..com",
        "ana@[127.0.0.1]",
        f"{'a' * 65}@example.com",
        f"a@{'b.' * 126}com",
        "ana@\ud800.com",
    ],
)
def test_a_text_that_is_not_one_address_is_refused(address: str) -> None:
    with pytest.raises(InvalidAddress) as refused:
        mailbox("Ana", address)
    assert str(refused.value) == "it must be an e-mail address, such as chat@example.com"


def test_a_domain_in_another_script_is_encoded() -> None:
    assert mailbox("", "ana@bücher.example").address == "ana@xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("chat@example.com", Mailbox("", "chat@example.com")),
        ("<chat@example.com>", Mailbox("", "chat@example.com")),
        ("Chat da São Paulo <chat@example.com>", Mailbox("Chat da São Paulo", "chat@example.com")),
        (r'"Chat, \"interno\"" <chat@example.com>', Mailbox('Chat, "interno"', "chat@example.com")),
    ],
)
def test_a_sender_can_have_a_name(text: str, expected: Mailbox) -> None:
    assert parse_mailbox(text) == expected


def test_without_contents_an_email_has_neither_text_nor_files_nor_cards() -> None:
    announcement = message(None, "Carla", NotificationType.ANNOUNCEMENT)
    email = sent(digest(message(None, card_kinds=[ItemKind.DEAL], filenames=["contrato.pdf"]), announcement))
    for subtype in ("plain", "html"):
        shown = body(email, subtype)
        assert "Your account's settings keep message text out of e-mails." in shown
        assert "posted an announcement" in shown
        assert "Deal" not in shown
        assert "contrato" not in shown


def test_cards_appear_as_their_kinds() -> None:
    email = sent(digest(message("", card_kinds=[ItemKind.TASK, ItemKind.DEAL, ItemKind.TASK]), locale="pt"))
    assert "[Tarefa × 2]\n[Negócio]\n" in body(email, "plain")
    assert ">Tarefa × 2</span>" in body(email, "html")


def test_files_appear_with_their_names() -> None:
    email = sent(digest(message("", filenames=["contrato <1>.pdf", "foto.png"])))
    assert "[contrato <1>.pdf]\n[foto.png]\n" in body(email, "plain")
    assert ">contrato &lt;1&gt;.pdf</span>" in body(email, "html")


def test_texts_and_names_are_escaped_in_html() -> None:
    attack = "<script>alert(1)</script> <img src=x onerror=y> & `<b>` \"'"
    email = sent(digest(message(f"`{attack}`", author=attack), channel=attack))
    html = body(email, "html")
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html


def test_the_html_loads_nothing_and_its_links_are_those_of_the_digest() -> None:
    html = body(sent(digest(message("![image](https://evil.example/pixel.png) [link](https://evil.example)"))), "html")
    assert set(re.findall(r"https?://[^\"'\s)<]+", html)) == {
        "https://chat.example/m/msg_0197",
        "https://chat.example/c/chn_0197",
        "https://chat.example/unsubscribe/1.abc.def",
    }
    assert not re.search(r"<(?:img|link|script|iframe)|url\(|@import", html)


@pytest.mark.parametrize("count", [0, EXCERPTS_LIMIT + 1])
def test_an_email_shows_at_least_one_message_and_at_most_twenty(count: int) -> None:
    with pytest.raises(ValueError, match="1 to 20"):
        replace(digest(), excerpts=(message(),) * count)
    sent(digest(*[message()] * EXCERPTS_LIMIT))


def test_short_fields_are_not_folded() -> None:
    assert b"\r\nTo: Ana Souza <ana@example.com>\r\n" in sent(digest())


def test_the_number_of_messages_includes_those_that_are_not_shown() -> None:
    text = body(sent(digest(message(), message(), omitted=7)), "plain")
    assert text.startswith("9 new messages for you in #support\n")
    assert "\nand 7 more messages\n" in text
