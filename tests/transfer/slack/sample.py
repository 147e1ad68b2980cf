"""A small workspace with every construct that an export can have."""

from tests.files.pictures import picture, saved
from tests.transfer.slack.export_files import Export, Json, at, conversation, said, user

ANA, BRUNO, CARLA, ELISA, FORMER, BOT = "U0ANA", "U0BRUNO", "U0CARLA", "U0ELISA", "U0FORMER", "U0BOT"

AGENTS = "slack_user_id,email,agent_id\nU0BRUNO,,bruno\n,carla@old.example.com,carla\nU0ELISA,,elisa\n"
"""The CSV file. Ana is matched by her e-mail address."""

DAY, NEXT_DAY = "2020-09-13", "2020-09-14"


def rich(*elements: Json) -> list[Json]:
    return [{"type": "rich_text", "elements": list(elements)}]


def text(content: str, **style: bool) -> Json:
    return {"type": "text", "text": content, **({"style": style} if style else {})}


def section(*elements: Json) -> Json:
    return {"type": "rich_text_section", "elements": list(elements)}


def sample() -> Export:
    return Export(
        users=[
            user(ANA, "Ana Slack", "Ana@Example.com"),
            user(BRUNO, "Bruno Slack"),
            user(CARLA, "Carla Slack", "carla@old.example.com"),
            user(ELISA, "Elisa Slack"),
            user(FORMER, "Fábio Former", "fabio@example.com", deleted=True),
            user(BOT, "Deploys", is_bot=True),
        ],
        channels=[
            conversation(
                "C0GENERAL",
                "general",
                [FORMER, ANA, BRUNO, CARLA],
                creator=ANA,
                purpose={"value": "For <@U0ANA> &amp; all"},
                topic={"value": "Hello"},
                pins=[{"id": at(1), "type": "C", "created": 1_600_000_500, "user": ANA}],
            ),
            conversation("C0OLD", "old-project", [BRUNO], creator=FORMER, is_archived=True),
            conversation("C0EMPTY", "nobody", [FORMER], creator=FORMER),
        ],
        groups=[conversation("G0SECRET", "secret", [BRUNO, CARLA, ELISA], creator=ELISA)],
        mpims=[conversation("G0MPIM", "mpdm-ana--bruno--fabio-1", [ANA, BRUNO, FORMER], creator=ANA)],
        dms=[
            conversation("D0PAIR", "", [ANA, BRUNO]),
            conversation("D0OUTSIDE", "", [ANA, FORMER]),
            conversation("D0SELF", "", [ANA]),
            conversation("D0SILENT", "", [BRUNO, CARLA]),
        ],
        days={
            f"general/{DAY}": _general(),
            f"general/{NEXT_DAY}": [said(90_000, BRUNO, "The next day")],
            f"old-project/{DAY}": [
                said(1, BRUNO, "Old text"),
                {"type": "message", "subtype": "channel_archive", "user": BRUNO, "ts": at(2), "text": "archived"},
            ],
            f"secret/{DAY}": [said(1, CARLA, "Secret text"), said(2, ELISA, "<@U0ANA> cannot read this")],
            f"mpdm-ana--bruno--fabio-1/{DAY}": [said(1, FORMER, "Three of us")],
            f"D0PAIR/{DAY}": [said(1, ANA, "Only us"), said(2, BRUNO, "Yes")],
            f"D0OUTSIDE/{DAY}": [said(1, ANA, "Who reads this?")],
            f"D0SELF/{DAY}": [said(1, ANA, "A note to myself")],
        },
        uploads={
            "__uploads/F0PICTURE/photo.png": saved(picture(600, 400), "PNG"),
            "general/attachments/F0NOTE-note.txt": b"A note.",
            "__uploads/F0EMPTY/empty.txt": b"",
        },
    )


def event(seconds: int, subtype: str, user_id: str, **more: object) -> Json:
    return {"type": "message", "subtype": subtype, "user": user_id, "ts": at(seconds), "text": subtype, **more}


def _general() -> list[Json]:
    return [
        *_texts(),
        *_threads(),
        *_files(),
        *_bots(),
        *_events(),
        *_broken(),
    ]


