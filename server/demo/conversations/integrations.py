"""The public channel in English, with code in its messages."""

from models.enums import ChannelKind
from server.demo.people import ANA, BRUNO, CARLA, DAVI, ELISA
from server.demo.script import Joins, Room, Says, Step, Talk

ROOM = Room(
    ChannelKind.PUBLIC,
    "Integrations",
    opened=Step(23, "13:00"),
    owner=BRUNO,
    members=(CARLA, ELISA),
    description="APIs, webhooks and partners. English, so that partners' questions can be pasted as they are.",
    icon="plug",
    color="#7048e8",
    steps=(
        Joins(22, "13:30", DAVI),
        Joins(18, "09:00", ANA),
        Talk(
            23,
            "13:10",
            (
                Says(
                    BRUNO,
                    "Webhooks now carry a signature. Verify it like this:\n\n"
                    "```python\nhmac.compare_digest(sign(body, secret), header)\n```",
                ),
                Says(ELISA, "Is the body signed before or after decompression?", back=1),
                Says(BRUNO, "After. I will add that to the page.", back=1, reactions={"🙏": (ELISA,)}),
            ),
        ),
        Talk(
            18,
            "09:20",
            (
                Says(ANA, "A partner asks whether the API has a sandbox."),
                Says(BRUNO, "Yes: same endpoints, tokens that start with `test_`. It is emptied every Sunday.", back=1),
                Says(CARLA, "And it never sends real WhatsApp messages, which is the first thing they worry about."),
            ),
        ),
        Talk(
            10,
            "10:45",
            (
                Says(DAVI, "What does error `429` with `retry-after: 0` mean?"),
                Says(BRUNO, "A bug on our side. It should say 1. Where did you see it?", back=1),
                Says(DAVI, "Bulk import of contacts, third page.", back=1),
                Says(BRUNO, "Found it, fixed in the next release.", reactions={"🐛": (CARLA, DAVI)}),
            ),
        ),
        Talk(
            3,
            "15:30",
            (
                Says(CARLA, "Livraria Sabiá wants to push orders into deals. Which endpoint?"),
                Says(
                    BRUNO,
                    "`POST /deals` with `externalId`, so that a repeated push updates instead of duplicating.",
                    back=1,
                ),
                Says(CARLA, "Perfect, sent them the link."),
            ),
        ),
        Talk(
            1,
            "16:20",
            (
                Says(DAVI, "@Bruno, Studio Lumen gets `401` since this morning, with a token created yesterday."),
                Says(DAVI, "Never mind the first part: they had rotated it. But the message could say *expired*."),
                Says(CARLA, "+1. @Bruno, should I open an issue? @Ana, they renew next month, so worth a call."),
            ),
        ),
    ),
)