def _texts() -> list[Json]:
    return [
        said(
            1,
            ANA,
            "Hello *world*",
            edited={"user": ANA, "ts": at(5)},
            reactions=[
                {"name": "+1", "users": [BRUNO, FORMER], "count": 2},
                {"name": "wave::skin-tone-3", "users": [CARLA], "count": 1},
                {"name": "partyparrot", "users": [BRUNO, CARLA], "count": 2},
                {"name": "tada", "users": [ANA], "count": 4},
            ],
        ),
        said(2, BRUNO, "<@U0CARLA> and <@U0FORMER|fabio> in <#C0OLD|old-project> and <#C0GONE|gone>"),
        said(3, CARLA, "<!channel> see <https://example.com/a_b|the page> &lt;now&gt;"),
        said(
            4,
            FORMER,
            "fallback",
            blocks=rich(
                section(
                    text("rich "),
                    text("bold", bold=True),
                    {"type": "emoji", "name": "wave"},
                    {"type": "user", "user_id": BRUNO},
                ),
                {
                    "type": "rich_text_list",
                    "style": "ordered",
                    "elements": [section(text("first")), section(text("second"))],
                },
                {"type": "rich_text_preformatted", "elements": [text("x = *1*")]},
                {"type": "rich_text_quote", "elements": [text("quoted")]},
            ),
        ),
        said(6, ANA, "x" * 30_000),
        event(7, "me_message", ANA),
        said(8, ANA, "See https://acme.slack.com/archives/C0GENERAL/p" + at(1).replace(".", "")),
        said(9, ANA, f"<https://acme.slack.com/archives/C0GENERAL/p{at(1).replace('.', '')}|this>"),
    ]


def _threads() -> list[Json]:
    return [
        said(20, ANA, "A question", thread_ts=at(20), reply_count=2),
        said(21, BRUNO, "An answer", thread_ts=at(20), parent_user_id=ANA),
        said(22, CARLA, "Also to the channel", thread_ts=at(20), subtype="thread_broadcast", root={"ts": at(20)}),
        said(23, CARLA, "A lost answer", thread_ts=at(-50_000)),
        event(24, "tombstone", "USLACKBOT", thread_ts=at(24), hidden=True),
        said(25, BRUNO, "To a deleted message", thread_ts=at(24)),
    ]


def _files() -> list[Json]:
    def file(id: str, name: str, type: str) -> Json:
        url = f"https://files.slack.com/{id}/{name}?t=xoxe-secret"
        return {"id": id, "name": name, "mimetype": type, "url_private": url, "size": 7}

    photo, note = file("F0PICTURE", "photo.png", "image/png"), file("F0NOTE", "note.txt", "text/plain")
    return [
        said(30, ANA, "", files=[photo, note, file("F0MISSING", "lost.pdf", "application/pdf")], upload=True),
        said(31, ANA, "", files=[file("F0EMPTY", "empty.txt", "text/plain")]),
        event(32, "file_comment", "", comment={"user": BRUNO, "comment": "A comment"}, is_intro=True),
        said(33, BRUNO, "", files=[{"id": "F0GONE", "mode": "tombstone"}]),
    ]


def _bots() -> list[Json]:
    attachment = {
        "pretext": "Build",
        "title": "Build 12",
        "title_link": "https://ci.example.com/12",
        "text": "It *failed*",
        "fields": [{"title": "Branch", "value": "main"}],
        "footer": "CI",
        "fallback": "Build 12 failed",
    }
    blocks = [
        {"type": "header", "text": {"type": "plain_text", "text": "Deployed"}},
        {"type": "section", "text": {"type": "mrkdwn", "text": "*Version* 3"}},
        {"type": "divider"},
        {"type": "actions", "elements": [{"type": "button", "text": {"type": "plain_text", "text": "Undo"}}]},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": "by <@U0ANA>"}]},
    ]
    return [
        event(40, "bot_message", "", bot_id="B0CI", username="CI server", attachments=[attachment]) | {"text": ""},
        said(41, BOT, "ignored", bot_id="B0DEPLOY", bot_profile={"name": "Deploys"}, blocks=blocks),
        said(42, ANA, "Sent by an app for a person", bot_id="B0APP"),
    ]


def _events() -> list[Json]:
    return [
        event(50, "channel_join", CARLA),
        event(51, "channel_join", BRUNO, inviter=ANA),
        event(52, "channel_topic", ANA, topic="Hello"),
        event(53, "channel_name", ANA, old_name="all", name="general"),
        event(54, "channel_leave", FORMER),
        event(55, "pinned_item", ANA, item={"ts": at(1)}),
        event(56, "pinned_item", ANA, item={"ts": at(-9)}),
        event(57, "bot_add", ANA),
        event(58, "channel_convert_to_private", ANA),
    ]


def _broken() -> list[Json]:
    return [
        {"type": "message", "text": "without a time"},
        {"type": "something", "ts": at(70)},
        said(71, ANA, ""),
    ]
